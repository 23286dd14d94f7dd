/**
 * Shifts of values of more than 64 bits by a run-time amount, through memory: the limbs are stored between fill bytes, and the result is read back
 * at a byte offset (WebAssembly loads may be unaligned), joined from two loads for the bits that are left over.
 */
import type { Fn, Get, Ref } from './builder.ts';
import { bitAt, type Limbs, limbCount, maskTop, spread } from './wide.ts';

/** Bytes of scratch that a shift of `width` bits needs. */
export function shiftScratchBytes(width: number): number {
  return limbCount(width) * 16 + 16;
}

/** `amount` is at most the width. `scratch`: address of `shiftScratchBytes`. */
export function shiftWide(
  f: Fn,
  op: 'shl' | 'shr',
  width: number,
  isSigned: boolean,
  limbs: Limbs,
  amount: Get,
  scratch: Get,
): Limbs {
  const { i32: A, i64: B } = f.m;
  const count = limbs.length;
  const size = 8 * count;
  const store = (at: number, value: Ref): void => f.emit(B.store(at, scratch(), value));
  const bytes = (): Ref => A.shr_u(amount(), A.const(3));
  const bits = f.holdI64(B.extend_u(A.and(amount(), A.const(7))));
  const rest = f.holdI64(B.sub(B.const(8), bits()));
  if (op === 'shl') {
    // zeros | limbs: result limb i is at size + 8 i - bytes.
    for (let i = 0; i <= count; i++) store(8 * i, B.const(0));
    limbs.forEach((limb, i) => {
      store(8 + size + 8 * i, limb());
    });
    const from = f.holdI32(A.sub(scratch(), bytes()));
    const result = limbs.map((_, i) => {
      const at = 8 + size + 8 * i;
      return f.holdI64(B.or(B.shl(B.load(at, from()), bits()), B.shr_u(B.load(at - 1, from()), rest())));
    });
    return maskTop(f, width, result);
  }
  const spare = 64 * count - width;
  const fill = f.holdI64(isSigned ? spread(f, bitAt(f, limbs, width - 1)) : B.const(0));
  limbs.forEach((limb, i) => {
    const isTop = i === count - 1 && spare > 0 && isSigned;
    store(8 * i, isTop ? B.or(limb(), B.shl(fill(), B.const(64 - spare))) : limb());
  });
  for (let i = 0; i <= count; i++) store(size + 8 * i, fill());
  const from = f.holdI32(A.add(scratch(), bytes()));
  const result = limbs.map((_, i) => {
    return f.holdI64(B.or(B.shr_u(B.load(8 * i, from()), bits()), B.shl(B.load(8 * i + 1, from()), rest())));
  });
  return maskTop(f, width, result);
}
