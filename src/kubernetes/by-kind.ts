/**
 * Objects sorted into kinds, over time: each kind is a list in the order of namespace and name, whatever the order in which the objects come, and the same
 * list as long as nothing in it has changed. So the model does not depend on where objects come from, and what is made of one kind only can be kept.
 */
import type { KubernetesObject } from './objects.ts';

export type Kind = KubernetesObject['kind'];
export type ContentOf<K extends Kind> = NonNullable<Extract<KubernetesObject, { kind: K }>['content']>;

interface OfKind {
  /** As they came. */
  readonly objects: readonly KubernetesObject[];
  /** Places in `objects`, by namespace and name. */
  readonly order: readonly number[];
  readonly contents: readonly unknown[];
}

export class ByKind {
  #kinds = new Map<Kind, OfKind>();

  /** Takes all objects as they are now. O(objects), and O(n log n) where objects of a kind came or went. */
  update(objects: readonly KubernetesObject[]): void {
    const lists = new Map<Kind, KubernetesObject[]>();
    for (const object of objects) {
      const list = lists.get(object.kind);
      if (list) list.push(object);
      else lists.set(object.kind, [object]);
    }
    this.#kinds = new Map([...lists].map(([kind, list]) => [kind, next(this.#kinds.get(kind), list)]));
  }

  /** What is of interest in the objects of a kind. */
  of<K extends Kind>(kind: K): readonly ContentOf<K>[] {
    return (this.#kinds.get(kind)?.contents ?? nothing) as readonly ContentOf<K>[];
  }
}

const nothing: readonly never[] = [];

function next(before: OfKind | undefined, objects: readonly KubernetesObject[]): OfKind {
  let isSame = before?.objects.length === objects.length;
  let hasSamePlaces = isSame;
  for (let i = 0; i < objects.length && hasSamePlaces; i++) {
    const old = before!.objects[i]!;
    const object = objects[i]!;
    if (old === object) continue;
    isSame = false;
    hasSamePlaces = old.name === object.name && old.namespace === object.namespace;
  }
  if (before && isSame) return before;
  const order = before && hasSamePlaces ? before.order : sorted(objects);
  const contents: unknown[] = [];
  for (const place of order) {
    const { content } = objects[place]!;
    if (content) contents.push(content);
  }
  return { objects, order, contents };
}

function sorted(objects: readonly KubernetesObject[]): number[] {
  const keys = objects.map(({ namespace, name }) => `${namespace}/${name}`);
  return objects.map((_, i) => i).sort((a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : a - b));
}
