/** Whether the checksums and lengths of a whole packet are right, tunnelled packets included: what a receiving stack would refuse. */
import { parseAddress } from './addresses.ts';
import { internetChecksum, l4Checksum } from './checksum.ts';
import { type Decoded, decode, type Layer } from './decode.ts';
import { icmp } from './icmp.ts';
import { icmpv6 } from './icmpv6.ts';
import { ipv4, isFragment } from './ipv4.ts';
import { ipv6 } from './ipv6.ts';
import { protocols } from './protocols.ts';
import { tcp } from './tcp.ts';
import { udp } from './udp.ts';

/** What is wrong with the packet, empty if nothing is. UDP checksum 0 over IPv4 is right; L4 checksums of fragments cannot be told. */
export function packetErrors(packet: Uint8Array): string[] {
  const decoded: Decoded = decode(packet);
  const errors = decoded.problem === undefined ? [] : [decoded.problem];
  let ip: Layer | undefined;
  for (const layer of decoded.layers) {
    if (layer.header === ipv4 && internetChecksum(layer.bytes.subarray(0, layer.length)) !== 0) {
      errors.push(
        wrong('ipv4', ipv4.get(layer.bytes).checksum, internetChecksum(without(layer.bytes.subarray(0, layer.length), 10))),
      );
    }
    if (layer.header === ipv4 || layer.header === ipv6) ip = layer;
    else if (ip !== undefined) errors.push(...l4Errors(ip, layer));
  }
  return errors;
}

function l4Errors(ip: Layer, { header, bytes }: Layer): string[] {
  const isV4 = ip.header === ipv4;
  if (isV4 && isFragment(ipv4.get(ip.bytes))) return [];
  const { source, destination } = isV4 ? ipv4.get(ip.bytes) : ipv6.get(ip.bytes);
  const against = (protocol: number, field: number, offset: number, allowsNone = false): string[] => {
    if (field === 0 && allowsNone) return [];
    const right = l4Checksum(parseAddress(source)!, parseAddress(destination)!, protocol, without(bytes, offset));
    return field === right ? [] : [wrong(header.name, field, right)];
  };
  if (header === tcp) return against(protocols.tcp, tcp.get(bytes).checksum, 16);
  if (header === udp) return against(protocols.udp, udp.get(bytes).checksum, 6, isV4);
  if (header === icmp) return against(protocols.icmp, icmp.get(bytes).checksum, 2);
  if (header === icmpv6) return against(protocols.icmpv6, icmpv6.get(bytes).checksum, 2);
  return [];
}

/** A copy with the 16-bit word at `offset` zeroed. */
function without(bytes: Uint8Array, offset: number): Uint8Array {
  const copy = bytes.slice();
  copy[offset] = 0;
  copy[offset + 1] = 0;
  return copy;
}

function wrong(name: string, found: number, expected: number): string {
  const hex = (n: number): string => `0x${n.toString(16).padStart(4, '0')}`;
  return `${name}: checksum ${hex(found)}, expected ${hex(expected)}`;
}
