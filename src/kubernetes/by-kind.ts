/**
 * Objects sorted into kinds, over time: each kind is a list in the order of namespace and name, whatever the order in which the objects come, and the same
 * list as long as nothing in it has changed. So the model does not depend on where objects come from, and what is made of one kind only can be kept.
 */
import { tellDifference } from '../manager/index.ts';
import type { ObjectChange } from './object-set.ts';
import type { KubernetesObject } from './objects.ts';

export type Kind = KubernetesObject['kind'];
export type ContentOf<K extends Kind> = NonNullable<Extract<KubernetesObject, { kind: K }>['content']>;

interface Sorted {
  readonly keys: string[];
  /** Of the same places. */
  contents: readonly object[];
}

/** More changes than this are sorted with the rest, instead of finding the place of each. */
const few = 64;

export class ByKind {
  readonly #kinds = new Map<Kind, Sorted>();

  /** O(changes log objects), and a copy of the lists that change; a sort if they are many. */
  apply(changes: readonly ObjectChange[]): void {
    const ofKind = new Map<Kind, ObjectChange[]>();
    for (const change of changes) {
      if (change.before?.content === change.after?.content) continue;
      const { kind } = (change.after ?? change.before)!;
      const list = ofKind.get(kind);
      if (list) list.push(change);
      else ofKind.set(kind, [change]);
    }
    for (const [kind, list] of ofKind) {
      const sorted = this.#kinds.get(kind) ?? { keys: [], contents: [] };
      this.#kinds.set(kind, sorted);
      const { contents: before } = sorted;
      if (list.length > few) sortAll(sorted, list);
      else placeEach(sorted, list);
      const gone: object[] = [];
      const come: object[] = [];
      for (const { before: left, after: now } of list) {
        if (left?.content) gone.push(left.content);
        if (now?.content) come.push(now.content);
      }
      tellDifference(before, sorted.contents, { gone, come });
    }
  }

  /** What is of interest in the objects of a kind. */
  of<K extends Kind>(kind: K): readonly ContentOf<K>[] {
    return (this.#kinds.get(kind)?.contents ?? nothing) as readonly ContentOf<K>[];
  }
}

const nothing: readonly never[] = [];

function placeEach(sorted: Sorted, changes: readonly ObjectChange[]): void {
  const contents = [...sorted.contents];
  for (const { before, after } of changes) {
    const key = keyOf((after ?? before)!);
    const place = placeOf(sorted.keys, key);
    const isThere = sorted.keys[place] === key ? 1 : 0;
    if (after?.content) {
      sorted.keys.splice(place, isThere, key);
      contents.splice(place, isThere, after.content);
    } else {
      sorted.keys.splice(place, isThere);
      contents.splice(place, isThere);
    }
  }
  sorted.contents = contents;
}

function sortAll(sorted: Sorted, changes: readonly ObjectChange[]): void {
  const all = new Map(sorted.keys.map((key, i) => [key, sorted.contents[i]!]));
  for (const { before, after } of changes) {
    if (after?.content) all.set(keyOf(after), after.content);
    else if (before) all.delete(keyOf(before));
  }
  sorted.keys.length = 0;
  for (const key of all.keys()) sorted.keys.push(key);
  sorted.keys.sort((a, b) => (a < b ? -1 : 1));
  sorted.contents = sorted.keys.map((key) => all.get(key)!);
}

/** Of the first key that is not before `key`. */
function placeOf(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function keyOf({ namespace, name }: KubernetesObject): string {
  return `${namespace}/${name}`;
}
