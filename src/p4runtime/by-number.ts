/**
 * Things by number, for numbers that whoever gives them may choose freely and mostly gives from 1 upwards: those lie in an array, where a look costs a fraction
 * of a map's and no memory beside them; the rest is in a map.
 */
export class ByNumber<T> {
  #dense: (T | undefined)[] = [];
  readonly #sparse = new Map<number, T>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(number: number): T | undefined {
    return number < this.#dense.length ? (this.#dense[number] ?? this.#fromSparse(number)) : this.#fromSparse(number);
  }

  has(number: number): boolean {
    return this.get(number) !== undefined;
  }

  /** Amortised O(1). */
  set(number: number, value: T): void {
    if (this.get(number) === undefined) this.#size++;
    const dense = this.#dense;
    if (this.#sparse.has(number) || number >= 4 * this.#size + 1024) {
      this.#sparse.set(number, value);
      return;
    }
    // Without holes: an array with them is slow.
    while (dense.length <= number) dense.push(undefined);
    dense[number] = value;
  }

  delete(number: number): void {
    if (this.get(number) === undefined) return;
    this.#size--;
    if (!this.#sparse.delete(number)) this.#dense[number] = undefined;
  }

  clear(): void {
    this.#dense = [];
    this.#sparse.clear();
    this.#size = 0;
  }

  *[Symbol.iterator](): Generator<[number: number, value: T]> {
    for (let number = 0; number < this.#dense.length; number++) {
      const value = this.#dense[number];
      if (value !== undefined) yield [number, value];
    }
    yield* this.#sparse;
  }

  *values(): Generator<T> {
    for (const [, value] of this) yield value;
  }

  #fromSparse(number: number): T | undefined {
    return this.#sparse.size === 0 ? undefined : this.#sparse.get(number);
  }
}
