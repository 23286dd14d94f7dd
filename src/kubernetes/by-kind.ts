/**
 * Objects sorted into kinds, over time: each kind is a list in the order of namespace and name, whatever the order in which the objects come, and the same
 * list as long as nothing in it has changed. So the model does not depend on where objects come from, and what is made of one kind only can be kept.
 */
import type { KubernetesObject } from './objects.ts';

export type Kind = KubernetesObject['kind'];
export type ContentOf<K extends Kind> = NonNullable<Extract<KubernetesObject, { kind: K }>['content']>;

export class ByKind {
  #objects: readonly KubernetesObject[] = [];
  #kinds = new Map<Kind, readonly unknown[]>();
  /** Where the content of an object is in the list of its kind; -1 if it has none. */
  #positions = new Int32Array();

  /** Takes all objects as they are now. O(objects): a comparison each where objects are changed in their places, a sort where some come or go. */
  update(objects: readonly KubernetesObject[]): void {
    if (!this.#replace(objects)) this.#sort(objects);
    this.#objects = objects;
  }

  /** What is of interest in the objects of a kind. */
  of<K extends Kind>(kind: K): readonly ContentOf<K>[] {
    return (this.#kinds.get(kind) ?? nothing) as readonly ContentOf<K>[];
  }

  /** If every object is where it was, changed or not: takes the changes over, without a look at the rest. */
  #replace(objects: readonly KubernetesObject[]): boolean {
    const before = this.#objects;
    if (before.length !== objects.length) return false;
    const changed: number[] = [];
    for (let place = 0; place < objects.length; place++) if (before[place] !== objects[place]) changed.push(place);
    const isInPlace = changed.every((place) => {
      const [old, object] = [before[place]!, objects[place]!];
      const isSame = old.kind === object.kind && old.name === object.name && old.namespace === object.namespace;
      return isSame && (old.content === undefined) === (object.content === undefined);
    });
    if (!isInPlace) return false;
    const lists = new Map<Kind, unknown[]>();
    for (const place of changed) {
      const { kind, content } = objects[place]!;
      const position = this.#positions[place]!;
      if (position < 0 || content === before[place]!.content) continue;
      const list = lists.get(kind) ?? [...this.#kinds.get(kind)!];
      lists.set(kind, list);
      list[position] = content;
    }
    for (const [kind, contents] of lists) this.#kinds.set(kind, contents);
    return true;
  }

  #sort(objects: readonly KubernetesObject[]): void {
    const lists = new Map<Kind, number[]>();
    objects.forEach(({ kind, content }, place) => {
      if (content === undefined) return;
      const list = lists.get(kind);
      if (list) list.push(place);
      else lists.set(kind, [place]);
    });
    this.#positions = new Int32Array(objects.length).fill(-1);
    const kinds = new Map<Kind, readonly unknown[]>();
    for (const [kind, list] of lists) {
      const keys = new Map(list.map((place) => [place, `${objects[place]!.namespace}/${objects[place]!.name}`]));
      const places = list.sort((a, b) => compare(keys.get(a)!, keys.get(b)!) || a - b);
      places.forEach((place, position) => {
        this.#positions[place] = position;
      });
      const contents = places.map((place) => objects[place]!.content);
      const before = this.#kinds.get(kind);
      const isSame = before?.length === contents.length && contents.every((content, i) => content === before[i]);
      kinds.set(kind, isSame ? before : contents);
    }
    this.#kinds = kinds;
  }
}

const nothing: readonly never[] = [];

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
