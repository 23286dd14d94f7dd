/**
 * Services over time: what a new model changes in the entities of services, and nothing else is looked at. Where every port of every service answers is found
 * out again when services or the node change; which endpoints a port has, when its service or its slices change. What follows for one port
 * is a pure function (services.ts).
 *
 *   services, node --> ports with their frontends and numbers ─┐
 *                                                              ├─> ports that changed --> entities of these
 *   slices --> services whose slices changed ──────────────────┘
 */
import type { Entity, EntityBuilder } from '../p4runtime/index.ts';
import { affinityProfiles } from './affinity.ts';
import { Allocator } from './allocator.ts';
import { eligible, SliceIndex, servingTargets, type Target } from './endpoints.ts';
import { type AnsweringPort, answeringPorts, type BalancedPort } from './frontends.ts';
import { allocateIds, type InstalledIds } from './ids.ts';
import type { Model, Node, Service } from './model.ts';
import { type Family, familiesOf } from './prefixes.ts';
import { memberName, type Pool, poolsOf, portEntities } from './services.ts';
import { rangeListOf, rangeLists, serviceAddressEntities, sourceRangeEntities } from './sources.ts';

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

/** Where a port answers, and its numbers. */
interface Plan {
  readonly key: string;
  readonly family: Family;
  readonly port: AnsweringPort;
  readonly ranges: number;
  readonly affinity: number;
}

interface Known {
  readonly plan: Plan;
  readonly entities: readonly Entity[];
  /** Names that it has numbers of. */
  readonly pools: readonly Pool[];
  readonly members: readonly string[];
}

