/**
 * The judge of the fuzzer: a map of what is installed, and rules of a line each. Nothing of the server is in it.
 *
 * A mutation says itself what must be answered whatever is installed (`says`); the rest follows from the map.
 */
import type { Code, Entity, TableEntry } from '../../p4runtime/index.ts';
import type { UpdateLike } from './tester.ts';

/** How many there can be of each kind; of cells, default entries and the like there are always as many, and they are only modified. */
export const capacity = {
  exact_one: 512,
  lpm_one: 64,
  ternary_one: 64,
  mixed: 128,
  idle: 32,
  selected: 32,
  member: 32,
  group: 8,
  multicast: Number.POSITIVE_INFINITY,
  clone: Number.POSITIVE_INFINITY,
  digest: 1,
  fixed: Number.POSITIVE_INFINITY,
} as const;

export type Kind = keyof typeof capacity;

/** A generated update, and what is wrong with it. */
export interface Planned {
  readonly update: UpdateLike;
  readonly type: 'INSERT' | 'MODIFY' | 'DELETE';
  /** What is there afterwards; undefined where the update can only be refused. */
  readonly entity?: Entity;
  readonly key: string;
  readonly kind: Kind;
  /** P4Info id that a role needs; undefined: nothing that a role can be given. */
  readonly objectId?: number;
  /** What must be answered whatever is installed. */
  readonly says?: Code;
  /** It does not come as far as the device: in an atomic batch only such mistakes are reported then. */
  readonly isAtDoor?: boolean;
  readonly refersTo?: string;
  /** A modification without action: the one that there is stays. */
  readonly keepsAction?: boolean;
}

interface Installed {
  readonly kind: Kind;
  readonly refersTo?: string;
  readonly entity: Entity;
}

export class Model {
  readonly #entries = new Map<string, Installed>();

  get installed(): Iterable<Installed> {
    return this.#entries.values();
  }

  /** Each update by itself (CONTINUE_ON_ERROR). */
  apply(planned: Planned): Code {
    const { type, key, says, refersTo, kind } = planned;
    if (says) return says;
    const before = this.#entries.get(key);
    if (type === 'DELETE') {
      if (!before) return 'NOT_FOUND';
      if (this.#isReferredTo(key)) return 'FAILED_PRECONDITION';
      this.#entries.delete(key);
      return 'OK';
    }
    if (kind !== 'fixed') {
      if (type === 'MODIFY' && !before && kind !== 'selected') return 'NOT_FOUND';
      // A group is looked for before its members, an entry after what it refers to.
      if (kind === 'group' && type === 'INSERT' && before) return 'ALREADY_EXISTS';
      if (refersTo !== undefined && !this.#entries.has(refersTo)) return 'NOT_FOUND';
      if (type === 'MODIFY' && !before) return 'NOT_FOUND';
      if (type === 'INSERT' && before) return 'ALREADY_EXISTS';
      if (type === 'INSERT' && this.#count(kind) >= capacity[kind]) return 'RESOURCE_EXHAUSTED';
    }
    const entity = planned.keepsAction && before ? withActionOf(before.entity, planned.entity!) : planned.entity!;
    this.#entries.set(key, { kind, entity, ...(refersTo !== undefined && { refersTo }) });
    return 'OK';
  }

  /** All or nothing: mistakes that can be seen beforehand are all reported, of the others the first. */
  applyAll(planned: readonly Planned[]): Code[] {
    if (planned.some(({ isAtDoor }) => isAtDoor)) return planned.map(({ isAtDoor, says }) => (isAtDoor ? says! : 'ABORTED'));
    if (planned.some(({ says }) => says)) return planned.map(({ says }) => says ?? 'ABORTED');
    const before = new Map(this.#entries);
    const removed: { readonly at: number; readonly kind: Kind; readonly key: string }[] = [];
    const undo = (at: number, code: Code): Code[] => {
      this.#entries.clear();
      for (const [key, value] of before) this.#entries.set(key, value);
      return planned.map((_, i) => (i === at ? code : 'ABORTED'));
    };
    for (const [at, each] of planned.entries()) {
      const { type, kind, key, refersTo } = each;
      if (type === 'DELETE' && (kind === 'member' || kind === 'group')) {
        // What still refers to it is looked at when all is done; its place is free only then.
        if (!this.#entries.delete(key)) return undo(at, 'NOT_FOUND');
        removed.push({ at, kind, key });
        continue;
      }
      const late = removed.filter((one) => one.kind === kind).length;
      if (type === 'INSERT' && !this.#entries.has(key) && this.#count(kind) + late >= capacity[kind]) {
        return undo(at, refersTo !== undefined && !this.#entries.has(refersTo) ? 'NOT_FOUND' : 'RESOURCE_EXHAUSTED');
      }
      const code = this.apply(each);
      if (code !== 'OK') return undo(at, code);
    }
    for (const { at, key } of removed) if (this.#isReferredTo(key)) return undo(at, 'FAILED_PRECONDITION');
    return planned.map(() => 'OK');
  }

  #isReferredTo(key: string): boolean {
    for (const { refersTo } of this.#entries.values()) if (refersTo === key) return true;
    return false;
  }

  #count(kind: Kind): number {
    let count = 0;
    for (const entry of this.#entries.values()) if (entry.kind === kind) count++;
    return count;
  }
}

function withActionOf(before: Entity, after: Entity): Entity {
  const [{ action }, entry] = [before, after].map((entity) => (entity as { tableEntry: TableEntry }).tableEntry) as [
    TableEntry,
    TableEntry,
  ];
  return { tableEntry: { ...entry, ...(action && { action }) } };
}
