/**
 * The cluster's objects over time, and what has changed among them since somebody asked last: a cluster has tens of thousands of objects, of which a few
 * change at a time, and nobody shall have to compare all of them to find these.
 */
import { difference } from '../manager/index.ts';
import { type KubernetesObject, objectKey } from './objects.ts';

/** One of both is undefined for what came or went. */
export interface ObjectChange {
  readonly before: KubernetesObject | undefined;
  readonly after: KubernetesObject | undefined;
}

export class ObjectSet implements Iterable<KubernetesObject> {
  readonly #objects = new Map<string, KubernetesObject>();
  /** What objects were when changes were taken last, of those that changed since. */
  readonly #before = new Map<string, KubernetesObject | undefined>();
  #list: readonly KubernetesObject[] = [];

  /** The object of a kind and name: `Service default/web`. */
  get(key: string): KubernetesObject | undefined {
    return this.#objects.get(key);
  }

  [Symbol.iterator](): Iterator<KubernetesObject> {
    return this.#objects.values();
  }

  put(object: KubernetesObject): void {
    const key = objectKey(object);
    this.#note(key);
    this.#objects.set(key, object);
  }

  /** Whether it was there. */
  delete(key: string): boolean {
    this.#note(key);
    return this.#objects.delete(key);
  }

  /** These are all objects now. O(objects), a comparison each where they are the same as last time. */
  replace(objects: readonly KubernetesObject[]): void {
    const { gone, come } = difference(this.#list, objects);
    this.#list = objects;
    for (const object of gone) this.delete(objectKey(object));
    for (const object of come) this.put(object);
  }

  /** What has changed since this was asked last. O(changes). */
  take(): ObjectChange[] {
    const changes: ObjectChange[] = [];
    for (const [key, before] of this.#before) {
      const after = this.#objects.get(key);
      if (before !== after) changes.push({ before, after });
    }
    this.#before.clear();
    return changes;
  }

  #note(key: string): void {
    if (!this.#before.has(key)) this.#before.set(key, this.#objects.get(key));
  }
}
