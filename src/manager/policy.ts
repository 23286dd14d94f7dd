/**
 * Network policy as entries of k8s-lb.p4: what each change of the model changes, and nothing else is looked at.
 *
 *   policies, pods, namespaces, node --> regions of the address space --> classes and profiles --> pairs and rule sets --> rows --> entities
 *
 * Two addresses are told apart if a rule's peer matches one and not the other, if they are pods of this node that different policies select, or if rules
 * name ports that they have differently. Each node decides for its own pods: egress is decided by the source's node and ingress by the destination's.
 * The node's own addresses always reach its pods (kubelet's probes).
 */
import { type Entity, type EntityBuilder, sameBytes, toHex, type Update } from '../p4runtime/index.ts';
import { difference } from './difference.ts';
import type { ContainerPort, Labels, Model, Pod } from './model.ts';
import type { FlowEnds } from './policy-flows.ts';
import { type PodAddress, type Region, Regions } from './policy-regions.ts';
import { identityRow, type Row } from './policy-rows.ts';
import { directions, type FlatPolicy, flattenClusterPolicy, flattenPolicy } from './policy-rules.ts';
import { count, type Group, type Peer, Side } from './policy-side.ts';
import { PolicyStore } from './policy-store.ts';
import { portPlace } from './port-set.ts';
import { type Family, hostPrefix, toPrefix } from './prefixes.ts';
import { numberAt } from './scan.ts';
import { SelectorIndex, selectsPods } from './selector-index.ts';

interface KnownPod {
  readonly key: string;
  pod: Pod;
  readonly address: PodAddress;
  readonly regions: readonly Region[];
}

export class PolicyStage {
  readonly #store: PolicyStore;
  readonly #egress: Side;
  readonly #ingress: Side;
  readonly #sides: readonly Side[];
  readonly #regions = new Regions();
  readonly #groups = new Map<string, Group>();
  readonly #subjects = new SelectorIndex<string>();
  readonly #pods = new Map<string, KnownPod>();
  /** How many addresses of pods of this node each family has. */
  readonly #families = new Map<Family, number>();
  /** What the model said, by key: an object that is the same is not looked at again. */
  readonly #sources = new Map<string, object>();
  #namespaces = new Map<string, Labels>();
  /** Lists of the last model. */
  #last: Partial<Pick<Model, 'policies' | 'clusterPolicies' | 'namespaces' | 'pods'>> = {};
  #nodeAddresses: readonly string[] = [];
  /** Numbers of regions from before a restart: of profiles and classes, by side. */
  #wishes: ReadonlyMap<string, readonly number[]> = new Map();

