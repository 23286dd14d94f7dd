/**
 * Multiplication and division of values of more than 64 bits: schoolbook on 64-bit limbs, with a helper for the high half of a product;
 * division shifts and subtracts, one bit a round (rare in P4: most targets refuse it).
 */
import { Fn, type Get, i32, i64, type Ref } from './builder.ts';
import { addWide, addWithCarry, bitAt, equalLimbs, type Limbs, limbCount, maskTop, selectWide, wideConstant } from './wide.ts';

export function multiplyWide(f: Fn, width: number, a: Limbs, b: Limbs): Limbs {
  const { i64: B } = f.m;
  const count = limbCount(width);
  let sum: Limbs = wideConstant(f, width, 0n);
  for (let i = 0; i < count; i++) {
    for (let j = 0; i + j < count; j++) {
      const product: Get[] = Array.from({ length: count }, () => () => B.const(0));
      product[i + j] = f.holdI64(B.mul(a[i]!(), b[j]!()));
      if (i + j + 1 < count) product[i + j + 1] = f.holdI64(f.m.call(multiplyHigh(f), [a[i]!(), b[j]!()], i64));
      const low = i + j;
      // Limbs below are final: only add from here on.
      sum = [...sum.slice(0, low), ...addWithCarry(f, 'add', sum.slice(low), product.slice(low)).sum];
    }
  }
  return maskTop(f, width, sum);
}

/** High 64 bits of the unsigned product of two i64. */
export function multiplyHigh(f: Fn): string {
  return f.unit.helper('multiplyHigh', () => {
    const h = new Fn(f.unit, [i64, i64]);
    const { i64: B } = h.m;
    const low = (x: Ref): Ref => B.and(x, B.const(0xffffffffn));
    const high = (x: Ref): Ref => B.shr_u(x, B.const(32));
    const part = (i: number, half: (x: Ref) => Ref): Get => h.holdI64(half(h.get(i)));
    const [aLow, aHigh, bLow, bHigh] = [part(0, low), part(0, high), part(1, low), part(1, high)];
    const lowLow = h.holdI64(B.mul(aLow(), bLow()));
    const middle = h.holdI64(B.add(B.mul(aHigh(), bLow()), high(lowLow())));
    const other = h.holdI64(B.add(B.mul(aLow(), bHigh()), low(middle())));
    const result = B.add(B.add(B.mul(aHigh(), bHigh()), high(middle())), high(other()));
    h.finish('multiplyHigh', i64, result);
  });
}

/** Quotient or remainder; division by zero gives 0. Signed as for narrow values. */
export function divideWide(f: Fn, op: 'div' | 'mod', width: number, isSigned: boolean, a: Limbs, b: Limbs): Limbs {
  const { i32: A } = f.m;
  const zero = wideConstant(f, width, 0n);
  const signA = f.holdI32(isSigned ? bitAt(f, a, width - 1) : A.const(0));
  const signB = f.holdI32(isSigned ? bitAt(f, b, width - 1) : A.const(0));
  const magnitude = (x: Limbs, sign: Get): Limbs => (isSigned ? selectWide(f, sign, addWide(f, 'sub', width, zero, x), x) : x);
  const isZero = f.holdI32(equalLimbs(f, b, zero));
  const { quotient, remainder } = longDivision(f, width, magnitude(a, signA), magnitude(b, signB));
  const unsigned = op === 'div' ? quotient : remainder;
  const isNegative = f.holdI32(op === 'div' ? A.xor(signA(), signB()) : signA());
  const result = isSigned ? selectWide(f, isNegative, addWide(f, 'sub', width, zero, unsigned), unsigned) : unsigned;
  return selectWide(f, isZero, zero, result);
}

/** One round per bit: remainder = remainder * 2 + next bit of a; where b fits, subtract it and set the quotient's bit. */
function longDivision(f: Fn, width: number, a: Limbs, b: Limbs): { quotient: Limbs; remainder: Limbs } {
  const { i32: A, i64: B } = f.m;
  const count = limbCount(width);
  // `rest` holds a's unread bits at the top and, shifted in from below, the quotient's.
  const rest = a.map((limb) => copyOf(f, limb));
  const remainder = Array.from({ length: count }, () => copyOf(f, () => B.const(0)));
  const round = f.local(i32);
  f.set(round, A.const(0));
  const read = (locals: readonly number[]): Get[] => locals.map((index) => () => f.get(index));
  f.loop((again) => {
    const bit = f.holdI64(B.shr_u(f.get(rest[count - 1]!), B.const(63)));
    const carryOut = f.holdI64(B.shr_u(f.get(remainder[count - 1]!), B.const(63)));
    shiftInto(f, remainder, bit);
    const { sum, carry } = addWithCarry(f, 'sub', read(remainder), b);
    const fits = f.holdI32(A.or(A.eqz(carry()), A.wrap(carryOut())));
    sum.forEach((limb, i) => {
      f.set(remainder[i]!, f.m.select(fits(), limb(), f.get(remainder[i]!)));
    });
    shiftInto(f, rest, f.holdI64(B.extend_u(fits())));
    f.set(round, A.add(f.get(round), A.const(1)));
    f.br(again, A.lt_u(f.get(round), A.const(64 * count)));
  });
  return { quotient: read(rest), remainder: read(remainder) };
}

function copyOf(f: Fn, limb: Get): number {
  const index = f.local(i64);
  f.set(index, limb());
  return index;
}

/** Shifts the locals left by one bit; `bit` comes in below. */
function shiftInto(f: Fn, locals: readonly number[], bit: Get): void {
  const { i64: B } = f.m;
  for (let i = locals.length - 1; i >= 0; i--) {
    const below = i > 0 ? B.shr_u(f.get(locals[i - 1]!), B.const(63)) : bit();
    f.set(locals[i]!, B.or(B.shl(f.get(locals[i]!), B.const(1)), below));
  }
}
