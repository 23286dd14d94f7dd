/**
 * Hash functions. The seeded mixer of arena/hash.ts is emitted inline, over key words in locals: it is on every packet's way. The CRCs run over
 * bytes in scratch with a table that the first call builds there (the arena may be cleared at any time, so the table is checked before use).
 */
import { hashConstants } from '../../arena/hash.ts';
import { type TableLayout, tableHeader } from '../../arena/layout.ts';
import { toeplitzWindow } from '../../arena/toeplitz.ts';
import type { Expr } from '../ir/ir.ts';
import { assertNever } from './bug.ts';
import { Fn, type Get, i32, i64, type Ref } from './builder.ts';
import { byteCount, swapBytes } from './bytes.ts';
import { evaluateLimbs } from './expr.ts';
import { storeRawWords } from './fields.ts';
import { onesSumRaw } from './ones-sum.ts';
import type { Pipe } from './pipe.ts';
import type { Limbs } from './wide.ts';
import { concatenation, toWords } from './wire.ts';

type HashExpr = Extract<Expr, { kind: 'hash' }>;

/** The hash as limbs of any number, least significant first; callers truncate or extend. */
export function hashLimbs(p: Pipe, e: HashExpr): Limbs {
  const bits = e.data.reduce((sum, part) => sum + part.width, 0);
  const bytes = byteCount(bits);
  const small = (value: Ref): Limbs => [p.holdI64(p.m.i64.extend_u(value))];
  switch (e.algorithm) {
    case 'identity':
      return evaluateLimbs(p, concat(e.data, 8 * bytes - bits));
    case 'targetDefault': {
      const words = toWords(p, concatenation(p, e.data), Math.ceil(bytes / 8));
      const seed = p.m.i32.load(p.unit.layout.hashSeed, p.m.i32.const(0));
      return small(hashOfWords(p, words, Math.ceil(bytes / 4), seed));
    }
    case 'xor16': {
      const { i32: A, i64: B } = p.m;
      const words = toWords(p, concatenation(p, e.data), Math.ceil(bytes / 8));
      if (words.length === 0) return small(A.const(0));
      const all = p.holdI64(words.map((w) => w()).reduce((a, b) => B.xor(a, b)));
      const half = p.holdI32(A.xor(A.wrap(all()), A.wrap(B.shr_u(all(), B.const(32)))));
      return small(swapBytes(p, 2, A.and(A.xor(half(), A.shr_u(half(), A.const(16))), A.const(0xffff))));
    }
    case 'onesComplement16': {
      const sum = onesSumRaw(p, {
        kind: 'onesSum',
        width: 16,
        parts: [{ value: concat(e.data, 8 * bytes - bits), negate: false }],
      });
      return small(swapBytes(p, 2, p.m.i32.xor(sum, p.m.i32.const(0xffff))));
    }
    case 'crc32':
    case 'crc16': {
      const base = p.holdI32(p.m.i32.add(p.get(p.context), p.m.i32.const(p.unit.scratch.hash)));
      storeRawWords(p, base, 0, bytes, toWords(p, concatenation(p, e.data), Math.ceil(bytes / 8)));
      const table = p.m.i32.add(p.get(p.context), p.m.i32.const(p.unit.scratch.crc));
      return small(p.m.call(crc(p, e.algorithm), [table, base(), p.m.i32.const(bytes)], i32));
    }
    case 'toeplitz': {
      const words = toWords(p, concatenation(p, e.data), Math.ceil(bytes / 8));
      const { i32: A, i64: B } = p.m;
      const part = (word: Get, i: number): Ref => {
        const [key, more] = [toeplitzWindow(8 * i, 8), Number(toeplitzWindow(8 * i + 8, 4))];
        return p.m.call(toeplitz(p), [swapBytes(p, 8, word()), B.const(BigInt.asIntN(64, key)), A.const(more | 0)], i32);
      };
      return small(words.map(part).reduce((a, b) => A.xor(a, b), A.const(0)));
    }
    default:
      return assertNever(e.algorithm);
  }
}

/** toeplitz(data, key, more): the windows of 32 bits into key and the 32 bits behind it, one for each bit of data that is set. */
function toeplitz(f: Fn): string {
  return f.unit.helper('toeplitz', () => {
    const h = new Fn(f.unit, [i64, i64, i32]);
    const { i32: A, i64: B } = h.m;
    const [data, key, more] = [0, 1, 2];
    const result = h.local(i32);
    h.block((done) => {
      h.loop((next) => {
        h.br(done, B.eqz(h.get(data)));
        const isSet = A.sub(A.const(0), A.wrap(B.shr_u(h.get(data), B.const(63))));
        h.set(result, A.xor(h.get(result), A.and(isSet, A.wrap(B.shr_u(h.get(key), B.const(32))))));
        h.set(data, B.shl(h.get(data), B.const(1)));
        h.set(key, B.or(B.shl(h.get(key), B.const(1)), B.extend_u(A.shr_u(h.get(more), A.const(31)))));
        h.set(more, A.shl(h.get(more), A.const(1)));
        h.br(next);
      });
    });
    h.finish('toeplitz', i32, h.get(result));
  });
}

