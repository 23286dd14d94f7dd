/**
 * The hash of table keys and the `targetDefault` hash: 32 bits out, 32-bit words in, two independent lanes so that a processor overlaps the
 * multiplications. The WebAssembly back end emits exactly this. Not cryptographic: table hashes are seeded at random per start.
 */

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

/** Hash of a masked table: the key masked, the seed moved by the tuple's id. */
export function tupleSeed(seed: number, tupleId: number): number {
  return (seed + Math.imul(tupleId, hashConstants.mix)) | 0;
}

/** Slot 0 .. size - 1 of a Maglev table that a 32-bit hash selects: multiply-shift, no modulo. */
export function maglevSlot(hash: number, size: number): number {
  return Number((BigInt(hash >>> 0) * BigInt(size)) >> 32n);
}
