/**
 * NetworkPolicy as the API documentation says it, with no thought of speed or tables: may this connection be made? The judge of the compiler.
 * (networking.k8s.io/v1: a pod that no policy selects in a direction is free; one that is selected may do what some rule allows.)
 */
import {
  type Model,
  type NetworkPolicy,
  type Pod,
  type PolicyPeer,
  type PolicyPort,
  protocolNumbers,
  selects,
} from '../../src/manager/index.ts';

export function naivelyAllowed(model: Model, from: string, to: string, port: number, protocol: number): boolean {
  const source = model.pods.find((pod) => pod.addresses.includes(from));
  const destination = model.pods.find((pod) => pod.addresses.includes(to));
  return (
    directionAllows(model, 'egress', source, to, destination, port, protocol) &&
    (directionAllows(model, 'ingress', destination, from, destination, port, protocol) ||
      (destination?.port !== undefined && model.node.addresses.includes(from)))
  );
}

function directionAllows(
  model: Model,
  direction: 'ingress' | 'egress',
  pod: Pod | undefined,
  peer: string,
  destination: Pod | undefined,
  port: number,
  protocol: number,
): boolean {
  // Each node decides for its own pods.
  if (pod?.port === undefined) return true;
  const policies = model.policies.filter(
    (p) => p[direction] && p.namespace === pod.namespace && selects(p.podSelector, pod.labels),
  );
  if (policies.length === 0) return true;
  return policies.some((policy) =>
    policy[direction]!.some(
      (rule) =>
        (rule.peers.length === 0 || rule.peers.some((p) => peerMatches(model, policy, p, peer))) &&
        (rule.ports.length === 0 || rule.ports.some((p) => portMatches(p, destination, port, protocol))),
    ),
  );
}

function peerMatches(model: Model, policy: NetworkPolicy, peer: PolicyPeer, address: string): boolean {
  if (peer.kind === 'block') return isIn(peer.cidr, address) && !peer.except.some((e) => isIn(e, address));
  const pod = model.pods.find((p) => p.addresses.includes(address));
  if (!pod) return false;
  const namespace = model.namespaces.find((n) => n.name === pod.namespace);
  if (peer.namespaceSelector ? !selects(peer.namespaceSelector, namespace?.labels ?? {}) : pod.namespace !== policy.namespace) {
    return false;
  }
  return peer.podSelector === undefined || selects(peer.podSelector, pod.labels);
}

function portMatches(rule: PolicyPort, destination: Pod | undefined, port: number, protocol: number): boolean {
  if (protocolNumbers[rule.protocol] !== protocol) return false;
  if (rule.port === undefined) return true;
  if (typeof rule.port === 'number') return rule.port <= port && port <= (rule.endPort ?? rule.port);
  return (
    destination?.containerPorts.some((c) => c.name === rule.port && c.protocol === rule.protocol && c.port === port) ?? false
  );
}

function isIn(cidr: string, address: string): boolean {
  if (cidr.includes(':')) return false;
  const [base, length] = cidr.split('/');
  const shift = 32 - Number(length);
  return toNumber(base!) >> BigInt(shift) === toNumber(address) >> BigInt(shift);
}

function toNumber(address: string): bigint {
  return address.split('.').reduce((n, part) => n * 256n + BigInt(part), 0n);
}
