/** Hashes, checksums, value sets and externs with state, judged by the interpreter and the arena's bytes. */
import { describe, expect, test } from 'vitest';
import type { Expr, Extern, HashAlgorithm, Stmt } from '../../../src/p4/ir/ir.ts';
import { bin, c, deparse, extract, field, goto, iff, output, parser, program, set, span, v } from '../../interp/build.ts';
import { both } from './both.ts';

const accept = goto('accept');
const valid = (header: number): Stmt => ({ kind: 'setValid', header, valid: true, span });
const concat = (...parts: Expr[]): Expr =>
  parts.reduce((left, right) => ({ kind: 'concat', width: left.width + right.width, left, right }));
const bytes = (count: number, step: number): string =>
  Array.from({ length: count }, (_, i) => ((i * step + 5) & 255).toString(16).padStart(2, '0')).join('');
const packets = (count: number): string[] => [
  bytes(count, 37),
  bytes(count, 1),
  '00'.repeat(count),
  'ff'.repeat(count),
  bytes(count, 91),
];

describe('hashes', () => {
  const algorithms: HashAlgorithm[] = ['identity', 'crc32', 'crc16', 'onesComplement16', 'xor16', 'targetDefault'];
  const widths = [8, 16, 3, 13, 48, 128, 7, 1, 16, 16];
  const f = widths.map((width, i) => field(0, i, width));
  const data: Expr[][] = [
    [f[0]!],
    [f[4]!, f[5]!],
    [f[2]!, f[3]!, f[1]!],
    [f[2]!],
    [f[7]!, f[5]!, f[6]!, c(20, 0x12345)],
    [bin('add', f[1]!, c(16, 1)), v(0, 48), v(1, 128), f[0]!],
    [concat(f[8]!, f[9]!, f[3]!), c(40, 1), { kind: 'slice', width: 70, operand: f[5]!, high: 90, low: 21 }],
    [{ kind: 'resize', width: 20, signed: false, operand: f[3]! }, v(1, 128)],
  ];

  test.each(algorithms)('%s', (algorithm) => {
    const results: Expr[] = data.flatMap((d) =>
      [9, 16, 32, 48, 100].map((width): Expr => ({ kind: 'hash', width, algorithm, data: d })),
    );
    const types = [widths, ...results.map((e) => (e.width % 8 === 0 ? [e.width] : [-e.width & 7, e.width]))];
    const body: Stmt[] = [
      parser([extract(0), accept]),
      set(v(0, 48), field(0, 4, 48)),
      set(v(1, 128), field(0, 5, 128)),
      ...results.flatMap((e, i): Stmt[] => [valid(i + 1), set(field(i + 1, e.width % 8 === 0 ? 0 : 1, e.width), e)]),
      deparse(...results.map((_, i) => i + 1)),
      output(1),
    ];
    const machine = both(program({ types, headers: types.map((_, i) => i), vars: [48, 128] }, body));
    const out = machine.run(packets(32).map((hex) => ({ hex, headroom: 2000 })));
    expect(out.every((o) => o.port === 1)).toBe(true);
  });
});

test('ones-complement sums of runs, odd pieces, constants and negated parts', () => {
  const widths = [4, 4, 8, 16, 16, 3, 13, 8, 8, 16, 32, 32];
  const f = widths.map((width, i) => field(0, i, width));
  const sum = (...parts: [Expr, boolean][]): Expr => ({
    kind: 'onesSum',
    width: 16,
    parts: parts.map(([value, negate]) => ({ value, negate })),
  });
  const header = concat(...f.filter((_, i) => i !== 9));
  const results: Expr[] = [
    sum([header, false]),
    { kind: 'unary', op: 'not', width: 16, operand: sum([header, false]) },
    sum([f[9]!, true], [f[10]!, true], [v(0, 32), false]),
    sum([concat(f[2]!, f[10]!, f[7]!), false]),
    sum([concat(f[2]!, f[10]!, f[7]!), true]),
    sum([concat(f[0]!, f[1]!, f[8]!, f[3]!), true], [c(32, 0x12340000), true], [c(48, 0xffff0000ffffn), false]),
    sum([v(1, 64), false], [v(2, 16), true]),
    sum(),
    bin('add', sum([f[9]!, false], [f[3]!, false]), c(16, 1)),
  ];
  const body: Stmt[] = [
    parser([extract(0), accept]),
    set(v(0, 32), field(0, 11, 32)),
    set(v(1, 64), concat(f[10]!, f[11]!)),
    set(v(2, 16), bin('sub', f[3]!, c(16, 1))),
    ...results.flatMap((e, i): Stmt[] => [set(field(1, i, 16), e)]),
    deparse(1),
    output(1),
  ];
  const types = [widths, results.map(() => 16)];
  both(program({ types, headers: [0, 1], vars: [32, 64, 16] }, [valid(1), ...body])).run(packets(20));
  const machine = both(program({ types, headers: [0, 1], vars: [32, 64, 16] }, [body[0]!, valid(1), ...body.slice(1)]));
  expect(machine.run(packets(20))[0]!.hex).toHaveLength(2 * 2 * results.length);
});

