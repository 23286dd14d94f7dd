/** ARP frames of the control plane: the question for a neighbour, and what a frame from the network teaches. */
import { arp, arpOperations, ethernet, etherTypes, packet, vlan } from '../wire/index.ts';
import type { Unresolved } from './context.ts';

/** The request that asks for a neighbour's MAC address. */
export function arpRequest(question: Unresolved): Uint8Array {
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

/** Who says that he is where, in an ARP frame of any kind; undefined if the frame is none or says nothing that one can use. */
export function arpSender(frame: Uint8Array): { readonly address: string; readonly mac: string } | undefined {
  if (ethernet.check(frame) !== undefined) return undefined;
  let offset = ethernet.minBytes;
  let { type } = ethernet.get(frame);
  if (type === etherTypes.vlan) {
    const tag = frame.subarray(offset);
    if (vlan.check(tag) !== undefined) return undefined;
    type = vlan.get(tag).type;
    offset += vlan.minBytes;
  }
  const body = frame.subarray(offset);
  if (type !== etherTypes.arp || arp.check(body) !== undefined) return undefined;
  const { senderAddress, senderMac } = arp.get(body);
  const isUnicast = (Number.parseInt(senderMac.slice(0, 2), 16) & 1) === 0 && senderMac !== '00:00:00:00:00:00';
  return isUnicast && senderAddress !== '0.0.0.0' ? { address: senderAddress, mac: senderMac } : undefined;
}
