/**
 * Identities: addresses that no policy tells apart are one identity, so that policies are about a few identities instead of many addresses.
 *
 * Two addresses are told apart if a peer of some rule matches one and not the other, if different policies select them, if they resolve a named port
 * differently, if they are selected and only one is on this node (each node decides for its pods), or if one is the node's own.
 * Policies draw boundaries only around pods and prefixes, so it is enough to look at each pod, each node address, each `cidr` and each `except`:
 * the address space between them is uniform. These regions are nested, and longest-prefix match finds the innermost one.
 *
 *   10.0.0.0/8            matched by block A                  identity 1
 *     10.1.0.0/16         except of A                         identity 0
 *       10.1.2.3/32       pod app=web, matched by a selector  identity 2
 *
 * Identity 0 is everything that no policy mentions. A region that is like the one around it needs no entry.
 */
import type { Entity } from '../p4runtime/index.ts';
import type { Context } from './context.ts';
import type { Model, NetworkPolicy, Pod, PolicyPeer, Protocol } from './model.ts';
import { selects } from './model.ts';
import { compare, contains, familyOf, nextWider, type Prefix, printPrefix, toPrefix } from './prefixes.ts';

/** Addresses that are alike to all policies. */
export interface Identity {
  /** 0: mentioned nowhere. */
  readonly id: number;
  /** Peers (by `peerKey`) that match it. */
  readonly peers: ReadonlySet<string>;
  /** Policies that select it: pods only. */
  readonly policies: readonly NetworkPolicy[];
  /** `http/TCP` -> port, of named ports that some policy uses. */
  readonly namedPorts: ReadonlyMap<string, number>;
  /** The node's own address. */
  readonly isNode: boolean;
  /** Its pods live on this node. Told apart for pods that policies select only. */
  readonly isLocal: boolean;
}

export interface Identities {
  readonly all: readonly Identity[];
  /** Prefix -> identity, only where it differs from what the wider prefixes say. */
  readonly prefixes: readonly (readonly [prefix: string, id: number])[];
}

/** Identities of a model: none if it has no policies. O((pods + prefixes) * (peers + policies)). */
export function identify(model: Model, installed: ReadonlyMap<string, number>): Identities {
  if (model.policies.length === 0) return { all: [], prefixes: [] };
  const regions = toRegions(model);
  const classes = new Map<string, Region[]>();
  for (const region of regions.values()) {
    const alike = classes.get(region.signature);
    if (alike) alike.push(region);
    else classes.set(region.signature, [region]);
  }
  const ids = number(classes, installed);
  const all = [...classes].map(([signature, alike]) => ({ ...alike[0]!.traits, id: ids.get(signature)! }));
  const prefixes: [string, number][] = [];
  const inOrder = [...regions.values()];
  const wider = nextWider(inOrder.map(({ prefix }) => prefix));
  inOrder.forEach(({ prefix, signature }, i) => {
    const around = inOrder[wider[i]!]?.signature ?? '';
    if (signature !== around) prefixes.push([printPrefix(prefix), ids.get(signature)!]);
  });
  return { all, prefixes };
}

/** Entries of the tables source_identities and destination_identities. */
export function identityEntities({ build }: Context, { prefixes }: Identities): Entity[] {
  return [
    ['source_identities', 'source_is'],
    ['destination_identities', 'destination_is'],
  ].flatMap(([table, action]) =>
    prefixes
      .filter(([address]) => familyOf(address) === 4)
      .map(([address, identity]) => ({
        tableEntry: build.tableEntry({ table: table!, match: { address }, action: action!, params: { identity } }),
      })),
  );
}

/** What a peer of a policy is, as text; the same for peers of different policies that mean the same. */
export function peerKey(policy: NetworkPolicy, peer: PolicyPeer): string {
  if (peer.kind === 'block') return `block ${peer.cidr} except ${[...peer.except].sort().join(' ')}`;
  const where = peer.namespaceSelector ? JSON.stringify(peer.namespaceSelector) : `in ${policy.namespace}`;
  return `pods ${JSON.stringify(peer.podSelector ?? [])} ${where}`;
}

export function namedPortKey(name: string, protocol: Protocol): string {
  return `${name}/${protocol}`;
}

// ---------------------------------------------------------------- regions

type Traits = Omit<Identity, 'id'>;

/** A piece of the address space between the boundaries that pods, node and blocks draw. */
interface Region {
  readonly prefix: Prefix;
  readonly traits: Traits;
  /** The same for regions that are alike; '' for traits that say nothing. */
  readonly signature: string;
}

interface Block {
  readonly cidr: Prefix;
  readonly except: readonly Prefix[];
}

