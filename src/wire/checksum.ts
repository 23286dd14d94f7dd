/**
 * The internet checksum (RFC 1071): ones-complement sum of big-endian 16-bit words; an odd last byte counts as the high half of a word.
 */
import { protocols } from './protocols.ts';

/** Folded sum, not complemented, of `bytes` added to `initial` (a folded sum as well). */
export function onesSum(bytes: Uint8Array, initial = 0): number {
  let sum = initial;
  for (let i = 0; i + 1 < bytes.length; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  if (bytes.length % 2 === 1) sum += bytes[bytes.length - 1]! << 8;
  return fold(sum);
}

/** What goes into a checksum field that is zero in `bytes`; over bytes with a right checksum the result is 0. */
export function internetChecksum(bytes: Uint8Array, initial = 0): number {
  return ~onesSum(bytes, initial) & 0xffff;
}

/** Folded sum of the pseudo header of TCP, UDP and ICMPv6 (RFC 9293 §3.1, RFC 8200 §8.1): addresses of 4 or 16 bytes, protocol, length of the L4 part. */
export function pseudoHeaderSum(source: Uint8Array, destination: Uint8Array, protocol: number, length: number): number {
  return fold(onesSum(source) + onesSum(destination) + protocol + (length >>> 16) + (length & 0xffff));
}

/** Checksum field of an L4 part (field zeroed in `bytes`). UDP sends a computed 0 as 0xffff (RFC 768). */
export function l4Checksum(source: Uint8Array, destination: Uint8Array, protocol: number, bytes: Uint8Array): number {
  const usesPseudoHeader = protocol !== protocols.icmp;
  const sum = internetChecksum(bytes, usesPseudoHeader ? pseudoHeaderSum(source, destination, protocol, bytes.length) : 0);
  return protocol === protocols.udp && sum === 0 ? 0xffff : sum;
}

function fold(sum: number): number {
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}
