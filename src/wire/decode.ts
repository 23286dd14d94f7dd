/**
 * A packet as its layers: the codecs of this room, one after the other, as far as each header says what comes next.
 *
 * Decoding never fails: what cannot be decoded is payload, and `problem` says why the walk stopped early. Bytes behind the length that IP gives
 * (Ethernet padding) are `trailer`. Later fragments have no L4 header; a first fragment's is decoded.
 */
import { arp } from './arp.ts';
import { ethernet } from './ethernet.ts';
import type { Header } from './header.ts';
import { icmp } from './icmp.ts';
import { icmpv6 } from './icmpv6.ts';
import { ipv4 } from './ipv4.ts';
import { ipv6 } from './ipv6.ts';
import { etherTypes, protocols, vxlanPort } from './protocols.ts';
import { tcp } from './tcp.ts';
import { udp } from './udp.ts';
import { vlan } from './vlan.ts';
import { vxlan } from './vxlan.ts';

export interface Layer {
  readonly header: Header;
  /** From the packet's first byte. */
  readonly offset: number;
  /** Bytes of the header, options included. */
  readonly length: number;
  /** From the header's first byte to the last byte that the enclosing lengths allow. */
  readonly bytes: Uint8Array;
}

export interface Decoded {
  readonly layers: readonly Layer[];
  readonly payloadOffset: number;
  readonly payload: Uint8Array;
  readonly trailer: Uint8Array;
  readonly problem?: string;
}

/** Decodes an Ethernet frame. O(headers). */
export function decode(packet: Uint8Array): Decoded {
  const layers: Layer[] = [];
  let next: Header | undefined = ethernet;
  let offset = 0;
  let end = packet.length;
  let problem: string | undefined;
  while (next !== undefined) {
    const bytes: Uint8Array = packet.subarray(offset, end);
    problem = next.check(bytes);
    if (problem !== undefined) break;
    const layer: Layer = { header: next, offset, length: next.length(bytes), bytes };
    end = Math.min(end, offset + contentLength(layer));
    layers.push({ ...layer, bytes: packet.subarray(offset, end) });
    offset += layer.length;
    next = following(layer);
  }
  return { layers, payloadOffset: offset, payload: packet.subarray(offset, end), trailer: packet.subarray(end), problem };
}

/** Bytes from the layer's start to the end that its own length field gives. */
function contentLength({ header, bytes }: Layer): number {
  if (header === ipv4) return ipv4.get(bytes).totalLength;
  if (header === ipv6) return 40 + ipv6.get(bytes).payloadLength;
  if (header === udp) return udp.get(bytes).length;
  return bytes.length;
}

function following({ header, bytes }: Layer): Header | undefined {
  if (header === ethernet) return byEtherType(ethernet.get(bytes).type);
  if (header === vlan) return byEtherType(vlan.get(bytes).type);
  if (header === ipv4) {
    const { fragmentOffset, protocol } = ipv4.get(bytes);
    return fragmentOffset === 0 ? byProtocol(protocol) : undefined;
  }
  if (header === ipv6) return byProtocol(ipv6.get(bytes).nextHeader);
  if (header === udp) return udp.get(bytes).destinationPort === vxlanPort ? vxlan : undefined;
  return header === vxlan ? ethernet : undefined;
}

function byEtherType(type: number): Header | undefined {
  if (type === etherTypes.ipv4) return ipv4;
  if (type === etherTypes.ipv6) return ipv6;
  if (type === etherTypes.arp) return arp;
  return type === etherTypes.vlan ? vlan : undefined;
}

function byProtocol(protocol: number): Header | undefined {
  if (protocol === protocols.tcp) return tcp;
  if (protocol === protocols.udp) return udp;
  if (protocol === protocols.icmp) return icmp;
  return protocol === protocols.icmpv6 ? icmpv6 : undefined;
}