/** hashWords of arena/hash.ts over the first `count` 32-bit halves of 64-bit words. */
export function hashOfWords(f: Fn, words: Limbs, count: number, seed: Ref): Ref {
  const { i32: A, i64: B } = f.m;
  const start = f.holdI32(seed);
  let a: Get = start;
  let b: Get = f.holdI32(A.xor(start(), A.const(-1)));
  for (let i = 0; i < count; i++) {
    const word = words[i >> 1]!;
    if (i % 2 === 0) {
      const mixed = f.holdI32(A.mul(A.xor(a(), A.wrap(word())), A.const(hashConstants.even | 0)));
      a = f.holdI32(A.xor(mixed(), A.shr_u(mixed(), A.const(15))));
    } else {
      const mixed = f.holdI32(A.mul(A.xor(b(), A.wrap(B.shr_u(word(), B.const(32)))), A.const(hashConstants.odd | 0)));
      b = f.holdI32(A.xor(mixed(), A.shr_u(mixed(), A.const(13))));
    }
  }
  const joined = f.holdI32(A.mul(A.xor(a(), A.rotl(b(), A.const(16))), A.const(hashConstants.mix | 0)));
  const halved = f.holdI32(A.mul(A.xor(joined(), A.shr_u(joined(), A.const(16))), A.const(hashConstants.last | 0)));
  return A.xor(halved(), A.shr_u(halved(), A.const(15)));
}

/** hashKeyWords of arena/hash.ts over a table's key. */
export function hashOfKey(f: Fn, table: TableLayout, words: Limbs): Ref {
  const { i32: A, i64: B } = f.m;
  const sum = words.map((word, i) => {
    const multiplier = (half: number): Ref => B.load(table.header + tableHeader.bytes + 16 * i + 8 * half, A.const(0));
    const low = B.and(word(), B.const(0xffff_ffffn));
    return B.mul(B.add(low, multiplier(0)), B.add(B.shr_u(word(), B.const(32)), multiplier(1)));
  });
  return A.wrap(
    B.shr_u(
      sum.reduce((a, b) => B.add(a, b)),
      B.const(32),
    ),
  );
}

/** The hash of a masked key in the tuple of this id. */
export function tupleHash(f: Fn, table: TableLayout, masked: Limbs, id: Get): Ref {
  const { i32: A } = f.m;
  return A.add(hashOfKey(f, table, masked), A.mul(id(), A.const(hashConstants.mix | 0)));
}

/** The data as one expression, zero-padded on the right. */
function concat(data: readonly Expr[], padding: number): Expr {
  const pad: Expr[] = padding > 0 ? [{ kind: 'const', width: padding, value: 0n }] : [];
  const all = [...data, ...pad].filter((e) => e.width > 0);
  const empty: Expr = { kind: 'const', width: 1, value: 0n };
  if (all.length === 0) return empty;
  return all.reduce((left, right) => ({ kind: 'concat', width: left.width + right.width, left, right }));
}

/** Bytes of a table of 256 words. */
export const crcTableBytes = 1024;

/** crc(table, data, length): CRC-32 (IEEE 802.3, reflected) or CRC-16 (ARC). */
function crc(f: Fn, algorithm: 'crc32' | 'crc16'): string {
  const polynomial = algorithm === 'crc32' ? 0xedb88320 : 0xa001;
  const ones = algorithm === 'crc32' ? -1 : 0;
  return f.unit.helper(algorithm, () => {
    const h = new Fn(f.unit, [i32, i32, i32]);
    const { i32: A } = h.m;
    const [table, data, length] = [0, 1, 2];
    const [value, index, bits] = [h.local(i32), h.local(i32), h.local(i32)];
    const offset = algorithm === 'crc32' ? 0 : crcTableBytes;
    // Entry 128 is the polynomial itself. The table is one worker's, so nobody sees it half built.
    const isBuilt = A.eq(A.load(offset + 4 * 128, h.get(table)), A.const(polynomial | 0));
    h.if(A.eqz(isBuilt), () => {
      h.set(index, A.const(255));
      h.loop((nextIndex) => {
        h.set(value, h.get(index));
        h.set(bits, A.const(8));
        h.loop((nextBit) => {
          const reduced = A.and(A.sub(A.const(0), A.and(h.get(value), A.const(1))), A.const(polynomial | 0));
          h.set(value, A.xor(A.shr_u(h.get(value), A.const(1)), reduced));
          h.set(bits, A.sub(h.get(bits), A.const(1)));
          h.br(nextBit, h.get(bits));
        });
        h.emit(A.store(offset, A.add(h.get(table), A.shl(h.get(index), A.const(2))), h.get(value)));
        h.set(index, A.sub(h.get(index), A.const(1)));
        h.br(nextIndex, A.ge_s(h.get(index), A.const(0)));
      });
    });
    h.set(value, A.const(ones));
    h.block((done) => {
      h.br(done, A.eqz(h.get(length)));
      h.loop((next) => {
        const low = A.and(A.xor(h.get(value), A.load8_u(0, h.get(data))), A.const(255));
        const entry = A.load(offset, A.add(h.get(table), A.shl(low, A.const(2))));
        h.set(value, A.xor(entry, A.shr_u(h.get(value), A.const(8))));
        h.set(data, A.add(h.get(data), A.const(1)));
        h.set(length, A.sub(h.get(length), A.const(1)));
        h.br(next, h.get(length));
      });
    });
    h.finish(algorithm, i32, A.xor(h.get(value), A.const(ones)));
  });
}
