/** TCP header (RFC 9293). Options lie behind the 20 fixed bytes and are not decoded. */
import { header } from './header.ts';

export const tcpFlags = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const;

export const tcp = header({
  name: 'tcp',
  minBytes: 20,
  fields: {
    sourcePort: { at: 0, width: 16, as: 'number' },
    destinationPort: { at: 16, width: 16, as: 'number' },
    sequence: { at: 32, width: 32, as: 'number' },
    acknowledgment: { at: 64, width: 32, as: 'number' },
    dataOffset: { at: 96, width: 4, as: 'number' },
    reserved: { at: 100, width: 4, as: 'number' },
    flags: { at: 104, width: 8, as: 'hex' },
    window: { at: 112, width: 16, as: 'number' },
    checksum: { at: 128, width: 16, as: 'hex' },
    urgentPointer: { at: 144, width: 16, as: 'number' },
  },
  length: (bytes) => (bytes[12]! >> 4) * 4,
  describe: (h) =>
    `tcp ${h.sourcePort} > ${h.destinationPort} [${printTcpFlags(h.flags)}] seq ${h.sequence} ack ${h.acknowledgment}`,
});

const letters = 'FSRPAUEC';

/** Letters as tcpdump's, first the lowest bit: `SA` is SYN and ACK; `-` for none. */
export function printTcpFlags(flags: number): string {
  return [...letters].filter((_, i) => flags & (1 << i)).join('') || '-';
}

/** The flags that letters stand for, undefined if one of them stands for none. */
export function parseTcpFlags(text: string): number | undefined {
  let flags = 0;
  for (const letter of text) {
    const bit = letters.indexOf(letter);
    if (bit < 0) return undefined;
    flags |= 1 << bit;
  }
  return flags;
}
