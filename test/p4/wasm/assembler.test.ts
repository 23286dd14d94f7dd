/** The encoder: what its modules compute, and that the engine takes them. */
import { expect, test } from 'vitest';
import { type FunctionBody, Module, type Node } from '../../../src/p4/wasm/assembler.ts';
import { encodeModule } from '../../../src/p4/wasm/encode.ts';
import { printModule } from '../../../src/p4/wasm/text.ts';

const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });

function build(make: (m: Module) => Omit<FunctionBody, 'name'>): Module {
  const m = new Module({ initial: 1, maximum: 65536 });
  m.import('mirror', ['i32', 'i32']);
  m.functions.push({ name: 'run', ...make(m) });
  m.exports.push('run');
  return m;
}

function run(make: (m: Module) => Omit<FunctionBody, 'name'>, ...args: readonly (number | bigint)[]): unknown {
  const wasm = new WebAssembly.Module(encodeModule(build(make)));
  const { exports } = new WebAssembly.Instance(wasm, { env: { memory, mirror: () => {} } });
  return (exports.run as (...all: readonly (number | bigint)[]) => unknown)(...args);
}

const constants = [0, 1, -1, 63, 64, -64, -65, 127, 128, 0x7fffffff, -0x80000000];

test.each(constants)('i32.const %i', (value) => {
  expect(run((m) => ({ params: [], result: 'i32', locals: [], body: m.i32.const(value) }))).toBe(value);
});

test.each([...constants.map(BigInt), 0x80000000n, -0x80000001n, 0x7fffffffffffffffn, -0x8000000000000000n])(
  'i64.const %i',
  (value) => {
    expect(run((m) => ({ params: [], result: 'i64', locals: [], body: m.i64.const(value) }))).toBe(value);
  },
);

test('unsigned constants are the same bits', () => {
  expect(run((m) => ({ params: [], result: 'i32', locals: [], body: m.i32.const(0xffffffff) }))).toBe(-1);
  expect(run((m) => ({ params: [], result: 'i64', locals: [], body: m.i64.const(0xffffffffffffffffn) }))).toBe(-1n);
});

test('constants are folded in their width', () => {
  const m = new Module({ initial: 1, maximum: 1 });
  expect(m.i32.add(m.i32.const(0x7fffffff), m.i32.const(1)).value).toBe(-0x80000000);
  expect(m.i64.mul(m.i64.const(1n << 62n), m.i64.const(2)).value).toBe(-(1n << 63n));
});

/** A number for each case of a branch table, 99 for the others. */
const table = (m: Module): Omit<FunctionBody, 'name'> => {
  const nest = (depth: number): Node =>
    depth === 0
      ? m.switch(['c0', 'c1', 'c2'], 'other', m.local.get(0, 'i32'))
      : m.block(depth === 4 ? 'other' : `c${depth - 1}`, [
          nest(depth - 1),
          ...(depth > 1 ? [m.return(m.i32.const(10 * (depth - 2)))] : []),
        ]);
  return { params: ['i32'], result: 'i32', locals: [], body: m.block(null, [nest(4), m.i32.const(99)], 'i32') };
};

test('branch tables', () => {
  expect([0, 1, 2, 3, -1].map((i) => run(table, i))).toEqual([0, 10, 20, 99, 99]);
});

test('loops, branches out of them, values of branches', () => {
  // The sum of 1 .. n for n up to 10, else 0.
  const sum = (m: Module): Omit<FunctionBody, 'name'> => {
    const n = (): Node => m.local.get(0, 'i32');
    const total = (): Node => m.local.get(1, 'i32');
    const loop = m.loop(
      'next',
      m.block(null, [
        m.br('done', m.i32.eqz(n())),
        m.local.set(1, m.i32.add(total(), n())),
        m.local.set(0, m.i32.sub(n(), m.i32.const(1))),
        m.br('next'),
      ]),
    );
    const value = m.if(m.i32.gt_u(n(), m.i32.const(10)), m.i32.const(0), n());
    const body = m.block(null, [m.local.set(0, value), m.block('done', [loop]), total()], 'i32');
    return { params: ['i32'], result: 'i32', locals: ['i32'], body };
  };
  expect([0, 1, 10, 11].map((n) => run(sum, n))).toEqual([0, 1, 55, 0]);
});

test('memory: offsets beyond 2 GiB are offsets, atomic accesses, copies', () => {
  const bytes = new DataView(memory.buffer);
  bytes.setUint32(64, 0xdeadbeef, true);
  const read = (m: Module): Omit<FunctionBody, 'name'> => ({
    params: [],
    result: 'i64',
    locals: [],
    body: m.block(
      null,
      [
        m.memory.copy(m.i32.const(128), m.i32.const(64), m.i32.const(4)),
        m.memory.fill(m.i32.const(132), m.i32.const(0), m.i32.const(4)),
        m.drop(m.i64.atomic.rmw.add(0, m.i32.const(128), m.i64.const(1))),
        m.i64.load(128, m.i32.const(0)),
      ],
      'i64',
    ),
  });
  expect(run(read)).toBe(0xdeadbef0n);
  const far = (m: Module): Omit<FunctionBody, 'name'> => ({
    params: [],
    result: 'i32',
    locals: [],
    body: m.i32.load(0xfffffff0, m.i32.const(0)),
  });
  expect(() => run(far)).toThrow(/out of bounds/);
});

test('the text form names functions, labels and offsets', () => {
  const text = printModule(build(table));
  expect(text).toContain('(func $run (param i32) (result i32)');
  expect(text).toContain('(br_table $c0 $c1 $c2 $other (local.get 0))');
  expect([...text].filter((c) => c === '(').length).toBe([...text].filter((c) => c === ')').length);
});
