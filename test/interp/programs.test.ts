/** Whole programs in hand-written IR: packets in, packets out. */
import { describe, expect, test } from 'vitest';
import { context, descriptor, noPort } from '../../src/arena/index.ts';
import { dropReasons, type Expr, type Stmt } from '../../src/p4/ir/ir.ts';
import {
  action,
  bin,
  c,
  deparse,
  errors,
  extract,
  field,
  fromHex,
  goto,
  iff,
  intrinsic,
  machine,
  output,
  parser,
  program,
  set,
  span,
  table,
  toHex,
  v,
  valid,
} from './build.ts';

const accept = goto('accept');
/** Sends the packet out of the port that an expression of 32 bits names: a way to see its value. */
const show = (e: Expr): Stmt => output(e);

describe('parser and deparser', () => {
  // h0: one byte of type, one of data; h1: two bytes
  const parts = { types: [[8, 8], [16]], headers: [0, 1], vars: [32, 16] };

  test('headers in front of the payload are rewritten, removed and added', () => {
    const body = [
      parser([extract(0), iff(bin('eq', field(0, 0, 8), c(8, 1)), [goto(1)]), accept], [extract(1), accept]),
      set(field(0, 1, 8), c(8, 0xff)),
      iff(
        valid(1),
        [{ kind: 'setValid', header: 1, valid: false, span }],
        [{ kind: 'setValid', header: 1, valid: true, span }, set(field(1, 0, 16), c(16, 0xabcd))],
      ),
      deparse(0, 1),
      output(7),
    ] satisfies Stmt[];
    const { run } = machine(program(parts, body));
    expect(run('0122 3344 5566')).toEqual({ port: 7, reason: 'none', hex: '01ff5566' });
    expect(run('0022 3344 5566')).toEqual({ port: 7, reason: 'none', hex: '00ffabcd33445566' });
    expect(run('00')).toEqual({ port: 7, reason: 'none', hex: 'abcd00' });
  });

  test('growing takes headroom; without it the packet is dropped', () => {
    const body = [parser([accept]), { kind: 'setValid', header: 1, valid: true, span }, deparse(1), output(1)] satisfies Stmt[];
    const { run, arena } = machine(program(parts, body));
    expect(run('11', 0, 2)).toEqual({ port: 1, reason: 'none', hex: '000011' });
    expect(run('11', 0, 1)).toEqual({ port: noPort, reason: 'no-headroom', hex: '11' });
    expect(arena.drops(0)[dropReasons.indexOf('no-headroom')]).toBe(1n);
  });

  test('bit fields that cross bytes', () => {
    const odd = { types: [[3, 9, 4]], headers: [0] };
    const body = [parser([extract(0), accept]), set(field(0, 1, 9), bin('add', field(0, 1, 9), c(9, 1))), deparse(0), output(1)];
    // 101 000000111 1111 -> 101 000001000 1111
    expect(machine(program(odd, body)).run('a07f').hex).toBe('a08f');
  });

  describe('varbit', () => {
    const options = { types: [[8, -32, 8]], headers: [0, 0], vars: [8] };
    /** The first byte is the number of option bits. */
    const body = [
      parser([
        { kind: 'lookahead', target: 0, width: 8, offsetBits: 0, span },
        extract(0, { kind: 'resize', width: 32, signed: false, operand: v(0, 8) }),
        accept,
      ]),
      { kind: 'copyHeader', target: 1, source: 0, span },
      set(field(1, 2, 8), c(8, 0xee)),
      deparse(0, 1),
      show(intrinsic('parserError', 32)),
    ] satisfies Stmt[];
    const { run } = machine(program(options, body));

    test.each([
      ['no options', '00 99 77', '0099 00ee 77', 'NoError'],
      ['two bytes', '10 aabb 99 77', '10aabb99 10aabbee 77', 'NoError'],
      ['the maximum', '20 aabbccdd 99', '20aabbccdd99 20aabbccddee', 'NoError'],
      ['more than the maximum', '28 aabbccddee 99', '28aabbccddee99', 'HeaderTooShort'],
      ['more than the packet', '20 aabb', '20aabb', 'PacketTooShort'],
      ['no whole bytes', '11 aabbcc', '11aabbcc', 'ParserInvalidArgument'],
    ])('%s', (_, input, hex, error) => {
      expect(run(input)).toEqual({ port: errors.indexOf(error), reason: 'none', hex: hex.replaceAll(' ', '') });
    });
  });

  test('copyVarbit copies bits and length, not into an invalid header', () => {
    const two = {
      types: [
        [8, -16],
        [-16, 8],
      ],
      headers: [0, 1],
    };
    const copy = [
      parser([extract(0, c(32, 16)), accept]),
      { kind: 'copyVarbit', target: 1, source: 0, span },
      { kind: 'setValid', header: 1, valid: true, span },
      set(field(1, 1, 8), c(8, 5)),
      deparse(1),
      { kind: 'copyVarbit', target: 1, source: 0, span },
      deparse(1),
      output(1),
    ] satisfies Stmt[];
    expect(machine(program(two, copy)).run('01 aabb').hex).toBe('aabb0505');
  });

  test('lookahead and advance', () => {
    const look: Stmt = { kind: 'lookahead', target: 1, width: 16, offsetBits: 8, span };
    const advance = (bits: number): Stmt => ({ kind: 'advance', bits: c(32, bits), span });
    const send = [set(v(0, 32), { kind: 'resize', width: 32, signed: false, operand: v(1, 16) }), deparse(), show(v(0, 32))];
    expect(machine(program(parts, [parser([look, advance(16), accept]), ...send])).run('112233 44')).toEqual({
      port: 0x2233,
      reason: 'none',
      hex: '3344',
    });
    const error = [show(intrinsic('parserError', 32))];
    const errorOf = (...body: Stmt[]): string =>
      errors[machine(program(parts, [parser([...body, accept]), ...error])).run('1122').port]!;
    expect([errorOf(look), errorOf(advance(12)), errorOf(advance(24)), errorOf(advance(16))]).toEqual([
      'PacketTooShort',
      'ParserInvalidArgument',
      'PacketTooShort',
      'NoError',
    ]);
  });

  test('a loop that consumes nothing ends in ParserTimeout; one that does may be long', () => {
    const error = show(intrinsic('parserError', 32));
    const forever = machine(program(parts, [parser([goto(0)]), error]));
    expect(errors[forever.run('11').port]).toBe('ParserTimeout');
    // Each visit takes a byte; 00 ends.
    const bytes: Stmt[] = [
      { kind: 'lookahead', target: 1, width: 8, offsetBits: 0, span },
      { kind: 'advance', bits: c(32, 8), span },
      iff(bin('eq', v(1, 16), c(16, 0)), [accept], [goto(0)]),
    ];
    const long = machine(program(parts, [parser(bytes), error]));
    expect([256, 257].map((n) => errors[long.run('11'.repeat(n) + '00').port])).toEqual(['NoError', 'ParserTimeout']);
  });

  test('a state without transition rejects, and a verify says why', () => {
    const verify: Stmt = { kind: 'setParserError', error: c(32, 2), span };
    const body = [parser([verify, goto('reject')]), show(intrinsic('parserError', 32))];
    expect(machine(program(parts, body)).run('11').port).toBe(2);
    expect(machine(program(parts, [parser([]), show(intrinsic('parserError', 32))])).run('11').port).toBe(0);
  });
});

