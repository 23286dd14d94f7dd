/** Tables on real memory that the control plane's side fills: lookups of all kinds, profiles and selectors, entries that the data plane adds. */
import { describe, expect, test } from 'vitest';
import { context, type KeyMatch } from '../../../src/arena/index.ts';
import type { Expr, Extern, MatchKind, Program, Stmt, Table, TableKey } from '../../../src/p4/ir/ir.ts';
import {
  action,
  bin,
  c,
  deparse,
  extract,
  field,
  goto,
  iff,
  mux,
  output,
  parser,
  program,
  set,
  span,
  table,
  v,
} from '../../interp/build.ts';
import { both } from './both.ts';

const key = (width: number, matchKind: MatchKind): TableKey => ({ name: `k${width}`, width, matchKind, annotations: [] });

/** One header whose fields are the keys; sends the packet to the port that the action's parameter says, with hit and action in its bytes. */
function tableProgram(kinds: [number, MatchKind][], change: Partial<Table> = {}, asVars = false): Program {
  const widths = kinds.map(([width]) => width);
  const pad = -widths.reduce((a, b) => a + b, 0) & 7;
  const keys = kinds.map(([width], i): Expr => (asVars ? v(10 + i, width) : field(0, i, width)));
  const actions = [action(0, 'miss'), action(1, 'one', 32), action(2, 'two', 9, 128, 48)];
  const wide = (id: number, width: number): Expr => ({ kind: 'resize', width, signed: false, operand: v(id, width) });
  const body: Stmt[] = [
    parser([extract(0), goto('accept')]),
    ...(asVars ? kinds.map(([width], i) => set(v(10 + i, width), field(0, i, width))) : []),
    { kind: 'setValid', header: 1, valid: true, span },
    {
      kind: 'apply',
      table: 0,
      keys,
      hit: 0,
      actionRun: 1,
      bodies: [
        { params: [], body: [set(v(2, 32), c(32, 7))] },
        { params: [2], body: [] },
        {
          params: [3, 4, 5],
          body: [set(field(1, 2, 128), v(4, 128)), set(field(1, 3, 48), wide(5, 48)), set(field(1, 4, 9), v(3, 9))],
        },
      ],
      span,
    },
    set(field(1, 0, 8), { kind: 'resize', width: 8, signed: false, operand: v(0, 1) }),
    set(field(1, 1, 8), v(1, 8)),
    deparse(1, 0),
    output(v(2, 32)),
  ];
  const vars = [1, 8, 32, 9, 128, 48, 1, 1, 1, 1, ...widths];
  const t = table(
    { keys: kinds.map(([width, kind]) => key(width, kind)), size: 200, defaultAction: { action: 0, args: [] }, ...change },
    [0, 1, 2],
  );
  const inner = pad > 0 ? [...widths, pad] : widths;
  return program({ types: [inner, [8, 8, 128, 48, 9, 7]], headers: [0, 1], vars, actions, tables: [t] }, body);
}

function packet(kinds: [number, MatchKind][], values: readonly bigint[]): string {
  let all = 0n;
  let bits = 0;
  kinds.forEach(([width], i) => {
    all = (all << BigInt(width)) | values[i]!;
    bits += width;
  });
  const pad = -bits & 7;
  return (all << BigInt(pad)).toString(16).padStart((bits + pad) / 4, '0');
}

function generator(start: number): (bits: number) => bigint {
  let x = start;
  return (bits) => {
    let value = 0n;
    for (let i = 0; i < bits; i += 32) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      value = (value << 32n) | BigInt(x >>> 0);
    }
    return BigInt.asUintN(bits, value);
  };
}

const call = (random: (bits: number) => bigint) =>
  random(1) === 0n
    ? { kind: 'action' as const, action: 1, params: [random(32)] }
    : { kind: 'action' as const, action: 2, params: [random(9), random(128), random(48)] };

