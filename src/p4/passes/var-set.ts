/** A set of variables, by a bit for each id: analyses copy and join many of them. */
import type { VarId } from '../ir/ir.ts';

export interface ReadonlyVarSet {
  has(id: VarId): boolean;
}

export class VarSet implements ReadonlyVarSet {
  #words: Uint32Array;

  /** The variables of another set, or none. */
  constructor(other?: VarSet) {
    this.#words = other ? other.#words.slice() : new Uint32Array(8);
  }

  has(id: VarId): boolean {
    return ((this.#words[id >>> 5] ?? 0) & (1 << (id & 31))) !== 0;
  }

  add(id: VarId): void {
    if (id >>> 5 >= this.#words.length) this.#grow(id >>> 5);
    this.#words[id >>> 5]! |= 1 << (id & 31);
  }

  delete(id: VarId): void {
    if (id >>> 5 < this.#words.length) this.#words[id >>> 5]! &= ~(1 << (id & 31));
  }

  addAll(other: VarSet): void {
    const theirs = other.#words;
    if (theirs.length > this.#words.length) this.#grow(theirs.length - 1);
    for (let i = 0; i < theirs.length; i++) this.#words[i]! |= theirs[i]!;
  }

  #grow(word: number): void {
    const words = new Uint32Array(Math.max(word + 1, 2 * this.#words.length));
    words.set(this.#words);
    this.#words = words;
  }
}
