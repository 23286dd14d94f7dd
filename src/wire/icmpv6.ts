/** ICMPv6 (RFC 4443) and the target of neighbour discovery messages (RFC 4861). */
import { printIpv6 } from './addresses.ts';
import { header } from './header.ts';

export const icmpv6Types = {
  unreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  echoRequest: 128,
  echoReply: 129,
  neighbourSolicitation: 135,
  neighbourAdvertisement: 136,
} as const;

export const icmpv6 = header({
  name: 'icmpv6',
  minBytes: 8,
  fields: {
    type: { at: 0, width: 8, as: 'number' },
    code: { at: 8, width: 8, as: 'number' },
    checksum: { at: 16, width: 16, as: 'hex' },
    identifier: { at: 32, width: 16, as: 'number' },
    sequence: { at: 48, width: 16, as: 'number' },
  },
  describe: (h) => {
    if (h.type === icmpv6Types.echoRequest) return `icmpv6 echo request id ${h.identifier} seq ${h.sequence}`;
    if (h.type === icmpv6Types.echoReply) return `icmpv6 echo reply id ${h.identifier} seq ${h.sequence}`;
    if (h.type === icmpv6Types.neighbourSolicitation) return 'icmpv6 neighbour solicitation';
    if (h.type === icmpv6Types.neighbourAdvertisement) return 'icmpv6 neighbour advertisement';
    return `icmpv6 type ${h.type} code ${h.code}`;
  },
});

/** Address that a neighbour solicitation or advertisement is about, undefined for other or short messages. */
export function neighbourTarget(bytes: Uint8Array): string | undefined {
  const isNeighbour = bytes[0] === icmpv6Types.neighbourSolicitation || bytes[0] === icmpv6Types.neighbourAdvertisement;
  return isNeighbour && bytes.length >= 24 ? printIpv6(bytes.subarray(8, 24)) : undefined;
}