test('value sets and network ports', () => {
  const set5: Extern = {
    kind: 'valueSet',
    id: 5,
    name: 'V',
    size: 4,
    keys: [
      { name: 'a', width: 16, matchKind: 'ternary', annotations: [] },
      { name: 'b', width: 100, matchKind: 'exact', annotations: [] },
      { name: 'c', width: 3, matchKind: 'exact', annotations: [] },
    ],
    annotations: [],
  };
  const keys = [field(0, 0, 16), field(0, 1, 100), field(0, 2, 3)];
  const body: Stmt[] = [
    parser([extract(0), iff({ kind: 'inValueSet', width: 1, set: 5, keys }, [goto(1)]), accept], [extract(1), accept]),
    deparse(1, 0),
    iff({ kind: 'isNetPort', width: 1, port: field(0, 4, 32) }, [output(1)], [output(2)]),
  ];
  const machine = both(program({ types: [[16, 100, 3, 1, 32], [8]], headers: [0, 1], externs: [set5] }, body));
  const one = bytes(15, 37);
  const value = BigInt(`0x${one}`);
  machine.change((arena) => {
    for (const port of [0, 7, 31, 32, 2047]) arena.setNetPort(port, true);
  });
  const ports = [0, 1, 7, 31, 32, 33, 2047, 2048, 0xffffffff].map((port) => one + port.toString(16).padStart(8, '0') + 'aa');
  machine.run(ports);
  machine.change((arena) => {
    arena.valueSets[0]!.write([
      [
        { kind: 'exact', value: 1n },
        { kind: 'exact', value: 2n },
        { kind: 'exact', value: 3n },
      ],
      [
        { kind: 'ternary', value: (value >> 104n) & 0xff0fn, mask: 0xff0fn },
        { kind: 'exact', value: BigInt.asUintN(100, value >> 4n) },
        { kind: 'exact', value: BigInt.asUintN(3, value >> 1n) },
      ],
    ]);
  });
  const out = machine.run([...ports, ...ports.map((hex) => `00${hex.slice(2)}`)]);
  expect(out[0]!.hex.startsWith('aa')).toBe(true);
  expect(out[9]!.hex.startsWith('aa')).toBe(false);
});

