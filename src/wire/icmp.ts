/** ICMP (RFC 792). `identifier` and `sequence` have their meaning in echo messages; in errors they are the second word. */
import { header } from './header.ts';

export const icmpTypes = { echoReply: 0, unreachable: 3, echoRequest: 8, timeExceeded: 11 } as const;

export const icmp = header({
  name: 'icmp',
  minBytes: 8,
  fields: {
    type: { at: 0, width: 8, as: 'number' },
    code: { at: 8, width: 8, as: 'number' },
    checksum: { at: 16, width: 16, as: 'hex' },
    identifier: { at: 32, width: 16, as: 'number' },
    sequence: { at: 48, width: 16, as: 'number' },
  },
  describe: (h) => {
    if (h.type === icmpTypes.echoRequest) return `icmp echo request id ${h.identifier} seq ${h.sequence}`;
    if (h.type === icmpTypes.echoReply) return `icmp echo reply id ${h.identifier} seq ${h.sequence}`;
    return `icmp type ${h.type} code ${h.code}`;
  },
});
