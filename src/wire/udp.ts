/** UDP header (RFC 768). Checksum 0 means that the sender computed none. */
import { header } from './header.ts';

export const udp = header({
  name: 'udp',
  minBytes: 8,
  fields: {
    sourcePort: { at: 0, width: 16, as: 'number' },
    destinationPort: { at: 16, width: 16, as: 'number' },
    length: { at: 32, width: 16, as: 'number' },
    checksum: { at: 48, width: 16, as: 'hex' },
  },
  check: (h) => (h.length < 8 ? `length ${h.length}` : undefined),
  describe: (h) => `udp ${h.sourcePort} > ${h.destinationPort}`,
});
