/**
 * Operators on values of at most 64 bits: i32 up to 32 bits, i64 above. Bits above the width are 0 before and after; an operator that could set them
 * masks its result.
 */
import type { BinaryOp } from '../ir/ir.ts';
import { assertNever, Bug } from './bug.ts';
import { type Fn, type Get, i32, i64, type Ref, type Type } from './builder.ts';
import { constant, extend, narrowTo, onesOf } from './bytes.ts';

export function isWide(width: number): boolean {
  return width > 64;
}

/** Local type of a value of at most 64 bits. */
export function typeOf(width: number): Type {
  return width <= 32 ? i32 : i64;
}

function bitsOfType(width: number): number {
  return width <= 32 ? 32 : 64;
}

export function hold(f: Fn, width: number, value: Ref): Get {
  return f.hold(value, typeOf(width));
}

/** Clears the bits above the width. */
export function maskTo(f: Fn, width: number, value: Ref): Ref {
  if (width === bitsOfType(width)) return value;
  return ops(f, width).and(value, constant(f, width, onesOf(width)));
}

function ops(f: Fn, width: number): typeof f.m.i32 | typeof f.m.i64 {
  return width <= 32 ? f.m.i32 : f.m.i64;
}

/** The value sign-extended to its whole local. */
export function signExtend(f: Fn, width: number, value: Ref): Ref {
  const spare = bitsOfType(width) - width;
  if (spare === 0) return value;
  const I = ops(f, width);
  return I.shr_s(I.shl(value, constant(f, width, BigInt(spare))), constant(f, width, BigInt(spare)));
}

/** Widens or truncates between widths of at most 64 bits. */
export function resizeNarrow(f: Fn, from: number, to: number, isSigned: boolean, value: Ref): Ref {
  if (to <= from) {
    const sameType = typeOf(from) === typeOf(to);
    return maskTo(f, to, sameType ? value : narrowTo(f, to, value));
  }
  if (!isSigned) return typeOf(from) === typeOf(to) ? value : extend(f, from, value);
  const full = signExtend(f, from, value);
  return maskTo(f, to, typeOf(from) === typeOf(to) ? full : f.m.i64.extend_s(full));
}

/** Ones' complement within the width. */
export function notNarrow(f: Fn, width: number, value: Ref): Ref {
  return ops(f, width).xor(value, constant(f, width, onesOf(width)));
}

export function isComparison(op: BinaryOp): boolean {
  return op === 'eq' || op === 'ne' || op === 'lt' || op === 'le' || op === 'gt' || op === 'ge';
}

/** `eq` .. `ge` on operands of `width` bits; the result is an i32 of 0 or 1. */
export function compareNarrow(f: Fn, op: BinaryOp, width: number, isSigned: boolean, left: Ref, right: Ref): Ref {
  const I = ops(f, width);
  if (op === 'eq') return I.eq(left, right);
  if (op === 'ne') return I.ne(left, right);
  // Shifted to the top, signed values compare like full ones.
  const spare = BigInt(bitsOfType(width) - width);
  const top = (value: Ref): Ref => (isSigned && spare > 0n ? I.shl(value, constant(f, width, spare)) : value);
  const [a, b] = [top(left), top(right)];
  switch (op) {
    case 'lt':
      return isSigned ? I.lt_s(a, b) : I.lt_u(a, b);
    case 'le':
      return isSigned ? I.le_s(a, b) : I.le_u(a, b);
    case 'gt':
      return isSigned ? I.gt_s(a, b) : I.gt_u(a, b);
    case 'ge':
      return isSigned ? I.ge_s(a, b) : I.ge_u(a, b);
    default:
      throw new Bug(`'${op}' compares nothing`);
  }
}

/** Arithmetic and bitwise operators with both sides of `width` bits (shifts: see `shiftNarrow`). */
export function arithmeticNarrow(f: Fn, op: BinaryOp, width: number, isSigned: boolean, left: Ref, right: Ref): Ref {
  const I = ops(f, width);
  switch (op) {
    case 'add':
      return maskTo(f, width, I.add(left, right));
    case 'sub':
      return maskTo(f, width, I.sub(left, right));
    case 'mul':
      return maskTo(f, width, I.mul(left, right));
    case 'and':
      return I.and(left, right);
    case 'or':
      return I.or(left, right);
    case 'xor':
      return I.xor(left, right);
    case 'div':
    case 'mod':
      return divide(f, op, width, isSigned, left, right);
    case 'satAdd':
    case 'satSub':
      return isSigned ? saturateSigned(f, op, width, left, right) : saturateUnsigned(f, op, width, left, right);
    case 'shl':
    case 'shr':
    case 'eq':
    case 'ne':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      throw new Bug(`'${op}' is no arithmetic operator`);
    default:
      return assertNever(op);
  }
}

