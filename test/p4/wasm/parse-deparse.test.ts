/** Parsers and deparsers: packets in, packets out. The interpreter judges; a few results are written down so that a reader sees what happens. */
import { describe, expect, test } from 'vitest';
import type { Expr, Program, Stmt } from '../../../src/p4/ir/ir.ts';
import {
  bin,
  c,
  deparse,
  extract,
  field,
  goto,
  iff,
  intrinsic,
  output,
  parser,
  program,
  set,
  span,
  v,
  valid,
} from '../../interp/build.ts';
import { both } from './both.ts';

const accept = goto('accept');
const setValid = (header: number, isValid = true): Stmt => ({ kind: 'setValid', header, valid: isValid, span });
const copyHeader = (target: number, source: number): Stmt => ({ kind: 'copyHeader', target, source, span });
const emit = (header: number): Stmt => ({ kind: 'emit', header, span });
const select = (value: Expr, cases: [number[], Stmt][], otherwise: Stmt): Stmt => ({
  kind: 'switch',
  value,
  cases: cases.map(([values, body]) => ({ values: values.map(BigInt), body: [body] })),
  default: [otherwise],
  span,
});

/** Every prefix of a packet, so that each length check is met. */
const prefixes = (hex: string): string[] => Array.from({ length: hex.length / 2 + 1 }, (_, i) => hex.slice(0, 2 * i));

describe('headers in front of the payload', () => {
  // h0: one byte of type, one of data; h1: two bytes
  const parts = { types: [[8, 8], [16]], headers: [0, 1], vars: [32, 16] };

  test('are rewritten, removed and added', () => {
    const body = [
      parser([extract(0), iff(bin('eq', field(0, 0, 8), c(8, 1)), [goto(1)]), accept], [extract(1), accept]),
      set(field(0, 1, 8), c(8, 0xff)),
      iff(valid(1), [setValid(1, false)], [setValid(1), set(field(1, 0, 16), c(16, 0xabcd))]),
      deparse(0, 1),
      output(7),
    ] satisfies Stmt[];
    const out = both(program(parts, body)).run(['0122 3344 5566', '0022 3344 5566', '00', '']);
    expect(out.map((o) => o.hex)).toEqual(['01ff5566', '00ffabcd33445566', 'abcd00', 'abcd']);
    expect(out[0]!.port).toBe(7);
  });

  test('growing takes headroom; without it the packet is dropped', () => {
    const body = [parser([accept]), setValid(1), deparse(1), output(1)] satisfies Stmt[];
    const out = both(program(parts, body)).run([
      { hex: '11', headroom: 2 },
      { hex: '11', headroom: 1 },
    ]);
    expect(out.map((o) => [o.hex, o.reason])).toEqual([
      ['000011', 0],
      ['', 3],
    ]);
  });

  test('writes to invalid headers are ignored, reads give 0', () => {
    const body = [
      parser([extract(0), iff(bin('eq', field(0, 0, 8), c(8, 1)), [goto(1)]), accept], [extract(1), accept]),
      set(field(1, 0, 16), c(16, 0x1234)),
      set(v(1, 16), field(1, 0, 16)),
      set(field(0, 1, 8), { kind: 'slice', width: 8, operand: v(1, 16), high: 7, low: 0 }),
      deparse(0, 1),
      output(1),
    ] satisfies Stmt[];
    const out = both(program(parts, body)).run(['0122 3344', '0222 3344']);
    expect(out.map((o) => o.hex)).toEqual(['01341234', '02003344']);
  });

  test('a packet without deparse stays as it was', () => {
    const body = [
      parser([extract(0), accept]),
      set(field(0, 1, 8), c(8, 0xff)),
      output(intrinsic('packetLength', 32)),
    ] satisfies Stmt[];
    expect(
      both(program(parts, body))
        .run(['0102 03'])
        .map((o) => [o.port, o.hex]),
    ).toEqual([[3, '010203']]);
  });
});