describe('state', () => {
  const extern = (id: number, e: Record<string, unknown>): Extern => ({ id, annotations: [], ...e }) as unknown as Extern;

  test('counters', () => {
    const externs = [
      extern(1, { kind: 'counter', name: 'a', size: 3, type: 'both' }),
      extern(2, { kind: 'counter', name: 'b', size: 5, type: 'bytes' }),
    ];
    const body: Stmt[] = [
      parser([extract(0), accept]),
      { kind: 'count', extern: 2, index: field(0, 0, 8), span },
      { kind: 'count', extern: 1, index: field(0, 1, 48), increment: field(0, 2, 16), span },
      { kind: 'count', extern: 1, index: field(0, 3, 72), increment: field(0, 3, 72), span },
      output(1),
    ];
    const machine = both(program({ types: [[8, 48, 16, 72]], headers: [0], externs }, body));
    const small = (a: number, b: number, n: number, d: number): string =>
      a.toString(16).padStart(2, '0') +
      b.toString(16).padStart(12, '0') +
      n.toString(16).padStart(4, '0') +
      d.toString(16).padStart(18, '0');
    machine.run([
      small(0, 0, 9, 1),
      small(4, 2, 65535, 2),
      small(5, 3, 1, 3),
      small(2, 0x100000001, 1, 1),
      '0102',
      `${small(1, 1, 1, 1).slice(0, 18)}01${'00'.repeat(7)}01`,
    ]);
    expect(machine.arena.counters[0]!.read(0)).toEqual({ packets: 3n, bytes: 9n });
  });

  test('registers', () => {
    const externs = [
      extern(1, {
        kind: 'register',
        name: 'r',
        size: 4,
        fields: [
          { name: 'a', width: 13 },
          { name: 'b', width: 128 },
          { name: 'c', width: 32 },
        ],
        initial: [5n, 6n, 7n],
      }),
      extern(2, { kind: 'register', name: 's', size: 9, fields: [{ name: 'a', width: 1 }], initial: [0n] }),
    ];
    const body: Stmt[] = [
      parser([extract(0), accept]),
      { kind: 'registerRead', extern: 1, index: field(0, 0, 8), targets: [0, 1, 2], span },
      {
        kind: 'registerWrite',
        extern: 1,
        index: field(0, 1, 8),
        values: [bin('add', v(0, 13), c(13, 1)), { kind: 'unary', op: 'not', width: 128, operand: v(1, 128) }, field(0, 2, 32)],
        span,
      },
      { kind: 'registerRead', extern: 2, index: field(0, 0, 8), targets: [3], span },
      {
        kind: 'registerWrite',
        extern: 2,
        index: field(0, 0, 8),
        values: [{ kind: 'unary', op: 'not', width: 1, operand: v(3, 1) }],
        span,
      },
      valid(1),
      set(field(1, 1, 13), v(0, 13)),
      set(field(1, 2, 128), v(1, 128)),
      set(field(1, 3, 32), v(2, 32)),
      set(field(1, 4, 1), v(3, 1)),
      deparse(1),
      output(1),
    ];
    const machine = both(
      program(
        {
          types: [
            [8, 8, 32],
            [2, 13, 128, 32, 1],
          ],
          headers: [0, 1],
          vars: [13, 128, 32, 1],
          externs,
        },
        body,
      ),
    );
    machine.run([
      '000100000009',
      '01020000ffff',
      '020312345678',
      '030000000001',
      '0404aabbccdd',
      '00ff00000000',
      '000000000000',
      '08',
    ]);
  });

  test('meters: the same colors as the control plane computes, in bytes and packets', () => {
    const externs = [
      extern(1, { kind: 'meter', name: 'm', size: 3, unit: 'bytes' }),
      extern(2, { kind: 'meter', name: 'n', size: 2, unit: 'packets' }),
    ];
    const body: Stmt[] = [
      parser([extract(0), accept]),
      { kind: 'meter', extern: 1, index: field(0, 0, 8), target: 0, span },
      { kind: 'meter', extern: 2, index: field(0, 1, 8), color: v(0, 2), length: field(0, 2, 16), target: 1, span },
      { kind: 'meter', extern: 1, index: c(8, 2), length: field(0, 2, 16), span },
      output({ kind: 'resize', width: 32, signed: false, operand: concat(v(0, 2), v(1, 2)) }),
    ];
    const machine = both(program({ types: [[8, 8, 16]], headers: [0], vars: [2, 2], externs }, body));
    machine.change((arena) => {
      arena.meters[0]!.configure(0, { cir: 1000n, cburst: 100n, pir: 3000n, pburst: 200n });
      arena.meters[0]!.configure(2, { cir: 0n, cburst: 10n, pir: 2n ** 60n, pburst: 2n ** 63n });
      arena.meters[1]!.configure(1, { cir: 5n, cburst: 2n, pir: 9n, pburst: 4n });
    });
    const colors = new Set<number>();
    for (let ms = 0; ms < 3000; ms = ms * 2 + 7) {
      for (const o of machine.run(
        Array.from(
          { length: 12 },
          (_, i) => `0${i % 4}0${i % 3}00${(i * 16).toString(16).padStart(2, '0')}${'ee'.repeat(i * 5)}`,
        ),
        ms,
      ))
        colors.add(o.port);
    }
    expect(colors.size).toBeGreaterThan(3);
    machine.run(['00010000'], 100);
  });

  test('digests until the ring is full, random numbers, flow ids', () => {
    const externs = [
      extern(1, {
        kind: 'digest',
        name: 'd',
        fields: [
          { name: 'a', width: 9 },
          { name: 'b', width: 48 },
        ],
      }),
    ];
    const random = (target: number, low: Expr, high: Expr): Stmt => ({ kind: 'random', target, low, high, span });
    const body: Stmt[] = [
      parser([extract(0), accept]),
      random(0, c(9, 3), c(9, 300)),
      random(1, field(0, 0, 48), c(48, 0x7fffffffffffn)),
      random(2, c(32, 0), c(32, 0xffffffff)),
      random(3, c(64, 0), c(64, 0xffffffffffffffffn)),
      random(4, c(128, 5n), c(128, 1n << 127n)),
      random(5, c(8, 9), c(8, 4)),
      { kind: 'allocateFlowId', target: 6, span },
      { kind: 'digest', extern: 1, fields: [v(0, 9), v(1, 48)], span },
      valid(1),
      set(field(1, 1, 9), v(0, 9)),
      set(field(1, 2, 48), v(1, 48)),
      set(field(1, 3, 32), v(2, 32)),
      set(field(1, 4, 64), v(3, 64)),
      set(field(1, 5, 128), v(4, 128)),
      set(field(1, 6, 8), v(5, 8)),
      deparse(1),
      output(v(6, 32)),
    ];
    const machine = both(
      program({ types: [[48], [7, 9, 48, 32, 64, 128, 8]], headers: [0, 1], vars: [9, 48, 32, 64, 128, 8, 32], externs }, body),
    );
    for (let i = 0; i < 17; i++) machine.run(Array.from({ length: 64 }, (_, k) => (k * 7).toString(16).padStart(12, '0')));
    expect(machine.arena.digests[0]!.lost).toBe(17 * 64 - 1024);
    machine.change((arena) => {
      arena.digests[0]!.drain(100);
    });
    machine.run(['000000000000']);
  });
});
