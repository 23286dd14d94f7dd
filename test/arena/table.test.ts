/** Tables by example: what each operation answers, and which entry a key finds. */
import { describe, expect, test } from 'vitest';
import { type KeyMatch, packKey } from '../../src/arena/entry.ts';
import type { TableSpec } from '../../src/arena/layout.ts';
import { lookup } from '../../src/arena/lookup.ts';
import { defaultHandle, type MatchTable } from '../../src/arena/table.ts';
import { tupleCount } from '../../src/arena/tuples.ts';
import { makeArena, tableSpec } from './helpers.ts';

const tableOf = (spec: Partial<TableSpec>): MatchTable => makeArena({ tables: [tableSpec(spec)] }).tables[0]!;
const exact = (value: bigint): KeyMatch => ({ kind: 'exact', value });
const lpm = (value: bigint, prefixLength: number): KeyMatch => ({ kind: 'lpm', value, prefixLength });
const ternary = (value: bigint, mask: bigint): KeyMatch => ({ kind: 'ternary', value, mask });
const range = (low: bigint, high: bigint): KeyMatch => ({ kind: 'range', low, high });
const set = (first: bigint) => ({ kind: 'action' as const, action: 1, params: [first, 0n] });

/** First parameter of the entry that a key finds; undefined on a miss. */
function found(table: MatchTable, ...key: bigint[]): bigint | undefined {
  const handle = lookup(table, packKey(table.layout, key), 0);
  if (handle === defaultHandle) return undefined;
  const { call } = table.read(handle);
  return call.kind === 'action' ? (call.params[0] as bigint) : undefined;
}

describe('an exact table', () => {
  test('insert, find, modify, remove', () => {
    const table = tableOf({});
    const key = { matches: [exact(0x0a000001n)] };
    const handle = table.insert({ ...key, call: { kind: 'action', action: 1, params: [0xdeadbeefn, 0x1ffn] } });
    expect(handle).toBeTypeOf('number');
    expect(table.insert({ ...key, call: set(1n) })).toBe('exists');
    expect(table.find(key)).toBe(handle);
    expect([...table.entries()]).toEqual([
      {
        handle,
        matches: [exact(0x0a000001n)],
        priority: 0,
        call: { kind: 'action', action: 1, params: [0xdeadbeefn, 0x1ffn] },
        idleTimeoutMs: 0,
        profile: 255,
        isConst: false,
        isFromDataPlane: false,
      },
    ]);
    expect(table.modify(key, { call: set(7n) })).toBe('ok');
    expect(found(table, 0x0a000001n)).toBe(7n);
    expect(table.remove(key)).toBe('ok');
    expect(table.remove(key)).toBe('notFound');
    expect(table.modify(key, { call: set(7n) })).toBe('notFound');
    expect(found(table, 0x0a000001n)).toBeUndefined();
    expect(table.count).toBe(0);
  });

  test('values are numbers or bytes in wire order, with or without leading zeros', () => {
    const table = tableOf({});
    const call = { kind: 'action' as const, action: 1, params: [new Uint8Array([1]), new Uint8Array([0, 1, 255])] };
    table.insert({ matches: [{ kind: 'exact', value: new Uint8Array([10, 0, 0, 1]) }], call });
    expect([...table.entries()][0]).toMatchObject({ matches: [exact(0x0a000001n)], call: { params: [1n, 511n] } });
  });

  test('is full at its size, and has room again after a removal', () => {
    const table = tableOf({ size: 3 });
    for (let i = 0n; i < 3n; i++) expect(table.insert({ matches: [exact(i)], call: set(i) })).toBeTypeOf('number');
    expect(table.insert({ matches: [exact(9n)], call: set(9n) })).toBe('full');
    table.remove({ matches: [exact(1n)] });
    expect(table.insert({ matches: [exact(9n)], call: set(9n) })).toBeTypeOf('number');
  });

  test('a malformed entry is a mistake of the caller', () => {
    const table = tableOf({ keys: [{ width: 9, matchKind: 'exact' }] });
    expect(() => table.insert({ matches: [], call: set(1n) })).toThrow("table 't' has 1 keys, the entry 0");
    expect(() => table.insert({ matches: [exact(512n)], call: set(1n) })).toThrow("key 0 of table 't': 512 does not fit 9 bits");
    expect(() => table.insert({ matches: [exact(1n)], call: { kind: 'action', action: 2, params: [] } })).toThrow(
      'has no action 2',
    );
    expect(() => table.insert({ matches: [exact(1n)], call: { kind: 'action', action: 1, params: [] } })).toThrow(
      'has 2 parameters, not 0',
    );
    expect(() => table.insert({ matches: [exact(1n)], call: { kind: 'group', group: 1 } })).toThrow('takes actions, not a group');
    expect(() => table.insert({ matches: [ternary(1n, 1n)], call: set(1n) })).toThrow('is exact');
    expect(table.count).toBe(0);
  });

  test('churn leaves no deleted slots behind once the table is empty', () => {
    const table = tableOf({ size: 100 });
    for (let i = 0n; i < 100n; i++) table.insert({ matches: [exact(i)], call: set(i) });
    for (let i = 0n; i < 100n; i++) table.remove({ matches: [exact((i * 37n) % 100n)] });
    const { slots, slotCount, slotBytes } = table.layout;
    const tags = Array.from({ length: slotCount }, (_, i) => table.memory.view.getUint32(slots + i * slotBytes, true));
    expect(tags.filter((tag) => tag !== 0)).toEqual([]);
  });

  test('default entry, direct counter and meter', () => {
    const table = tableOf({ directCounter: true, directMeter: true });
    table.setDefault(1, [5n, 6n]);
    expect(table.getDefault()).toEqual({ action: 1, params: [5n, 6n] });
    const handle = table.insert({ matches: [exact(1n)], call: set(1n) }) as number;
    const config = { cir: 1n, cburst: 2n, pir: 3n, pburst: 4n };
    table.setCounter(handle, 3n, 4n);
    table.setMeter(handle, config);
    table.setMeter(defaultHandle, config);
    expect(table.counter(handle)).toEqual({ packets: 3n, bytes: 4n });
    expect([table.meter(handle), table.meter(defaultHandle)]).toEqual([config, config]);
    table.setMeter(handle, undefined);
    expect(table.meter(handle)).toBeUndefined();
    // A new entry in the same slot starts at zero.
    table.remove(handle);
    expect(table.counter(table.insert({ matches: [exact(1n)], call: set(1n) }) as number)).toEqual({ packets: 0n, bytes: 0n });
  });
});