/** Shift by a number of bits that is in a local of the value's type; amounts >= width shift everything out. */
export function shiftNarrow(f: Fn, op: 'shl' | 'shr', width: number, isSigned: boolean, value: Ref, amount: Get): Ref {
  const I = ops(f, width);
  const isInside = I.lt_u(amount(), constant(f, width, BigInt(width)));
  if (op === 'shl') return f.m.select(isInside, maskTo(f, width, I.shl(value, amount())), constant(f, width, 0n));
  if (!isSigned) return f.m.select(isInside, I.shr_u(value, amount()), constant(f, width, 0n));
  const limit = f.m.select(isInside, amount(), constant(f, width, BigInt(width - 1)));
  return maskTo(f, width, I.shr_s(signExtend(f, width, value), limit));
}

/** Shift by a constant. */
export function shiftConstant(f: Fn, op: 'shl' | 'shr', width: number, isSigned: boolean, value: Ref, amount: bigint): Ref {
  const I = ops(f, width);
  if (amount >= BigInt(width)) {
    if (op === 'shl' || !isSigned) return constant(f, width, 0n);
    amount = BigInt(width - 1);
  }
  if (op === 'shl') return maskTo(f, width, I.shl(value, constant(f, width, amount)));
  if (!isSigned) return I.shr_u(value, constant(f, width, amount));
  return maskTo(f, width, I.shr_s(signExtend(f, width, value), constant(f, width, amount)));
}

/** Division by zero gives 0. Signed division rounds towards zero, the remainder has the dividend's sign. */
function divide(f: Fn, op: 'div' | 'mod', width: number, isSigned: boolean, left: Ref, right: Ref): Ref {
  const I = ops(f, width);
  const zero = (): Ref => constant(f, width, 0n);
  const magnitude = (value: Ref): [Get, Get] => {
    const full = hold(f, width, isSigned ? signExtend(f, width, value) : value);
    if (!isSigned) return [full, full];
    return [full, hold(f, width, f.m.select(I.lt_s(full(), zero()), I.sub(zero(), full()), full()))];
  };
  const [a, absA] = magnitude(left);
  const [b, absB] = magnitude(right);
  // The divisor is made 1 where it is 0, so that the division never traps.
  const safe = I.or(absB(), width <= 32 ? I.eqz(absB()) : f.m.i64.extend_u(I.eqz(absB())));
  const unsigned = hold(f, width, op === 'div' ? I.div_u(absA(), safe) : I.rem_u(absA(), safe));
  const isNegative = (): Ref => I.lt_s(op === 'div' ? I.xor(a(), b()) : a(), zero());
  const result = isSigned ? f.m.select(isNegative(), I.sub(zero(), unsigned()), unsigned()) : unsigned();
  return f.m.select(I.eqz(absB()), zero(), maskTo(f, width, result));
}

function saturateUnsigned(f: Fn, op: 'satAdd' | 'satSub', width: number, left: Ref, right: Ref): Ref {
  const I = ops(f, width);
  const a = hold(f, width, left);
  const b = hold(f, width, right);
  if (op === 'satSub') return f.m.select(I.lt_u(a(), b()), constant(f, width, 0n), I.sub(a(), b()));
  const max = constant(f, width, onesOf(width));
  return f.m.select(I.gt_u(a(), I.sub(max, b())), constant(f, width, onesOf(width)), I.add(a(), b()));
}

/** Overflow: the result's sign differs where it may not (add: from both operands; sub: from the left, and the operands differ). */
function saturateSigned(f: Fn, op: 'satAdd' | 'satSub', width: number, left: Ref, right: Ref): Ref {
  const I = ops(f, width);
  const a = hold(f, width, left);
  const b = hold(f, width, right);
  const r = hold(f, width, maskTo(f, width, op === 'satAdd' ? I.add(a(), b()) : I.sub(a(), b())));
  const differs = op === 'satAdd' ? I.and(I.xor(a(), r()), I.xor(b(), r())) : I.and(I.xor(a(), b()), I.xor(a(), r()));
  const signBit = constant(f, width, BigInt(width - 1));
  const overflow = I.shr_u(differs, signBit);
  const limit = I.add(constant(f, width, onesOf(width) >> 1n), I.shr_u(a(), constant(f, width, BigInt(width - 1))));
  return f.m.select(width <= 32 ? overflow : f.m.i32.wrap(overflow), limit, r());
}
