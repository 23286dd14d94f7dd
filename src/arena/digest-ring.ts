/**
 * Digests on their way to the control plane: a ring of fixed-size records, written by the data plane, read by the control thread.
 * Head and tail count records for ever (modulo 2^32); record n lies at n modulo capacity, so that all places can be in use. A full ring loses the newest.
 */
import { type DigestLayout, ring } from './layout.ts';
import { bumpU32, type Memory, readFields, setU32, u32, writeFields } from './memory.ts';

export class DigestRing {
  readonly #memory: Memory;
  readonly #layout: DigestLayout;

  constructor(memory: Memory, layout: DigestLayout) {
    this.#memory = memory;
    this.#layout = layout;
  }

  /** Records that wait. */
  get waiting(): number {
    return (u32(this.#memory, this.#layout.base + ring.head) - u32(this.#memory, this.#layout.base + ring.tail)) >>> 0;
  }

  /** Records that found the ring full. */
  get lost(): number {
    return u32(this.#memory, this.#layout.base + ring.lost);
  }

  /** Appends a record; false if it was lost. */
  push(fields: readonly bigint[]): boolean {
    const { base } = this.#layout;
    if (this.waiting >= this.#layout.capacity) {
      bumpU32(this.#memory, base + ring.lost);
      return false;
    }
    writeFields(this.#memory, this.#recordAt(u32(this.#memory, base + ring.head)), this.#layout.fields, fields);
    bumpU32(this.#memory, base + ring.head);
    return true;
  }

  /** Takes up to `max` records, oldest first. */
  drain(max: number = this.#layout.capacity): bigint[][] {
    const { base } = this.#layout;
    const records: bigint[][] = [];
    let tail = u32(this.#memory, base + ring.tail);
    for (let n = Math.min(max, this.waiting); n > 0; n--) {
      records.push(readFields(this.#memory, this.#recordAt(tail), this.#layout.fields));
      tail = (tail + 1) >>> 0;
    }
    setU32(this.#memory, base + ring.tail, tail);
    return records;
  }

  #recordAt(n: number): number {
    return this.#layout.base + ring.records + (n % this.#layout.capacity) * this.#layout.recordBytes;
  }
}