describe('control flow and fate', () => {
  const parts = { vars: [32] };
  const add = (n: number): Stmt => set(v(0, 32), bin('add', v(0, 32), c(32, n)));

  test('break leaves a block, continue starts the next round', () => {
    const body: Stmt[] = [
      {
        kind: 'loop',
        label: 'outer',
        body: [
          add(1),
          iff(bin('lt', v(0, 32), c(32, 5)), [{ kind: 'continue', label: 'outer' }]),
          { kind: 'block', label: 'inner', body: [add(100), { kind: 'break', label: 'inner' }, add(1000)] },
          { kind: 'break', label: 'outer' },
        ],
      },
      show(v(0, 32)),
    ];
    expect(machine(program(parts, body)).run('').port).toBe(105);
  });

  test('switch and slices', () => {
    const body: Stmt[] = [
      { kind: 'assignSlice', target: v(0, 32), high: 15, low: 8, value: c(8, 0xab), span },
      {
        kind: 'switch',
        value: v(0, 32),
        cases: [
          { values: [1n, 2n], body: [add(1)] },
          { values: [3n, 0xab00n], body: [add(2)] },
        ],
        default: [add(3)],
        span,
      },
      show(v(0, 32)),
    ];
    expect(machine(program(parts, body)).run('').port).toBe(0xab02);
  });

  test('the last of output and drop decides; none is no destination', () => {
    const drop: Stmt = { kind: 'drop', reason: 'program' };
    const fate = (...body: Stmt[]) => machine(program(parts, body)).run('');
    expect(fate(drop, output(3))).toMatchObject({ port: 3, reason: 'none' });
    expect(fate(output(3), drop)).toMatchObject({ port: noPort, reason: 'program' });
    expect(fate()).toMatchObject({ port: noPort, reason: 'no-destination' });
  });

  test('recirculation keeps variables and ends after 16 passes', () => {
    const again = (limit: number): Stmt[] => [
      {
        kind: 'loop',
        label: 'pass',
        body: [
          add(1),
          iff(bin('lt', intrinsic('pass', 32), c(32, limit)), [{ kind: 'nextPass' }, { kind: 'continue', label: 'pass' }]),
          { kind: 'break', label: 'pass' },
        ],
      },
      show(v(0, 32)),
    ];
    expect(machine(program(parts, again(15))).run('')).toMatchObject({ port: 16, reason: 'none' });
    expect(machine(program(parts, again(16))).run('')).toMatchObject({ port: noPort, reason: 'recirculation-limit' });
  });

  test('a second pipeline goes on with the same variables, unless the first dropped', () => {
    expect(machine(program(parts, [add(5), output(1)], [add(1), show(v(0, 32))])).run('').port).toBe(6);
    expect(machine(program(parts, [{ kind: 'drop', reason: 'program' }], [output(9)])).run('').reason).toBe('program');
  });
});