describe('a masked table', () => {
  test('lpm: the longest prefix wins', () => {
    const table = tableOf({ keys: [{ width: 32, matchKind: 'lpm' }] });
    for (const [value, length] of [
      [0n, 0],
      [0x0a000000n, 8],
      [0x0a010000n, 16],
      [0x0a010203n, 32],
    ] as const) {
      expect(table.insert({ matches: [lpm(value, length)], call: set(BigInt(length)) })).toBeTypeOf('number');
    }
    expect([0x0a010203n, 0x0a010204n, 0x0a020000n, 0x0b000000n].map((key) => found(table, key))).toEqual([32n, 16n, 8n, 0n]);
    expect(table.insert({ matches: [lpm(0x0a01ffffn, 16)], call: set(1n) })).toBe('exists');
    table.remove({ matches: [lpm(0x0a010000n, 16)] });
    expect(found(table, 0x0a010204n)).toBe(8n);
    expect([...table.entries()].map((e) => e.matches[0])).toContainEqual(lpm(0x0a000000n, 8));
  });

  test('ternary: the highest priority wins, whatever the mask', () => {
    const table = tableOf({ keys: [{ width: 16, matchKind: 'ternary' }] });
    table.insert({ matches: [ternary(0x1200n, 0xff00n)], priority: 10, call: set(1n) });
    table.insert({ matches: [ternary(0x0034n, 0x00ffn)], priority: 20, call: set(2n) });
    table.insert({ matches: [ternary(0x1200n, 0xff00n)], priority: 30, call: set(3n) });
    table.insert({ matches: [ternary(0n, 0n)], priority: 1, call: set(4n) });
    expect([0x1234n, 0x1299n, 0x9934n, 0x9999n].map((key) => found(table, key))).toEqual([3n, 3n, 2n, 4n]);
    expect(table.remove({ matches: [ternary(0x1200n, 0xff00n)], priority: 30 })).toBe('ok');
    expect([0x1234n, 0x1299n].map((key) => found(table, key))).toEqual([2n, 1n]);
    expect(table.find({ matches: [ternary(0x1200n, 0xff00n)], priority: 11 })).toBeUndefined();
  });

  test('range and optional', () => {
    const table = tableOf({
      keys: [
        { width: 16, matchKind: 'range' },
        { width: 8, matchKind: 'optional' },
      ],
    });
    table.insert({ matches: [range(100n, 199n), { kind: 'optional', value: 6n }], priority: 2, call: set(1n) });
    table.insert({ matches: [range(0n, 0xffffn), { kind: 'optional' }], priority: 1, call: set(2n) });
    table.insert({ matches: [range(150n, 150n), { kind: 'optional', value: 17n }], priority: 3, call: set(3n) });
    expect([found(table, 100n, 6n), found(table, 199n, 6n), found(table, 200n, 6n), found(table, 150n, 17n)]).toEqual([
      1n,
      1n,
      2n,
      3n,
    ]);
    expect([...table.entries()].map((e) => e.matches).sort()).toHaveLength(3);
    expect(table.find({ matches: [range(100n, 199n), { kind: 'optional', value: 6n }], priority: 2 })).toBeTypeOf('number');
    expect(table.find({ matches: [range(100n, 198n), { kind: 'optional', value: 6n }], priority: 2 })).toBeUndefined();
  });

  test('many masks share a tuple, until too many entries have the same hash', () => {
    const table = tableOf({
      keys: [
        { width: 32, matchKind: 'ternary' },
        { width: 16, matchKind: 'ternary' },
      ],
      size: 1024,
    });
    const tuples = (): number => tupleCount(table.memory, table.layout);
    const add = (value: bigint, mask: bigint, port: bigint): void => {
      const matches = [ternary(value, mask), ternary(port, port === 0n ? 0n : 0xffffn)];
      expect(table.insert({ matches, priority: 1, call: set(1n) })).toBeTypeOf('number');
    };
    for (let i = 0n; i < 100n; i++) add(i << 16n, 0xffff_0000n, 1n + i);
    for (let i = 0n; i < 100n; i++) add((i << 16n) | 0x8000n, 0xffff_f000n, 0n);
    expect(tuples()).toBe(1);
    // All of them under 10.0.0.0/16: by the address alone they cannot be told apart, by the port they can.
    for (let i = 0n; i < 100n; i++) add(0x0a00_0000n, 0xffff_0000n, 1n + i);
    expect(tuples()).toBe(2);
    expect(found(table, 0x0a00_1234n, 77n)).toBe(1n);
    for (let i = 0n; i < 100n; i++) {
      expect(table.remove({ matches: [ternary(0x0a00_0000n, 0xffff_0000n), ternary(1n + i, 0xffffn)], priority: 1 })).toBe('ok');
    }
    expect(tuples()).toBe(1);
  });
});
