/**
 * What is known about headers' validity at a point of the program, followed along the structured control flow while code is emitted.
 * Saves the test before a write to a header that is certainly valid, and branches that cannot be taken.
 */
import type { Expr, HeaderId, Stmt } from '../ir/ir.ts';
import { forEachStmt } from '../ir/walk.ts';

/** Headers known to be valid or invalid; `undefined`: this point is never reached. */
export type Facts = ReadonlyMap<HeaderId, boolean> | undefined;

/** What holds whichever of two ways led here. */
export function meet(a: Facts, b: Facts): Facts {
  if (!a) return b;
  if (!b) return a;
  const both = new Map<HeaderId, boolean>();
  for (const [header, isValid] of a) {
    if (b.get(header) === isValid) both.set(header, isValid);
  }
  return both;
}

export function learn(facts: Facts, header: HeaderId, isValid: boolean): Facts {
  return facts && new Map(facts).set(header, isValid);
}

export function forget(facts: Facts, headers: Iterable<HeaderId>): Facts {
  if (!facts) return facts;
  const rest = new Map(facts);
  for (const header of headers) rest.delete(header);
  return rest;
}

/** What holds where `condition` was `outcome`. */
export function assume(facts: Facts, condition: Expr, outcome: boolean): Facts {
  if (condition.kind === 'valid') return learn(facts, condition.header, outcome);
  if (condition.kind === 'unary' && condition.width === 1) return assume(facts, condition.operand, !outcome);
  if (condition.kind === 'logical' && (condition.op === 'and') === outcome) {
    return assume(assume(facts, condition.left, outcome), condition.right, outcome);
  }
  return facts;
}

/** Value of a condition that follows from the facts alone. */
export function decide(facts: Facts, condition: Expr): boolean | undefined {
  switch (condition.kind) {
    case 'const':
      return condition.value !== 0n;
    case 'valid':
      return facts?.get(condition.header);
    case 'unary': {
      const operand = decide(facts, condition.operand);
      return operand === undefined ? undefined : !operand;
    }
    case 'logical': {
      const left = decide(facts, condition.left);
      const decisive = condition.op === 'or';
      if (left === decisive) return decisive;
      const right = decide(facts, condition.right);
      return right === decisive ? decisive : left === undefined ? undefined : right;
    }
    default:
      return undefined;
  }
}

/** Headers whose validity the statements may change. */
export function changedHeaders(body: readonly Stmt[]): Set<HeaderId> {
  const changed = new Set<HeaderId>();
  forEachStmt(body, (s) => {
    if (s.kind === 'setValid' || s.kind === 'extract') changed.add(s.header);
    if (s.kind === 'copyHeader') changed.add(s.target);
  });
  return changed;
}
