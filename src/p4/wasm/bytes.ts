/**
 * Bytes of memory as values. "Raw" is the little-endian load of bytes that are in wire order (1 to 8 bytes; i32 up to 4, else i64); a number is its
 * byte swap. Bit offsets count from the most significant bit of the first byte, as P4 headers do.
 *
 * Loads may be widened to fewer, larger ones: `bound` is the number of bytes from `base` that may be read.
 */
import { Fn, type Get, i64, type Ref } from './builder.ts';

/** Bits of a byte string in memory. */
export interface BitPlace {
  readonly base: Get;
  readonly bit: number;
  readonly width: number;
  readonly bound: number;
}

export function byteCount(width: number): number {
  return Math.ceil(width / 8);
}

/** All-ones of `width` bits. */
export function onesOf(width: number): bigint {
  return (1n << BigInt(width)) - 1n;
}

/** Constant of the type that holds `width` bits. */
export function constant(f: Fn, width: number, value: bigint): Ref {
  return width <= 32 ? f.m.i32.const(Number(BigInt.asIntN(32, value))) : f.m.i64.const(BigInt.asIntN(64, value));
}

/** The number whose `count` big-endian bytes are those of `value` in little-endian order, and the reverse. */
export function swapConstant(value: bigint, count: number): bigint {
  let swapped = 0n;
  for (let i = 0; i < count; i++) swapped |= ((value >> BigInt(8 * i)) & 0xffn) << BigInt(8 * (count - 1 - i));
  return swapped;
}

/** Swaps the low `count` bytes (the others are 0). */
export function swapBytes(f: Fn, count: number, value: Ref): Ref {
  const { m } = f;
  if (count <= 1) return value;
  if (count === 2) {
    const x = f.holdI32(value);
    return m.i32.and(m.i32.or(m.i32.shl(x(), m.i32.const(8)), m.i32.shr_u(x(), m.i32.const(8))), m.i32.const(0xffff));
  }
  if (count <= 4) {
    const x = f.holdI32(value);
    const even = m.i32.and(m.i32.rotl(x(), m.i32.const(8)), m.i32.const(0x00ff00ff));
    const odd = m.i32.and(m.i32.rotr(x(), m.i32.const(8)), m.i32.const(0xff00ff00 | 0));
    const all = m.i32.or(even, odd);
    return count === 4 ? all : m.i32.shr_u(all, m.i32.const(8));
  }
  const all = m.call(swap64(f), [value], i64);
  return count === 8 ? all : m.i64.shr_u(all, m.i64.const(64 - 8 * count));
}

function swap64(f: Fn): string {
  return f.unit.helper('swap64', () => {
    const h = new Fn(f.unit, [i64]);
    const { i64: I } = h.m;
    const stage = (x: Get, bits: number, mask: bigint): Ref =>
      I.or(I.and(I.shr_u(x(), I.const(bits)), I.const(mask)), I.shl(I.and(x(), I.const(mask)), I.const(bits)));
    const bytes = h.holdI64(stage(() => h.get(0), 8, 0x00ff00ff00ff00ffn));
    const words = stage(bytes, 16, 0x0000ffff0000ffffn);
    h.finish('swap64', i64, I.rotl(words, I.const(32)));
  });
}

/** Loads `count` bytes (1 to 8) from base + at. */
export function loadRaw(f: Fn, base: Get, at: number, count: number, bound: number): Ref {
  const { i32: A, i64: B } = f.m;
  switch (count) {
    case 1:
      return A.load8_u(at, base());
    case 2:
      return A.load16_u(at, base());
    case 3:
      if (at + 4 <= bound) return A.and(A.load(at, base()), A.const(0xffffff));
      return A.or(A.load16_u(at, base()), A.shl(A.load8_u(at + 2, base()), A.const(16)));
    case 4:
      return A.load(at, base());
    case 8:
      return B.load(at, base());
    default: {
      if (at + 8 <= bound) return B.and(B.load(at, base()), B.const(onesOf(8 * count)));
      const low = B.load32_u(at, base());
      const high =
        count === 5
          ? B.load8_u(at + 4, base())
          : count === 6
            ? B.load16_u(at + 4, base())
            : B.shr_u(B.load32_u(at + 3, base()), B.const(8));
      return B.or(low, B.shl(high, B.const(32)));
    }
  }
}

/** Stores the low `count` bytes (1 to 8) of a raw value to base + at. */
export function storeRaw(f: Fn, base: Get, at: number, count: number, value: Ref): void {
  const { i32: A, i64: B } = f.m;
  switch (count) {
    case 1:
      f.emit(A.store8(at, base(), value));
      return;
    case 2:
      f.emit(A.store16(at, base(), value));
      return;
    case 4:
      f.emit(A.store(at, base(), value));
      return;
    case 8:
      f.emit(B.store(at, base(), value));
      return;
    case 3: {
      const x = f.holdI32(value);
      f.emit(A.store16(at, base(), x()));
      f.emit(A.store8(at + 2, base(), A.shr_u(x(), A.const(16))));
      return;
    }
    default: {
      const x = f.holdI64(value);
      f.emit(B.store32(at, base(), x()));
      if (count >= 6) f.emit(B.store16(at + 4, base(), B.shr_u(x(), B.const(32))));
      if (count !== 6) f.emit(B.store8(at + count - 1, base(), B.shr_u(x(), B.const(8 * (count - 1)))));
    }
  }
}

