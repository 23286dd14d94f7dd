/**
 * Operators on values of more than 64 bits: i64 limbs in locals, least significant first, bits above the width 0.
 * Everything that is known at compile time (slices, shifts by constants) is moves of limbs; shifts by run-time amounts are in wide-shift.ts,
 * multiplication and division in wide-multiply.ts.
 */
import type { BinaryOp } from '../ir/ir.ts';
import { type Fn, type Get, i32, type Ref } from './builder.ts';
import { constant, extend, narrowTo, onesOf, swapBytes } from './bytes.ts';
import { maskTo } from './narrow.ts';

export type Limbs = readonly Get[];

export function limbCount(width: number): number {
  return Math.ceil(width / 64);
}

export function wideConstant(f: Fn, width: number, value: bigint): Limbs {
  return Array.from({ length: limbCount(width) }, (_, i) => {
    const limb = BigInt.asIntN(64, value >> BigInt(64 * i));
    return () => f.m.i64.const(limb);
  });
}

/** A value of at most 64 bits as limbs. */
export function limbsOfNarrow(f: Fn, width: number, value: Ref): Limbs {
  return [f.holdI64(extend(f, width, value))];
}

/** Clears the bits above the width in the top limb. */
export function maskTop(f: Fn, width: number, limbs: Limbs): Limbs {
  const spare = limbs.length * 64 - width;
  if (spare === 0) return limbs;
  const top = limbs[limbs.length - 1]!;
  return [...limbs.slice(0, -1), f.holdI64(f.m.i64.and(top(), f.m.i64.const(onesOf(64 - spare))))];
}

export function mapLimbs(f: Fn, left: Limbs, right: Limbs, op: (a: Ref, b: Ref) => Ref): Limbs {
  return left.map((limb, i) => f.holdI64(op(limb(), right[i]!())));
}

export function notWide(f: Fn, width: number, a: Limbs): Limbs {
  const ones = wideConstant(f, width, onesOf(width));
  return mapLimbs(f, a, ones, f.m.i64.xor);
}

/** Sum (or difference) without masking, and the carry (borrow) out of the top limb. */
export function addWithCarry(f: Fn, op: 'add' | 'sub', left: Limbs, right: Limbs): { sum: Limbs; carry: Get } {
  const { i32: A, i64: B } = f.m;
  let carry: Get = () => A.const(0);
  const sum = left.map((a, i) => {
    const b = right[i]!;
    const first = f.holdI64(op === 'add' ? B.add(a(), b()) : B.sub(a(), b()));
    const over = op === 'add' ? B.lt_u(first(), a()) : B.lt_u(a(), b());
    if (i === 0) {
      carry = f.holdI32(over);
      return first;
    }
    const carryIn = carry;
    const second = f.holdI64(op === 'add' ? B.add(first(), B.extend_u(carryIn())) : B.sub(first(), B.extend_u(carryIn())));
    const overAgain = op === 'add' ? B.lt_u(second(), first()) : B.lt_u(first(), B.extend_u(carryIn()));
    carry = f.holdI32(A.or(over, overAgain));
    return second;
  });
  return { sum, carry };
}

export function addWide(f: Fn, op: 'add' | 'sub', width: number, left: Limbs, right: Limbs): Limbs {
  return maskTop(f, width, addWithCarry(f, op, left, right).sum);
}

/** 0 or 1: a bit of the value. */
export function bitAt(f: Fn, limbs: Limbs, bit: number): Ref {
  const { i32: A, i64: B } = f.m;
  return A.and(A.wrap(B.shr_u(limbs[bit >> 6]!(), B.const(bit & 63))), A.const(1));
}

/** All-ones if the condition is 1, else zero. */
export function spread(f: Fn, condition: Ref): Ref {
  return f.m.i64.sub(f.m.i64.const(0), f.m.i64.extend_u(condition));
}

export function selectWide(f: Fn, condition: Get, then: Limbs, otherwise: Limbs): Limbs {
  return then.map((limb, i) => f.holdI64(f.m.select(condition(), limb(), otherwise[i]!())));
}

export function saturateWide(f: Fn, op: 'satAdd' | 'satSub', width: number, isSigned: boolean, a: Limbs, b: Limbs): Limbs {
  const { i32: A } = f.m;
  const { sum, carry } = addWithCarry(f, op === 'satAdd' ? 'add' : 'sub', a, b);
  const result = maskTop(f, width, sum);
  if (!isSigned) {
    if (op === 'satSub') return selectWide(f, carry, wideConstant(f, width, 0n), result);
    const over = width % 64 === 0 ? carry : f.hold(bitAt(f, sum, width), i32);
    return selectWide(f, over, wideConstant(f, width, onesOf(width)), result);
  }
  const sign = (limbs: Limbs): Ref => bitAt(f, limbs, width - 1);
  const left = f.holdI32(sign(a));
  const differs =
    op === 'satAdd'
      ? A.and(A.xor(left(), sign(result)), A.xor(sign(b), sign(result)))
      : A.and(A.xor(left(), sign(b)), A.xor(left(), sign(result)));
  const overflow = f.holdI32(differs);
  const max = onesOf(width) >> 1n;
  const limit = selectWide(f, left, wideConstant(f, width, max + 1n), wideConstant(f, width, max));
  return selectWide(f, overflow, limit, result);
}

