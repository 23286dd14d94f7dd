/**
 * Services over time: what a new model changes in the entities of services, and nothing else is looked at. A service that changed claims its frontends again;
 * which endpoints a port has is found out again when its service or its slices change. What follows for one port is a pure function (services.ts).
 *
 *   services that changed --> ports whose frontends or numbers changed ─┐
 *                                                                       ├─> ports that changed --> entities of these
 *   slices that changed ----> services whose slices changed ────────────┘
 */
import type { Entity, EntityBuilder } from '../p4runtime/index.ts';
import { affinityProfiles } from './affinity.ts';
import { Allocator } from './allocator.ts';
import { difference } from './difference.ts';
import { eligible, SliceIndex, servingTargets, type Target } from './endpoints.ts';
import {
  type AnsweringPort,
  type BalancedPort,
  type Claimant,
  claimantsOf,
  FrontendClaims,
  nodePortAddresses,
} from './frontends.ts';
import { allocateIds, type InstalledIds } from './ids.ts';
import type { Model, Node, Service } from './model.ts';
import { type Family, familiesOf } from './prefixes.ts';
import { type FrontendNumbers, frontendEntities, groupEntity, memberEntity, type Pool, poolEntity, poolsOf } from './services.ts';
import { rangeListOf, rangeLists, sourceRangeEntities, unallocatedEntities } from './sources.ts';

export type Part = readonly [name: string, entities: readonly Entity[]];

/** A port that a new model changed. */
export interface ChangedPort {
  readonly family: Family;
  /** undefined: it is gone. */
  readonly port: AnsweringPort | undefined;
  /** As it was before. */
  readonly before: AnsweringPort | undefined;
  /** Endpoints that serve: of UDP ports. */
  readonly serving: readonly Target[];
  /** Its pools by number; without targets those that it has no more. */
  readonly pools: ReadonlyMap<number, readonly Target[]>;
}

export interface ServiceChanges {
  readonly parts: readonly Part[];
  readonly ports: readonly ChangedPort[];
  /** Expire-time profiles of session affinity, in milliseconds by profile. */
  readonly expireMs: ReadonlyMap<number, number>;
}

/** A port as it is installed. */
interface Known {
  readonly family: Family;
  readonly port: AnsweringPort;
  readonly numbers: FrontendNumbers;
  /** Of its frontends, which do not change with the endpoints behind them. */
  readonly frontends: readonly Entity[];
  readonly entities: readonly Entity[];
  readonly pools: readonly Pool[];
}

export class ServiceStage {
  readonly #build: EntityBuilder;
  readonly #families: readonly Family[];
  readonly #slices = new SliceIndex();
  readonly #pools: Allocator<Entity>;
  readonly #members: Allocator<Entity>;
  #ranges: ReadonlyMap<string, number>;
  #affinity: ReadonlyMap<string, number>;
  #profiles: ReadonlyMap<number, number> = new Map();
  #expireMs: ReadonlyMap<number, number> = new Map();
  #services: readonly Service[] = [];
  #node: Node | undefined;
  #nodeText = '';
  readonly #claims = new FrontendClaims();
  /** Ports of each service, `namespace/name`. */
  readonly #claimants = new Map<string, readonly Claimant[]>();
  readonly #known = new Map<string, Known>();
  /** Parts that are not about one port. */
  readonly #others = new Map<string, readonly Entity[]>();

  constructor(build: EntityBuilder, installed: InstalledIds) {
    this.#build = build;
    this.#families = familiesOf(build);
    this.#pools = new Allocator(installed.pools);
    this.#members = new Allocator(installed.members);
    this.#ranges = installed.ranges;
    this.#affinity = installed.affinity;
  }

