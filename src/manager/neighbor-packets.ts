/** Neighbour discovery frames of the control plane (RFC 4861), as arp-packets.ts has those of ARP. */
import {
  ethernet,
  etherTypes,
  fromBigint,
  icmpv6,
  icmpv6Types,
  ipv6,
  neighbourTarget,
  packet,
  parseIpv6,
  parseMac,
  printIpv6,
  printMac,
  protocols,
  vlan,
} from '../wire/index.ts';
import type { Unresolved } from './context.ts';

const hopLimit = 255;
const sourceLinkLayer = 1;
const targetLinkLayer = 2;

/** The solicitation that asks for a neighbour's MAC address, to the group that its address belongs to. */
export function neighborSolicitation(question: Unresolved): Uint8Array {
  const target = parseIpv6(question.address) ?? new Uint8Array(16);
  const last = target.subarray(13);
  const group = Uint8Array.from([...fromBigint(0xff02n << 112n, 16).subarray(0, 11), 1, 0xff, ...last]);
  const mac = parseMac(question.sourceMac) ?? new Uint8Array(6);
  return packet({
    eth: { source: question.sourceMac, destination: printMac(Uint8Array.from([0x33, 0x33, 0xff, ...last])) },
    ...(question.vlan !== undefined && { vlan: { id: question.vlan } }),
    ip: { source: question.sourceAddress, destination: printIpv6(group), hopLimit },
    icmpv6: { type: icmpv6Types.neighbourSolicitation },
    payload: Uint8Array.from([...target, sourceLinkLayer, 1, ...mac]),
  });
}

/**
 * Who says that he is where, in a solicitation or an advertisement; undefined if the frame is none or says nothing that one can use. Its checksum is
 * believed: it came over one link.
 */
export function neighborSender(frame: Uint8Array): { readonly address: string; readonly mac: string } | undefined {
  if (ethernet.check(frame) !== undefined) return undefined;
  let offset = ethernet.minBytes;
  let { type } = ethernet.get(frame);
  if (type === etherTypes.vlan) {
    const tag = frame.subarray(offset);
    if (vlan.check(tag) !== undefined) return undefined;
    type = vlan.get(tag).type;
    offset += vlan.minBytes;
  }
  const header = frame.subarray(offset);
  if (type !== etherTypes.ipv6 || ipv6.check(header) !== undefined) return undefined;
  const { source, nextHeader, payloadLength, hopLimit: hops } = ipv6.get(header);
  const message = header.subarray(40, 40 + payloadLength);
  if (nextHeader !== protocols.icmpv6 || hops !== hopLimit || icmpv6.check(message) !== undefined) return undefined;
  const target = neighbourTarget(message);
  if (target === undefined) return undefined;
  const isSolicitation = icmpv6.get(message).type === icmpv6Types.neighbourSolicitation;
  const mac = linkLayerAddress(message.subarray(24), isSolicitation ? sourceLinkLayer : targetLinkLayer);
  const address = isSolicitation ? source : target;
  return mac !== undefined && address !== '::' ? { address, mac } : undefined;
}

/** Of the option of this type: a unicast MAC address. */
function linkLayerAddress(options: Uint8Array, wanted: number): string | undefined {
  for (let at = 0; at + 8 <= options.length; ) {
    const bytes = 8 * options[at + 1]!;
    if (bytes === 0) return undefined;
    const mac = options.subarray(at + 2, at + 8);
    if (options[at] === wanted && bytes === 8) return (mac[0]! & 1) === 0 && mac.some((b) => b !== 0) ? printMac(mac) : undefined;
    at += bytes;
  }
  return undefined;
}