/** 1 if both are equal. */
export function equalLimbs(f: Fn, a: Limbs, b: Limbs): Ref {
  const { i64: B } = f.m;
  const different = a.map((limb, i) => B.xor(limb(), b[i]!())).reduce((x, y) => B.or(x, y));
  return B.eqz(different);
}

export function compareWide(f: Fn, op: BinaryOp, width: number, isSigned: boolean, a: Limbs, b: Limbs): Ref {
  const { i32: A } = f.m;
  switch (op) {
    case 'eq':
      return equalLimbs(f, a, b);
    case 'ne':
      return A.eqz(equalLimbs(f, a, b));
    case 'gt':
      return lessThan(f, width, isSigned, b, a);
    case 'le':
      return A.eqz(lessThan(f, width, isSigned, b, a));
    case 'ge':
      return A.eqz(lessThan(f, width, isSigned, a, b));
    default:
      return lessThan(f, width, isSigned, a, b);
  }
}

function lessThan(f: Fn, width: number, isSigned: boolean, a: Limbs, b: Limbs): Ref {
  const { carry } = addWithCarry(f, 'sub', a, b);
  if (!isSigned) return carry();
  // Different signs turn the unsigned answer round.
  return f.m.i32.xor(carry(), f.m.i32.xor(bitAt(f, a, width - 1), bitAt(f, b, width - 1)));
}

/** 64 bits from bit `low`; bits behind the last limb are 0. */
export function window64(f: Fn, limbs: Limbs, low: number): Ref {
  const { i64: B } = f.m;
  const index = low >> 6;
  const shift = low & 63;
  const at = limbs[index];
  const above = limbs[index + 1];
  if (!at) return B.const(0);
  if (shift === 0) return at();
  const lowPart = B.shr_u(at(), B.const(shift));
  return above ? B.or(lowPart, B.shl(above(), B.const(64 - shift))) : lowPart;
}

/** Bits low .. low + width - 1, at most 64. */
export function narrowSlice(f: Fn, limbs: Limbs, low: number, width: number): Ref {
  return maskTo(f, width, narrowTo(f, width, window64(f, limbs, low)));
}

/** Bits low .. low + width - 1, more than 64. */
export function wideSlice(f: Fn, limbs: Limbs, low: number, width: number): Limbs {
  const moved = Array.from({ length: limbCount(width) }, (_, i) => f.holdI64(window64(f, limbs, low + 64 * i)));
  return maskTop(f, width, moved);
}

/** The value times 2 ^ amount, in the limbs of `width` bits, masked. */
export function shiftLeftConstant(f: Fn, limbs: Limbs, amount: number, width: number): Limbs {
  const moved = Array.from({ length: limbCount(width) }, (_, i): Get => {
    const low = 64 * i - amount;
    if (low >= 0) return f.holdI64(window64(f, limbs, low));
    if (low <= -64) return () => f.m.i64.const(0);
    return f.holdI64(f.m.i64.shl(limbs[0]!(), f.m.i64.const(-low)));
  });
  return maskTop(f, width, moved);
}

/** The value in more bits. */
export function extendWide(f: Fn, limbs: Limbs, from: number, to: number, isSigned: boolean): Limbs {
  const { i64: B } = f.m;
  const count = limbCount(to);
  if (!isSigned) return Array.from({ length: count }, (_, i) => limbs[i] ?? (() => B.const(0)));
  const fill = f.holdI64(spread(f, bitAt(f, limbs, from - 1)));
  const topIndex = (from - 1) >> 6;
  const spare = limbs.length * 64 - from;
  const filled = Array.from({ length: count }, (_, i): Get => {
    if (i < topIndex) return limbs[i]!;
    if (i > topIndex) return fill;
    if (spare === 0) return limbs[i]!;
    return f.holdI64(B.or(limbs[i]!(), B.shl(fill(), B.const(64 - spare))));
  });
  return maskTop(f, to, filled);
}

/** Arithmetic shift right by a constant below the width. */
export function shiftRightConstant(f: Fn, limbs: Limbs, amount: number, width: number, isSigned: boolean): Limbs {
  if (!isSigned) return wideSlice(f, limbs, amount, width);
  return wideSlice(f, extendWide(f, limbs, width, width + amount, true), amount, width);
}

/** 1 if the value is not 0. */
export function isNonZero(f: Fn, limbs: Limbs): Ref {
  const { i64: B } = f.m;
  return B.ne(
    limbs.map((limb) => limb()).reduce((a, b) => B.or(a, b)),
    constant(f, 64, 0n),
  );
}

/** Limbs of a number to its raw words, and back: both reverse all bytes. `width` is whole bytes. */
export function swapLimbs(f: Fn, width: number, limbs: Limbs): Limbs {
  const count = limbCount(width);
  const reversed = Array.from({ length: count }, (_, i) => f.holdI64(swapBytes(f, 8, limbs[count - 1 - i]!())));
  // The padding is at the low end now.
  const spare = 64 * count - width;
  if (spare === 0) return reversed;
  return Array.from({ length: count }, (_, i) => f.holdI64(window64(f, reversed, spare + 64 * i)));
}