describe('tables', () => {
  const apply = (bodies: { params: number[]; body: Stmt[] }[], keys: Expr[]): Stmt => ({
    kind: 'apply',
    table: 0,
    keys,
    hit: 1,
    actionRun: 2,
    bodies,
    span,
  });

  test('longest prefix, action parameters, hit and action_run', () => {
    const p = program(
      {
        types: [[32]],
        headers: [0],
        vars: [32, 1, 32],
        actions: [action(10, 'miss'), action(11, 'forward', 32)],
        tables: [
          table(
            {
              keys: [{ name: 'dst', width: 32, matchKind: 'lpm', annotations: [] }],
              entries: [
                {
                  matches: [{ kind: 'lpm', value: 0x0a000000n, prefixLength: 8 }],
                  call: { action: 11, args: [7n] },
                  priority: 1,
                  isConst: true,
                },
              ],
            },
            [10, 11],
          ),
        ],
      },
      [
        parser([extract(0), accept]),
        apply(
          [
            { params: [], body: [{ kind: 'drop', reason: 'program' }] },
            { params: [0], body: [show(v(0, 32))] },
          ],
          [field(0, 0, 32)],
        ),
        iff(bin('eq', v(1, 1), c(1, 0)), [show(bin('add', v(2, 32), c(32, 100)))]),
      ],
    );
    const { run, arena, events } = machine(p);
    expect([run('0a010203').port, run('0b010203').port]).toEqual([7, 100]);
    expect(arena.tables[0]!.stats()).toMatchObject({ hits: 1n, misses: 1n });
    expect(events.filter((e) => e.kind === 'apply')).toMatchObject([
      {
        table: 'T',
        keys: [{ name: 'dst', value: 0x0a010203n }],
        entry: { matches: [{ kind: 'lpm', prefixLength: 8 }] },
        action: 'forward',
        params: [{ name: 'p0', value: 7n }],
      },
      { table: 'T', miss: 'no match', action: 'miss' },
    ]);
  });

  test('add on miss: the first packet is learned, its timer restarted by the next, and the sender of a reply finds it', () => {
    const p = program(
      {
        types: [[8]],
        headers: [0],
        vars: [32, 1, 32, 1, 8],
        actions: [action(0, 'learn'), action(1, 'known', 32)],
        tables: [
          table(
            {
              keys: [{ name: 'flow', width: 8, matchKind: 'exact', annotations: [] }],
              addOnMiss: true,
              idleTimeout: 'autoDelete',
            },
            [0, 1],
          ),
        ],
      },
      [
        parser([extract(0), accept]),
        apply(
          [
            {
              params: [],
              body: [
                { kind: 'addEntry', table: 0, action: 1, args: [c(32, 55)], profile: c(8, 0), target: 3, span },
                show({ kind: 'resize', width: 32, signed: false, operand: v(3, 1) }),
              ],
            },
            {
              params: [0],
              body: [
                { kind: 'restartExpireTimer', table: 0, span },
                { kind: 'getEntryExpireTime', table: 0, target: 4, span },
                iff(bin('eq', v(4, 8), c(8, 0)), [{ kind: 'setEntryExpireTime', table: 0, profile: c(8, 1), span }]),
                show(bin('add', v(0, 32), { kind: 'resize', width: 32, signed: false, operand: v(4, 8) })),
              ],
            },
          ],
          [field(0, 0, 8)],
        ),
      ],
    );
    const { run } = machine(p);
    // profile 0 is 10 s, profile 1 is 30 s
    expect([run('01', 0).port, run('01', 9_999).port, run('01', 39_998).port, run('01', 69_998).port]).toEqual([1, 55, 56, 1]);
  });

  test('a selector sends each flow to one member of its group, and all members get some', () => {
    const p = program(
      {
        types: [[8, 16]],
        headers: [0],
        vars: [32, 1, 32],
        actions: [action(0, 'none'), action(1, 'forward', 32)],
        tables: [
          table(
            {
              keys: [
                { name: 'service', width: 8, matchKind: 'exact', annotations: [] },
                { name: 'port', width: 16, matchKind: 'selector', annotations: [] },
              ],
              implementation: 9,
            },
            [0, 1],
          ),
        ],
        externs: [
          {
            kind: 'actionSelector',
            id: 9,
            name: 's',
            size: 4,
            maxGroups: 2,
            maglevSize: 251,
            algorithm: 'crc32',
            outputWidth: 16,
            annotations: [],
          },
        ],
      },
      [
        parser([extract(0), accept]),
        apply(
          [
            { params: [], body: [] },
            { params: [0], body: [show(v(0, 32))] },
          ],
          [field(0, 0, 8), field(0, 1, 16)],
        ),
      ],
    );
    const { run, arena, events } = machine(p);
    const [profile] = arena.profiles;
    const members = [10n, 11n, 12n].map((port) => ({ member: profile!.insertMember(1, [port]) as number }));
    const group = profile!.insertGroup(members) as number;
    arena.tables[0]!.insert({ matches: [{ kind: 'exact', value: 7n }], call: { kind: 'group', group } });
    const flow = (port: number): number => run(`07${port.toString(16).padStart(4, '0')}`).port;
    const ports = Array.from({ length: 100 }, (_, i) => flow(i));
    expect([...new Set(ports)].sort()).toEqual([10, 11, 12]);
    expect(Array.from({ length: 100 }, (_, i) => flow(i))).toEqual(ports);
    profile!.modifyGroup(group, []);
    expect(run('070001')).toMatchObject({ reason: 'no-destination' });
    expect(events.filter((e) => e.kind === 'apply').at(-1)).toMatchObject({ miss: 'empty group', action: 'none' });
  });

  test('direct counter and meter are those of the entry found', () => {
    const p = program(
      {
        types: [[8]],
        headers: [0],
        vars: [2, 1, 32],
        actions: [action(0, 'count')],
        tables: [
          table(
            {
              keys: [{ name: 'k', width: 8, matchKind: 'exact', annotations: [] }],
              directCounter: 5,
              directMeter: 6,
              entries: [{ matches: [{ kind: 'exact', value: 1n }], call: { action: 0, args: [] }, priority: 0, isConst: false }],
            },
            [0],
          ),
        ],
        externs: [
          { kind: 'directCounter', id: 5, name: 'dc', table: 0, type: 'both', annotations: [] },
          { kind: 'directMeter', id: 6, name: 'dm', table: 0, unit: 'bytes', annotations: [] },
        ],
      },
      [
        parser([extract(0), accept]),
        apply(
          [
            {
              params: [],
              body: [
                { kind: 'count', extern: 5, span },
                { kind: 'meter', extern: 6, target: 0, span },
                show({ kind: 'resize', width: 32, signed: false, operand: v(0, 2) }),
              ],
            },
          ],
          [field(0, 0, 8)],
        ),
      ],
    );
    const { run, arena } = machine(p);
    const [t] = arena.tables;
    const handle = t!.find({ matches: [{ kind: 'exact', value: 1n }] })!;
    t!.setMeter(handle, { cir: 0n, cburst: 3n, pir: 1n, pburst: 6n });
    expect(['010101', '010101', '01', '02'].map((hex) => run(hex).port)).toEqual([1, 2, 0, 1]);
    expect([t!.counter(handle), t!.counter(-1)]).toEqual([
      { packets: 3n, bytes: 7n },
      { packets: 1n, bytes: 1n },
    ]);
  });
});

