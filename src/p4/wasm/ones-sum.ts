/**
 * Ones-complement sums (RFC 1071). They do not depend on byte order: the raw bytes are added as they lie, four at a time, and folded; only who needs
 * the sum as a number swaps it. A negated part adds the complement of its words (RFC 1624).
 */
import type { Expr } from '../ir/ir.ts';
import type { Ref } from './builder.ts';
import { onesOf } from './bytes.ts';
import type { Pipe } from './pipe.ts';
import { bytesOfRun, concatenation, type Run } from './wire.ts';

/** The folded sum as the two raw bytes that it is on the wire. */
export function onesSumRaw(p: Pipe, e: Extract<Expr, { kind: 'onesSum' }>): Ref {
  const { i32: A, i64: B } = p.m;
  const terms: Ref[] = [];
  for (const part of e.parts) {
    for (const run of concatenation(p, [part.value])) terms.push(...wordsOfRun(p, run, part.negate));
  }
  if (terms.length === 0) return A.const(0);
  const sum = p.holdI64(terms.reduce((a, b) => B.add(a, b)));
  const low = p.holdI32(A.wrap(sum()));
  const fold = (x: () => Ref): Ref => A.add(A.and(x(), A.const(0xffff)), A.shr_u(x(), A.const(16)));
  const once = p.holdI32(A.add(fold(low), A.wrap(B.shr_u(sum(), B.const(32)))));
  const twice = p.holdI32(fold(once));
  return fold(twice);
}

/** Terms of the sum: a first byte at an odd position counts in the upper half, the rest in fours, twos and a last one. */
function wordsOfRun(p: Pipe, run: Run, negate: boolean): Ref[] {
  const { i64: B } = p.m;
  const terms: Ref[] = [];
  for (let from = 0; from < run.bytes; ) {
    const isOdd = (run.at + from) % 2 === 1;
    const left = run.bytes - from;
    const count = isOdd ? 1 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
    const part = bytesOfRun(p, run, from, count);
    from += count;
    const ones = B.const(onesOf(8 * count));
    const value = negate ? (part === undefined ? ones : B.xor(part, ones)) : part;
    if (value !== undefined) terms.push(isOdd ? B.shl(value, B.const(8)) : value);
  }
  return terms;
}
