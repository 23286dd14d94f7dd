/**
 * NetworkPolicy (networking.k8s.io/v1) as entries of egress_policy and ingress_policy.
 *
 * A pod that no policy selects in a direction has no entries there: the tables' default allows. One that is selected has an entry for each
 * (peer identity, protocol, ports) that the union of its policies' rules allows, and behind them one that denies. Egress is decided by the
 * source pod's policies and ingress by the destination pod's, both in the same pass: a packet needs both.
 * The node's own addresses always reach its pods (kubelet's probes).
 *
 * Entries are about identities with a pod on this node: other nodes decide for theirs.
 */
import type { Entity, EntityBuilder } from '../p4runtime/index.ts';
import type { Context } from './context.ts';
import { type Identities, type Identity, namedPortKey, peerKey } from './identities.ts';
import { type NetworkPolicy, type PolicyPort, type PolicyRule, protocolNumbers } from './model.ts';

type Direction = 'ingress' | 'egress';

const priorities = { allow: 2, deny: 1 };

/** Inclusive range of ports. */
type Range = readonly [low: number, high: number];

/** Ports by protocol number; 'all' is every protocol, those without ports included. */
type Ports = 'all' | Map<number, Range[]>;

/** What a pod may exchange with an identity, or with any (`anybody`). */
type Allowed = Map<number, Ports>;

const anybody = -1;

export function policyEntities({ build }: Context, identities: Identities): Entity[] {
  const entities: Entity[] = [];
  for (const pod of identities.all) {
    if (!pod.isLocal) continue;
    for (const direction of ['egress', 'ingress'] as const) {
      const policies = pod.policies.filter((policy) => policy[direction] !== undefined);
      if (policies.length === 0) continue;
      entities.push(...toEntities(build, direction, pod.id, allowed(direction, pod, policies, identities.all)));
    }
  }
  return entities;
}

/** The union of the policies' rules. */
function allowed(direction: Direction, pod: Identity, policies: readonly NetworkPolicy[], all: readonly Identity[]): Allowed {
  const result: Allowed = new Map();
  for (const policy of policies) {
    for (const rule of policy[direction] ?? []) addRule(result, direction, pod, policy, rule, all);
  }
  if (direction === 'ingress') {
    for (const { id, isNode } of all) if (isNode) result.set(id, 'all');
  }
  return simplify(result);
}

function addRule(
  result: Allowed,
  direction: Direction,
  pod: Identity,
  policy: NetworkPolicy,
  rule: PolicyRule,
  all: readonly Identity[],
): void {
  const keys = rule.peers.map((peer) => peerKey(policy, peer));
  const peers = keys.length === 0 ? undefined : all.filter((identity) => keys.some((key) => identity.peers.has(key)));
  const peerIds = peers?.map(({ id }) => id) ?? [anybody];
  if (rule.ports.length === 0) {
    for (const id of peerIds) result.set(id, 'all');
    return;
  }
  for (const port of rule.ports) {
    if (direction === 'egress' && typeof port.port === 'string') {
      // The name is one of the peer's: each may mean another number.
      for (const peer of peers ?? all) addPort(result, peer.id, port, peer);
    } else {
      for (const id of peerIds) addPort(result, id, port, pod);
    }
  }
}

/** `destination`: whose container ports a name means. A name that it does not have allows nothing. */
function addPort(result: Allowed, peer: number, port: PolicyPort, destination: Identity): void {
  const range = toRange(port, destination);
  const ports = result.get(peer) ?? new Map<number, Range[]>();
  if (!range || ports === 'all') return;
  const protocol = protocolNumbers[port.protocol];
  ports.set(protocol, [...(ports.get(protocol) ?? []), range]);
  result.set(peer, ports);
}

function toRange({ port, endPort, protocol }: PolicyPort, destination: Identity): Range | undefined {
  if (port === undefined) return [0, 65535];
  if (typeof port === 'number') return [port, endPort ?? port];
  const number = destination.namedPorts.get(namedPortKey(port, protocol));
  return number === undefined ? undefined : [number, number];
}

/** Joins ranges that touch, and leaves out what anybody may do anyway. */
function simplify(all: Allowed): Allowed {
  const common = all.get(anybody);
  if (common === 'all') return new Map([[anybody, 'all']]);
  const result: Allowed = new Map();
  const commonRanges = new Map([...(common ?? [])].map(([protocol, ranges]) => [protocol, join(ranges)]));
  if (common) result.set(anybody, commonRanges);
  for (const [peer, ports] of all) {
    if (peer === anybody) continue;
    if (ports === 'all') {
      result.set(peer, 'all');
      continue;
    }
    const own = new Map<number, Range[]>();
    for (const [protocol, ranges] of ports) {
      const covered = commonRanges.get(protocol) ?? [];
      const rest = join(ranges).filter(([low, high]) => !covered.some(([l, h]) => l <= low && high <= h));
      if (rest.length > 0) own.set(protocol, rest);
    }
    if (own.size > 0) result.set(peer, own);
  }
  return result;
}

function join(ranges: readonly Range[]): Range[] {
  const result: [number, number][] = [];
  for (const [low, high] of [...ranges].sort(([a], [b]) => a - b)) {
    const last = result.at(-1);
    if (last && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else result.push([low, high]);
  }
  return result;
}

function toEntities(build: EntityBuilder, direction: Direction, pod: number, rules: Allowed): Entity[] {
  // Everybody may do everything: the table's default says the same.
  if (rules.get(anybody) === 'all') return [];
  const table = `${direction}_policy`;
  const entities: Entity[] = [];
  const allow = (peer: number, protocol?: number, range?: Range): void => {
    const [low, high] = range ?? [0, 65535];
    const match = {
      pod,
      peer: peer === anybody ? undefined : peer,
      protocol,
      port: low === 0 && high === 65535 ? undefined : { low, high },
    };
    entities.push({ tableEntry: build.tableEntry({ table, match, priority: priorities.allow, action: 'allow' }) });
  };
  for (const [peer, ports] of rules) {
    if (ports === 'all') allow(peer);
    else for (const [protocol, ranges] of ports) for (const range of ranges) allow(peer, protocol, range);
  }
  const deny = build.tableEntry({ table, match: { pod }, priority: priorities.deny, action: `deny_${direction}` });
  return [...entities, { tableEntry: deny }];
}
