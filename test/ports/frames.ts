/**
 * Frames as a kernel hands them to a NIC with checksum offload.
 */
import { internetChecksum, parseIpv4, pseudoHeaderSum } from '../../src/wire/index.ts';

const source = parseIpv4('10.0.0.1')!;
const target = parseIpv4('10.0.0.2')!;

/** Ethernet, IPv4, then L4 with the partial checksum of a kernel that leaves the rest to the NIC. */
export function partialFrame(protocol: 6 | 17, payload: Uint8Array): { bytes: Uint8Array; csumOffset: number } {
  const csumOffset = protocol === 6 ? 16 : 6;
  const l4 = new Uint8Array((protocol === 6 ? 20 : 8) + payload.length);
  l4.set([0x12, 0x34, 0, 80]);
  if (protocol === 6) l4.set([0x50, 0x18], 12);
  else new DataView(l4.buffer).setUint16(4, l4.length);
  l4.set(payload, l4.length - payload.length);
  new DataView(l4.buffer).setUint16(csumOffset, pseudoHeaderSum(source, target, protocol, l4.length));
  const bytes = new Uint8Array(34 + l4.length);
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol]);
  const view = new DataView(bytes.buffer);
  view.setUint16(16, 20 + l4.length);
  bytes.set(source, 26);
  bytes.set(target, 30);
  view.setUint16(24, internetChecksum(bytes.subarray(14, 34)));
  bytes.set(l4, 34);
  return { bytes, csumOffset };
}
