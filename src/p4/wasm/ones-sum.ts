/**
 * Ones-complement sums (RFC 1071). They do not depend on byte order: the raw bytes are added as they lie, four at a time, and folded; only who needs
 * the sum as a number swaps it. A negated part adds the complement of its words (RFC 1624).
 */
import type { Expr, HeaderId } from '../ir/ir.ts';
import { Bug } from './bug.ts';
import { Fn, i32, type Ref } from './builder.ts';
import { onesOf, swapBytes } from './bytes.ts';
import type { Pipe } from './pipe.ts';
import { bytesOfRun, concatenation, type Run } from './wire.ts';

/** A term of a sum, as an i64, and what it is at most; `negate`: its complement to `most` counts. No value: 0. */
interface Term {
  readonly value: Ref | undefined;
  readonly most: bigint;
  readonly negate: boolean;
}

/** The folded sum as the two raw bytes that it is on the wire. */
export function onesSumRaw(p: Pipe, e: Extract<Expr, { kind: 'onesSum' }>): Ref {
  const { i32: A, i64: B } = p.m;
  const terms: Term[] = [];
  for (const part of e.parts) {
    for (const run of concatenation(p, [part.value])) terms.push(...termsOfRun(p, run, part.negate));
  }
  if (terms.length === 0) return A.const(0);
  const most = terms.reduce((sum, term) => sum + term.most, 0n);
  // The complements of what is subtracted, all in one constant: ~x is ones - x. Wide terms first: sums with the same addresses then share them.
  const ones = terms.reduce((sum, term) => sum + (term.negate ? term.most : 0n), 0n);
  const ordered = [...terms.filter((term) => term.most > 0xffffn), ...terms.filter((term) => term.most <= 0xffffn)];
  const all = ordered.reduce((sum: Ref | undefined, { value, negate }) => {
    if (value === undefined) return sum;
    if (sum === undefined) return negate ? B.sub(B.const(0n), value) : value;
    return negate ? B.sub(sum, value) : B.add(sum, value);
  }, undefined);
  const constantPart = B.const(BigInt.asIntN(64, ones));
  const sum = p.holdI64(all === undefined ? constantPart : ones === 0n ? all : B.add(all, constantPart));
  if (most <= 0xffffn) return A.wrap(sum());
  // Both halves of a word plus its own rotation are the sum of the halves with the carry added at the end; two words to one, two halves to one.
  const word =
    most >> 32n ? p.holdI32(A.wrap(B.shr_u(B.add(sum(), B.rotl(sum(), B.const(32))), B.const(32)))) : p.holdI32(A.wrap(sum()));
  return A.shr_u(A.add(word(), A.rotl(word(), A.const(16))), A.const(16));
}

/** Terms of the sum: a first byte at an odd position counts in the upper half, the rest in fours, twos and a last one. */
function termsOfRun(p: Pipe, run: Run, negate: boolean): Term[] {
  const { i64: B } = p.m;
  const terms: Term[] = [];
  for (let from = 0; from < run.bytes; ) {
    const isOdd = (run.at + from) % 2 === 1;
    const left = run.bytes - from;
    const count = isOdd ? 1 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
    const part = bytesOfRun(p, run, from, count);
    from += count;
    const ones = onesOf(8 * count);
    if (part === undefined && !negate) continue;
    const value = isOdd && part !== undefined ? B.shl(part, B.const(8)) : part;
    terms.push({ value, most: isOdd ? ones << 8n : ones, negate });
  }
  return terms;
}

/** The sum over a header's varbit field, as a number. An invalid header has no bytes there. */
export function varbitSum(p: Pipe, header: HeaderId): Ref {
  const { type, varbitBytes } = p.header(header);
  if (varbitBytes === undefined || type.varbitField === undefined) throw new Bug(`header ${header} has no varbit field`);
  const offset = type.fields[type.varbitField]!.offsetBits >> 3;
  return sumOfBytes(p, p.m.i32.add(p.pointer(header), p.m.i32.const(offset)), p.get(varbitBytes));
}

/** The folded sum over `length` bytes from `address`, as a number; a last odd byte is the high half of a word. */
export function sumOfBytes(f: Fn, address: Ref, length: Ref): Ref {
  const name = f.unit.helper('sumOfBytes', () => {
    const h = new Fn(f.unit, [i32, i32]);
    const { i32: A } = h.m;
    const [at, left] = [0, 1];
    const sum = h.local(i32);
    const fold = (): Ref => A.add(A.and(h.get(sum), A.const(0xffff)), A.shr_u(h.get(sum), A.const(16)));
    // A packet has fewer than 2^16 words, so that 32 bits hold their sum.
    h.block((done) => {
      h.loop((next) => {
        h.br(done, A.lt_u(h.get(left), A.const(2)));
        h.set(sum, A.add(h.get(sum), A.load16_u(0, h.get(at))));
        h.set(at, A.add(h.get(at), A.const(2)));
        h.set(left, A.sub(h.get(left), A.const(2)));
        h.br(next);
      });
    });
    h.if(h.get(left), () => h.set(sum, A.add(h.get(sum), A.load8_u(0, h.get(at)))));
    h.set(sum, fold());
    h.set(sum, fold());
    h.finish('sumOfBytes', i32, swapBytes(h, 2, h.get(sum)));
  });
  return f.m.call(name, [address, length], i32);
}