describe('odd fields', () => {
  const widths = [3, 9, 4, 13, 1, 1, 1, 7, 25, 33, 47, 60, 4, 5, 70, 3, 129, 1];
  const fields = widths.map((width, i) => ({ width, i }));

  test.each(['add', 'copy'] as const)('of any width at any bit: %s', (what) => {
    const body = [
      parser([extract(0), accept]),
      ...fields.map(({ width, i }) => {
        const one: Expr = { kind: 'const', width, value: 1n };
        const other = widths.findIndex((w, k) => w === width && k !== i);
        const value = what === 'add' ? bin('add', field(0, i, width), one) : field(0, other < 0 ? i : other, width);
        return set(field(0, i, width), value);
      }),
      deparse(0),
      output(1),
    ];
    const bits = widths.reduce((a, b) => a + b, 0);
    expect(bits % 8).toBe(0);
    const hex = Array.from({ length: bits / 8 }, (_, i) => ((i * 37 + 11) & 255).toString(16).padStart(2, '0')).join('');
    both(program({ types: [widths], headers: [0] }, body)).run([hex, hex.replaceAll(/./g, 'f'), `${hex}aabb`]);
  });

  test('slices of fields and variables are assigned', () => {
    const slice = (target: Parameters<typeof set>[0], high: number, low: number, value: Expr): Stmt => ({
      kind: 'assignSlice',
      target,
      high,
      low,
      value,
      span,
    });
    const body = [
      parser([extract(0), accept]),
      set(v(0, 48), field(0, 0, 48)),
      set(v(1, 128), field(0, 1, 128)),
      slice(v(0, 48), 15, 4, c(12, 0xabc)),
      slice(v(1, 128), 100, 20, { kind: 'resize', width: 81, signed: false, operand: c(64, 0x1122334455667788n) }),
      slice(v(1, 128), 127, 120, c(8, 0x77)),
      slice(field(0, 0, 48), 47, 44, c(4, 5)),
      slice(field(0, 1, 128), 63, 0, field(0, 2, 64)),
      set(field(0, 2, 64), { kind: 'resize', width: 64, signed: false, operand: v(0, 48) }),
      iff(bin('eq', v(1, 128), field(0, 1, 128)), [set(field(0, 0, 48), c(48, 1))]),
      setValid(1),
      set(field(1, 0, 128), v(1, 128)),
      deparse(0, 1),
      output(1),
    ] satisfies Stmt[];
    const hex = Array.from({ length: 30 }, (_, i) => (i + 0xc0).toString(16)).join('');
    both(program({ types: [[48, 128, 64], [128]], headers: [0, 1], vars: [48, 128] }, body)).run([hex]);
  });
});

// Ethernet, VLAN, IPv4 and UDP as far as shapes are concerned.
const ethernet = [48, 48, 16];
const vlan = [3, 1, 12, 16];
const ipv4 = [4, 4, 8, 16, 16, 3, 13, 8, 8, 16, 32, 32];
const udp = [16, 16, 16, 16];
const eth = '020000000001 020000000002 ';
const ip = '4500 0030 0000 0000 4011 0000 0a000001 0a000002 ';