/** By printed prefix, in the order of addresses, wider ones first. */
function toRegions(model: Model): Map<string, Region> {
  const peers = allPeers(model.policies);
  const blocks = new Map<string, Block>();
  for (const [key, { peer }] of peers) {
    const cidr = peer.kind === 'block' ? toPrefix(peer.cidr) : undefined;
    if (peer.kind !== 'block' || !cidr) continue;
    blocks.set(key, { cidr, except: peer.except.flatMap((e) => toPrefix(e) ?? []) });
  }
  const pods = new Map(model.pods.flatMap((pod) => pod.addresses.flatMap((address) => withPrefix(address, pod))));
  const nodes = new Set(model.node.addresses.flatMap((address) => withPrefix(address, true).map(([key]) => key)));
  const prefixes = new Map<string, Prefix>();
  const add = (prefix: Prefix | undefined): void => {
    if (prefix) prefixes.set(printPrefix(prefix), prefix);
  };
  for (const { cidr, except } of blocks.values()) for (const prefix of [cidr, ...except]) add(prefix);
  for (const key of [...pods.keys(), ...nodes]) add(toPrefix(key));

  const namespaceLabels = new Map(model.namespaces.map((ns) => [ns.name, ns.labels]));
  const names = namedPortsInUse(model.policies);
  const sorted = [...prefixes].sort(([, a], [, b]) => compare(a, b));
  return new Map(
    sorted.map(([key, prefix]) => {
      const pod = pods.get(key);
      const labels = pod && { pod: pod.labels, namespace: namespaceLabels.get(pod.namespace) ?? {} };
      const matched = [...peers].filter(([peer, { policy, peer: p }]) => {
        const block = blocks.get(peer);
        if (block) return contains(block.cidr, prefix) && !block.except.some((e) => contains(e, prefix));
        if (p.kind === 'block' || !pod || !labels) return false;
        const isThere = p.namespaceSelector ? selects(p.namespaceSelector, labels.namespace) : pod.namespace === policy.namespace;
        return isThere && selects(p.podSelector ?? [], labels.pod);
      });
      const traits: Traits = {
        peers: new Set(matched.map(([peer]) => peer)),
        policies: pod ? model.policies.filter((p) => p.namespace === pod.namespace && selects(p.podSelector, pod.labels)) : [],
        namedPorts: new Map(pod ? namedPortsOf(pod).filter(([name]) => names.has(name)) : []),
        isNode: nodes.has(key),
        isLocal: pod?.port !== undefined,
      };
      return [key, { prefix, traits, signature: toSignature(traits) }];
    }),
  );
}

function withPrefix<T>(address: string, value: T): [string, T][] {
  const prefix = toPrefix(address);
  return prefix ? [[printPrefix(prefix), value]] : [];
}

function allPeers(policies: readonly NetworkPolicy[]): Map<string, { policy: NetworkPolicy; peer: PolicyPeer }> {
  const peers = new Map<string, { policy: NetworkPolicy; peer: PolicyPeer }>();
  for (const policy of policies) {
    for (const { peers: list } of [...(policy.ingress ?? []), ...(policy.egress ?? [])]) {
      for (const peer of list) peers.set(peerKey(policy, peer), { policy, peer });
    }
  }
  return peers;
}

function namedPortsInUse(policies: readonly NetworkPolicy[]): Set<string> {
  const ports = policies.flatMap((p) => [...(p.ingress ?? []), ...(p.egress ?? [])]).flatMap((rule) => rule.ports);
  return new Set(ports.flatMap(({ port, protocol }) => (typeof port === 'string' ? [namedPortKey(port, protocol)] : [])));
}

function namedPortsOf(pod: Pod): [string, number][] {
  return pod.containerPorts.flatMap(({ name, protocol, port }) =>
    name === undefined ? [] : [[namedPortKey(name, protocol), port]],
  );
}

function toSignature({ peers, policies, namedPorts, isNode, isLocal }: Traits): string {
  const parts = [
    ...[...peers].sort(),
    ...policies.map((p) => `policy ${p.namespace}/${p.name}`).sort(),
    ...[...namedPorts].map(([name, port]) => `port ${name}=${port}`).sort(),
    ...(isNode ? ['node'] : []),
    ...(isLocal && policies.length > 0 ? ['here'] : []),
  ];
  return parts.join('\n');
}

// ---------------------------------------------------------------- numbers

/**
 * A number for each class. A class takes the number that most of its prefixes have now, unless another one has more with it; the rest get the lowest
 * that are free. So a policy that splits a class renumbers the smaller part only.
 */
function number(classes: ReadonlyMap<string, readonly Region[]>, installed: ReadonlyMap<string, number>): Map<string, number> {
  const result = new Map<string, number>([['', 0]]);
  const taken = new Set<number>([0]);
  const wishes: { signature: string; id: number; votes: number }[] = [];
  for (const [signature, regions] of classes) {
    const votes = new Map<number, number>();
    for (const { prefix } of regions) {
      const id = installed.get(printPrefix(prefix));
      if (id !== undefined) votes.set(id, (votes.get(id) ?? 0) + 1);
    }
    for (const [id, count] of votes) wishes.push({ signature, id, votes: count });
  }
  // Stable: among equals the class with the lowest address comes first.
  for (const { signature, id } of wishes.sort((a, b) => b.votes - a.votes)) {
    if (result.has(signature) || taken.has(id)) continue;
    result.set(signature, id);
    taken.add(id);
  }
  const reserved = new Set([...taken, ...installed.values()]);
  let next = 1;
  for (const signature of classes.keys()) {
    if (result.has(signature)) continue;
    while (reserved.has(next)) next++;
    reserved.add(next);
    result.set(signature, next);
  }
  return result;
}
