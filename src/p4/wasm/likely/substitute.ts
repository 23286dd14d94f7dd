/**
 * Expressions as the likely path sees them: what it knows put in, what follows from that folded. Fields that are left are those of the packet as it came,
 * and marked so: to substitute twice does no harm.
 */
import { binary, constant, rebuild } from '../../ir/build.ts';
import type { Expr } from '../../ir/ir.ts';
import { childrenOf, isFixed } from '../../ir/walk.ts';
import type { LikelyPipe } from './likely-pipe.ts';
import { fieldKey, keyOf, type Original, varValue } from './path.ts';

export function substitute(p: LikelyPipe, e: Expr): Expr {
  const within = (inner: Expr): Expr => substitute(p, inner);
  const known = isQuestion(e) ? p.path.truths.get(keyOf(e)) : undefined;
  if (known !== undefined) return constant(e.width, known);
  switch (e.kind) {
    case 'const':
      return e;
    case 'var':
      return varValue(p.path, e.id, e.width) ?? e;
    case 'field': {
      if (p.facts?.get(e.header) !== true) return constant(e.width, 0);
      const key = fieldKey(e.header, e.field);
      const value = p.path.fields.get(key);
      if ('isOriginal' in e) return value?.kind === 'const' && !p.path.written.has(key) ? value : e;
      // What a changed field is was substituted when it was changed; its variables may be known better by now.
      if (value) return value.kind === 'var' ? within(value) : value;
      const original: Original = { ...e, isOriginal: true };
      return original;
    }
    case 'valid':
      return constant(1, p.facts?.get(e.header) === true ? 1 : 0);
    case 'intrinsic':
      return e.name === 'parserError' || e.name === 'pass' ? constant(e.width, 0) : e;
    case 'binary':
      return simplerBits(binary(e.op, within(e.left), within(e.right), e.signed));
    case 'onesSum':
      return { ...e, parts: e.parts.flatMap(({ value, negate: minus }) => sumParts(p, within(value), minus)) };
    default:
      return rebuild(e, within);
  }
}

/** Whether the likely path can compute the expression: it moves no header and follows no varbit field. */
export function isSupported(e: Expr): boolean {
  if (e.kind === 'varbitSum' || e.kind === 'varbitEqual') return false;
  if (e.kind === 'intrinsic' && e.name === 'payloadSum') return false;
  return childrenOf(e).every(isSupported);
}

/** Whether it is worth remembering what the expression was: a condition on what stays the same. */
export function isQuestion(e: Expr): boolean {
  return e.width === 1 && e.kind !== 'const' && isFixed(e);
}

/** A sum that continues another one takes its parts over: the ones in between are folded once. Exact for the reason given in passes/merge-checksums.ts. */
function sumParts(p: LikelyPipe, value: Expr, minus: boolean): { value: Expr; negate: boolean }[] {
  const sum = value.kind === 'var' ? p.path.sums.get(value.id) : value;
  if (sum?.kind === 'onesSum' && !minus) return [...sum.parts];
  // The complement of a complement.
  if (sum?.kind === 'unary' && sum.operand.kind === 'onesSum' && minus) return [...sum.operand.parts];
  return [{ value, negate: minus }];
}

/** `x & 0`, and comparisons of a masked value with a constant outside of the mask. */
function simplerBits(e: Expr): Expr {
  if (e.kind === 'binary' && e.op === 'and' && e.right.kind === 'const' && e.right.value === 0n) return constant(e.width, 0);
  return e;
}
