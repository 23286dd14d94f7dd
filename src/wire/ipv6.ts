/** IPv6 fixed header (RFC 8200). Extension headers are not decoded. */
import { header } from './header.ts';

export const ipv6 = header({
  name: 'ipv6',
  minBytes: 40,
  fields: {
    version: { at: 0, width: 4, as: 'number' },
    dscp: { at: 4, width: 6, as: 'number' },
    ecn: { at: 10, width: 2, as: 'number' },
    flowLabel: { at: 12, width: 20, as: 'hex' },
    payloadLength: { at: 32, width: 16, as: 'number' },
    nextHeader: { at: 48, width: 8, as: 'number' },
    hopLimit: { at: 56, width: 8, as: 'number' },
    source: { at: 64, width: 128, as: 'ipv6' },
    destination: { at: 192, width: 128, as: 'ipv6' },
  },
  check: (h, bytes) => {
    if (h.version !== 6) return `version ${h.version}`;
    return h.payloadLength > bytes.length - 40
      ? `payload length ${h.payloadLength}, but only ${bytes.length - 40} bytes left`
      : undefined;
  },
  describe: (h) => `${h.source} > ${h.destination}`,
});
