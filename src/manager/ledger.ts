/**
 * The ledger: which part of the desired state wants which entities, and so what a change of some parts changes in the data plane. Parts may want the same
 * entity (services with the same endpoint share its member): it is there for as long as one of them does.
 */
import { type Entity, type P4Names, printEntity, printKey, type Update } from '../p4runtime/index.ts';

interface Entry {
  entity: Entity;
  /** Parts that want it. */
  users: number;
}

/** What was installed by somebody before us, until all parts were given once. */
const recalled = '';

export class Ledger {
  readonly #names: P4Names;
  readonly #entries = new Map<string, Entry>();
  /** Keys of what each part wants. */
  readonly #parts = new Map<string, readonly string[]>();

  constructor(names: P4Names, installed: readonly Entity[]) {
    this.#names = names;
    this.reset(installed);
  }

  /**
   * What must be written because these parts are as given; an empty one is gone. What is referred to comes before what refers to it and leaves after it; what
   * did not change is not in it. From now on it counts as written. The first call after `reset` must give every part. O(entities of these parts).
   */
  plan(parts: Iterable<readonly [name: string, entities: readonly Entity[]]>): Update[] {
    const before = new Map<string, Entity | undefined>();
    const touch = (key: string): Entry | undefined => {
      const entry = this.#entries.get(key);
      if (!before.has(key)) before.set(key, entry?.entity);
      return entry;
    };
    const drop = (keys: readonly string[]): void => {
      for (const key of keys) touch(key)!.users--;
    };
    for (const [name, entities] of parts) {
      const old = this.#parts.get(name) ?? [];
      const keys = entities.map((entity) => keyOf(this.#names, entity));
      keys.forEach((key, i) => {
        const entry = touch(key);
        const entity = entities[i]!;
        if (!entry) this.#entries.set(key, { entity, users: 1 });
        else {
          entry.entity = entity;
          entry.users++;
        }
      });
      drop(old);
      if (keys.length > 0) this.#parts.set(name, keys);
      else this.#parts.delete(name);
    }
    drop(this.#parts.get(recalled) ?? []);
    this.#parts.delete(recalled);
    return this.#updates(before);
  }

  /** This is what is there: whatever parts wanted before is forgotten. */
  reset(installed: readonly Entity[]): void {
    this.#entries.clear();
    this.#parts.clear();
    for (const entity of installed) this.#entries.set(keyOf(this.#names, entity), { entity, users: 1 });
    this.#parts.set(recalled, [...this.#entries.keys()]);
  }

  /** Everything that counts as written. */
  entities(): Entity[] {
    return [...this.#entries.values()].map(({ entity }) => entity);
  }

  #updates(before: ReadonlyMap<string, Entity | undefined>): Update[] {
    const writes: Update[] = [];
    const removals: Update[] = [];
    for (const [key, old] of before) {
      const { entity, users } = this.#entries.get(key)!;
      if (users === 0) {
        this.#entries.delete(key);
        if (old) removals.push({ type: 'DELETE', entity: old });
      } else if (!old) writes.push({ type: 'INSERT', entity });
      else if (old !== entity && printEntity(this.#names, old) !== printEntity(this.#names, entity)) {
        writes.push({ type: 'MODIFY', entity });
      }
    }
    const byRank = (a: Update, b: Update): number => rankOf(a.entity) - rankOf(b.entity);
    return [...writes.sort(byRank), ...removals.sort((a, b) => byRank(b, a))];
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

/** Members, groups, entries: as P4Runtime asks for it. */
function rankOf(entity: Entity): number {
  if ('actionProfileMember' in entity) return 0;
  return 'actionProfileGroup' in entity ? 1 : 2;
}