describe('exact', () => {
  test.each<[string, [number, MatchKind][], boolean]>([
    ['a port', [[9, 'exact']], false],
    [
      'a 5-tuple',
      [
        [32, 'exact'],
        [32, 'exact'],
        [8, 'exact'],
        [16, 'exact'],
        [16, 'exact'],
      ],
      false,
    ],
    [
      'a 5-tuple in variables',
      [
        [32, 'exact'],
        [32, 'exact'],
        [8, 'exact'],
        [16, 'exact'],
        [16, 'exact'],
      ],
      true,
    ],
    [
      'IPv6 addresses',
      [
        [128, 'exact'],
        [128, 'exact'],
        [20, 'exact'],
      ],
      false,
    ],
    [
      'odd widths in variables',
      [
        [1, 'exact'],
        [65, 'exact'],
        [100, 'exact'],
        [13, 'exact'],
        [33, 'exact'],
      ],
      true,
    ],
    ['one bit', [[1, 'exact']], false],
  ])('%s', (_, kinds, asVars) => {
    const random = generator(7);
    const p = tableProgram(kinds, {}, asVars);
    const machine = both(p);
    const known: bigint[][] = [];
    for (let i = 0; i < 150; i++) {
      const values = kinds.map(([width]) => random(width));
      const matches = values.map((value): KeyMatch => ({ kind: 'exact', value }));
      const entry = { matches, call: call(random) };
      machine.change((arena) => {
        arena.tables[0]!.insert(entry);
      });
      known.push(values);
    }
    for (const values of known.splice(0, 40)) {
      machine.change((arena) => {
        arena.tables[0]!.remove({ matches: values.map((value) => ({ kind: 'exact', value })) });
      });
      known.push(values);
    }
    for (let i = 0; i < 4; i++) {
      const list = Array.from({ length: 60 }, (_, k) =>
        k % 4 === 0 ? kinds.map(([width]) => random(width)) : known[(i * 60 + k) % known.length]!,
      );
      machine.run(list.map((values) => packet(kinds, values)));
    }
  });

  test.each([false, true])('a table so big that its slots are touched ahead; keys in variables: %s', (asVars) => {
    const kinds: [number, MatchKind][] = [
      [32, 'exact'],
      [16, 'exact'],
    ];
    const machine = both(tableProgram(kinds, { size: 30_000 }, asVars));
    const random = generator(3);
    const known = Array.from({ length: 50 }, () => kinds.map(([width]) => random(width)));
    for (const values of known) {
      const entry = { matches: values.map((value): KeyMatch => ({ kind: 'exact', value })), call: call(random) };
      machine.change((arena) => {
        arena.tables[0]!.insert(entry);
      });
    }
    const touched = (): number => machine.arena.view.getUint32(machine.arena.layout.contexts + context.touched, true);
    const run = (): void => {
      for (const count of [1, 16, 17, 60]) {
        machine.run(Array.from({ length: count }, (_, i) => (i % 5 === 4 ? '' : packet(kinds, known[i % known.length]!))));
      }
    };
    // Few entries stay in the caches, however many there is room for.
    run();
    expect(touched()).toBe(0);
    for (let i = 0; i < 10_000; i++) {
      const matches = kinds.map(([width]): KeyMatch => ({ kind: 'exact', value: random(width) }));
      const entry = { matches, call: call(random) };
      machine.change((arena) => {
        arena.tables[0]!.insert(entry);
      });
    }
    run();
    expect(touched()).not.toBe(0);
  });

  test('a table without keys runs its default action', () => {
    const p = tableProgram([[8, 'selector']]);
    const [out] = both(p).run(['01']);
    expect(out!.port).toBe(7);
  });
});

