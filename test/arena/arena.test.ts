/** What a fresh arena holds, and the state outside tables: counters, registers, value sets, digests, ports, time. */
import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/arena/arena.ts';
import { context, defaultExpireProfilesMs, tableHeader } from '../../src/arena/layout.ts';
import { layoutArena } from '../../src/arena/place.ts';
import { emptySpec, makeArena, tableSpec } from './helpers.ts';

describe('a fresh arena', () => {
  test('over shared memory: seeds, profiles, default actions, entries and registers of the program', () => {
    const layout = layoutArena({
      ...emptySpec,
      tables: [tableSpec({ size: 2 }), tableSpec({ name: 'u' })],
      registers: [{ name: 'r', size: 3, fieldWidths: [9, 32] }],
      workers: 2,
    });
    const arena = new Arena(new SharedArrayBuffer(layout.programEnd), layout);
    arena.bytes.fill(0xee);
    let next = 100;
    const none = { kind: 'action' as const, action: 0, params: [] };
    arena.init({
      random: () => next++,
      hashSeed: 5,
      tables: [
        {
          defaultAction: { kind: 'action', action: 1, params: [3n, 4n] },
          entries: [{ matches: [{ kind: 'exact', value: 1n }], call: none, isConst: true }],
        },
        { defaultAction: none, entries: [] },
      ],
      registers: [[7n, 8n]],
    });
    const u32 = (at: number): number => arena.view.getUint32(at, true);
    expect([0, 1].map((w) => u32(arena.contextAt(w) + context.random))).toEqual([100, 101]);
    expect([0, 1].map((w) => u32(arena.contextAt(w) + context.flowId))).toEqual([0, 2 ** 31]);
    expect(arena.tables.map((t) => u32(t.layout.header + tableHeader.seed))).toEqual([102, 103]);
    expect(defaultExpireProfilesMs.map((_, i) => arena.expireProfile(i))).toEqual(defaultExpireProfilesMs);
    expect([arena.hashSeed, u32(64)]).toEqual([5, 0]);
    expect(arena.tables[0]!.getDefault()).toEqual({ action: 1, params: [3n, 4n] });
    expect([...arena.tables[0]!.entries()]).toMatchObject([{ isConst: true }]);
    expect(arena.registers[0]!.read(2)).toEqual([7n, 8n]);
    expect(arena.drops(1)).toEqual(new Array(32).fill(0n));
    const many = [1n, 2n, 3n].map((value) => ({ matches: [{ kind: 'exact' as const, value }], call: none }));
    const tables = [
      { defaultAction: none, entries: many },
      { defaultAction: none, entries: [] },
    ];
    expect(() => arena.init({ random: () => 1, tables })).toThrow("entry of the program in table 't': full");
  });

  test('needs its memory', () => {
    expect(() => new Arena(new ArrayBuffer(10), layoutArena(emptySpec))).toThrow('the program needs');
  });
});

test('counters count packets and bytes, and nothing behind their end', () => {
  const arena = makeArena({ counters: [{ name: 'c', size: 2 }] });
  const [counter] = arena.counters;
  counter!.count(1, 60n);
  counter!.count(1, 1500n);
  counter!.count(2, 1n);
  expect([counter!.read(0), counter!.read(1)]).toEqual([
    { packets: 0n, bytes: 0n },
    { packets: 2n, bytes: 1560n },
  ]);
  counter!.write(1, { packets: 2n ** 64n - 1n, bytes: 0n });
  counter!.count(1, 1n);
  expect(counter!.read(1)).toEqual({ packets: 0n, bytes: 1n });
});

test('meters are cells of their own', () => {
  const [meters] = makeArena({ meters: [{ name: 'm', size: 2 }] }).meters;
  meters!.configure(1, { cir: 1n, cburst: 1n, pir: 1n, pburst: 1n });
  expect([meters!.execute(0, 0n, 9, 1), meters!.execute(1, 0n, 9, 1)]).toEqual([1, 0]);
  expect([meters!.config(0), meters!.config(1)]).toEqual([undefined, { cir: 1n, cburst: 1n, pir: 1n, pburst: 1n }]);
});

test('registers keep fields of any width', () => {
  const [register] = makeArena({ registers: [{ name: 'r', size: 4, fieldWidths: [1, 48, 128] }] }).registers;
  register!.write(3, [1n, 0x112233445566n, 2n ** 128n - 1n]);
  expect([register!.read(3), register!.read(2)]).toEqual([
    [1n, 0x112233445566n, 2n ** 128n - 1n],
    [0n, 0n, 0n],
  ]);
});

test('value sets match value and mask', () => {
  const [set] = makeArena({ valueSets: [{ name: 'v', size: 2, keyWidths: [16, 8] }] }).valueSets;
  expect(set!.contains([0n, 0n])).toBe(false);
  expect(
    set!.write([
      [
        { kind: 'exact', value: 0x800n },
        { kind: 'ternary', value: 0x10n, mask: 0xf0n },
      ],
      [{ kind: 'lpm', value: 0x8600n, prefixLength: 8 }, { kind: 'optional' }],
    ]),
  ).toBe('ok');
  expect([set!.contains([0x800n, 0x1fn]), set!.contains([0x800n, 0x20n]), set!.contains([0x86ddn, 0n])]).toEqual([
    true,
    false,
    true,
  ]);
  expect(set!.read()[1]).toEqual([
    { kind: 'ternary', value: 0x8600n, mask: 0xff00n },
    { kind: 'ternary', value: 0n, mask: 0n },
  ]);
  expect(set!.write([[], [], []])).toBe('full');
});

test('the digest ring keeps the oldest and counts what it lost', () => {
  const [ring] = makeArena({ digests: [{ name: 'd', fieldWidths: [48, 9] }] }).digests;
  for (let i = 0n; i < 1030n; i++) expect(ring!.push([i, i & 511n])).toBe(i < 1024n);
  expect([ring!.waiting, ring!.lost]).toEqual([1024, 6]);
  expect(ring!.drain(2)).toEqual([
    [0n, 0n],
    [1n, 1n],
  ]);
  ring!.push([99n, 9n]);
  const rest = ring!.drain();
  expect([rest.length, rest.at(-1)]).toEqual([1023, [99n, 9n]]);
  expect(ring!.waiting).toBe(0);
});

test('ports and time', () => {
  const arena = makeArena({});
  arena.setNetPort(2047, true);
  arena.setNetPort(33, true);
  arena.setNetPort(33, false);
  expect([2047, 33, 2046, 4000, 0xfffffffd].map((port) => arena.isNetPort(port))).toEqual([true, false, false, false, false]);
  expect(() => arena.setNetPort(2048, true)).toThrow('below 2048');
  arena.setNow(0, 2n ** 32n * 1_000_000n + 5_999_999n);
  expect(arena.view.getUint32(arena.contextAt(0) + context.nowMs, true)).toBe(5);
});
