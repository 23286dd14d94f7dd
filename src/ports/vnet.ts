/**
 * Checksum and GSO metadata for ports without a kernel behind them: the same rules as native/offload.h, in TypeScript.
 *
 * On the way in a partial checksum (virtio's NEEDS_CSUM: the field holds the folded, not complemented sum of the pseudo header) is stored as its
 * complement, and the sum of the L4 header without the field as `l4Sum`. On the way out
 * field' = fold(~field - (sum of the L4 header now - l4Sum)) is the pseudo header's sum as it is now (engine/port.ts); here
 * the checksum is always completed over the payload. Sums are of words in wire order, so `l4Sum` lies big-endian in the descriptor:
 * the same bytes that the addon writes with its little-endian sums (RFC 1071 §2 B).
 */
import { descriptor } from '../arena/layout.ts';

/** As in a virtio_net_hdr: offsets from the packet's first byte. */
export interface Offload {
  /** Where the L4 header with the partial checksum starts. */
  readonly csumStart: number;
  /** From there to the checksum field: 16 for TCP, 6 for UDP. */
  readonly csumOffset: number;
  /** 0 none, 1 TCP over IPv4, 4 TCP over IPv6, 5 UDP; bit 7: ECN. */
  readonly gsoType?: number;
  readonly gsoSize?: number;
}

/** Writes metadata into a started descriptor and turns the packet's partial checksum into the descriptor's form. */
export function receiveOffload(view: DataView, at: number, offload: Offload): void {
  const addr = view.getUint32(at + descriptor.addr, true);
  const end = addr + view.getUint32(at + descriptor.length, true);
  const l4 = addr + offload.csumStart;
  const field = l4 + offload.csumOffset;
  if (field + 2 > end) return;
  view.setUint32(at + descriptor.csumAddr, l4, true);
  view.setUint16(at + descriptor.csumOffset, offload.csumOffset, true);
  view.setUint8(at + descriptor.gsoType, offload.gsoType ?? 0);
  view.setUint16(at + descriptor.gsoSize, offload.gsoSize ?? 0, true);
  view.setUint16(at + descriptor.l4Sum, sumL4Header(view, l4, offload.csumOffset, end), false);
  const complement = ~view.getUint16(field) & 0xffff;
  // 0 and 0xffff are the same sum; 0 would look like "no checksum" in UDP.
  view.setUint16(field, complement === 0 ? 0xffff : complement);
}

/** The partial checksum in virtio's form (pseudo header's sum as it is now), or undefined if the descriptor has none that lies in the packet. */
export function partialChecksum(view: DataView, at: number): number | undefined {
  const addr = view.getUint32(at + descriptor.addr, true);
  const end = addr + view.getUint32(at + descriptor.length, true);
  const l4 = view.getUint32(at + descriptor.csumAddr, true);
  const offset = view.getUint16(at + descriptor.csumOffset, true);
  if (l4 === 0 || l4 < addr || l4 + offset + 2 > end) return undefined;
  const now = sumL4Header(view, l4, offset, end);
  const then = view.getUint16(at + descriptor.l4Sum, false);
  return fold((~view.getUint16(l4 + offset) & 0xffff) + (~now & 0xffff) + then);
}

/** A copy of the packet with its checksum complete. */
export function copyComplete(view: DataView, at: number): Uint8Array {
  const addr = view.getUint32(at + descriptor.addr, true);
  const length = view.getUint32(at + descriptor.length, true);
  const copy = new Uint8Array(view.buffer, addr, length).slice();
  const partial = partialChecksum(view, at);
  if (partial === undefined) return copy;
  const start = view.getUint32(at + descriptor.csumAddr, true) - addr;
  const offset = view.getUint16(at + descriptor.csumOffset, true);
  const out = new DataView(copy.buffer);
  out.setUint16(start + offset, partial);
  const checksum = ~sum(out, start, length) & 0xffff;
  out.setUint16(start + offset, checksum === 0 && offset === 6 ? 0xffff : checksum);
  return copy;
}

/** Sum of the L4 header without its checksum field; TCP and UDP are told apart by where that lies. */
function sumL4Header(view: DataView, l4: number, csumOffset: number, end: number): number {
  const available = end - l4;
  let bytes = csumOffset + 2;
  if (csumOffset === 6) bytes = 8;
  if (csumOffset === 16 && available >= 20) bytes = Math.max(20, (view.getUint8(l4 + 12) >> 4) * 4);
  if (bytes > available) bytes = available & ~1;
  return fold(sum(view, l4, l4 + bytes) + (~view.getUint16(l4 + csumOffset) & 0xffff));
}

function sum(view: DataView, start: number, end: number): number {
  let total = 0;
  for (let at = start; at + 1 < end; at += 2) total += view.getUint16(at);
  if ((end - start) % 2 === 1) total += view.getUint8(end - 1) << 8;
  return fold(total);
}

function fold(total: number): number {
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return total;
}