describe('masked', () => {
  const match = (kind: MatchKind, width: number, random: (bits: number) => bigint): KeyMatch => {
    // Few different values, so that entries overlap and packets hit.
    const value = random(width) & random(width) & random(width);
    const all = (1n << BigInt(width)) - 1n;
    switch (kind) {
      case 'lpm': {
        const prefixLength = Number(random(16)) % (width + 1);
        return { kind: 'lpm', value, prefixLength };
      }
      case 'ternary':
        return { kind: 'ternary', value, mask: random(2) === 0n ? 0n : (all << (random(16) % BigInt(width))) & all };
      case 'range': {
        const other = random(width);
        return value < other ? { kind: 'range', low: value, high: other } : { kind: 'range', low: other, high: value };
      }
      case 'optional':
        return random(1) === 0n ? { kind: 'optional' } : { kind: 'optional', value };
      default:
        return { kind: 'exact', value };
    }
  };

  test.each<[string, [number, MatchKind][]]>([
    ['routes', [[32, 'lpm']]],
    [
      'routes of a network',
      [
        [3, 'exact'],
        [128, 'lpm'],
      ],
    ],
    [
      'an access list',
      [
        [32, 'ternary'],
        [32, 'ternary'],
        [8, 'optional'],
        [16, 'range'],
        [16, 'range'],
      ],
    ],
    [
      'ranges of odd and wide values',
      [
        [5, 'range'],
        [48, 'range'],
        [100, 'range'],
      ],
    ],
    [
      'everything',
      [
        [2, 'exact'],
        [16, 'lpm'],
        [64, 'ternary'],
        [33, 'range'],
        [4, 'optional'],
      ],
    ],
  ])('%s', (_, kinds) => {
    const random = generator(99);
    const machine = both(tableProgram(kinds, { size: 300 }));
    const handles: number[] = [];
    for (let i = 0; i < 120; i++) {
      const entry = {
        matches: kinds.map(([width, kind]) => match(kind, width, random)),
        priority: Number(random(5)) + 1,
        call: call(random),
      };
      machine.change((arena) => {
        const handle = arena.tables[0]!.insert(entry);
        if (typeof handle === 'number') handles.push(handle);
      });
    }
    const hit = (): number => {
      const list = Array.from({ length: 64 }, () => kinds.map(([width]) => random(width) & random(width)));
      return machine.run(list.map((values) => packet(kinds, values))).filter((o) => o.hex.startsWith('01')).length;
    };
    let hits = 0;
    for (let i = 0; i < 4; i++) hits += hit();
    expect(hits).toBeGreaterThan(0);
    for (const handle of handles.slice(0, 100)) {
      machine.change((arena) => {
        if (arena.tables[0]!.has(handle)) arena.tables[0]!.remove(handle);
      });
    }
    for (let i = 0; i < 2; i++) hit();
  });
});