describe('tags and tunnels', () => {
  const network = { types: [ethernet, vlan, ipv4, udp], vars: [16, 32] };
  const start = (etherType: number, ...next: Stmt[]): Stmt[] => [extract(etherType), ...next];

  test('a VLAN tag is pushed and popped: the Ethernet header moves over itself', () => {
    const body = [
      parser(
        start(0, select(field(0, 2, 16), [[[0x8100], goto(1)]], accept)),
        start(1, select(field(1, 3, 16), [[[0x800], goto(2)]], accept)),
        [extract(2), accept],
      ),
      iff(
        valid(1),
        [set(field(0, 2, 16), field(1, 3, 16)), setValid(1, false)],
        [setValid(1), set(field(1, 3, 16), field(0, 2, 16)), set(field(1, 2, 12), c(12, 5)), set(field(0, 2, 16), c(16, 0x8100))],
      ),
      deparse(0, 1, 2),
      output(1),
    ];
    const p = program({ ...network, headers: [0, 1, 2] }, body);
    const out = both(p).run([`${eth}0800${ip}aabb`, `${eth}8100 0007 0800${ip}aabb`, `${eth}86dd 11`]);
    expect(out[0]!.hex).toBe(`${eth}8100 0005 0800${ip}aabb`.replaceAll(' ', ''));
    expect(out[1]!.hex).toBe(`${eth}0800${ip}aabb`.replaceAll(' ', ''));
    both(p).run(prefixes(`${eth}8100 0007 0800${ip}`.replaceAll(' ', '')));
  });

  test('a tunnel is put on and taken off', () => {
    // outer: 0 ethernet, 1 ipv4, 2 udp; inner: 3 ethernet, 4 ipv4
    const inner: Stmt[] = [extract(3), select(field(3, 2, 16), [[[0x800], goto(3)]], accept)];
    const body = [
      parser(
        start(0, select(field(0, 2, 16), [[[0x800], goto(1)]], accept)),
        [extract(1), select(field(1, 8, 8), [[[17], goto(2)]], accept)],
        [extract(2), select(field(2, 1, 16), [[[4789], goto(4)]], accept)],
        [extract(4), accept],
        inner,
      ),
      iff(
        valid(3),
        [setValid(0, false), setValid(1, false), setValid(2, false)],
        [
          copyHeader(3, 0),
          copyHeader(4, 1),
          set(field(0, 0, 48), c(48, 0x0a0b0c0d0e0fn)),
          setValid(1),
          set(field(1, 0, 4), c(4, 4)),
          set(field(1, 8, 8), c(8, 17)),
          set(
            field(1, 3, 16),
            bin('add', { kind: 'resize', width: 16, signed: false, operand: intrinsic('packetLength', 32) }, c(16, 28)),
          ),
          setValid(2),
          set(field(2, 1, 16), c(16, 4789)),
        ],
      ),
      deparse(0, 1, 2, 3, 4),
      output(intrinsic('packetLength', 32)),
    ];
    const p = program({ ...network, headers: [0, 2, 3, 0, 2] }, body);
    const plain = `${eth}0800${ip}aabbcc`;
    const [tunnelled] = both(p).run([plain]);
    expect(tunnelled!.hex.length / 2).toBe(37 + 14 + 20 + 8 - 14 + 14);
    const [back] = both(p).run([tunnelled!.hex]);
    expect(back!.hex).toBe(plain.replaceAll(' ', ''));
    both(p).run(prefixes(tunnelled!.hex).slice(-60));
    both(p).run([
      { hex: plain, headroom: 41 },
      { hex: plain, headroom: 42 },
      { hex: plain, headroom: 43 },
    ]);
  });

  test('headers trade places, appear twice, and are emitted under conditions and in loops', () => {
    const parse = parser([extract(0), extract(1), accept]);
    const tests: Stmt[][] = [
      [parse, deparse(1, 0)],
      [parse, deparse(0, 1, 0)],
      [parse, deparse(1)],
      [parse, { kind: 'deparse', body: [], span }],
      [
        parse,
        { kind: 'deparse', body: [iff(bin('gt', field(1, 3, 16), c(16, 5)), [emit(1)], [emit(1), emit(1)]), emit(0)], span },
      ],
      [
        parse,
        set(v(1, 32), c(32, 0)),
        {
          kind: 'deparse',
          body: [
            {
              kind: 'loop',
              label: 'l',
              body: [
                iff(bin('ge', v(1, 32), c(32, 3)), [{ kind: 'break', label: 'l' }]),
                set(v(1, 32), bin('add', v(1, 32), c(32, 1))),
                set(field(1, 2, 12), { kind: 'resize', width: 12, signed: false, operand: v(1, 32) }),
                emit(1),
              ],
            },
          ],
          span,
        },
      ],
      [parse, { kind: 'deparse', body: [set(field(1, 2, 12), c(12, 9)), emit(0), setValid(0, false), emit(1), emit(0)], span }],
      [parse, deparse(1, 0), deparse(0), setValid(2), deparse(2, 1)],
    ];
    for (const body of tests) {
      const p = program({ ...network, headers: [0, 1, 3] }, [...body, output(1)]);
      both(p).run([`${eth}8100 0007 0800 aabb`, `${eth}8100 0007 0001 aabbccdd`, `${eth}8100 00`, '']);
    }
  });
});