  /** `installed`: entities from before a restart; numbers that are still right are kept. */
  constructor(build: EntityBuilder, installed: readonly Entity[] = []) {
    this.#store = new PolicyStore(build);
    this.#egress = new Side('egress', this.#store);
    this.#ingress = new Side('ingress', this.#store);
    this.#sides = directions.map((direction) => (direction === 'egress' ? this.#egress : this.#ingress));
    const rows = this.#store.rows.reset(installed.filter((entity) => this.owns(entity)));
    this.#store.recall(rows);
    this.#wishes = new Map(
      rows.filter(({ table }) => table.endsWith('identities')).map(({ table, key, numbers }) => [`${table} ${key[0]}`, numbers]),
    );
  }

  /** Whether an entity belongs to policy. */
  owns(entity: Entity): boolean {
    return this.#store.rows.owns(entity);
  }

  /** What a new model changes; from now on it counts as written. O(what differs from the last model, and the objects to compare). */
  update(model: Model): Update[] {
    this.#setPolicies(model);
    this.#setNamespaces(model);
    this.#setPods(model);
    this.#setNode(model.node.addresses);
    const { policies, clusterPolicies, namespaces, pods } = model;
    this.#last = { policies, clusterPolicies: clusterPolicies ?? [], namespaces, pods };
    this.#settle();
    this.#forgetWishes();
    return this.#store.rows.flush();
  }

  /** The device refused: what is there now counts instead. The next update writes what is missing. */
  reset(installed: readonly Entity[]): void {
    this.#store.rows.reset(installed.filter((entity) => this.owns(entity)));
  }

  /** What the program would say to a flow's first packet, for many flows between two updates. O(1) where others had the addresses, else O(lengths of prefixes in rules). */
  reviewer(): (ends: FlowEnds) => boolean {
    const regions = new Map<string | number, Region | undefined>();
    const find = (family: Family, bytes: Uint8Array): Region | undefined => {
      const key = family === 4 ? numberAt(bytes, 0, 4) : toHex(bytes);
      if (regions.has(key)) return regions.get(key);
      const region = this.#regions.find(family, bytes.slice());
      regions.set(key, region);
      return region;
    };
    return ({ family, source, destination, protocol, destinationPort }) => {
      if (sameBytes(source, destination)) return true;
      const [from, to] = [find(family, source), find(family, destination)];
      const place = portPlace(protocol, destinationPort);
      return this.#egress.allows(from, to, place) && this.#ingress.allows(to, from, place);
    };
  }

  /** Everything that counts as written. O(entries). */
  entities(): Entity[] {
    return this.#store.rows.entities();
  }

  // -------------------------------------------------------------- policies

  #setPolicies(model: Model): void {
    const changed: { old: FlatPolicy | undefined; policy: FlatPolicy | undefined }[] = [];
    const compare = <T extends object>(
      before: readonly T[],
      after: readonly T[],
      keyOf: (source: T) => string,
      flatten: (source: T) => FlatPolicy,
    ): void => {
      const { gone, come } = difference(before, after);
      const there = new Set(come.map(keyOf));
      for (const source of gone) {
        const key = keyOf(source);
        if (there.has(key) || !this.#sources.delete(key)) continue;
        changed.push({ old: this.#store.policies.get(key), policy: undefined });
      }
      for (const source of come) {
        const key = keyOf(source);
        const old = this.#sources.get(key);
        this.#sources.set(key, source);
        if (old === undefined || !isSame(old, source))
          changed.push({ old: this.#store.policies.get(key), policy: flatten(source) });
      }
    };
    const { policies: before = [], clusterPolicies: clusterBefore = [] } = this.#last;
    compare(before, model.policies, ({ namespace, name }) => `networkpolicy ${namespace}/${name}`, flattenPolicy);
    compare(clusterBefore, model.clusterPolicies ?? [], ({ name }) => `clusternetworkpolicy ${name}`, flattenClusterPolicy);
    // New ones first: a peer that both know stays
    for (const { policy } of changed) if (policy) this.#useRules(policy);
    for (const { old, policy } of changed) this.#replacePolicy(old, policy);
    for (const { old } of changed) if (old) this.#unuseRules(old);
  }

  #replacePolicy(old: FlatPolicy | undefined, policy: FlatPolicy | undefined): void {
    const key = (policy ?? old)!.key;
    const isAboutSame =
      old &&
      policy &&
      isSame(old.subject, policy.subject) &&
      directions.every((direction) => (old[direction] === undefined) === (policy[direction] === undefined));
    if (policy) this.#store.policies.set(key, policy);
    else this.#store.policies.delete(key);
    for (const side of this.#sides) side.policyChanged(key);
    if (isAboutSame) return;
    if (old) {
      this.#subjects.delete(key, old.subject);
      for (const group of this.#groups.values()) if (group.policies.delete(key)) this.#touchGroup(group);
    }
    if (!policy) return;
    this.#subjects.add(key, policy.subject);
    for (const group of this.#groups.values()) {
      if (!selectsPods(policy.subject, group)) continue;
      group.policies.add(key);
      this.#touchGroup(group);
    }
  }

  #useRules(policy: FlatPolicy): void {
    for (const side of this.#sides) {
      const rules = policy[side.direction];
      if (!rules) continue;
      if (side.policyCount++ === 0) for (const address of this.#nodeAddresses) this.#touch(address);
      for (const rule of rules) {
        const fresh = side.use(rule);
        for (const peer of fresh.peers) this.#addPeer(side, peer);
        for (const name of fresh.names) this.#touchPort(name);
      }
    }
  }

  #unuseRules(policy: FlatPolicy): void {
    for (const side of this.#sides) {
      const rules = policy[side.direction];
      if (!rules) continue;
      if (--side.policyCount === 0) for (const address of this.#nodeAddresses) this.#touch(address);
      for (const rule of rules) {
        const gone = side.unuse(rule);
        for (const peer of gone.peers) this.#removePeer(side, peer);
        for (const name of gone.names) this.#touchPort(name);
      }
    }
  }

  #addPeer(side: Side, peer: Peer): void {
    const { spec } = peer;
    if (spec.kind === 'block') {
      this.#regions.addBlock(peer);
      return;
    }
    for (const group of this.#groups.values()) {
      if (!selectsPods(spec.pods, group)) continue;
      group.peers.get(side)!.add(peer);
      this.#touchGroup(group);
    }
  }

  #removePeer(side: Side, peer: Peer): void {
    if (peer.spec.kind === 'block') {
      this.#regions.removeBlock(peer);
      return;
    }
    for (const group of this.#groups.values()) if (group.peers.get(side)!.delete(peer)) this.#touchGroup(group);
  }

  // -------------------------------------------------------------- pods

  #setNamespaces(model: Model): void {
    if (model.namespaces === this.#last.namespaces) return;
    const changed = new Set<string>();
    const namespaces = new Map(model.namespaces.map(({ name, labels }) => [name, labels]));
    for (const [name, labels] of namespaces) {
      const before = this.#namespaces.get(name);
      if (before !== labels && !isSame(before, labels)) changed.add(name);
    }
    for (const name of this.#namespaces.keys()) if (!namespaces.has(name)) changed.add(name);
    this.#namespaces = namespaces;
    // Its pods come into new groups: take them out here, they are put in again with the rest
    if (changed.size === 0) return;
    for (const known of this.#pods.values()) if (changed.has(known.pod.namespace)) this.#removePod(known);
    this.#last = { ...this.#last, pods: this.#last.pods?.filter((pod) => !changed.has(pod.namespace)) ?? [] };
  }

  #setPods(model: Model): void {
    const { gone, come } = difference(this.#last.pods ?? [], model.pods);
    const there = new Set(come.map(keyOfPod));
    for (const pod of gone) {
      const known = this.#pods.get(keyOfPod(pod));
      if (known && !there.has(known.key)) this.#removePod(known);
    }
    for (const pod of come) {
      const known = this.#pods.get(keyOfPod(pod));
      if (known && isAlike(known.pod, pod)) {
        known.pod = pod;
        continue;
      }
      if (known) this.#removePod(known);
      this.#addPod(pod);
    }
    this.#store.setFamilies([...this.#families.keys()].sort());
  }

  #addPod(pod: Pod): void {
    const address: PodAddress = { group: this.#groupOf(pod), isLocal: pod.port !== undefined, ports: pod.containerPorts };
    const regions = pod.addresses.flatMap((text) => {
      const prefix = toPrefix(text);
      return prefix ? [this.#regions.at(prefix)] : [];
    });
    for (const region of regions) {
      region.pods.add(address);
      address.group.regions.add(region);
    }
    const key = keyOfPod(pod);
    this.#pods.set(key, { key, pod, address, regions });
    if (address.isLocal) for (const { prefix } of regions) count(this.#families, prefix.family, 1);
  }

  #removePod({ key, address, regions }: KnownPod): void {
    if (address.isLocal) for (const { prefix } of regions) count(this.#families, prefix.family, -1);
    for (const region of regions) {
      region.pods.delete(address);
      this.#regions.dirty.add(region);
      if (![...region.pods].some(({ group }) => group === address.group)) address.group.regions.delete(region);
    }
    if (address.group.regions.size === 0) this.#groups.delete(address.group.key);
    this.#pods.delete(key);
  }

  #groupOf({ namespace, labels }: Pod): Group {
    const namespaceLabels = this.#namespaces.get(namespace) ?? {};
    const key = `${namespace} ${canonical(labels)} ${canonical(namespaceLabels)}`;
    const known = this.#groups.get(key);
    if (known) return known;
    const selectable = { namespace, labels, namespaceLabels };
    const group: Group = {
      ...selectable,
      key,
      regions: new Set(),
      policies: new Set(this.#subjects.matching(selectable)),
      peers: new Map(this.#sides.map((side) => [side, new Set(side.peerIndex.matching(selectable))])),
    };
    this.#groups.set(key, group);
    return group;
  }

  #setNode(addresses: readonly string[]): void {
    if (addresses.join() === this.#nodeAddresses.join()) return;
    const mark = (list: readonly string[], isNode: boolean): void => {
      for (const text of list) {
        const prefix = toPrefix(text);
        if (prefix) this.#regions.at(prefix).isNode = isNode;
      }
    };
    mark(this.#nodeAddresses, false);
    mark(addresses, true);
    this.#nodeAddresses = addresses;
  }

  #touch(address: string): void {
    const region = this.#regions.all.get(hostPrefix(address));
    if (region) this.#regions.dirty.add(region);
  }

  #touchGroup(group: Group): void {
    for (const region of group.regions) this.#regions.dirty.add(region);
  }

  #touchPort(name: string): void {
    for (const { pod, regions } of this.#pods.values()) {
      if (pod.containerPorts.some((port) => port.name === name)) for (const region of regions) this.#regions.dirty.add(region);
    }
  }

  // -------------------------------------------------------------- regions -> rows

  #settle(): void {
    const changed = new Set<Region>(this.#regions.dirty);
    const inside = new Map<Region, boolean>();
    for (const region of this.#regions.dirty) inside.set(region, this.#classify(region));
    this.#regions.dirty.clear();
    for (const side of this.#sides) for (const region of side.settle()) changed.add(region);
    for (const region of changed) this.#write(region, inside.get(region) ?? this.#regions.around(region).isInside);
  }

  /** Finds the classes and profiles of a region. Returns whether it lies inside of another one. */
  #classify(region: Region): boolean {
    const isKept = this.#regions.keep(region);
    const { blocks, isInside } = isKept ? this.#regions.around(region) : { blocks: [], isInside: false };
    const pod = [...region.pods].at(-1);
    for (const side of this.#sides) {
      const peers = isKept ? [...(pod?.group.peers.get(side) ?? []), ...blocks.filter((peer) => peer.side === side)] : [];
      const isNode = isKept && region.isNode;
      const [oldClass, oldProfile] = [region.classes.get(side), region.profiles.get(side)];
      const peerClass = side.classOf(region, peers, pod?.ports ?? [], isNode, this.#wish(region, side, 'peer'));
      const profile = pod?.isLocal
        ? side.profileOf(region, pod.group.policies, pod.ports, this.#wish(region, side, 'pod'))
        : undefined;
      region.classes.set(side, peerClass);
      region.profiles.set(side, profile);
      if (oldClass && oldClass !== peerClass) side.leaveClass(oldClass, region);
      if (oldProfile && oldProfile !== profile) side.leaveProfile(oldProfile, region);
    }
    return isInside;
  }

  /** The number that the region had before a restart. */
  #wish(region: Region, side: Side, what: 'pod' | 'peer'): number | undefined {
    if (this.#wishes.size === 0) return undefined;
    const table = (side.direction === 'egress') === (what === 'pod') ? 'source_identities' : 'destination_identities';
    return this.#wishes.get(`${table} ${region.key}`)?.[what === 'pod' ? 0 : 2];
  }

  #forgetWishes(): void {
    if (this.#wishes.size === 0) return;
    this.#wishes = new Map();
    this.#store.recall([]);
  }

  #write(region: Region, isInside: boolean): void {
    for (const row of this.#identityRows(region)) {
      const isThere = this.#regions.all.get(region.key) === region;
      const says = row.numbers.some((number) => number !== 0);
      if (isThere && (says || isInside)) this.#store.rows.set(row);
      else this.#store.rows.delete(row);
    }
  }

  #identityRows({ prefix, classes, profiles }: Region): Row[] {
    if (!this.#store.rows.families.includes(prefix.family)) return [];
    const numbers = (own: Side, other: Side): number[] => {
      const profile = profiles.get(own);
      return [profile?.id ?? 0, profile?.base.id ?? 0, classes.get(other)?.id ?? 0];
    };
    return [
      identityRow('source_identities', prefix, numbers(this.#egress, this.#ingress)),
      identityRow('destination_identities', prefix, numbers(this.#ingress, this.#egress)),
    ];
  }
}

function keyOfPod({ namespace, name, addresses }: Pod): string {
  return `${namespace}/${name} ${addresses.join(' ')}`;
}

/** Whether policies see no difference between two descriptions of a pod. */
function isAlike(a: Pod, b: Pod): boolean {
  return (
    (a.port === undefined) === (b.port === undefined) &&
    a.namespace === b.namespace &&
    a.addresses.join() === b.addresses.join() &&
    (a.labels === b.labels || canonical(a.labels) === canonical(b.labels)) &&
    (a.containerPorts === b.containerPorts || samePorts(a.containerPorts, b.containerPorts))
  );
}

function samePorts(a: readonly ContainerPort[], b: readonly ContainerPort[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ name, protocol, port }, i) => {
      const other = b[i]!;
      return name === other.name && protocol === other.protocol && port === other.port;
    })
  );
}

function canonical(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
