/** Membership: network ports (a bitmap) and parser value sets (a short list of values and masks, searched in order). */
import type { Expr } from '../ir/ir.ts';
import { Fn, i32, i64, type Ref } from './builder.ts';
import { byteCount, constant, extend, loadRaw } from './bytes.ts';
import { evaluateLimbs } from './expr.ts';
import { isWide } from './narrow.ts';
import type { Pipe } from './pipe.ts';
import { isNonZero, narrowSlice } from './wide.ts';
import { paddedFields, toWords } from './wire.ts';

/** Ports that the bitmap covers; those above are host ports. */
const netPortCount = 2048;

export function isNetworkPort(p: Pipe, port: Expr): Ref {
  const { i32: A } = p.m;
  const limbs = evaluateLimbs(p, port);
  const number = p.holdI32(narrowSlice(p, limbs, 0, 32));
  const inRange = isWide(port.width) ? p.m.i32.const(0) : p.m.i64.lt_u(limbs[0]!(), constant(p, 64, BigInt(netPortCount)));
  const byte = A.load8_u(p.unit.layout.netPorts, A.shr_u(number(), A.const(3)));
  const bit = A.and(A.shr_u(byte, A.and(number(), A.const(7))), A.const(1));
  return p.m.if(inRange, bit, A.const(0));
}

/** 1 if a member of the set has (key & mask) == value in all bytes. */
export function isInValueSet(p: Pipe, e: Extract<Expr, { kind: 'inValueSet' }>): Ref {
  const index = p.unit.externIndex(e.set, 'valueSet');
  const bytes = e.keys.reduce((sum, key) => sum + byteCount(key.width), 0);
  const words = toWords(p, paddedFields(p, e.keys), Math.ceil(bytes / 8));
  return p.m.call(
    search(p, index, bytes),
    words.map((w) => w()),
    i32,
  );
}

function search(p: Pipe, index: number, bytes: number): string {
  const { base, memberBytes } = p.unit.layout.valueSets[index]!;
  const name = `valueSet${index}`;
  return p.unit.helper(name, () => {
    const count = Math.ceil(bytes / 8);
    const f = new Fn(
      p.unit,
      Array.from({ length: count }, () => i64),
    );
    const { i32: A, i64: B } = f.m;
    const found = f.local(i32);
    const left = f.local(i32);
    const member = f.local(i32);
    f.set(left, A.load(base, A.const(0)));
    f.set(member, A.const(base + 16));
    f.block((done) => {
      f.loop((next) => {
        f.br(done, A.eqz(f.get(left)));
        const at = (): Ref => f.get(member);
        const differences = Array.from({ length: count }, (_, i) => {
          const size = Math.min(8, bytes - 8 * i);
          const value = extend(f, 8 * size, loadRaw(f, at, 8 * i, size, 0));
          const mask = extend(f, 8 * size, loadRaw(f, at, memberBytes / 2 + 8 * i, size, 0));
          return f.holdI64(B.xor(B.and(f.get(i), mask), value));
        });
        f.set(found, differences.length > 0 ? A.eqz(isNonZero(f, differences)) : A.const(1));
        f.br(done, f.get(found));
        f.set(left, A.sub(f.get(left), A.const(1)));
        f.set(member, A.add(f.get(member), A.const(memberBytes)));
        f.br(next);
      });
    });
    f.finish(name, i32, f.get(found));
  });
}
