/** What packets look like: addresses, header codecs, checksums, a packet builder, and dumps and diffs for people. Never on the hot path. */
export {
  fromBigint,
  type Prefix,
  parseAddress,
  parseIpv4,
  parseIpv6,
  parseMac,
  parsePrefix,
  prefixContains,
  printAddress,
  printIpv4,
  printIpv6,
  printMac,
  printPrefix,
  toBigint,
} from './addresses.ts';
export { arp, arpOperations } from './arp.ts';
export { internetChecksum, l4Checksum, onesSum, pseudoHeaderSum } from './checksum.ts';
export { type Decoded, decode, type Layer } from './decode.ts';
export { describe, summary } from './describe.ts';
export { type DiffOptions, diffPackets, packetsMatch } from './diff.ts';
export { ethernet } from './ethernet.ts';
export { type Field, type FieldTable, type Header, readField, type Values } from './header.ts';
export { fromHex, hexdump, toHex } from './hexdump.ts';
export { icmp, icmpTypes } from './icmp.ts';
export { icmpv6, icmpv6Types, neighbourTarget } from './icmpv6.ts';
export { ipv4, ipv4Flags, isFragment, setIpv4Checksum } from './ipv4.ts';
export { ipv6 } from './ipv6.ts';
export { type PacketSpec, type Payload, packet } from './packet.ts';
export { etherTypes, protocols, vxlanPort } from './protocols.ts';
export { parseTcpFlags, printTcpFlags, tcp, tcpFlags } from './tcp.ts';
export { udp } from './udp.ts';
export { packetErrors } from './verify.ts';
export { vlan } from './vlan.ts';
export { vxlan, vxlanFlagVni } from './vxlan.ts';
