/**
 * Two hash functions; the WebAssembly back end emits exactly these.
 *
 * `hashWords`, the `targetDefault` hash and that of endpoint selection, is the same on every node: 32 bits out, 32-bit words in, two independent lanes so
 * that a processor overlaps the multiplications.
 *
 * `hashKeyWords`, of table keys, is pair-multiply-shift (Dietzfelbinger 1996; Thorup, "High Speed Hashing for Integers and Strings", 2015, section 3.5):
 * one multiplication for 8 bytes of key, and universal: whoever does not know the multipliers, which are random per start, makes two of his keys collide
 * with probability 2^-31 at most.
 */
import { type TableLayout, tableHeader } from './layout.ts';
import { type Memory, setU32 } from './memory.ts';

export const hashConstants = { even: 0x9e3779b1, odd: 0x85ebca77, mix: 0xc2b2ae3d, last: 0x27d4eb2f } as const;

/**
 * Hash of `count` little-endian 32-bit words of `memory` from byte `offset` (any alignment).
 *
 *   a = seed, b = ~seed; even words: a = imul(a ^ w, even), a ^= a >>> 15; odd words: b = imul(b ^ w, odd), b ^= b >>> 13
 *   h = imul(a ^ rotl(b, 16), mix); h ^= h >>> 16; h = imul(h, last); h ^= h >>> 15
 */
export function hashWords(memory: DataView, offset: number, count: number, seed: number): number {
  let a = seed | 0;
  let b = ~seed;
  for (let i = 0; i < count; i++) {
    const word = memory.getInt32(offset + 4 * i, true);
    if ((i & 1) === 0) {
      a = Math.imul(a ^ word, hashConstants.even);
      a ^= a >>> 15;
    } else {
      b = Math.imul(b ^ word, hashConstants.odd);
      b ^= b >>> 13;
    }
  }
  let h = Math.imul(a ^ ((b << 16) | (b >>> 16)), hashConstants.mix);
  h ^= h >>> 16;
  h = Math.imul(h, hashConstants.last);
  h ^= h >>> 15;
  return h >>> 0;
}

/** Gives a table its seed and the multipliers that follow from it (a counter through a mixer of 32 bits: two rounds for each multiplier). */
export function seedTable(memory: Memory, table: TableLayout, seed: number): void {
  setU32(memory, table.header + tableHeader.seed, seed);
  for (let i = 0; i < 4 * table.keyWords; i++) {
    let z = (seed + Math.imul(i + 1, hashConstants.even)) | 0;
    z = Math.imul(z ^ (z >>> 16), hashConstants.odd);
    z = Math.imul(z ^ (z >>> 15), hashConstants.mix);
    setU32(memory, table.header + tableHeader.bytes + 4 * i, z ^ (z >>> 16));
  }
}

/**
 * Hash of `count` little-endian 64-bit words (low, high) from byte `at`: the upper 32 bits of the sum of (m[2 i] + low) * (m[2 i + 1] + high) modulo 2^64.
 * The multipliers m are u64 from byte `multipliersAt` of `memory`.
 */
export function hashKeyWords(key: DataView, at: number, count: number, memory: DataView, multipliersAt: number): number {
  let low = 0;
  let high = 0;
  for (let i = 0; i < count; i++) {
    const m = multipliersAt + 16 * i;
    const a = memory.getUint32(m, true) + key.getUint32(at + 8 * i, true);
    const b = memory.getUint32(m + 8, true) + key.getUint32(at + 8 * i + 4, true);
    const aHigh = memory.getUint32(m + 4, true) + (a > 0xffff_ffff ? 1 : 0);
    const bHigh = memory.getUint32(m + 12, true) + (b > 0xffff_ffff ? 1 : 0);
    low += Math.imul(a, b) >>> 0;
    high += upperHalf(a >>> 0, b >>> 0) + (Math.imul(aHigh, b) >>> 0) + (Math.imul(a, bHigh) >>> 0) + (low > 0xffff_ffff ? 1 : 0);
    low >>>= 0;
    high >>>= 0;
  }
  return high;
}

/** Upper 32 bits of the product of two u32. */
function upperHalf(a: number, b: number): number {
  const aLow = a & 0xffff;
  const bLow = b & 0xffff;
  const middle = (a >>> 16) * bLow + (Math.imul(aLow, bLow) >>> 16);
  const crossed = aLow * (b >>> 16) + (middle & 0xffff);
  return (a >>> 16) * (b >>> 16) + Math.floor(middle / 65536) + Math.floor(crossed / 65536);
}

/** What a tuple's id adds to the hash of a masked key. */
export function tupleShift(tupleId: number): number {
  return Math.imul(tupleId, hashConstants.mix);
}

/** Slot 0 .. size - 1 of a Maglev table that a 32-bit hash selects: multiply-shift, no modulo. */
export function maglevSlot(hash: number, size: number): number {
  return Number((BigInt(hash >>> 0) * BigInt(size)) >> 32n);
}
