/**
 * A heap of equal cells for arrays that come, go and change their length: first fit, holes joined with their neighbours. It only keeps the books; whoever has
 * the memory moves arrays when `take` finds no hole that is large enough though there are cells enough (`compact`).
 */
export class Heap {
  readonly size: number;
  /** Holes by their place, never touching each other. */
  #holes: { at: number; length: number }[];
  #free: number;

  constructor(size: number) {
    this.size = size;
    this.#free = size;
    this.#holes = size > 0 ? [{ at: 0, length: size }] : [];
  }

  /** Cells that nobody has, in whatever pieces. */
  get free(): number {
    return this.#free;
  }

  /** First cell of `length` free ones; undefined if no hole is so large. O(holes). */
  take(length: number): number | undefined {
    const index = this.#holes.findIndex((hole) => hole.length >= length);
    const hole = this.#holes[index];
    if (!hole) return undefined;
    const { at } = hole;
    hole.at += length;
    hole.length -= length;
    if (hole.length === 0) this.#holes.splice(index, 1);
    this.#free -= length;
    return at;
  }

  /** Gives cells back that `take` gave. O(holes). */
  give(at: number, length: number): void {
    if (length === 0) return;
    this.#free += length;
    let index = this.#indexBehind(at);
    const before = this.#holes[index - 1];
    if (before && before.at + before.length === at) {
      before.length += length;
      index--;
    } else this.#holes.splice(index, 0, { at, length });
    const hole = this.#holes[index]!;
    const behind = this.#holes[index + 1];
    if (behind && hole.at + hole.length === behind.at) {
      hole.length += behind.length;
      this.#holes.splice(index + 1, 1);
    }
  }

  /** From now on the first `used` cells are taken and the rest is one hole: the owner has moved everything to the front. */
  compact(used: number): void {
    this.#free = this.size - used;
    this.#holes = this.#free > 0 ? [{ at: used, length: this.#free }] : [];
  }

  /** Of the first hole behind `at`. */
  #indexBehind(at: number): number {
    let low = 0;
    let high = this.#holes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#holes[middle]!.at < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