describe('profiles and selectors', () => {
  const profile: Extern = { kind: 'actionProfile', id: 5, name: 'P', size: 8, annotations: [] };
  const selector: Extern = {
    kind: 'actionSelector',
    id: 5,
    name: 'S',
    size: 32,
    maxGroups: 4,
    maglevSize: 31,
    algorithm: 'targetDefault',
    outputWidth: 32,
    annotations: [],
  };
  const withExtern = (kinds: [number, MatchKind][], extern: Extern): Program => ({
    ...tableProgram(kinds, { implementation: 5 }),
    externs: [extern],
  });

  test('entries name members', () => {
    const kinds: [number, MatchKind][] = [[8, 'exact']];
    const machine = both(withExtern(kinds, profile));
    machine.change((arena) => {
      arena.profiles[0]!.insertMember(1, [77n]);
      arena.profiles[0]!.insertMember(2, [5n, 1n << 100n, 9n]);
      arena.tables[0]!.insert({ matches: [{ kind: 'exact', value: 1n }], call: { kind: 'member', member: 0 } });
      arena.tables[0]!.insert({ matches: [{ kind: 'exact', value: 2n }], call: { kind: 'member', member: 1 } });
      arena.tables[0]!.insert({ matches: [{ kind: 'exact', value: 3n }], call: { kind: 'member', member: 5 } });
      arena.tables[0]!.setDefault(2, [3n, 1n << 80n, 8n]);
    });
    const out = machine.run(['01', '02', '03', '04']);
    expect(out[0]!.port).toBe(77);
    expect(out[2]!.hex.startsWith('0002')).toBe(true);
  });

  test.each<[string, [number, MatchKind][]]>([
    [
      'by addresses and ports',
      [
        [8, 'exact'],
        [32, 'selector'],
        [32, 'selector'],
        [16, 'selector'],
        [16, 'selector'],
      ],
    ],
    [
      'by odd values',
      [
        [8, 'ternary'],
        [9, 'selector'],
        [3, 'selector'],
        [100, 'selector'],
      ],
    ],
  ])('groups spread %s', (_, kinds) => {
    const random = generator(3);
    const machine = both(withExtern(kinds, selector));
    machine.change((arena) => {
      for (let member = 0; member < 5; member++) arena.profiles[0]!.insertMember(1, [BigInt(100 + member)]);
      arena.profiles[0]!.insertGroup([0, 1, 2, 3, 4].map((member) => ({ member })));
      arena.profiles[0]!.insertGroup([]);
      const entry = (value: bigint): KeyMatch =>
        kinds[0]![1] === 'exact' ? { kind: 'exact', value } : { kind: 'ternary', value, mask: 255n };
      arena.tables[0]!.insert({ matches: [entry(1n)], priority: 1, call: { kind: 'group', group: 0 } });
      arena.tables[0]!.insert({ matches: [entry(2n)], priority: 1, call: { kind: 'group', group: 1 } });
      arena.tables[0]!.insert({ matches: [entry(3n)], priority: 1, call: { kind: 'member', member: 2 } });
    });
    const list = Array.from({ length: 64 }, (_, i) =>
      packet(
        kinds,
        kinds.map(([width], k) => (k === 0 ? BigInt(i < 56 ? 1 : i % 4) : random(width))),
      ),
    );
    const out = machine.run(list);
    const ports = new Set(out.slice(0, 56).map((o) => o.port));
    expect(ports).toEqual(new Set([100, 101, 102, 103, 104]));
  });
});

/** A flow table by one 16-bit key: a miss adds an entry whose parameter is the packet's second field; commands say what a hit does. */
function flowProgram(change: Partial<Table>): Program {
  const actions = [action(0, 'learn'), action(1, 'hit', 32), action(2, 'other', 8, 16)];
  const profileOf = (e: Expr): Expr => ({ kind: 'resize', width: 8, signed: false, operand: e });
  const command = (n: number): Expr => bin('eq', field(0, 2, 8), c(8, n));
  const body: Stmt[] = [
    parser([extract(0), goto('accept')]),
    { kind: 'setValid', header: 1, valid: true, span },
    {
      kind: 'apply',
      table: 0,
      keys: [field(0, 0, 16)],
      hit: 0,
      bodies: [
        {
          params: [],
          body: [
            iff(bin('ne', field(0, 2, 8), c(8, 9)), [
              iff(
                command(8),
                [
                  {
                    kind: 'addEntry',
                    table: 0,
                    action: 2,
                    args: [c(8, 3), field(0, 0, 16)],
                    profile: profileOf(field(0, 3, 8)),
                    target: 2,
                    span,
                  },
                ],
                [{ kind: 'addEntry', table: 0, action: 1, args: [field(0, 1, 32)], profile: field(0, 3, 8), target: 2, span }],
              ),
            ]),
          ],
        },
        {
          params: [1],
          body: [
            iff(command(1), [{ kind: 'restartExpireTimer', table: 0, span }]),
            iff(command(2), [{ kind: 'setEntryExpireTime', table: 0, profile: field(0, 3, 8), span }]),
          ],
        },
        { params: [4, 5], body: [] },
      ],
      span,
    },
    { kind: 'getEntryExpireTime', table: 0, target: 3, span },
    { kind: 'count', extern: 1, span },
    set(field(1, 0, 8), { kind: 'resize', width: 8, signed: false, operand: v(0, 1) }),
    set(field(1, 1, 8), { kind: 'resize', width: 8, signed: false, operand: v(2, 1) }),
    set(field(1, 2, 8), v(3, 8)),
    deparse(1, 0),
    output(mux(bin('eq', v(0, 1), c(1, 1)), v(1, 32), c(32, 0))),
  ];
  const t = table(
    { keys: [key(16, 'exact')], size: 16, addOnMiss: true, idleTimeout: 'autoDelete', directCounter: 1, ...change },
    [0, 1, 2],
  );
  const counter: Extern = { kind: 'directCounter', id: 1, name: 'C', table: 0, type: 'both', annotations: [] };
  const types = [
    [16, 32, 8, 8],
    [8, 8, 8],
  ];
  return program({ types, headers: [0, 1], vars: [1, 32, 1, 8, 8, 16], actions, tables: [t], externs: [counter] }, body);
}

