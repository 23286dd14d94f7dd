/** ARP for IPv4 over Ethernet (RFC 826). */
import { header } from './header.ts';

export const arpOperations = { request: 1, reply: 2 } as const;

export const arp = header({
  name: 'arp',
  minBytes: 28,
  fields: {
    hardwareType: { at: 0, width: 16, as: 'number' },
    protocolType: { at: 16, width: 16, as: 'hex' },
    hardwareLength: { at: 32, width: 8, as: 'number' },
    protocolLength: { at: 40, width: 8, as: 'number' },
    operation: { at: 48, width: 16, as: 'number' },
    senderMac: { at: 64, width: 48, as: 'mac' },
    senderAddress: { at: 112, width: 32, as: 'ipv4' },
    targetMac: { at: 144, width: 48, as: 'mac' },
    targetAddress: { at: 192, width: 32, as: 'ipv4' },
  },
  check: (h) => (h.hardwareLength === 6 && h.protocolLength === 4 ? undefined : 'address lengths are not 6 and 4'),
  describe: (h) => {
    if (h.operation === arpOperations.request) return `arp who-has ${h.targetAddress} tell ${h.senderAddress}`;
    if (h.operation === arpOperations.reply) return `arp ${h.senderAddress} is-at ${h.senderMac}`;
    return `arp operation ${h.operation}`;
  },
});
