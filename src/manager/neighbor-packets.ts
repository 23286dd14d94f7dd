/**
 * Frames of the control plane that find out who is where on a link: ARP (RFC 826) for IPv4, neighbour discovery (RFC 4861) for IPv6. The question, and what a
 * frame from the network teaches.
 */
import {
  arp,
  arpOperations,
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
import { familyOf } from './prefixes.ts';

/** Somebody on a link who says where he is. */
export interface Sender {
  readonly address: string;
  readonly mac: string;
}

const hopLimit = 255;
const sourceLinkLayer = 1;
const targetLinkLayer = 2;

/** The frame that asks for a neighbour's MAC address. */
export function neighborQuestion(question: Unresolved): Uint8Array {
  return familyOf(question.address) === 4 ? arpRequest(question) : neighborSolicitation(question);
}

/** Who says that he is where, in an ARP frame of any kind; undefined if the frame is none or says nothing that one can use. */
export function arpSender(frame: Uint8Array): Sender | undefined {
  const body = bodyOf(frame, etherTypes.arp);
  if (!body || arp.check(body) !== undefined) return undefined;
  const { senderAddress, senderMac } = arp.get(body);
  return isUnicast(parseMac(senderMac)!) && senderAddress !== '0.0.0.0' ? { address: senderAddress, mac: senderMac } : undefined;
}

/**
 * Who says that he is where, in a solicitation or an advertisement; undefined if the frame is none or says nothing that one can use. Its checksum is
 * believed: it came over one link.
 */
export function neighborSender(frame: Uint8Array): Sender | undefined {
  const header = bodyOf(frame, etherTypes.ipv6);
  if (!header || ipv6.check(header) !== undefined) return undefined;
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

function arpRequest(question: Unresolved): Uint8Array {
  return packet({
    eth: { source: question.sourceMac, destination: 'ff:ff:ff:ff:ff:ff' },
    ...(question.vlan !== undefined && { vlan: { id: question.vlan } }),
    arp: {
      operation: arpOperations.request,
      senderMac: question.sourceMac,
      senderAddress: question.sourceAddress,
      targetMac: '00:00:00:00:00:00',
      targetAddress: question.address,
    },
  });
}

/** To the group that the address belongs to. */
function neighborSolicitation(question: Unresolved): Uint8Array {
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

/** What an Ethernet frame of a type carries, behind a tag if it has one. */
function bodyOf(frame: Uint8Array, wanted: number): Uint8Array | undefined {
  if (ethernet.check(frame) !== undefined) return undefined;
  const body = frame.subarray(ethernet.minBytes);
  const { type } = ethernet.get(frame);
  if (type !== etherTypes.vlan) return type === wanted ? body : undefined;
  return vlan.check(body) === undefined && vlan.get(body).type === wanted ? body.subarray(vlan.minBytes) : undefined;
}

/** Of the option of this type: a unicast MAC address. */
function linkLayerAddress(options: Uint8Array, wanted: number): string | undefined {
  for (let at = 0; at + 8 <= options.length; ) {
    const bytes = 8 * options[at + 1]!;
    if (bytes === 0) return undefined;
    const mac = options.subarray(at + 2, at + 8);
    if (options[at] === wanted && bytes === 8) return isUnicast(mac) ? printMac(mac) : undefined;
    at += bytes;
  }
  return undefined;
}

function isUnicast(mac: Uint8Array): boolean {
  return (mac[0]! & 1) === 0 && mac.some((byte) => byte !== 0);
}