describe('stacks and loops in parsers', () => {
  test('a stack of labels, of at most 3, with a bottom bit', () => {
    const label = [20, 3, 1, 8];
    const next = (i: number): Stmt[] => [
      extract(i),
      iff(bin('eq', field(i, 2, 1), c(1, 1)), [accept]),
      ...(i < 2 ? [goto(i + 1)] : [{ kind: 'setParserError', error: c(32, 3), span } as const, goto('reject')]),
    ];
    const body = [
      parser(next(0), next(1), next(2)),
      // pop_front, then push_front of a new label
      copyHeader(0, 1),
      copyHeader(1, 2),
      setValid(2, false),
      iff(valid(0), [set(field(0, 3, 8), bin('sub', field(0, 3, 8), c(8, 1)))]),
      deparse(0, 1, 2),
      output(intrinsic('parserError', 32)),
    ];
    const p = program({ types: [label], headers: [0, 0, 0] }, body);
    both(p).run([
      '00001140 00',
      '00001040 00002140 aa',
      '00001040 00002040 00003140 bb',
      '00001040 00002040 00003040 bb',
      '000010',
    ]);
  });

  test('loops end with the packet, with a counter, or with ParserTimeout', () => {
    const option = [8, 8];
    const skip = (bits: Expr): Stmt => ({ kind: 'advance', bits, span });
    const counting = parser(
      [set(v(0, 32), bin('add', v(0, 32), c(32, 1))), iff(bin('lt', v(0, 32), c(32, 300)), [goto(1)]), accept],
      [iff(bin('eq', field(0, 0, 8), c(8, 0)), [skip(c(32, 0)), goto(0)]), extract(0), goto(0)],
    );
    const p = program({ types: [option], headers: [0], vars: [32] }, [
      counting,
      set(v(0, 32), bin('add', bin('mul', v(0, 32), c(32, 16)), intrinsic('parserError', 32))),
      deparse(0),
      output(v(0, 32)),
    ]);
    both(p).run(['', '0101', '0101 0000 01', '0101 0202 0303 0404 0505 00', '01']);
    const options = parser(
      [
        extract(0),
        select(
          field(0, 0, 8),
          [
            [[0], accept],
            [[1, 2], goto(1)],
          ],
          goto('reject'),
        ),
      ],
      [skip({ kind: 'concat', width: 16, left: field(0, 1, 8), right: c(8, 0) }), goto(2)],
      [iff(bin('gt', field(0, 1, 8), c(8, 4)), [goto(1)]), goto(0)],
    );
    const q = program({ types: [option], headers: [0], vars: [32] }, [options, deparse(0), output(intrinsic('parserError', 32))]);
    both(q).run(['0000 aa', '0100 0200 0000 bb', '0105 00', '0300', `0101 ${'ee'.repeat(32)} 0000 cc`, '01ff']);
  });

  test('many states, reached from many sides', () => {
    const states: Stmt[][] = Array.from({ length: 12 }, (_, i) => {
      const cases: [number[], Stmt][] = Array.from({ length: 11 - i }, (_, k) => [[k + 1], goto(i + k + 1)]);
      return [extract(i), cases.length > 0 ? select(field(i, 0, 8), cases, accept) : accept];
    });
    const headers = states.map(() => 0);
    const p = program({ types: [[8]], headers }, [parser(...states), deparse(...headers.map((_, i) => 11 - i)), output(1)]);
    both(p).run(['0101010101010101010101', '020304', '0b00', '0300', '0505010000', '0001', '010203']);
  });

  test('lookahead of any width, and advance that does not fit', () => {
    const look = (target: number, width: number, offsetBits: number): Stmt => ({
      kind: 'lookahead',
      target,
      width,
      offsetBits,
      span,
    });
    const body = [
      parser([
        look(0, 16, 8),
        look(1, 13, 3),
        look(2, 100, 4),
        look(3, 128, 16),
        { kind: 'advance', bits: { kind: 'resize', width: 40, signed: false, operand: bin('shl', v(0, 16), c(8, 3)) }, span },
        accept,
      ]),
      setValid(0),
      set(field(0, 0, 16), v(0, 16)),
      set(field(0, 2, 13), v(1, 13)),
      set(field(0, 3, 100), v(2, 100)),
      set(field(0, 5, 128), v(3, 128)),
      deparse(0),
      output(intrinsic('parserError', 32)),
    ];
    const p = program({ types: [[16, 3, 13, 100, 4, 128]], headers: [0], vars: [16, 13, 100, 128] }, body);
    const long = Array.from({ length: 20 }, (_, i) => (i * 29 + 3).toString(16).padStart(2, '0').slice(-2)).join('');
    both(p).run([`000002${long}`, `000000${long}`, `001000${long}`, `00ffff${long}`, '0011', `1f0003${long}`]);
  });
});

