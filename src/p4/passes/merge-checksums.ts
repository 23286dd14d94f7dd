/**
 * Joins sums that continue each other: `x = onesSum(a); x = onesSum(x, b)` becomes `x = onesSum(a, b)`, as InternetChecksum's clear, subtract and add,
 * one after the other, lower to. So a sum is folded to 16 bits once and not at every step.
 *
 * Exact: a folded sum is 0 only if all its words are 0, and else the one number from 1 to 0xffff that is congruent modulo 0xffff; folding in between
 * changes neither.
 */
import type { Expr, Program, Stmt } from '../ir/ir.ts';
import { mapBodies, reads } from '../ir/walk.ts';

type Part = Extract<Expr, { kind: 'onesSum' }>['parts'][number];

export function mergeChecksums(program: Program): Program {
  return { ...program, pipelines: program.pipelines.map((p) => ({ ...p, body: mergeIn(p.body) })) };
}

function mergeIn(stmts: readonly Stmt[]): Stmt[] {
  const merged: Stmt[] = [];
  for (const s of stmts) {
    const last = merged.at(-1);
    const joined = last && join(last, s);
    if (joined) merged[merged.length - 1] = joined;
    else merged.push(mapBodies(s, mergeIn));
  }
  return merged;
}

/** Both assignments as one, if the second continues the sum of the first. */
function join(first: Stmt, second: Stmt): Stmt | undefined {
  if (first.kind !== 'assign' || second.kind !== 'assign' || second.value.kind !== 'onesSum') return undefined;
  const { target, value } = first;
  if (target.kind !== 'var' || second.target.kind !== 'var' || second.target.id !== target.id) return undefined;
  const before = partsOf(value);
  if (!before) return undefined;
  const isTarget = (part: Part): boolean => part.value.kind === 'var' && part.value.id === target.id && !part.negate;
  const rest = second.value.parts.filter((part) => !isTarget(part));
  const storage = new Set([`v${target.id}`]);
  if (rest.length !== second.value.parts.length - 1 || rest.some((part) => reads(part.value, storage))) return undefined;
  return { ...second, value: { ...second.value, parts: [...before, ...rest] } };
}

/** What a value adds to a sum that it is the beginning of. */
function partsOf(value: Expr): readonly Part[] | undefined {
  if (value.kind === 'onesSum') return value.parts;
  if (value.kind !== 'const') return undefined;
  return value.value === 0n ? [] : [{ value, negate: false }];
}