describe('externs', () => {
  test('counter, meter, register, digest, flow id, random, value set; indexes behind the end do no harm', () => {
    const p = program(
      {
        vars: [32, 32, 32, 2, 16, 32, 1],
        externs: [
          { kind: 'counter', id: 1, name: 'c', size: 2, type: 'both', annotations: [] },
          { kind: 'meter', id: 2, name: 'm', size: 1, unit: 'packets', annotations: [] },
          { kind: 'register', id: 3, name: 'r', size: 2, fields: [{ name: 'a', width: 32 }], initial: [9n], annotations: [] },
          {
            kind: 'digest',
            id: 4,
            name: 'd',
            fields: [
              { name: 'a', width: 48 },
              { name: 'b', width: 9 },
            ],
            annotations: [],
          },
          {
            kind: 'valueSet',
            id: 5,
            name: 'v',
            size: 4,
            keys: [{ name: 'k', width: 16, matchKind: 'exact', annotations: [] }],
            annotations: [],
          },
        ],
      },
      [
        { kind: 'count', extern: 1, index: c(32, 1), increment: c(32, 1000), span },
        { kind: 'count', extern: 1, index: c(32, 2), span },
        { kind: 'meter', extern: 2, index: c(32, 9), target: 3, span },
        { kind: 'registerRead', extern: 3, index: c(32, 1), targets: [0], span },
        { kind: 'registerWrite', extern: 3, index: c(32, 1), values: [bin('add', v(0, 32), c(32, 1))], span },
        { kind: 'registerRead', extern: 3, index: c(32, 2), targets: [1], span },
        { kind: 'registerWrite', extern: 3, index: c(32, 2), values: [c(32, 1)], span },
        { kind: 'digest', extern: 4, fields: [c(48, 0x112233445566), c(9, 0x1ff)], span },
        { kind: 'allocateFlowId', target: 2, span },
        { kind: 'random', target: 5, low: c(32, 10), high: c(32, 12), span },
        iff({ kind: 'inValueSet', width: 1, set: 5, keys: [c(16, 0x86dd)] }, [show(v(5, 32))], [output(0)]),
      ],
    );
    const { run, arena, events } = machine(p);
    expect(run('11').port).toBe(0);
    arena.valueSets[0]!.write([[{ kind: 'exact', value: 0x800n }], [{ kind: 'exact', value: 0x86ddn }]]);
    const randoms = Array.from({ length: 300 }, () => run('11').port);
    expect([...new Set(randoms)].sort()).toEqual([10, 11, 12]);
    for (const n of [10, 11, 12]) expect(randoms.filter((r) => r === n).length).toBeGreaterThan(70);
    expect(arena.counters[0]!.read(1)).toEqual({ packets: 301n, bytes: 301_000n });
    expect([arena.registers[0]!.read(0), arena.registers[0]!.read(1)]).toEqual([[9n], [310n]]);
    expect(arena.digests[0]!.drain(1)).toEqual([[0x112233445566n, 0x1ffn]]);
    expect(events.filter((e) => e.kind === 'extern' && e.call === 'allocate_flow_id').slice(0, 2)).toMatchObject([
      { values: [{ value: 0n }] },
      { values: [{ value: 1n }] },
    ]);
    expect(events.find((e) => e.kind === 'extern' && e.call === 'meter')).toMatchObject({
      values: [{ value: 9n }, { value: 1n }],
    });
  });

  test('xorshift32 from 1: 270369, 67634689 (Marsaglia 2003)', () => {
    const p = program({ vars: [32] }, [
      { kind: 'random', target: 0, low: c(32, 0), high: c(32, 0xffffffff), span },
      show(v(0, 32)),
    ]);
    const { run, arena } = machine(p);
    arena.view.setUint32(arena.contextAt(0) + context.random, 1, true);
    expect([run('').port, run('').port]).toEqual([270369, 67634689]);
  });
});