describe('varbit', () => {
  const options = { types: [[8, -32, 8]], headers: [0, 0], vars: [8] };
  /** The first byte is the number of option bits. */
  const parse = parser([
    { kind: 'lookahead', target: 0, width: 8, offsetBits: 0, span },
    extract(0, { kind: 'resize', width: 32, signed: false, operand: v(0, 8) }),
    accept,
  ]);
  const packets = ['00 99 77', '10 aabb 99 77', '20 aabbccdd 99', '28 aabbccddee 99', '20 aabb', '11 aabbcc', '08 aa', ''];

  test('headers with options are extracted, copied and emitted', () => {
    const body = [parse, copyHeader(1, 0), set(field(1, 2, 8), c(8, 0xee)), deparse(0, 1), output(intrinsic('parserError', 32))];
    both(program(options, body)).run(packets);
    const again = [
      parse,
      setValid(1),
      copyHeader(1, 0),
      set(field(0, 2, 8), c(8, 0xdd)),
      copyHeader(0, 1),
      deparse(1, 0),
      output(1),
    ];
    both(program(options, again)).run(packets);
  });

  test('copyVarbit copies bits and length, not into an invalid header', () => {
    const types = [
      [8, -16],
      [-16, 8],
    ];
    const copy: Stmt = { kind: 'copyVarbit', target: 1, source: 0, span };
    const bodies: Stmt[][] = [
      [parser([extract(0, c(32, 16)), accept]), copy, setValid(1), set(field(1, 1, 8), c(8, 5)), deparse(1), output(1)],
      [parser([extract(0, c(32, 16)), accept]), setValid(1), set(field(1, 1, 8), c(8, 5)), copy, deparse(0, 1), output(1)],
      [parser([extract(0, c(32, 8)), extract(1, c(32, 16)), accept]), copy, deparse(0, 1), output(1)],
      [parser([extract(1, c(32, 16)), accept]), copy, deparse(0, 1), output(1)],
    ];
    for (const body of bodies) both(program({ types, headers: [0, 1] }, body)).run(['01aabb', '01aabb02ccdd03', '']);
  });

  test('a varbit extract of a header without varbit field', () => {
    const body = [parser([extract(0, c(32, 8)), accept]), deparse(0), output(intrinsic('parserError', 32))];
    both(program({ types: [[8]], headers: [0] }, body)).run(['0102', '01']);
  });
});

