/**
 * One direction of policy: classes of peers, profiles of pods, and the rules between them.
 *
 *   class     addresses that are the same peers to every rule of this direction (and, where rules name ports, have the same ports by these names)
 *   profile   pods of this node that the same policies select
 *   rule set  what is allowed, as a set of ports; pairs that allow the same share it
 *
 *   profile --base--> rule set for everybody
 *   profile x class --pair--> rule set, where it is another one
 *
 * Classes and profiles find each other by keys: the peers that both know, names of ports, the node. So a new class asks only the profiles whose rules
 * name it, and a new profile only the classes that its rules name.
 */
import type { ContainerPort } from './model.ts';
import type { Region } from './policy-regions.ts';
import type { Direction, FlatPolicy, FlatRule, PeerSpec } from './policy-rules.ts';
import type { PolicyStore, RuleSet } from './policy-store.ts';
import { PolicyList } from './policy-verdict.ts';
import { allPorts, includes } from './port-set.ts';
import { type Selectable, SelectorIndex } from './selector-index.ts';

/** A peer that rules name, however many do. */
export interface Peer {
  readonly spec: PeerSpec;
  readonly side: Side;
  readonly id: number;
  uses: number;
}

export interface PeerClass {
  readonly signature: string;
  readonly id: number;
  readonly peers: ReadonlySet<string>;
  readonly ports: readonly ContainerPort[];
  readonly isNode: boolean;
  readonly keys: readonly string[];
  readonly regions: Set<Region>;
  /** Profiles that have rules for it. */
  readonly pairs: Set<Profile>;
}

export interface Profile {
  readonly signature: string;
  readonly id: number;
  readonly policies: readonly string[];
  /** Of ingress: what names mean. */
  readonly ports: readonly ContainerPort[];
  readonly regions: Set<Region>;
  list: PolicyList;
  keys: readonly string[];
  base: RuleSet;
  readonly pairs: Map<PeerClass, RuleSet>;
}

const nodeKey = 'node';

export class Side {
  readonly direction: Direction;
  readonly #store: PolicyStore;
  readonly peers = new Map<string, Peer>();
  readonly peerIndex = new SelectorIndex<Peer>();
  /** How many rules use a name of a port. */
  readonly names = new Map<string, number>();
  policyCount = 0;
  readonly classes = new Map<string, PeerClass>();
  readonly profiles = new Map<string, Profile>();
  readonly #classesByKey = new Map<string, Set<PeerClass>>();
  readonly #profilesByKey = new Map<string, Set<Profile>>();
  readonly #profilesByPolicy = new Map<string, Set<Profile>>();
  readonly #newClasses = new Set<PeerClass>();
  readonly #staleProfiles = new Set<Profile>();
  /** Some region left them: they may be empty. */
  readonly #leftClasses = new Set<PeerClass>();
  readonly #leftProfiles = new Set<Profile>();
  #nextPeer = 1;

  constructor(direction: Direction, store: PolicyStore) {
    this.direction = direction;
    this.#store = store;
  }

