/**
 * Numbers for things that come and go, given so that a number never moves to another thing while both are there: a thing keeps its number for as long as
 * anybody uses it, and a number that became free is given again only after `settle`, when its old owner is really gone.
 *
 * It starts with what is installed (ids.ts): so numbers survive a restart of the control plane.
 */
export interface Numbered<T> {
  readonly id: number;
  /** What its users have in common. */
  value: T | undefined;
}

interface Owner<T> extends Numbered<T> {
  readonly name: string;
  users: number;
}

/** More than any table holds. */
const mostNumbers = 1 << 24;

export class Allocator<T = undefined> {
  readonly #owners = new Map<string, Owner<T>>();
  /** 1 for each number that is taken. */
  #taken: Uint8Array;
  /** No number below is free. */
  #next = 1;
  #idle: Set<Owner<T>>;

  constructor(installed: ReadonlyMap<string, number> = new Map()) {
    for (const [name, id] of installed) this.#owners.set(name, { id, name, users: 0, value: undefined });
    this.#taken = new Uint8Array(1024);
    for (const id of installed.values()) this.#setTaken(id);
    this.#idle = new Set(this.#owners.values());
  }

  /** One more user of a name, whose number is from 1. Amortised O(1). */
  take(name: string): Numbered<T> {
    let owner = this.#owners.get(name);
    if (!owner) {
      while (this.#taken[this.#next] === 1) this.#next++;
      owner = { id: this.#next, name, users: 0, value: undefined };
      this.#setTaken(owner.id);
      this.#owners.set(name, owner);
    } else if (owner.users === 0) this.#idle.delete(owner);
    owner.users++;
    return owner;
  }

  /** The number of a name that has one. */
  numberOf(name: string): number | undefined {
    return this.#owners.get(name)?.id;
  }

  /** One user less. */
  drop(name: string): void {
    const owner = this.#owners.get(name)!;
    if (--owner.users === 0) this.#idle.add(owner);
  }

  /** Numbers of names that nobody uses are free from now on. */
  settle(): void {
    for (const { name, id } of this.#idle) {
      this.#owners.delete(name);
      this.#taken[id] = 0;
      this.#next = Math.min(this.#next, id);
    }
    this.#idle.clear();
  }

  #setTaken(id: number): void {
    // Somebody else's numbers may be anything: those that we never come to need no place.
    if (id > mostNumbers) return;
    if (id >= this.#taken.length) {
      const more = new Uint8Array(2 * id);
      more.set(this.#taken);
      this.#taken = more;
    }
    this.#taken[id] = 1;
  }
}
