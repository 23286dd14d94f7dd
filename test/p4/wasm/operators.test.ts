/** Every operator at widths around the sizes of locals, limbs and bytes, against the interpreter's BigInt arithmetic. */
import { describe, expect, test } from 'vitest';
import type { BinaryOp, Expr, Stmt } from '../../../src/p4/ir/ir.ts';
import { bin, c, deparse, extract, field, goto, mux, output, parser, program, set, span, v } from '../../interp/build.ts';
import { both } from './both.ts';

const widths = [1, 2, 7, 8, 13, 16, 24, 31, 32, 33, 40, 48, 63, 64, 65, 72, 127, 128, 200, 256];
const seed = 20261122;

const arithmetic: BinaryOp[] = ['add', 'sub', 'mul', 'div', 'mod', 'satAdd', 'satSub', 'and', 'or', 'xor'];
const comparisons: BinaryOp[] = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'];

/** Input: a, b of the width, and an amount of 10 bits, not aligned. Output: one field per expression. */
function operatorProgram(
  width: number,
  expressions: readonly ((a: Expr, b: Expr, amount: Expr) => Expr)[],
  form: 'field' | 'var',
) {
  const pad = (bits: number): number => -bits & 7;
  const inner = [pad(width), width, 3, width, 10, pad(width + 13)].map((w) => (w === 0 ? 8 : w));
  const a = form === 'field' ? field(0, 1, width) : v(0, width);
  const b = form === 'field' ? field(0, 3, width) : v(1, width);
  const values = expressions.map((make) => make(a, b, field(0, 4, 10)));
  const types = [inner, ...values.map((e) => (pad(e.width) === 0 ? [e.width] : [pad(e.width), e.width]))];
  const body: Stmt[] = [
    parser([extract(0), goto('accept')]),
    set(v(0, width), field(0, 1, width)),
    set(v(1, width), field(0, 3, width)),
    ...values.flatMap((e, i): Stmt[] => [
      { kind: 'setValid', header: i + 1, valid: true, span },
      set(field(i + 1, pad(e.width) === 0 ? 0 : 1, e.width), e),
    ]),
    deparse(...values.map((_, i) => i + 1)),
    output(1),
  ];
  const bits = inner.reduce((sum, w) => sum + w, 0);
  return { program: program({ types, headers: types.map((_, i) => i), vars: [width, width] }, body), bits, inner };
}

/** Packets of the input header: corner values first, then random ones. */
function inputs(inner: readonly number[], width: number, random: () => bigint): string[] {
  const ones = (1n << BigInt(width)) - 1n;
  const corners = [0n, 1n, ones, ones >> 1n, (ones >> 1n) + 1n, ones - 1n].map((x) => x & ones);
  const pairs: [bigint, bigint][] = corners.flatMap((a) => corners.map((b): [bigint, bigint] => [a, b]));
  while (pairs.length < 64) pairs.push([random() & ones, random() & ones]);
  return pairs.map(([a, b], i) => {
    const amount = i % 3 === 0 ? BigInt(i) : random() % BigInt(width + 3);
    const parts = [random(), a, random(), b, amount & 1023n, random()];
    let value = 0n;
    inner.forEach((w, k) => {
      value = (value << BigInt(w)) | BigInt.asUintN(w, parts[k]!);
    });
    return value.toString(16).padStart(inner.reduce((sum, w) => sum + w, 0) / 4, '0');
  });
}

function generator(start: number): () => bigint {
  let x = start;
  return () => {
    let value = 0n;
    for (let i = 0; i < 8; i++) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      value = (value << 32n) | BigInt(x >>> 0);
    }
    return value;
  };
}

const one = (e: Expr): Expr => e;
const resize = (operand: Expr, width: number, signed: boolean): Expr => ({ kind: 'resize', width, signed, operand });
const slice = (operand: Expr, high: number, low: number): Expr => ({ kind: 'slice', width: high - low + 1, operand, high, low });

describe.each(widths)(`operators of %i bits, seed ${seed}`, (width) => {
  const make: ((a: Expr, b: Expr, amount: Expr) => Expr)[] = [];
  for (const op of arithmetic) {
    make.push((a, b) => bin(op, a, b));
    if (!['and', 'or', 'xor'].includes(op)) make.push((a, b) => bin(op, a, b, true));
  }
  for (const op of comparisons) {
    make.push((a, b) => bin(op, a, b));
    make.push((a, b) => bin(op, a, b, true));
    make.push((a) => bin(op, a, c(width, 1)));
  }
  for (const op of ['shl', 'shr'] as const) {
    for (const signed of [false, true]) {
      make.push((a, _, amount) => bin(op, a, amount, signed));
      make.push((a, b) => bin(op, a, b, signed));
      for (const amount of [0, 1, 8, width - 1, width, 70]) make.push((a) => bin(op, a, c(16, amount), signed));
    }
  }
  make.push((a) => ({ kind: 'unary', op: 'not', width, operand: a }));
  make.push((a) => ({ kind: 'unary', op: 'neg', width, operand: a }));
  make.push((a, b) => mux(bin('lt', a, b), a, bin('add', b, c(width, 1))));
  make.push((a, b) => ({ kind: 'concat', width: 2 * width, left: a, right: b }));
  make.push((a, _, amount) => ({ kind: 'concat', width: width + 10, left: amount, right: a }));
  for (const signed of [false, true]) {
    for (const to of [1, 8, 32, 33, 64, 65, 150, 300]) make.push((a) => resize(a, to, signed));
  }
  make.push(one);
  make.push((a) => slice(a, width - 1, 0));
  make.push((a) => slice(a, width - 1, width >> 1));
  make.push((a) => slice(a, width >> 1, width >> 2));
  make.push((a, b) => slice(bin('xor', a, b), width - 1, width >> 1));

  test.each(['field', 'var'] as const)('on a %s', (form) => {
    const { program: p, inner } = operatorProgram(width, make, form);
    const machine = both(p);
    const packets = inputs(inner, width, generator(seed + width));
    const out = machine.run(packets.map((hex) => ({ hex, headroom: 8000 })));
    expect(out.every((o) => o.port === 1)).toBe(true);
  });
});
