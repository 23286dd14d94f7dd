/**
 * What is different between two lists of objects that are the same objects as long as they did not change: the way in which a large model says that
 * little has changed.
 */

export interface Difference<T> {
  readonly gone: readonly T[];
  readonly come: readonly T[];
}

const none: Difference<never> = { gone: [], come: [] };

/** By the list after: what it was made of, and what is different. */
const told = new WeakMap<readonly object[], { readonly before: readonly object[]; readonly difference: Difference<object> }>();

/** Whoever made a list of another one and knows what is different says so: then nobody has to look. */
export function tellDifference<T extends object>(before: readonly T[], after: readonly T[], difference: Difference<T>): void {
  told.set(after, { before, difference });
}

/** What left and what came, by identity; an object that changed did both. Order does not count. O(objects), a comparison each where places are kept; O(1) if somebody told. */
export function difference<T extends object>(before: readonly T[], after: readonly T[]): Difference<T> {
  if (before === after) return none;
  const known = told.get(after);
  if (known && known.before === before) return known.difference as Difference<T>;
  if (before.length === after.length) {
    const gone: T[] = [];
    const come: T[] = [];
    for (let i = 0; i < before.length; i++) {
      if (before[i] === after[i]) continue;
      gone.push(before[i]!);
      come.push(after[i]!);
    }
    return withoutCommon(gone, come);
  }
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  return withoutCommon(before.slice(start, before.length - end), after.slice(start, after.length - end));
}

/**
 * A list that is made of another one, object by object, over time: what did not change is made once and stays the same object, and who asks for the
 * `difference` is told.
 */
export class DerivedList<T extends object> {
  #from: readonly T[] = [];
  #list: readonly T[] = [];
  /** By what they were made of, those that are other objects. */
  readonly #made = new Map<T, T>();

  /**
   * The list for `from`. `make` gives the object itself where it shall stay as it is; `again`: objects of `from` for which it may have another answer than
   * last time. O(what changed) calls of it; a copy of the list if anything did.
   */
  update(from: readonly T[], make: (object: T) => T, again: Iterable<T> = []): readonly T[] {
    const { gone, come } = difference(this.#from, from);
    const left = gone.map((object) => this.#of(object));
    for (const object of gone) this.#made.delete(object);
    const isNew = new Set(come);
    for (const object of again) {
      if (isNew.has(object)) continue;
      isNew.add(object);
      left.push(this.#of(object));
    }
    if (isNew.size === 0 && from === this.#from) return this.#list;
    const added = Array.from(isNew, (object) => {
      const made = make(object);
      if (made === object) this.#made.delete(object);
      else this.#made.set(object, made);
      return made;
    });
    const list = this.#made.size === 0 ? from : from.map((object) => this.#of(object));
    if (list !== this.#list) tellDifference(this.#list, list, { gone: left, come: added });
    this.#from = from;
    this.#list = list;
    return list;
  }

  #of(object: T): T {
    return this.#made.get(object) ?? object;
  }
}

/** What only changed its place is in both. */
function withoutCommon<T extends object>(gone: readonly T[], come: readonly T[]): Difference<T> {
  if (gone.length === 0 || come.length === 0) return { gone, come };
  const there = new Set(come);
  const common = new Set(gone.filter((object) => there.has(object)));
  if (common.size === 0) return { gone, come };
  return { gone: gone.filter((object) => !common.has(object)), come: come.filter((object) => !common.has(object)) };
}
