/**
 * Numbers for things that come and go, given so that a number never moves to another thing while both are there: a thing keeps its number for as long as
 * anybody uses it, and a number that became free is given again only after `settle`, when its old owner is really gone.
 *
 * It starts with what is installed (ids.ts): so numbers survive a restart of the control plane.
 */
export class Allocator {
  readonly #ids: Map<string, number>;
  readonly #users = new Map<string, number>();
  readonly #taken: Set<number>;
  /** No number below is free. */
  #next = 1;
  #idle: Set<string>;

  constructor(installed: ReadonlyMap<string, number> = new Map()) {
    this.#ids = new Map(installed);
    this.#taken = new Set(installed.values());
    this.#idle = new Set(installed.keys());
  }

  /** One more user of a name; its number, from 1. Amortised O(1). */
  take(name: string): number {
    const users = this.#users.get(name) ?? 0;
    this.#users.set(name, users + 1);
    this.#idle.delete(name);
    let id = this.#ids.get(name);
    if (id === undefined) {
      while (this.#taken.has(this.#next)) this.#next++;
      id = this.#next;
      this.#taken.add(id);
      this.#ids.set(name, id);
    }
    return id;
  }

  /** The number of a name that has one. */
  numberOf(name: string): number | undefined {
    return this.#ids.get(name);
  }

  /** One user less. */
  drop(name: string): void {
    const users = (this.#users.get(name) ?? 0) - 1;
    if (users > 0) this.#users.set(name, users);
    else {
      this.#users.delete(name);
      this.#idle.add(name);
    }
  }

  /** Numbers of names that nobody uses are free from now on. */
  settle(): void {
    for (const name of this.#idle) {
      const id = this.#ids.get(name)!;
      this.#ids.delete(name);
      this.#taken.delete(id);
      this.#next = Math.min(this.#next, id);
    }
    this.#idle = new Set();
  }
}