/** The number (at most 64 bits) at a place. */
export function loadBits(f: Fn, place: BitPlace): Ref {
  const { base, bit, width, bound } = place;
  const { i32: A, i64: B } = f.m;
  if (width === 0) return A.const(0);
  const first = bit >> 3;
  const count = ((bit + width - 1) >> 3) - first + 1;
  const spare = 7 - ((bit + width - 1) & 7);
  if (count === 9) {
    const lowWidth = 8 - spare;
    const high = extend(f, width - lowWidth, loadBits(f, { ...place, width: width - lowWidth }));
    const low = extend(f, lowWidth, loadBits(f, { ...place, bit: bit + width - lowWidth, width: lowWidth }));
    return B.or(B.shl(high, B.const(lowWidth)), low);
  }
  let [value, isClean] = loadNumber(f, base, first, count, bound);
  if ((bit & 7) !== 0) isClean = false;
  if (count <= 4) {
    if (spare > 0) value = A.shr_u(value, A.const(spare));
    return isClean ? value : A.and(value, constant(f, 32, onesOf(width)));
  }
  if (spare > 0) value = B.shr_u(value, B.const(spare));
  if (width <= 32) {
    value = A.wrap(value);
    return width === 32 ? value : A.and(value, constant(f, 32, onesOf(width)));
  }
  return isClean ? value : B.and(value, constant(f, 64, onesOf(width)));
}

/** Stores a number (at most 64 bits) at a place; the bits around it stay. */
export function storeBits(f: Fn, place: BitPlace, value: Ref): void {
  const { base, bit, width, bound } = place;
  const { i64: B } = f.m;
  if (width === 0) return;
  const first = bit >> 3;
  const count = ((bit + width - 1) >> 3) - first + 1;
  const spare = 7 - ((bit + width - 1) & 7);
  if (count === 9) {
    const x = f.holdI64(value);
    const lowWidth = 8 - spare;
    storeBits(f, { ...place, width: width - lowWidth }, narrowTo(f, width - lowWidth, B.shr_u(x(), B.const(lowWidth))));
    const low = B.and(x(), B.const(onesOf(lowWidth)));
    storeBits(f, { ...place, bit: bit + width - lowWidth, width: lowWidth }, narrowTo(f, lowWidth, low));
    return;
  }
  const isWhole = (bit & 7) === 0 && spare === 0;
  const I = count <= 4 ? f.m.i32 : f.m.i64;
  let number = count > 4 ? extend(f, width, value) : value;
  if (spare > 0) number = I.shl(number, constant(f, count * 8, BigInt(spare)));
  const raw = swapBytes(f, count, number);
  if (isWhole) {
    storeRaw(f, base, first, count, raw);
    return;
  }
  const keep = onesOf(8 * count) ^ swapConstant(onesOf(width) << BigInt(spare), count);
  const old = I.and(loadRaw(f, base, first, count, bound), constant(f, count * 8, keep));
  storeRaw(f, base, first, count, I.or(old, raw));
}

/** i64 of a value of `width` bits. */
export function extend(f: Fn, width: number, value: Ref): Ref {
  return width <= 32 ? f.m.i64.extend_u(value) : value;
}

/** An i64 that fits `width` bits, as the type that holds these. */
export function narrowTo(f: Fn, width: number, value: Ref): Ref {
  return width <= 32 ? f.m.i32.wrap(value) : value;
}

/** The number that `count` bytes are; false if there is rubbish above them. */
function loadNumber(f: Fn, base: Get, at: number, count: number, bound: number): [Ref, boolean] {
  const { i32: A, i64: B } = f.m;
  if (count === 1) return [A.load8_u(at, base()), true];
  if (count === 2) return [A.or(A.shl(A.load8_u(at, base()), A.const(8)), A.load8_u(at + 1, base())), true];
  if (count === 3 && at >= 1) return [swapBytes(f, 4, A.load(at - 1, base())), false];
  if (count <= 4) return [swapBytes(f, count, loadRaw(f, base, at, count, 0)), true];
  if (count < 8 && at + 8 <= bound) {
    return [B.shr_u(swapBytes(f, 8, B.load(at, base())), B.const(64 - 8 * count)), true];
  }
  if (count < 8 && at >= 8 - count) return [swapBytes(f, 8, B.load(at - (8 - count), base())), false];
  return [swapBytes(f, count, loadRaw(f, base, at, count, 0)), true];
}
