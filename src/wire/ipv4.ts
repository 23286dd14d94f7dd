/** IPv4 header (RFC 791, DSCP and ECN of RFC 2474 and RFC 3168). Options lie behind the 20 fixed bytes and are not decoded. */
import { internetChecksum } from './checksum.ts';
import { header } from './header.ts';

export const ipv4Flags = { dontFragment: 2, moreFragments: 1 } as const;

export const ipv4 = header({
  name: 'ipv4',
  minBytes: 20,
  fields: {
    version: { at: 0, width: 4, as: 'number' },
    headerLength: { at: 4, width: 4, as: 'number' },
    dscp: { at: 8, width: 6, as: 'number' },
    ecn: { at: 14, width: 2, as: 'number' },
    totalLength: { at: 16, width: 16, as: 'number' },
    id: { at: 32, width: 16, as: 'number' },
    flags: { at: 48, width: 3, as: 'number' },
    fragmentOffset: { at: 51, width: 13, as: 'number' },
    ttl: { at: 64, width: 8, as: 'number' },
    protocol: { at: 72, width: 8, as: 'number' },
    checksum: { at: 80, width: 16, as: 'hex' },
    source: { at: 96, width: 32, as: 'ipv4' },
    destination: { at: 128, width: 32, as: 'ipv4' },
  },
  length: (bytes) => (bytes[0]! & 15) * 4,
  check: (h, bytes) => {
    if (h.version !== 4) return `version ${h.version}`;
    if (h.totalLength < h.headerLength * 4)
      return `total length ${h.totalLength} is less than the header's ${h.headerLength * 4}`;
    return h.totalLength > bytes.length ? `total length ${h.totalLength}, but only ${bytes.length} bytes left` : undefined;
  },
  describe: (h) => {
    const fragment = isFragment(h) ? ` fragment ${h.fragmentOffset * 8}${h.flags & ipv4Flags.moreFragments ? '+' : ''}` : '';
    return `${h.source} > ${h.destination}${fragment}`;
  },
});

/** First or later fragment of a datagram that does not lie whole in this packet. */
export function isFragment(h: { readonly fragmentOffset: number; readonly flags: number }): boolean {
  return h.fragmentOffset !== 0 || (h.flags & ipv4Flags.moreFragments) !== 0;
}

/** Fills in the header checksum. */
export function setIpv4Checksum(bytes: Uint8Array): void {
  ipv4.set(bytes, { checksum: 0 });
  ipv4.set(bytes, { checksum: internetChecksum(bytes.subarray(0, ipv4.length(bytes))) });
}