describe('passes', () => {
  /** Recirculates as long as the first byte is not 0; each pass counts it down and remembers the sum. */
  const recirculating = (): Program => {
    const body: Stmt[] = [
      {
        kind: 'block',
        label: 'packet',
        body: [
          {
            kind: 'loop',
            label: 'pass',
            body: [
              parser([extract(0), iff(bin('eq', field(0, 0, 8), c(8, 3)), [goto(1)]), accept], [extract(1), accept]),
              set(v(0, 32), bin('add', v(0, 32), intrinsic('packetLength', 32))),
              iff(valid(1), [setValid(1, false)]),
              iff(bin('ne', field(0, 0, 8), c(8, 0)), [
                set(field(0, 0, 8), bin('sub', field(0, 0, 8), c(8, 1))),
                deparse(0, 1),
                setValid(0, false),
                { kind: 'nextPass' },
                { kind: 'continue', label: 'pass' },
              ]),
              deparse(0, 1),
              output(bin('add', v(0, 32), bin('shl', intrinsic('pass', 32), c(8, 16)))),
              { kind: 'break', label: 'packet' },
            ],
          },
        ],
      },
    ];
    return program({ types: [[8, 8], [16]], headers: [0, 1], vars: [32] }, body);
  };

  test('variables survive, headers are parsed anew, too many passes drop', () => {
    const out = both(recirculating()).run(['0501 aabb cc', '0001', '0301aabb', '1001', '0f01', '1101', '']);
    expect(out[3]!.reason).toBe(2);
  });

  test('several pipelines run one after the other until a drop', () => {
    const first = [
      parser([extract(0), accept]),
      set(v(0, 32), c(32, 5)),
      iff(bin('eq', field(0, 0, 8), c(8, 1)), [{ kind: 'drop', reason: 'program' }], [output(2)]),
    ] satisfies Stmt[];
    const second = [
      set(field(0, 1, 8), c(8, 9)),
      deparse(0),
      iff(bin('eq', field(0, 0, 8), c(8, 2)), [output(v(0, 32))]),
    ] satisfies Stmt[];
    both(program({ types: [[8, 8]], headers: [0], vars: [32] }, first, second)).run(['0101', '0201', '0301', '']);
  });

  test('fate: the last word wins, none is a drop; mirrors and groups', () => {
    const mirror = (slot: number, session: number): Stmt => ({ kind: 'mirror', slot: c(8, slot), session: c(16, session), span });
    const group = (n: number): Stmt => ({ kind: 'multicast', group: c(32, n), span });
    const drop: Stmt = { kind: 'drop', reason: 'program' };
    const fates: Stmt[][] = [
      [],
      [output(1), drop],
      [drop, output(2)],
      [mirror(0, 5), mirror(3, 6), mirror(0, 7), mirror(4, 1), output(3)],
      [mirror(1, 5), drop],
      [group(9)],
      [group(9), output(4)],
      [group(9), drop],
      [output(0xffffffff)],
      [{ kind: 'drop', reason: 'no-destination' }],
    ];
    const which = (i: number, body: Stmt[]): Stmt => iff(bin('eq', field(0, 0, 8), c(8, i)), body);
    const body = [
      parser([extract(0), accept]),
      ...fates.map((fate, i) => which(i, fate)),
      set(field(0, 1, 8), c(8, 1)),
      deparse(0),
    ];
    const p = program({ types: [[8, 8]], headers: [0] }, body);
    const out = both(p).run(fates.map((_, i) => `0${i}00ff`));
    expect(out[3]!.copies).toEqual(['mirror 0 7: 0301ff', 'mirror 3 6: 0301ff']);
    // An abandoned packet leaves no copies behind, not even for the next one.
    const abandoned = program({ types: [[8, 8]], headers: [0, 0] }, [mirror(2, 5), group(1), setValid(1), deparse(1), output(1)]);
    const [cut, whole] = both(abandoned).run([{ hex: '00', headroom: 1 }, { hex: '00' }]);
    expect(cut!.copies).toEqual([]);
    expect(whole!.copies).toHaveLength(1);
    // Nor does what was rewritten of it in place.
    const half = program({ types: [[8], [8, 8]], headers: [0, 1] }, [
      parser([extract(0), accept]),
      mirror(0, 5),
      set(field(0, 0, 8), c(8, 0x77)),
      setValid(1),
      deparse(1, 0),
      output(1),
    ]);
    expect(both(half).run([{ hex: '0102', headroom: 1 }])[0]!.copies).toEqual([]);
  });
});
