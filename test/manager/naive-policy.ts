/**
 * NetworkPolicy and ClusterNetworkPolicy as the API documentation says them, with no thought of speed or tables: may this connection be made? The judge
 * of the compiler. (networking.k8s.io/v1: a pod that no policy selects in a direction is free; one that is selected may do what some rule allows.
 * policy.networking.k8s.io/v1alpha2: Admin, then NetworkPolicy, then Baseline; the first rule that matches decides.)
 */
import {
  type ClusterNetworkPolicy,
  type Model,
  type Pod,
  type PolicyPeer,
  type PolicyPort,
  protocolNumbers,
  selects,
} from '../../src/manager/index.ts';
import { parseAddress, parsePrefix, prefixContains } from '../../src/wire/index.ts';

/** A connection: its ends and what it asks for. */
interface Attempt {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly protocol: number;
}

type Direction = 'ingress' | 'egress';

export function naivelyAllowed(model: Model, from: string, to: string, port: number, protocol: number): boolean {
  if (from === to) return true;
  const attempt = { from, to, port, protocol };
  const fromNode = podAt(model, to)?.port !== undefined && model.node.addresses.includes(from);
  return directionAllows(model, 'egress', attempt) && (fromNode || directionAllows(model, 'ingress', attempt));
}

function directionAllows(model: Model, direction: Direction, attempt: Attempt): boolean {
  const pod = podAt(model, direction === 'egress' ? attempt.from : attempt.to);
  // Each node decides for its own pods.
  if (pod?.port === undefined) return true;
  const admin = firstMatch(model, 'Admin', direction, pod, attempt);
  if (admin === 'Accept' || admin === 'Deny') return admin === 'Accept';
  const policies = model.policies.filter(
    (p) => p[direction] && p.namespace === pod.namespace && selects(p.podSelector, pod.labels),
  );
  if (policies.length > 0) {
    return policies.some((policy) =>
      policy[direction]!.some(
        (rule) =>
          (rule.peers.length === 0 || rule.peers.some((p) => peerMatches(model, policy.namespace, p, direction, attempt))) &&
          portsMatch(model, rule.ports, attempt),
      ),
    );
  }
  return firstMatch(model, 'Baseline', direction, pod, attempt) !== 'Deny';
}

function firstMatch(
  model: Model,
  tier: ClusterNetworkPolicy['tier'],
  direction: Direction,
  pod: Pod,
  attempt: Attempt,
): 'Accept' | 'Deny' | 'Pass' | undefined {
  const sorted = (model.clusterPolicies ?? [])
    .filter((policy) => policy.tier === tier)
    .sort((a, b) => a.priority - b.priority || (a.name < b.name ? -1 : 1));
  for (const { subject, ...policy } of sorted) {
    if (!selects(subject.namespaceSelector, namespaceLabels(model, pod)) || !selects(subject.podSelector, pod.labels)) continue;
    for (const rule of policy[direction]) {
      const isPeer = rule.peers.length === 0 || rule.peers.some((p) => peerMatches(model, undefined, p, direction, attempt));
      if (isPeer && portsMatch(model, rule.ports, attempt)) return rule.action;
    }
  }
  return undefined;
}

function peerMatches(
  model: Model,
  policyNamespace: string | undefined,
  peer: PolicyPeer,
  direction: Direction,
  { from, to }: Attempt,
): boolean {
  const address = direction === 'egress' ? to : from;
  if (peer.kind === 'block') return isIn(peer.cidr, address) && !peer.except.some((e) => isIn(e, address));
  const pod = podAt(model, address);
  if (!pod) return false;
  const isThere = peer.namespaceSelector
    ? selects(peer.namespaceSelector, namespaceLabels(model, pod))
    : policyNamespace === undefined || pod.namespace === policyNamespace;
  return isThere && selects(peer.podSelector ?? [], pod.labels);
}

function portsMatch(model: Model, ports: readonly PolicyPort[], attempt: Attempt): boolean {
  return ports.length === 0 || ports.some((port) => portMatches(port, podAt(model, attempt.to), attempt.port, attempt.protocol));
}

function podAt(model: Model, address: string): Pod | undefined {
  return model.pods.find((pod) => pod.addresses.includes(address));
}

function namespaceLabels(model: Model, pod: Pod): Readonly<Record<string, string>> {
  return model.namespaces.find((n) => n.name === pod.namespace)?.labels ?? {};
}

function portMatches(rule: PolicyPort, destination: Pod | undefined, port: number, protocol: number): boolean {
  if (rule.protocol && protocolNumbers[rule.protocol] !== protocol) return false;
  if (rule.port === undefined) return true;
  if (typeof rule.port === 'number') return rule.port <= port && port <= (rule.endPort ?? rule.port);
  return (
    destination?.containerPorts.some(
      (c) => c.name === rule.port && protocolNumbers[c.protocol] === protocol && c.port === port,
    ) ?? false
  );
}

function isIn(cidr: string, address: string): boolean {
  return prefixContains(parsePrefix(cidr)!, parseAddress(address)!);
}
