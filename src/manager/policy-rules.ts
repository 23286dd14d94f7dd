/**
 * NetworkPolicy and ClusterNetworkPolicy in one form: who is selected, and per direction a list of rules. What a rule says about ports is a set; only
 * names stay open, since what they mean depends on the destination pod.
 */
import type {
  ClusterNetworkPolicy,
  ClusterRule,
  LabelSelector,
  NetworkPolicy,
  PolicyPeer,
  PolicyPort,
  PolicyRule,
  Protocol,
} from './model.ts';
import { allPorts, type PortSet, portRange, union } from './port-set.ts';
import { type Prefix, toPrefix } from './prefixes.ts';

export type Direction = 'ingress' | 'egress';

export const directions: readonly Direction[] = ['egress', 'ingress'];

/** In the order in which they are asked. */
export const tiers = ['admin', 'network', 'baseline'] as const;
export type Tier = (typeof tiers)[number];

/** Pods of one namespace, or of those that a selector takes. */
export interface PodSelection {
  readonly namespace?: string;
  readonly namespaceSelector?: LabelSelector;
  readonly podSelector: LabelSelector;
}

/** `key`: the same for peers of different policies that mean the same. */
export type PeerSpec =
  | { readonly key: string; readonly kind: 'pods'; readonly pods: PodSelection }
  | { readonly key: string; readonly kind: 'block'; readonly cidr: Prefix; readonly except: readonly Prefix[] };

export interface NamedPort {
  readonly name: string;
  /** Absent: whichever protocol the container port has. */
  readonly protocol?: Protocol;
}

export interface FlatRule {
  readonly action: 'accept' | 'deny' | 'pass';
  /** Any of them; undefined: everybody. */
  readonly peers: readonly PeerSpec[] | undefined;
  readonly ports: PortSet;
  readonly names: readonly NamedPort[];
}

export interface FlatPolicy {
  /** Among all policies. */
  readonly key: string;
  readonly tier: Tier;
  /** Lower ones first; ties in the order of keys. */
  readonly priority: number;
  readonly subject: PodSelection;
  /** Absent: says nothing about this direction. */
  readonly ingress?: readonly FlatRule[];
  readonly egress?: readonly FlatRule[];
}

export function flattenPolicy(policy: NetworkPolicy): FlatPolicy {
  const { namespace, name, podSelector, ingress, egress } = policy;
  const flatten = (rule: PolicyRule): FlatRule => ({
    action: 'accept',
    peers: rule.peers.length === 0 ? undefined : rule.peers.map((peer) => toPeer(peer, namespace)),
    ...flattenPorts(rule.ports),
  });
  return {
    key: `networkpolicy ${namespace}/${name}`,
    tier: 'network',
    priority: 0,
    subject: { namespace, podSelector },
    ...(ingress && { ingress: ingress.map(flatten) }),
    ...(egress && { egress: egress.map(flatten) }),
  };
}

/** Without rules of a direction it does not affect that direction. */
export function flattenClusterPolicy({ name, tier, priority, subject, ingress, egress }: ClusterNetworkPolicy): FlatPolicy {
  const actions = { Accept: 'accept', Deny: 'deny', Pass: 'pass' } as const;
  const flatten = (rule: ClusterRule): FlatRule => ({
    action: actions[rule.action],
    peers: rule.peers.length === 0 ? undefined : rule.peers.map((peer) => toPeer(peer, undefined)),
    ...flattenPorts(rule.ports),
  });
  return {
    key: `clusternetworkpolicy ${name}`,
    tier: tier === 'Admin' ? 'admin' : 'baseline',
    priority,
    subject: { namespaceSelector: subject.namespaceSelector, podSelector: subject.podSelector },
    ...(ingress.length > 0 && { ingress: ingress.map(flatten) }),
    ...(egress.length > 0 && { egress: egress.map(flatten) }),
  };
}

/** Order of asking. */
export function comparePolicies(a: FlatPolicy, b: FlatPolicy): number {
  return tiers.indexOf(a.tier) - tiers.indexOf(b.tier) || a.priority - b.priority || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

function toPeer(peer: PolicyPeer, namespace: string | undefined): PeerSpec {
  if (peer.kind === 'block') {
    const cidr = toPrefix(peer.cidr);
    if (!cidr) throw new RangeError(`'${peer.cidr}' is no prefix`);
    return {
      key: `block ${peer.cidr} except ${[...peer.except].sort().join(' ')}`,
      kind: 'block',
      cidr,
      except: peer.except.flatMap((text) => toPrefix(text) ?? []),
    };
  }
  const podSelector = peer.podSelector ?? [];
  if (peer.namespaceSelector || namespace === undefined) {
    const namespaceSelector = peer.namespaceSelector ?? [];
    return {
      key: `pods ${JSON.stringify(podSelector)} ${JSON.stringify(namespaceSelector)}`,
      kind: 'pods',
      pods: { namespaceSelector, podSelector },
    };
  }
  return { key: `pods ${JSON.stringify(podSelector)} in ${namespace}`, kind: 'pods', pods: { namespace, podSelector } };
}

/** No ports: all of them, and protocols without ports, too. */
function flattenPorts(list: readonly PolicyPort[]): { ports: PortSet; names: NamedPort[] } {
  if (list.length === 0) return { ports: allPorts, names: [] };
  const names: NamedPort[] = [];
  const sets: PortSet[] = [];
  for (const { protocol, port, endPort } of list) {
    if (typeof port === 'string') names.push({ name: port, ...(protocol && { protocol }) });
    else if (protocol) sets.push(portRange(protocol, port, port === undefined ? undefined : (endPort ?? port)));
  }
  return { ports: union(sets), names };
}
