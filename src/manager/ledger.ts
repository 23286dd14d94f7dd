/**
 * The ledger: which part of the desired state wants which entities, and so what a change of some parts changes in the data plane. Parts may want the same
 * entity (services with the same endpoint share its member): it is there for as long as one of them does.
 */
import { ByNumber, type Entity, type P4Names, printEntity, printKey, type Update } from '../p4runtime/index.ts';

interface Entry {
  entity: Entity;
  /** Parts that want it. */
  users: number;
  /** Touched by the plan that is being made, before which it was this; undefined: there was none. */
  before: Entity | undefined;
  isTouched: boolean;
}

const none: readonly never[] = [];

/** What was installed by somebody before us, until all parts were given once. */
const recalled = '';

export class Ledger {
  readonly #names: P4Names;
  readonly #entries: EntityMap<Entry>;
  /** What each part wants. */
  readonly #parts = new Map<string, readonly Entry[]>();

  constructor(names: P4Names, installed: readonly Entity[]) {
    this.#names = names;
    this.#entries = new EntityMap(names);
    this.reset(installed);
  }

  /**
   * What must be written because these parts are as given; an empty one is gone. What is referred to comes before what refers to it and leaves after it; what
   * did not change is not in it. From now on it counts as written. The first call after `reset` must give every part. O(entities of these parts); those that
   * are the same object at the same place as before cost nothing.
   */
  plan(parts: Iterable<readonly [name: string, entities: readonly Entity[]]>): Update[] {
    const touched: Entry[] = [];
    const touch = (entry: Entry, before: Entity | undefined): void => {
      if (entry.isTouched) return;
      entry.isTouched = true;
      entry.before = before;
      touched.push(entry);
    };
    const use = (entity: Entity): Entry => {
      const map = this.#entries.mapOf(entity);
      const key = this.#entries.keyOf(entity);
      const known = map.get(key);
      if (!known) {
        const entry: Entry = { entity, users: 1, before: undefined, isTouched: false };
        touch(entry, undefined);
        map.set(key, entry);
        return entry;
      }
      touch(known, known.entity);
      known.entity = entity;
      known.users++;
      return known;
    };
    const drop = (entry: Entry): void => {
      touch(entry, entry.entity);
      entry.users--;
    };
    for (const [name, entities] of parts) {
      const old = this.#parts.get(name) ?? none;
      const isKept = old.map((entry, i) => entry.entity === entities[i]);
      const entries = entities.map((entity, i) => (isKept[i] ? old[i]! : use(entity)));
      old.forEach((entry, i) => {
        if (!isKept[i]) drop(entry);
      });
      if (entries.length > 0) this.#parts.set(name, entries);
      else this.#parts.delete(name);
    }
    for (const entry of this.#parts.get(recalled) ?? []) drop(entry);
    this.#parts.delete(recalled);
    return this.#updates(touched);
  }

  /** This is what is there: whatever parts wanted before is forgotten. */
  reset(installed: readonly Entity[]): void {
    this.#entries.clear();
    this.#parts.clear();
    for (const entity of installed) this.#entries.set(entity, { entity, users: 1, before: undefined, isTouched: false });
    this.#parts.set(recalled, [...this.#entries.values()]);
  }

  /** Everything that counts as written. */
  entities(): Entity[] {
    return Array.from(this.#entries.values(), ({ entity }) => entity);
  }

  /** In the order of ranks, removals the other way round. */
  #updates(touched: readonly Entry[]): Update[] {
    const writes: Update[][] = [[], [], []];
    const removals: Update[][] = [[], [], []];
    for (const entry of touched) {
      const { entity, users, before } = entry;
      entry.before = undefined;
      entry.isTouched = false;
      const rank = rankOf(entity);
      if (users === 0) {
        this.#entries.delete(entity);
        if (before) removals[rank]!.push({ type: 'DELETE', entity: before });
      } else if (!before) writes[rank]!.push({ type: 'INSERT', entity });
      else if (before !== entity && printEntity(this.#names, before) !== printEntity(this.#names, entity)) {
        writes[rank]!.push({ type: 'MODIFY', entity });
      }
    }
    return writes[0]!.concat(writes[1]!, writes[2]!, ...removals.reverse());
  }
}

/** The same for entities that the device takes for the same one. */
export function keyOf(names: P4Names, entity: Entity): string {
  if ('actionProfileMember' in entity) {
    return `member ${entity.actionProfileMember.actionProfileId} ${entity.actionProfileMember.memberId}`;
  }
  if ('actionProfileGroup' in entity) {
    return `group ${entity.actionProfileGroup.actionProfileId} ${entity.actionProfileGroup.groupId}`;
  }
  return printKey(names, entity);
}

/** A map of numbers or of texts: whose key is not asked here. */
interface Keyed<T> {
  get(key: number | string): T | undefined;
  set(key: number | string, value: T): unknown;
  delete(key: number | string): unknown;
}

/** Things by the entity that they are about: most entities are members and groups, which go by number and need no text. */
class EntityMap<T> {
  readonly #names: P4Names;
  readonly #members = new Map<number, ByNumber<T>>();
  readonly #groups = new Map<number, ByNumber<T>>();
  readonly #others = new Map<string, T>();

  constructor(names: P4Names) {
    this.#names = names;
  }

  /** Those of one kind, each by its `keyOf`. */
  mapOf(entity: Entity): Keyed<T> {
    if ('actionProfileMember' in entity) return mapAt(this.#members, entity.actionProfileMember.actionProfileId);
    if ('actionProfileGroup' in entity) return mapAt(this.#groups, entity.actionProfileGroup.actionProfileId);
    return this.#others;
  }

  /** What makes it this one among its kind. */
  keyOf(entity: Entity): number | string {
    if ('actionProfileMember' in entity) return entity.actionProfileMember.memberId;
    if ('actionProfileGroup' in entity) return entity.actionProfileGroup.groupId;
    return printKey(this.#names, entity);
  }

  set(entity: Entity, value: T): void {
    this.mapOf(entity).set(this.keyOf(entity), value);
  }

  delete(entity: Entity): void {
    this.mapOf(entity).delete(this.keyOf(entity));
  }

  clear(): void {
    for (const map of [this.#members, this.#groups, this.#others]) map.clear();
  }

  *values(): Generator<T> {
    for (const maps of [this.#members, this.#groups]) for (const map of maps.values()) yield* map.values();
    yield* this.#others.values();
  }
}

function mapAt<T>(maps: Map<number, ByNumber<T>>, profile: number): ByNumber<T> {
  let map = maps.get(profile);
  if (!map) {
    map = new ByNumber();
    maps.set(profile, map);
  }
  return map;
}

/** Members, groups, entries: as P4Runtime asks for it. */
function rankOf(entity: Entity): number {
  if ('actionProfileMember' in entity) return 0;
  return 'actionProfileGroup' in entity ? 1 : 2;
}