describe('descriptors: the shape of a compiled module', () => {
  const p = program({ types: [[8], [24]], headers: [0, 1], vars: [32] }, [
    parser([extract(0), accept]),
    { kind: 'setValid', header: 1, valid: true, span },
    set(field(1, 0, 24), c(24, 0xabcdef)),
    { kind: 'mirror', slot: c(8, 2), session: c(16, 5), span },
    { kind: 'mirror', slot: c(8, 0), session: c(16, 6), span },
    { kind: 'mirror', slot: c(8, 2), session: c(16, 7), span },
    deparse(1),
    iff(
      { kind: 'intrinsic', width: 1, name: 'loopedBack' },
      [{ kind: 'drop', reason: 'program' }],
      [
        iff(
          bin('eq', field(0, 0, 8), c(8, 9)),
          [{ kind: 'multicast', group: c(32, 3), span }],
          [output(intrinsic('inputPort', 32))],
        ),
      ],
    ),
  ]);

  test('packets move their head, hooks see the finished packet, drops are counted', () => {
    const { arena, interpreter } = machine(p, 65536);
    const base = arena.layout.programEnd;
    const at = (i: number): number => base + i * descriptor.bytes;
    const put = (i: number, hex: string, headroom: number, flags = 0): void => {
      const start = base + 4096 + i * 256;
      const bytes = fromHex(hex);
      arena.bytes.set(bytes, start + headroom);
      const words = { addr: start + headroom, length: bytes.length, inPort: 40 + i, bufferStart: start, bufferEnd: start + 256 };
      for (const [name, value] of Object.entries(words)) {
        arena.view.setUint32(at(i) + descriptor[name as keyof typeof words], value, true);
      }
      arena.view.setUint8(at(i) + descriptor.flags, flags);
    };
    const get = (i: number): { port: number; reason: number; hex: string } => {
      const addr = arena.view.getUint32(at(i) + descriptor.addr, true);
      const length = arena.view.getUint32(at(i) + descriptor.length, true);
      return {
        port: arena.view.getUint32(at(i) + descriptor.outPort, true),
        reason: arena.view.getUint32(at(i) + descriptor.reason, true),
        hex: toHex(arena.bytes.subarray(addr, addr + length)),
      };
    };
    put(0, '1122', 16);
    put(1, '1122', 1);
    put(2, '1122', 16, 1);
    put(3, '0933', 16);
    const calls: unknown[] = [];
    const backend = interpreter.backend({
      mirror: (d, slot, session) =>
        calls.push(['mirror', (d - base) / descriptor.bytes, slot, session, get((d - base) / descriptor.bytes).hex]),
      multicast: (d, group) => calls.push(['multicast', (d - base) / descriptor.bytes, group]),
    });
    backend.process(arena.contextAt(0), base, 4);
    expect([0, 1, 2, 3].map(get)).toEqual([
      { port: 40, reason: 0, hex: 'abcdef22' },
      { port: noPort, reason: dropReasons.indexOf('no-headroom'), hex: '1122' },
      { port: noPort, reason: dropReasons.indexOf('program'), hex: 'abcdef22' },
      { port: noPort, reason: 0, hex: 'abcdef33' },
    ]);
    expect(calls).toEqual([
      ['mirror', 0, 0, 6, 'abcdef22'],
      ['mirror', 0, 2, 7, 'abcdef22'],
      ['mirror', 2, 0, 6, 'abcdef22'],
      ['mirror', 2, 2, 7, 'abcdef22'],
      ['mirror', 3, 0, 6, 'abcdef33'],
      ['mirror', 3, 2, 7, 'abcdef33'],
      ['multicast', 3, 3],
    ]);
    expect(arena.drops(0).slice(0, 6)).toEqual([0n, 1n, 0n, 1n, 0n, 0n]);
    // The payload of the first packet stayed where it was.
    expect(arena.bytes[base + 4096 + 17]).toBe(0x22);
  });
});