  /** One more rule uses these peers and names. Returns what nobody used before. */
  use({ peers = [], names }: FlatRule): { readonly peers: Peer[]; readonly names: string[] } {
    const fresh: Peer[] = [];
    for (const spec of peers) {
      const known = this.peers.get(spec.key);
      if (known) {
        known.uses++;
        continue;
      }
      const peer: Peer = { spec, side: this, id: this.#nextPeer++, uses: 1 };
      this.peers.set(spec.key, peer);
      if (spec.kind === 'pods') this.peerIndex.add(peer, spec.pods);
      fresh.push(peer);
    }
    const freshNames = names.flatMap(({ name }) => (count(this.names, name, 1) === 1 ? [name] : []));
    return { peers: fresh, names: freshNames };
  }

  /** One rule less. Returns what nobody uses any more. */
  unuse({ peers = [], names }: FlatRule): { readonly peers: Peer[]; readonly names: string[] } {
    const gone: Peer[] = [];
    for (const spec of peers) {
      const peer = this.peers.get(spec.key)!;
      if (--peer.uses > 0) continue;
      this.peers.delete(spec.key);
      if (spec.kind === 'pods') this.peerIndex.delete(peer, spec.pods);
      gone.push(peer);
    }
    return { peers: gone, names: names.flatMap(({ name }) => (count(this.names, name, -1) === 0 ? [name] : [])) };
  }

  /** The policy says something else now, about the same pods. */
  policyChanged(key: string): void {
    for (const profile of this.#profilesByPolicy.get(key) ?? []) this.#staleProfiles.add(profile);
  }

  /** Puts a region into the class of its traits; undefined: nobody's peer. `wish`: the number that it had before a restart. */
  classOf(
    region: Region,
    peers: readonly Peer[],
    ports: readonly ContainerPort[],
    isNode: boolean,
    wish?: number,
  ): PeerClass | undefined {
    const named = this.direction === 'egress' ? ports.filter((port) => port.name !== undefined && this.names.has(port.name)) : [];
    const marks = this.direction === 'ingress' && isNode && this.policyCount > 0;
    if (peers.length === 0 && named.length === 0 && !marks) return undefined;
    const ids = peers.map(({ id }) => id).sort((a, b) => a - b);
    const signature = `${ids.join(' ')}${namedSignature(named)}${marks ? ' node' : ''}`;
    let found = this.classes.get(signature);
    if (!found) {
      const names = new Set(named.map(({ name }) => `name ${name}`));
      found = {
        signature,
        id: this.#store.classNumbers.take(wish),
        peers: new Set(peers.map(({ spec }) => spec.key)),
        ports: named,
        isNode: marks,
        keys: [...peers.map(({ spec }) => spec.key), ...names, ...(marks ? [nodeKey] : [])],
        regions: new Set(),
        pairs: new Set(),
      };
      this.classes.set(signature, found);
      for (const key of found.keys) addTo(this.#classesByKey, key, found);
      this.#newClasses.add(found);
    }
    found.regions.add(region);
    return found;
  }

  /** Puts a pod of this node into its profile; undefined: no policy selects it. */
  profileOf(region: Region, selectedBy: Iterable<string>, ports: readonly ContainerPort[], wish?: number): Profile | undefined {
    const policies = [...selectedBy].filter((key) => this.#store.policy(key)[this.direction]).sort();
    if (policies.length === 0) return undefined;
    const named =
      this.direction === 'ingress' ? ports.filter((port) => port.name !== undefined && this.names.has(port.name)) : [];
    const signature = policies.join('\n') + namedSignature(named);
    let found = this.profiles.get(signature);
    if (!found) {
      found = {
        signature,
        id: this.#store.profileNumbers.take(wish),
        policies,
        ports: named,
        regions: new Set(),
        list: new PolicyList(this.direction, []),
        keys: [],
        base: this.#store.ruleSet(allPorts),
        pairs: new Map(),
      };
      this.profiles.set(signature, found);
      for (const key of policies) addTo(this.#profilesByPolicy, key, found);
      this.#staleProfiles.add(found);
    }
    found.regions.add(region);
    return found;
  }

  leaveClass(peerClass: PeerClass, region: Region): void {
    peerClass.regions.delete(region);
    this.#leftClasses.add(peerClass);
  }

  leaveProfile(profile: Profile, region: Region): void {
    profile.regions.delete(region);
    this.#leftProfiles.add(profile);
  }

  /** Whether a pod of this node in region `own` may exchange what lies at this place (port-set.ts) with somebody in region `other`. */
  allows(own: Region | undefined, other: Region | undefined, place: number): boolean {
    const profile = own?.profiles.get(this);
    if (!profile) return true;
    const peerClass = other?.classes.get(this);
    return includes(((peerClass && profile.pairs.get(peerClass)) ?? profile.base).ports, place);
  }

  /** Makes rules follow classes, profiles and policies. Returns regions whose base rules are others now. */
  settle(): Set<Region> {
    for (const profile of this.#leftProfiles) if (profile.regions.size === 0) this.#dropProfile(profile);
    for (const peerClass of this.#leftClasses) if (peerClass.regions.size === 0) this.#dropClass(peerClass);
    this.#leftProfiles.clear();
    this.#leftClasses.clear();
    const touched = new Set<Region>();
    for (const profile of this.#staleProfiles) {
      const before = profile.base;
      this.#compile(profile);
      if (profile.base !== before) for (const region of profile.regions) touched.add(region);
    }
    for (const peerClass of this.#newClasses) {
      const profiles = new Set(peerClass.keys.flatMap((key) => [...(this.#profilesByKey.get(key) ?? [])]));
      for (const profile of profiles) if (!this.#staleProfiles.has(profile)) this.#pair(profile, peerClass);
    }
    this.#staleProfiles.clear();
    this.#newClasses.clear();
    return touched;
  }

  #compile(profile: Profile): void {
    const policies: FlatPolicy[] = profile.policies.map((key) => this.#store.policy(key));
    profile.list = new PolicyList(this.direction, policies);
    for (const key of profile.keys) removeFrom(this.#profilesByKey, key, profile);
    const names = this.direction === 'egress' ? [...profile.list.anyNames].map((name) => `name ${name}`) : [nodeKey];
    profile.keys = [...profile.list.peers, ...names];
    for (const key of profile.keys) addTo(this.#profilesByKey, key, profile);
    const before = profile.base;
    profile.base = this.#store.ruleSet(profile.list.allowed([], this.direction === 'ingress' ? profile.ports : []));
    this.#store.release(before);
    const classes = new Set(profile.keys.flatMap((key) => [...(this.#classesByKey.get(key) ?? [])]));
    for (const peerClass of classes) this.#pair(profile, peerClass);
    for (const peerClass of profile.pairs.keys()) if (!classes.has(peerClass)) this.#unpair(profile, peerClass);
  }

  #pair(profile: Profile, peerClass: PeerClass): void {
    const ports =
      this.direction === 'ingress' && peerClass.isNode
        ? allPorts
        : profile.list.allowed(peerClass.peers, this.direction === 'ingress' ? profile.ports : peerClass.ports);
    const rules = this.#store.ruleSet(ports);
    if (rules === profile.base) {
      this.#store.release(rules);
      this.#unpair(profile, peerClass);
      return;
    }
    const before = profile.pairs.get(peerClass);
    profile.pairs.set(peerClass, rules);
    peerClass.pairs.add(profile);
    if (before) this.#store.release(before);
    if (before !== rules) this.#store.setPair(profile.id, peerClass.id, rules.id);
  }

  #unpair(profile: Profile, peerClass: PeerClass): void {
    const rules = profile.pairs.get(peerClass);
    if (!rules) return;
    profile.pairs.delete(peerClass);
    peerClass.pairs.delete(profile);
    this.#store.deletePair(profile.id, peerClass.id);
    this.#store.release(rules);
  }

  #dropProfile(profile: Profile): void {
    for (const peerClass of [...profile.pairs.keys()]) this.#unpair(profile, peerClass);
    this.#store.release(profile.base);
    for (const key of profile.keys) removeFrom(this.#profilesByKey, key, profile);
    for (const key of profile.policies) removeFrom(this.#profilesByPolicy, key, profile);
    this.profiles.delete(profile.signature);
    this.#staleProfiles.delete(profile);
    this.#store.profileNumbers.free(profile.id);
  }

  #dropClass(peerClass: PeerClass): void {
    for (const profile of [...peerClass.pairs]) this.#unpair(profile, peerClass);
    for (const key of peerClass.keys) removeFrom(this.#classesByKey, key, peerClass);
    this.classes.delete(peerClass.signature);
    this.#newClasses.delete(peerClass);
    this.#store.classNumbers.free(peerClass.id);
  }
}

/** Pods that are alike to all selectors. */
export interface Group extends Selectable {
  readonly key: string;
  readonly regions: Set<Region>;
  readonly policies: Set<string>;
  readonly peers: ReadonlyMap<Side, Set<Peer>>;
}

function namedSignature(ports: readonly ContainerPort[]): string {
  return ports
    .map(({ name, protocol, port }) => ` ${name}/${protocol}=${port}`)
    .sort()
    .join('');
}

/** Adds to a count; one that becomes 0 is gone. Returns what it is now. */
export function count<K>(counts: Map<K, number>, key: K, by: number): number {
  const result = (counts.get(key) ?? 0) + by;
  if (result === 0) counts.delete(key);
  else counts.set(key, result);
  return result;
}

function addTo<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  if (set) set.add(value);
  else sets.set(key, new Set([value]));
}

function removeFrom<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
}
