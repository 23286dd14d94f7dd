/** Conditions that the likely path depends on: tests that leave it, and what is known behind them. */
import { constant } from '../../ir/build.ts';
import type { Expr } from '../../ir/ir.ts';
import type { Ref } from '../builder.ts';
import { constraintsOf, endOf, failures } from './constraints.ts';
import type { LikelyPipe } from './likely-pipe.ts';
import { fieldKey, keyOf } from './path.ts';
import { isQuestion } from './substitute.ts';

/** Leaves the path unless a substituted condition is `outcome`; false if it never is. */
export function guard(p: LikelyPipe, c: Expr, outcome: boolean): boolean {
  if (c.kind === 'const') return (c.value !== 0n) === outcome;
  if (c.kind === 'unary' && c.op === 'not' && c.width === 1) return guard(p, c.operand, !outcome);
  if (c.kind === 'logical' && (c.op === 'and') === outcome) return guard(p, c.left, outcome) && guard(p, c.right, outcome);
  const positive: Expr = outcome ? c : { kind: 'unary', width: 1, op: 'not', operand: c };
  const wanted = c.kind === 'binary' && c.op === 'ne' && !outcome ? { ...c, op: 'eq' as const } : positive;
  const constraints = constraintsOf(p, wanted);
  if (constraints) {
    p.path.constraints.push(...constraints);
    p.path.needed = Math.max(p.path.needed, ...constraints.map(endOf));
  } else p.path.conditions.push({ condition: c, outcome });
  assume(p, c, outcome);
  return true;
}

/** A substituted condition as a number, for a branch: tests of bytes side by side are one. */
export function conditionRef(p: LikelyPipe, condition: Expr): Ref {
  const constraints = constraintsOf(p, condition);
  if (!constraints) return p.test(condition);
  p.path.needed = Math.max(p.path.needed, ...constraints.map(endOf));
  p.checkLength();
  const { i32: A } = p.m;
  return A.eqz(failures(p, constraints).reduce((a, b) => A.or(a, b)));
}

/** Remembers that a substituted condition was `outcome`. */
export function assume(p: LikelyPipe, c: Expr, outcome: boolean): void {
  if (isQuestion(c)) p.path.truths.set(keyOf(c), outcome ? 1n : 0n);
  switch (c.kind) {
    case 'var':
    case 'field':
      know(p, c, outcome ? 1n : 0n);
      return;
    case 'unary':
      if (c.op === 'not') assume(p, c.operand, !outcome);
      return;
    case 'logical':
      if ((c.op === 'and') !== outcome) return;
      assume(p, c.left, outcome);
      assume(p, c.right, outcome);
      return;
    case 'binary':
      if (c.op !== (outcome ? 'eq' : 'ne') || c.right.kind !== 'const') return;
      if (isQuestion({ ...c.left, width: 1 } as Expr)) p.path.truths.set(keyOf(c.left), c.right.value);
      know(p, c.left, c.right.value);
      return;
    default:
  }
}

function know(p: LikelyPipe, place: Expr, value: bigint): void {
  if (place.kind === 'var') p.path.vars.set(place.id, constant(place.width, value));
  else if (place.kind === 'field' && !p.path.written.has(fieldKey(place.header, place.field))) {
    p.path.fields.set(fieldKey(place.header, place.field), constant(place.width, value));
  }
}