  /** What a new model changes. O(what differs from the last one, and the objects to compare). */
  update(model: Model): ServiceChanges {
    const dirty = new Set<Claimant>();
    for (const service of this.#slices.update(model.endpointSlices)) {
      for (const claimant of this.#claimants.get(service) ?? []) dirty.add(claimant);
    }
    const gone = new Set<string>();
    const others: Part[] = [];
    const isNodeNew = this.#isOther(model.node);
    if (isNodeNew || model.services !== this.#services) {
      const services = isNodeNew ? { gone: this.#services, come: model.services } : difference(this.#services, model.services);
      this.#services = model.services;
      this.#setNumbers(model, dirty);
      this.#setServices(model, services.gone, services.come, dirty, gone);
      others.push(...this.#otherParts(model, isNodeNew));
    }
    const ports: ChangedPort[] = [];
    const parts: Part[] = [];
    for (const claimant of dirty) {
      const port = this.#claims.granted(claimant);
      if (port.frontends.length === 0) {
        gone.add(claimant.key);
        continue;
      }
      gone.delete(claimant.key);
      ports.push(this.#rewrite(model, claimant, port));
      parts.push([claimant.key, this.#known.get(claimant.key)!.entities]);
    }
    for (const key of gone) {
      const known = this.#known.get(key);
      if (!known) continue;
      ports.push(this.#remove(key, known));
      parts.push([key, []]);
    }
    this.#pools.settle();
    this.#members.settle();
    return { parts: [...parts, ...others], ports, expireMs: this.#expireMs };
  }

  /** Everything, as the last model has it. */
  all(): Part[] {
    return [...[...this.#known].map(([key, { entities }]): Part => [key, entities]), ...this.#others];
  }

  /** Whether another node matters here. */
  #isOther(node: Node): boolean {
    if (node === this.#node) return false;
    this.#node = node;
    const { gateway: _, tunnel: __, ...rest } = node;
    const text = JSON.stringify(rest);
    const isOther = text !== this.#nodeText;
    this.#nodeText = text;
    return isOther;
  }

  /** `dirty`: gets the ports whose frontends are others; `gone`: keys of ports that are not there any more. */
  #setServices(model: Model, left: readonly Service[], come: readonly Service[], dirty: Set<Claimant>, gone: Set<string>): void {
    const nodeAddresses = nodePortAddresses(model);
    for (const service of left) {
      const name = nameOf(service);
      for (const claimant of this.#claimants.get(name) ?? []) {
        this.#claims.remove(claimant, dirty);
        gone.add(claimant.key);
      }
      this.#claimants.delete(name);
    }
    for (const service of come) {
      const claimants = this.#families.flatMap((family) => claimantsOf(service, family, nodeAddresses));
      for (const claimant of claimants) this.#claims.add(claimant, dirty);
      this.#claimants.set(nameOf(service), claimants);
    }
  }

  /** Numbers of source ranges and affinity profiles. `dirty`: gets the ports that have other ones. */
  #setNumbers(model: Model, dirty: Set<Claimant>): void {
    const profiles = affinityProfiles(model, { affinity: this.#affinity });
    const ranges = allocateIds(new Set(this.#families.flatMap((family) => [...rangeLists(model, family)])), this.#ranges);
    const isOther = !isSubset(this.#profiles, profiles) || !isSubset(this.#ranges, ranges);
    // The longest of those that share a profile comes first and counts.
    this.#expireMs = new Map([...profiles].reverse().map(([seconds, profile]) => [profile, seconds * 1000]));
    this.#affinity = new Map([...profiles].map(([seconds, profile]) => [String(seconds), profile]));
    this.#profiles = profiles;
    this.#ranges = ranges;
    if (!isOther) return;
    for (const claimants of this.#claimants.values()) {
      for (const claimant of claimants) {
        const known = this.#known.get(claimant.key);
        const { ranges: list, affinity } = this.#numbersOf(model, claimant);
        if (known && (known.numbers.ranges !== list || known.numbers.affinity !== affinity)) dirty.add(claimant);
      }
    }
  }

  #numbersOf(model: Model, { service, family }: Claimant): Pick<FrontendNumbers, 'ranges' | 'affinity'> {
    const list = rangeListOf(model, { kind: 'loadBalancer', service }, family);
    const { sessionAffinitySeconds: seconds } = service;
    return {
      ranges: (list !== undefined && this.#ranges.get(list)) || 0,
      affinity: (seconds !== undefined && this.#profiles.get(seconds)) || 0,
    };
  }

  #otherParts(model: Model, isNodeNew: boolean): Part[] {
    const place = { model, build: this.#build };
    const parts = this.#families.flatMap((family): Part[] => [
      ...(isNodeNew ? [[`service addresses IPv${family}`, unallocatedEntities(place, family)] as const] : []),
      [`source ranges IPv${family}`, sourceRangeEntities(place, family, this.#ranges)],
    ]);
    for (const [name, entities] of parts) this.#others.set(name, entities);
    return parts;
  }

  #rewrite(model: Model, claimant: Claimant, port: AnsweringPort): ChangedPort {
    const { key, family } = claimant;
    const build = this.#build;
    const slices = this.#slices.of(port.service, family);
    const balanced: BalancedPort = { ...port, ...eligible(model.node, port.service, port.port, slices) };
    const pools = poolsOf(balanced, family);
    const before = this.#known.get(key);
    const groups: Entity[] = [];
    const members: Entity[] = [];
    const scopes = { cluster: 0, local: 0 };
    const targets = new Map<number, readonly Target[]>();
    // New users first: what both have keeps its number.
    for (const pool of pools) {
      const { id, entity } = this.#takePool(family, pool);
      const ids = pool.targets.map((target) => {
        const member = this.#members.take(target.name);
        member.value ??= memberEntity(build, family, target, member.id);
        members.push(member.value);
        return member.id;
      });
      groups.push(groupEntity(build, family, pool, id, ids), entity);
      scopes[pool.scope] = id;
      targets.set(id, pool.targets);
    }
    const left = this.#dropNames(before);
    const numbers: FrontendNumbers = { pools: scopes, hasAny: balanced.hasAny, ...this.#numbersOf(model, claimant) };
    const isSame = before && isSameFrontends(before, port, numbers);
    const frontends = isSame ? before.frontends : frontendEntities({ model, build }, family, port.frontends, numbers);
    const entities = [...groups, ...frontends, ...members];
    this.#known.set(key, { family, port, numbers, frontends, entities, pools });
    const serving = port.port.protocol === 'UDP' ? servingTargets(port.service, port.port, slices) : [];
    for (const [id, none] of left) if (!targets.has(id)) targets.set(id, none);
    return { family, port, before: before?.port, serving, pools: targets };
  }

  #takePool(family: Family, { name }: Pool): { readonly id: number; readonly entity: Entity } {
    const pool = this.#pools.take(name);
    pool.value ??= poolEntity(this.#build, family, name, pool.id);
    return { id: pool.id, entity: pool.value };
  }

  #remove(key: string, known: Known): ChangedPort {
    const pools = this.#dropNames(known);
    this.#known.delete(key);
    return { family: known.family, port: undefined, before: known.port, serving: [], pools };
  }

  /** The pools that were dropped, by number, now without targets. */
  #dropNames(known: Known | undefined): Map<number, readonly Target[]> {
    const pools = new Map<number, readonly Target[]>();
    for (const { name, targets } of known?.pools ?? []) {
      pools.set(this.#pools.numberOf(name)!, []);
      this.#pools.drop(name);
      for (const target of targets) this.#members.drop(target.name);
    }
    return pools;
  }
}

/** The same frontends say the same: of a service that changed they are other objects. */
function isSameFrontends(
  before: Known,
  { frontends }: AnsweringPort,
  { pools, hasAny, ranges, affinity }: FrontendNumbers,
): boolean {
  const { numbers } = before;
  return (
    numbers.pools.cluster === pools.cluster &&
    numbers.pools.local === pools.local &&
    numbers.hasAny === hasAny &&
    numbers.ranges === ranges &&
    numbers.affinity === affinity &&
    frontends.length === before.port.frontends.length &&
    frontends.every((frontend, i) => frontend === before.port.frontends[i])
  );
}

/** Whether whoever has a number in `before` has it in `after` too. */
function isSubset<K>(before: ReadonlyMap<K, number>, after: ReadonlyMap<K, number>): boolean {
  return [...before].every(([key, number]) => after.get(key) === number);
}

function nameOf({ namespace, name }: Service): string {
  return `${namespace}/${name}`;
}
