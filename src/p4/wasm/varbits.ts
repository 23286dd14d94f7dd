/** Varbit fields compared byte by byte: their length is known only at run time. */
import type { HeaderId } from '../ir/ir.ts';
import { Bug } from './bug.ts';
import { Fn, type Get, i32, type Ref } from './builder.ts';
import type { Pipe } from './pipe.ts';

export function varbitEqual(p: Pipe, left: HeaderId, right: HeaderId): Ref {
  const [a, b] = [varbitOf(p, left), varbitOf(p, right)];
  const { i32: A } = p.m;
  const same = p.m.call(sameBytes(p), [a.start(), b.start(), a.bytes()], i32);
  return p.m.if(A.eq(a.bytes(), b.bytes()), same, A.const(0));
}

function varbitOf(p: Pipe, header: HeaderId): { start: Get; bytes: Get } {
  const { type, varbitBytes } = p.header(header);
  if (varbitBytes === undefined || type.varbitField === undefined) throw new Bug(`header ${header} has no varbit field`);
  const offset = type.fields[type.varbitField]!.offsetBits >> 3;
  return { start: p.holdI32(p.m.i32.add(p.pointer(header), p.m.i32.const(offset))), bytes: () => p.get(varbitBytes) };
}

/** sameBytes(a, b, count) */
function sameBytes(f: Fn): string {
  return f.unit.helper('sameBytes', () => {
    const h = new Fn(f.unit, [i32, i32, i32]);
    const { i32: A } = h.m;
    const [a, b, left] = [0, 1, 2];
    const equal = h.local(i32);
    h.set(equal, A.const(1));
    h.block((done) => {
      h.loop((next) => {
        h.br(done, A.eqz(h.get(left)));
        h.set(equal, A.eq(A.load8_u(0, h.get(a)), A.load8_u(0, h.get(b))));
        h.br(done, A.eqz(h.get(equal)));
        h.set(a, A.add(h.get(a), A.const(1)));
        h.set(b, A.add(h.get(b), A.const(1)));
        h.set(left, A.sub(h.get(left), A.const(1)));
        h.br(next);
      });
    });
    h.finish('sameBytes', i32, h.get(equal));
  });
}