export class ServiceStage {
  readonly #build: EntityBuilder;
  readonly #families: readonly Family[];
  readonly #slices = new SliceIndex();
  readonly #pools: Allocator;
  readonly #members: Allocator;
  #ranges: ReadonlyMap<string, number>;
  #affinity: ReadonlyMap<string, number>;
  #expireMs: ReadonlyMap<number, number> = new Map();
  #services: readonly Service[] | undefined;
  #node: Node | undefined;
  #nodeText = '';
  #plans = new Map<string, Plan>();
  #plansOf = new Map<string, readonly Plan[]>();
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
    const touched = this.#slices.update(model.endpointSlices);
    const others: Part[] = [];
    const gone: Plan[] = [];
    const dirty = new Set<Plan>();
    for (const service of touched) for (const plan of this.#plansOf.get(service) ?? []) dirty.add(plan);
    const isNodeNew = this.#isOther(model.node);
    if (isNodeNew || model.services !== this.#services) {
      this.#services = model.services;
      const before = this.#plans;
      this.#setPlans(model);
      others.push(...this.#otherParts(model));
      dirty.clear();
      for (const plan of this.#plans.values()) {
        const isTouched = touched.has(`${plan.port.service.namespace}/${plan.port.service.name}`);
        if (isNodeNew || isTouched || before.get(plan.key) !== plan) dirty.add(plan);
      }
      for (const [key, plan] of before) if (!this.#plans.has(key)) gone.push(plan);
    }
    const ports = [...[...dirty].map((plan) => this.#rewrite(model, plan)), ...gone.map((plan) => this.#remove(plan))];
    const written = [...dirty].map(({ key }): Part => [key, this.#known.get(key)!.entities]);
    const removed = gone.map(({ key }): Part => [key, []]);
    this.#pools.settle();
    this.#members.settle();
    return { parts: [...written, ...removed, ...others], ports, expireMs: this.#expireMs };
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

  /** A plan that is as it was stays the same object. */
  #setPlans(model: Model): void {
    const profiles = affinityProfiles(model, { affinity: this.#affinity });
    // The longest of those that share a profile comes first and counts.
    this.#expireMs = new Map([...profiles].reverse().map(([seconds, profile]) => [profile, seconds * 1000]));
    this.#affinity = new Map([...profiles].map(([seconds, profile]) => [String(seconds), profile]));
    this.#ranges = allocateIds(new Set(this.#families.flatMap((family) => [...rangeLists(model, family)])), this.#ranges);
    const plans = new Map<string, Plan>();
    const plansOf = new Map<string, Plan[]>();
    for (const family of this.#families) {
      for (const port of answeringPorts(model, family)) {
        const { service } = port;
        const list = rangeListOf(model, { kind: 'loadBalancer', service }, family);
        const plan: Plan = {
          key: `${port.name} IPv${family}`,
          family,
          port,
          ranges: (list !== undefined && this.#ranges.get(list)) || 0,
          affinity: (service.sessionAffinitySeconds !== undefined && profiles.get(service.sessionAffinitySeconds)) || 0,
        };
        const before = this.#plans.get(plan.key);
        const kept = before && isSame(before, plan) ? before : plan;
        plans.set(plan.key, kept);
        const name = `${service.namespace}/${service.name}`;
        const own = plansOf.get(name);
        if (own) own.push(kept);
        else plansOf.set(name, [kept]);
      }
    }
    this.#plans = plans;
    this.#plansOf = plansOf;
  }

  #otherParts(model: Model): Part[] {
    const place = { model, build: this.#build };
    const parts = this.#families.flatMap((family): Part[] => [
      [`service addresses IPv${family}`, serviceAddressEntities(place, family)],
      [`source ranges IPv${family}`, sourceRangeEntities(place, family, this.#ranges)],
    ]);
    for (const [name, entities] of parts) this.#others.set(name, entities);
    return parts;
  }

  #rewrite(model: Model, plan: Plan): ChangedPort {
    const { family, port } = plan;
    const slices = this.#slices.of(port.service, family);
    const balanced: BalancedPort = { ...port, ...eligible(model.node, port.service, port.port, slices) };
    const pools = poolsOf(balanced, family);
    // New users first: what both have keeps its number.
    const members = pools.flatMap((pool) => pool.targets.map(memberName));
    const poolIds = new Map(pools.map(({ name }) => [name, this.#pools.take(name)]));
    const memberIds = new Map(members.map((name) => [name, this.#members.take(name)]));
    const before = this.#known.get(plan.key);
    const gone = this.#dropNames(before);
    const entities = portEntities({ model, build: this.#build }, family, balanced, pools, {
      pool: (name) => poolIds.get(name)!,
      member: (name) => memberIds.get(name)!,
      ranges: plan.ranges,
      affinity: plan.affinity,
    });
    this.#known.set(plan.key, { plan, entities, pools, members });
    const serving = port.port.protocol === 'UDP' ? servingTargets(port.service, port.port, slices) : [];
    const now = new Map(pools.map(({ name, targets }) => [poolIds.get(name)!, targets]));
    return { family, port, before: before?.plan.port, serving, pools: new Map([...gone, ...now]) };
  }

  #remove({ key, family, port }: Plan): ChangedPort {
    const pools = this.#dropNames(this.#known.get(key));
    this.#known.delete(key);
    return { family, port: undefined, before: port, serving: [], pools };
  }

  /** The pools that were dropped, by number, now without targets. */
  #dropNames(known: Known | undefined): Map<number, readonly Target[]> {
    const pools = new Map<number, readonly Target[]>();
    for (const { name } of known?.pools ?? []) {
      pools.set(this.#pools.numberOf(name)!, []);
      this.#pools.drop(name);
    }
    for (const name of known?.members ?? []) this.#members.drop(name);
    return pools;
  }
}

function isSame(a: Plan, b: Plan): boolean {
  const frontends = a.port.frontends;
  return (
    a.port.service === b.port.service &&
    a.ranges === b.ranges &&
    a.affinity === b.affinity &&
    frontends.length === b.port.frontends.length &&
    frontends.every(({ kind, address, port }, i) => {
      const other = b.port.frontends[i]!;
      return kind === other.kind && address === other.address && port === other.port;
    })
  );
}
