/**
 * What the policies of a pod allow in one direction: to those whom no rule names, and to each class of peers that some rule does.
 *
 * Tiers are asked one after the other: Admin and Baseline by first match, NetworkPolicy as the union of its rules, which is final for a pod that
 * one of them selects (network-policy-api, ClusterNetworkPolicySpec.tier). What no tier decides is allowed.
 */
import type { ContainerPort } from './model.ts';
import {
  comparePolicies,
  type Direction,
  type FlatPolicy,
  type FlatRule,
  type NamedPort,
  type Tier,
  tiers,
} from './policy-rules.ts';
import { allPorts, difference, intersection, noPorts, type PortSet, portRange, union } from './port-set.ts';

/** Rules of a tier, found by the peers that they name. */
interface TierRules {
  readonly rules: readonly FlatRule[];
  /** Indices of rules for everybody, and of those for a peer. */
  readonly any: readonly number[];
  readonly byPeer: ReadonlyMap<string, readonly number[]>;
  /** What rules for everybody say without names, and those that have names. */
  readonly anyPorts: PortSet;
  readonly anyNamed: readonly FlatRule[];
}

export class PolicyList {
  readonly #tiers: ReadonlyMap<Tier, TierRules>;
  readonly peers: ReadonlySet<string>;
  /** Names of ports in rules for everybody. */
  readonly anyNames: ReadonlySet<string>;
  /** Some rule names a port: what is allowed depends on the destination. */
  readonly #hasNames: boolean;
  /** A number for each list of rules: peers that the same rules name are the same to us. */
  readonly #rulesOf = new Map<string, number>();
  /** What was allowed, by these numbers: most classes of peers come to the same few. */
  readonly #found = new Map<string, PortSet>();

  /** O(rules log rules). */
  constructor(direction: Direction, policies: readonly FlatPolicy[]) {
    const sorted = [...policies].sort(comparePolicies);
    const all = new Map<Tier, TierRules>();
    const peers = new Set<string>();
    const anyNames = new Set<string>();
    for (const tier of tiers) {
      const ofTier = sorted.filter((policy) => policy.tier === tier && policy[direction]);
      if (ofTier.length === 0) continue;
      const rules = ofTier.flatMap((policy) => policy[direction]!);
      const any: number[] = [];
      const byPeer = new Map<string, number[]>();
      rules.forEach((rule, i) => {
        if (!rule.peers) {
          any.push(i);
          for (const { name } of rule.names) anyNames.add(name);
        }
        for (const { key } of rule.peers ?? []) {
          peers.add(key);
          const list = byPeer.get(key);
          if (!list) byPeer.set(key, [i]);
          else if (list.at(-1) !== i) list.push(i);
        }
      });
      const forAll = any.map((i) => rules[i]!);
      const anyNamed = forAll.filter((rule) => rule.names.length > 0);
      all.set(tier, { rules, any, byPeer, anyPorts: union(forAll.map((rule) => rule.ports)), anyNamed });
    }
    this.#tiers = all;
    this.peers = peers;
    this.anyNames = anyNames;
    this.#hasNames = [...all.values()].some(({ rules }) => rules.some(({ names }) => names.length > 0));
    const numbers = new Map<string, number>();
    for (const peer of peers) {
      const list = Array.from(all.values(), ({ byPeer }) => byPeer.get(peer)?.join(' ') ?? '').join();
      const number = numbers.get(list) ?? numbers.size;
      numbers.set(list, number);
      this.#rulesOf.set(peer, number);
    }
  }

  /** What is allowed with somebody who is these peers. `destination`: container ports that names may mean. */
  allowed(peers: Iterable<string>, destination: readonly ContainerPort[]): PortSet {
    const keys: string[] = [];
    const lists = new Set<number>();
    for (const key of peers) {
      const list = this.#rulesOf.get(key);
      if (list === undefined) continue;
      keys.push(key);
      lists.add(list);
    }
    const name = `${[...lists].sort((a, b) => a - b).join(' ')}${this.#hasNames ? printPorts(destination) : ''}`;
    let found = this.#found.get(name);
    if (!found) {
      found = this.#allowed(keys, destination);
      this.#found.set(name, found);
    }
    return found;
  }

  #allowed(keys: readonly string[], destination: readonly ContainerPort[]): PortSet {
    let undecided = allPorts;
    const allowed: PortSet[] = [];
    for (const [tier, list] of this.#tiers) {
      const specific = keys.flatMap((key) => list.byPeer.get(key) ?? []);
      if (tier === 'network') {
        const ports = [...list.anyNamed, ...specific.map((i) => list.rules[i]!)].map((rule) => portsOf(rule, destination));
        allowed.push(intersection(undecided, union([list.anyPorts, ...ports])));
        undecided = noPorts;
        continue;
      }
      const passed: PortSet[] = [];
      for (const i of [...new Set([...list.any, ...specific])].sort((a, b) => a - b)) {
        if (undecided.length === 0) break;
        const rule = list.rules[i]!;
        const ports = portsOf(rule, destination);
        const decided = intersection(undecided, ports);
        if (rule.action === 'accept') allowed.push(decided);
        if (rule.action === 'pass') passed.push(decided);
        undecided = difference(undecided, ports);
      }
      undecided = union([undecided, ...passed]);
    }
    return union([...allowed, undecided]);
  }
}

function printPorts(ports: readonly ContainerPort[]): string {
  return ports.map(({ name, protocol, port }) => `;${name} ${protocol} ${port}`).join('');
}

/** A name that the destination does not have is no port. */
function portsOf({ ports, names }: FlatRule, destination: readonly ContainerPort[]): PortSet {
  if (names.length === 0) return ports;
  const means = ({ name, protocol }: NamedPort, port: ContainerPort): boolean =>
    port.name === name && (protocol === undefined || port.protocol === protocol);
  const resolved = destination
    .filter((port) => names.some((name) => means(name, port)))
    .map(({ protocol, port }) => portRange(protocol, port, port));
  return union([ports, ...resolved]);
}
