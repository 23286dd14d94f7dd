/**
 * Tests of the packet's bytes, joined: that the EtherType is IPv4's, the version 4 and the header length 5 is one load, one mask and one compare.
 *
 * Wire order is the native order: mask and wanted value are turned to the bytes' order when the code is made.
 */
import type { Expr } from '../../ir/ir.ts';
import type { Ref } from '../builder.ts';
import { constant, onesOf, swapConstant } from '../bytes.ts';
import type { LikelyPipe } from './likely-pipe.ts';

/** Bits from the packet's start that must have a value. */
export interface Constraint {
  readonly bit: number;
  readonly width: number;
  readonly value: bigint;
}

/** Longest run of bytes that one load takes. */
const windowBytes = 8;

/** The constraints that a condition is, if it is nothing else: comparisons of unchanged fields with constants, joined by `and`. */
export function constraintsOf(p: LikelyPipe, condition: Expr): readonly Constraint[] | undefined {
  if (condition.kind === 'logical' && condition.op === 'and') {
    const [left, right] = [constraintsOf(p, condition.left), constraintsOf(p, condition.right)];
    return left && right ? [...left, ...right] : undefined;
  }
  const one = bitsOf(p, condition);
  if (one && condition.width === 1) return [{ ...one, value: 1n }];
  if (condition.kind === 'unary' && condition.op === 'not') {
    const zero = bitsOf(p, condition.operand);
    return zero && condition.width === 1 ? [{ ...zero, value: 0n }] : undefined;
  }
  if (condition.kind !== 'binary' || condition.op !== 'eq' || condition.right.kind !== 'const') return undefined;
  const bits = bitsOf(p, condition.left);
  return bits && [{ ...bits, value: condition.right.value }];
}

/** The tests as conditions that hold if a packet fails them, of as few loads as possible. */
export function failures(p: LikelyPipe, constraints: readonly Constraint[]): Ref[] {
  const sorted = [...constraints].sort((a, b) => a.bit - b.bit);
  const refs: Ref[] = [];
  while (sorted.length > 0) {
    const first = sorted[0]!.bit >> 3;
    const isInside = (c: Constraint): boolean => endOf(c) <= first + windowBytes;
    const inside = sorted.filter(isInside);
    sorted.splice(0, sorted.length, ...sorted.filter((c) => !isInside(c)));
    refs.push(failure(p, first, inside));
  }
  return refs;
}

/** Byte behind the last one of a constraint. */
export function endOf(c: Constraint): number {
  return ((c.bit + c.width - 1) >> 3) + 1;
}

function failure(p: LikelyPipe, first: number, constraints: readonly Constraint[]): Ref {
  const { i32: A, i64: B } = p.m;
  const needed = Math.max(...constraints.map(endOf)) - first;
  const count = needed <= 2 ? needed : needed <= 4 ? 4 : 8;
  // The packet was tested to have the bytes of the constraints; a load must not go beyond them.
  const start = Math.max(0, Math.min(first, p.path.checked - count));
  let mask = 0n;
  let wanted = 0n;
  for (const { bit, width, value } of constraints) {
    const shift = BigInt(8 * (start + count) - bit - width);
    mask |= onesOf(width) << shift;
    wanted |= value << shift;
  }
  const base = p.get(p.addr);
  const loads = { 1: A.load8_u, 2: A.load16_u, 4: A.load, 8: B.load } as const;
  const raw = loads[count as 1 | 2 | 4 | 8](start, base);
  const I = count === 8 ? B : A;
  const all = mask === onesOf(8 * count) ? raw : I.and(raw, constant(p, 8 * count, swapConstant(mask, count)));
  return I.ne(all, constant(p, 8 * count, swapConstant(wanted, count)));
}

/** Where a field, or a slice of one, is in the packet; undefined if the expression is something else or the path has changed the field. */
function bitsOf(p: LikelyPipe, e: Expr): { readonly bit: number; readonly width: number } | undefined {
  const field = e.kind === 'slice' ? e.operand : e;
  if (field.kind !== 'field' || e.width === 0 || e.width > 32) return undefined;
  const place = p.path.places.get(field.header);
  if (place === undefined) return undefined;
  const { offsetBits, width } = p.field(field.header, field.field);
  const top = e.kind === 'slice' ? e.high : width - 1;
  return { bit: 8 * place + offsetBits + width - 1 - top, width: e.width };
}
