/**
 * Ones-complement sums (RFC 1071). They do not depend on byte order: the raw bytes are added as they lie, four at a time, and folded; only who needs
 * the sum as a number swaps it. A negated part adds the complement of its words (RFC 1624).
 */
import type { Expr, HeaderId } from '../ir/ir.ts';
import { Bug } from './bug.ts';
import { Fn, type Get, i32, type Ref } from './builder.ts';
import { onesOf, swapBytes } from './bytes.ts';
import type { Pipe } from './pipe.ts';
import { bytesOfRun, concatenation, type Run } from './wire.ts';

/** A term of a sum, as an i64, and what it is at most. */
interface Term {
  readonly value: Ref;
  readonly most: bigint;
}

/** The folded sum as the two raw bytes that it is on the wire. */
export function onesSumRaw(p: Pipe, e: Extract<Expr, { kind: 'onesSum' }>): Ref {
  const { i32: A, i64: B } = p.m;
  const terms: Term[] = [];
  for (const part of e.parts) {
    for (const run of concatenation(p, [part.value])) terms.push(...termsOfRun(p, run, part.negate));
  }
  if (terms.length === 0) return A.const(0);
  let most = terms.reduce((sum, term) => sum + term.most, 0n);
  const sum = p.holdI64(terms.map((term) => term.value).reduce((a, b) => B.add(a, b)));
  let folded = p.holdI32(A.wrap(sum()));
  const fold = (x: Get): Ref => A.add(A.and(x(), A.const(0xffff)), A.shr_u(x(), A.const(16)));
  if (most >> 32n) {
    folded = p.holdI32(A.add(fold(folded), A.wrap(B.shr_u(sum(), B.const(32)))));
    most = 0x1fffen + (most >> 32n);
  }
  while (most > 0xffffn) {
    folded = p.holdI32(fold(folded));
    // The largest is below the last carry's step, or at the old maximum itself.
    const carries = most >> 16n;
    most = max(0xffffn + carries - 1n, (most & 0xffffn) + carries);
  }
  return folded();
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
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
    const value = negate ? (part === undefined ? B.const(ones) : B.xor(part, B.const(ones))) : part;
    if (value === undefined) continue;
    terms.push(isOdd ? { value: B.shl(value, B.const(8)), most: ones << 8n } : { value, most: ones });
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
        h.set(sum, A.add(h.get(sum), A.load16_u(0, 1, h.get(at))));
        h.set(at, A.add(h.get(at), A.const(2)));
        h.set(left, A.sub(h.get(left), A.const(2)));
        h.br(next);
      });
    });
    h.if(h.get(left), () => h.set(sum, A.add(h.get(sum), A.load8_u(0, 1, h.get(at)))));
    h.set(sum, fold());
    h.set(sum, fold());
    h.finish('sumOfBytes', i32, swapBytes(h, 2, h.get(sum)));
  });
  return f.m.call(name, [address, length], i32);
}
