/** Tests that are written in IPv4, in IPv6. */
import type { Model, PolicyPeer } from '../../src/manager/index.ts';
import { printAddress } from '../../src/wire/index.ts';

/** The same world in IPv6: each IPv4 address has its place in fd00::/96. */
export function sixOf(address: string): string {
  const bytes = new Uint8Array(16);
  bytes[0] = 0xfd;
  bytes.set(address.split('.').map(Number), 12);
  return printAddress(bytes);
}

/** And back; undefined for addresses elsewhere. */
export function fourOf(bytes: Uint8Array): string | undefined {
  return bytes[0] === 0xfd && bytes.subarray(1, 12).every((byte) => byte === 0) ? bytes.subarray(12).join('.') : undefined;
}

function prefixSixOf(prefix: string): string {
  if (prefix.includes(':')) return '0.0.0.0/0';
  const [address, length] = prefix.split('/');
  return Number(length) === 0 ? '::/0' : `${sixOf(address!)}/${96 + Number(length)}`;
}

/** A model with all its addresses in IPv6. */
export function toSix(model: Model): Model {
  const peer = (p: PolicyPeer): PolicyPeer =>
    p.kind === 'block' ? { ...p, cidr: prefixSixOf(p.cidr), except: p.except.map(prefixSixOf) } : p;
  const rule = <R extends { readonly peers: readonly PolicyPeer[] }>(r: R): R => ({ ...r, peers: r.peers.map(peer) });
  return {
    ...model,
    node: {
      ...model.node,
      addresses: model.node.addresses.map(sixOf),
      podCIDRs: ['fd00::a01:0/120'],
      ...(model.node.clusterCIDRs && { clusterCIDRs: model.node.clusterCIDRs.map(prefixSixOf) }),
    },
    ports: model.ports.map((port) => ({ ...port, addresses: ['fd00::1'] })),
    pods: model.pods.map((pod) => ({ ...pod, addresses: pod.addresses.map(sixOf) })),
    services: model.services.map((each) => ({ ...each, clusterIPs: each.clusterIPs.map(sixOf) })),
    endpointSlices: model.endpointSlices.map((each) => ({
      ...each,
      addressType: 'IPv6',
      endpoints: each.endpoints.map((endpoint) => ({ ...endpoint, addresses: endpoint.addresses.map(sixOf) })),
    })),
    policies: model.policies.map((p) => ({
      ...p,
      ...(p.ingress && { ingress: p.ingress.map(rule) }),
      ...(p.egress && { egress: p.egress.map(rule) }),
    })),
    clusterPolicies: (model.clusterPolicies ?? []).map((p) => ({
      ...p,
      ingress: p.ingress.map(rule),
      egress: p.egress.map(rule),
    })),
    routes: [{ destination: '::/0', port: 1, via: sixOf('192.168.50.254') }],
    neighbours: model.neighbours.map((n) => ({ ...n, address: sixOf(n.address) })),
  };
}