describe('add on miss', () => {
  const send = (flow: number, port: number, command = 0, profile = 0): string =>
    flow.toString(16).padStart(4, '0') +
    port.toString(16).padStart(8, '0') +
    command.toString(16).padStart(2, '0') +
    profile.toString(16).padStart(2, '0');

  test('the next packet of the flow hits; time makes it a miss again', () => {
    const { run } = both(flowProgram({}));
    const ports = (packets: string[], now: number): string[] => run(packets, now).map((o) => `${o.port} ${o.hex.slice(0, 4)}`);
    // profile 0: 10 s
    expect(ports([send(1, 5), send(1, 6), send(2, 7)], 1000)).toEqual(['0 0001', '5 0100', '0 0001']);
    expect(ports([send(1, 8)], 10_999)).toEqual(['5 0100']);
    expect(ports([send(1, 8)], 11_000)).toEqual(['0 0001']);
    expect(ports([send(1, 0, 1)], 20_000)).toEqual(['8 0100']);
    expect(ports([send(1, 0, 2, 1)], 29_999)).toEqual(['8 0100']);
    expect(ports([send(1, 0, 9)], 59_998)).toEqual(['8 0100']);
    expect(ports([send(1, 0, 9)], 59_999)).toEqual(['0 0000']);
    expect(ports([send(3, 0, 8, 255), send(3, 0, 9)], 60_000)).toEqual(['0 0001', '0 0100']);
  });

  test.each<[string, Partial<Table>]>([
    ['refuses when full', {}],
    ['evicts when full', { whenFull: 'evict' }],
    ['without ageing', { idleTimeout: 'none' }],
    ['with notification only', { idleTimeout: 'notify', whenFull: 'evict' }],
  ])('a storm of flows %s', (_, change) => {
    const random = generator(1234);
    const { run, arena, change: alter } = both(flowProgram(change));
    let now = 5;
    for (let round = 0; round < 60; round++) {
      const list = Array.from({ length: 64 }, () =>
        send(Number(random(round % 3 === 0 ? 12 : 6)), Number(random(31)), Number(random(2)), Number(random(3))),
      );
      run(list, now);
      now += Number(random(13));
      if (round % 7 === 6) {
        alter((a) => {
          for (const handle of a.tables[0]!.handles()) if (handle % 3 === 0) a.tables[0]!.remove(handle);
        });
      }
    }
    expect(arena.tables[0]!.stats().entries).toBeGreaterThan(0);
  });

  test('what the control plane inserts is hit, too, and refuses an add', () => {
    const { run, change } = both(flowProgram({}));
    change((arena) => {
      arena.tables[0]!.insert(
        { matches: [{ kind: 'exact', value: 4n }], call: { kind: 'action', action: 1, params: [99n] }, idleTimeoutMs: 500 },
        0,
      );
    });
    expect(run([send(4, 1)], 499)[0]!.port).toBe(99);
    expect(run([send(4, 1)], 500)[0]!.port).toBe(0);
  });
});
