/**
 * Maglev hashing (Eisenbud et al., NSDI'16, section 3.4): a lookup table in which every member owns its share of the slots, and in which few slots
 * change their owner when a member comes or goes.
 *
 * Each member has its own permutation of all slots: offset, offset + skip, offset + 2 skip, ... modulo the (prime) size. In rounds, members take
 * turns; a turn takes the next slot of the member's permutation that nobody has yet. With weights, the heaviest member takes one turn each
 * round and another one takes floor(w (r + 1) / heaviest) - floor(w r / heaviest) turns in round r: its share exactly, whatever the sum.
 *
 *   example of the paper, size 7          offset skip   permutation        table after filling
 *   (`fillMaglev`)                   B0   3      4      3 0 4 1 5 2 6      slot   0  1  2  3  4  5  6
 *                                    B1   0      2      0 2 4 6 1 3 5      owner  B1 B0 B1 B0 B2 B2 B0
 *                                    B2   3      1      3 4 5 6 0 1 2
 *
 * The table is a pure function of keys, weights, size and seed: every node that knows the same members builds the same table.
 */

export interface MaglevMember {
  /** What identifies the member on every node, for example its address and port. */
  readonly key: string | bigint;
  /** Whole number >= 0, relative to the others'; 0 owns nothing. */
  readonly weight: number;
}

/** Start and step of a member's permutation of the slots. */
export interface Permutation {
  /** 0 .. size - 1. */
  readonly offset: number;
  /** 1 .. size - 1. */
  readonly skip: number;
  readonly weight: number;
}

/** Slot that no member owns (only when there is no member). */
const nobody = 0xffff;

/**
 * The lookup table: slot -> index into `members`, all 0xffff if none has weight. Independent of the members' order.
 * Throws RangeError if `size` is not a prime from 2 to 2^24, keys repeat, a weight is no whole number >= 0, or there are over 65535 members.
 * O(size log size) expected: about 5 ms for 65537 slots.
 */
export function buildMaglev(members: readonly MaglevMember[], size: number, seed: number): Uint16Array {
  check(members, size);
  const keys = members.map(({ key }) => String(key));
  const order = orderOf(keys).filter((index) => members[index]!.weight > 0);
  const permutations = order.map((index): Permutation => {
    const key = keys[index]!;
    return {
      offset: hashKey(key, seed) % size,
      skip: size === 2 ? 1 : (hashKey(key, ~seed) % (size - 1)) + 1,
      weight: members[index]!.weight,
    };
  });
  const table = fillMaglev(permutations, size);
  if (permutations.length === 0 || order.every((index, rank) => index === rank)) return table;
  for (let slot = 0; slot < size; slot++) table[slot] = order[table[slot]!]!;
  return table;
}

/** Fills a table of `size` slots: slot -> index into `permutations`. Earlier members take their turn first. */
export function fillMaglev(permutations: readonly Permutation[], size: number): Uint16Array {
  const table = new Uint16Array(size).fill(nobody);
  const count = permutations.length;
  if (count === 0) return table;
  const next = new Int32Array(count);
  const skips = new Int32Array(count);
  let heaviest = 0;
  let isEqual = true;
  for (let member = 0; member < count; member++) {
    const { offset, skip, weight } = permutations[member]!;
    next[member] = offset;
    skips[member] = skip;
    isEqual &&= member === 0 || weight === heaviest;
    heaviest = Math.max(heaviest, weight);
  }
  if (isEqual) fillEqually(table, next, skips);
  else fillByWeight(table, next, skips, permutations, heaviest);
  return table;
}

/** One turn each round: what most groups need, in half the time. */
function fillEqually(table: Uint16Array, next: Int32Array, skips: Int32Array): void {
  const size = table.length;
  const last = size - 1;
  const count = next.length;
  let free = size;
  for (;;) {
    for (let member = 0; member < count; member++) {
      const skip = skips[member]!;
      let slot = next[member]!;
      // A step is less than the size: a subtraction is its remainder, and several times faster; as a mask, since nothing predicts the branch.
      while (table[slot] !== nobody) {
        slot = (slot + skip) | 0;
        slot = (slot - (size & ((last - slot) >> 31))) | 0;
      }
      table[slot] = member;
      if (--free === 0) return;
      slot = (slot + skip) | 0;
      next[member] = (slot - (size & ((last - slot) >> 31))) | 0;
    }
  }
}

function fillByWeight(
  table: Uint16Array,
  next: Int32Array,
  skips: Int32Array,
  permutations: readonly Permutation[],
  heaviest: number,
): void {
  const size = table.length;
  const last = size - 1;
  let free = size;
  for (let round = 0; ; round++) {
    for (let member = 0; member < permutations.length; member++) {
      const skip = skips[member]!;
      const { weight } = permutations[member]!;
      let turns =
        weight === heaviest ? 1 : Math.floor((weight * (round + 1)) / heaviest) - Math.floor((weight * round) / heaviest);
      let slot = next[member]!;
      for (; turns > 0; turns--) {
        // As in `fillEqually`.
        while (table[slot] !== nobody) {
          slot = (slot + skip) | 0;
          slot = (slot - (size & ((last - slot) >> 31))) | 0;
        }
        table[slot] = member;
        if (--free === 0) return;
        slot = (slot + skip) | 0;
        slot = (slot - (size & ((last - slot) >> 31))) | 0;
      }
      next[member] = slot;
    }
  }
}

/** Indexes in the order of the keys. Throws RangeError if two are the same. */
function orderOf(keys: readonly string[]): number[] {
  const order = keys.map((_, index) => index);
  // Whoever numbers endpoints in the order of their names gives them in order.
  if (!keys.every((key, i) => i === 0 || keys[i - 1]! < key)) order.sort((a, b) => (keys[a]! < keys[b]! ? -1 : 1));
  for (let rank = 1; rank < order.length; rank++) {
    const key = keys[order[rank]!]!;
    if (key === keys[order[rank - 1]!]) throw new RangeError(`two members of a Maglev table have the key '${key}'`);
  }
  return order;
}

/** Whether `n` is a prime. O(sqrt n). */
export function isPrime(n: number): boolean {
  if (!Number.isInteger(n) || n < 2) return false;
  for (let d = 2; d * d <= n; d++) {
    if (n % d === 0) return false;
  }
  return true;
}

function check(members: readonly MaglevMember[], size: number): void {
  if (!isPrime(size) || size > 1 << 24)
    throw new RangeError(`the size of a Maglev table must be a prime up to 2^24, not ${size}`);
  if (members.length > nobody) throw new RangeError(`a Maglev table holds at most ${nobody} members, not ${members.length}`);
  for (const { key, weight } of members) {
    if (!Number.isSafeInteger(weight) || weight < 0 || weight > 0xffff_ffff) {
      throw new RangeError(`the weight of member '${key}' must be a whole number from 0 to 2^32 - 1, not ${weight}`);
    }
  }
}

/** 32 bits of a text: MurmurHash3 (x86, 32 bits) over its UTF-16 code units. */
function hashKey(text: string, seed: number): number {
  let h = seed | 0;
  for (let i = 0; i < text.length; i++) {
    let k = Math.imul(text.charCodeAt(i), 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    h ^= k;
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  h ^= text.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
