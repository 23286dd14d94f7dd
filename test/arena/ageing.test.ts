/** Entries that the data plane adds, and how they go: manual clock in milliseconds. */
import { describe, expect, test } from 'vitest';
import { addEntry, getEntryExpireTime, restartExpireTimer, setEntryExpireTime, sweep } from '../../src/arena/ageing.ts';
import type { Arena } from '../../src/arena/arena.ts';
import { packKey } from '../../src/arena/entry.ts';
import type { TableSpec } from '../../src/arena/layout.ts';
import { applyTable, lookup } from '../../src/arena/lookup.ts';
import { defaultHandle, type MatchTable } from '../../src/arena/table.ts';
import { makeArena, randomFrom, tableSpec } from './helpers.ts';

const flows = (change: Partial<TableSpec> = {}): Arena =>
  makeArena({ tables: [tableSpec({ addOnMiss: true, ageing: 'autoDelete', directCounter: true, ...change })] });
const keyOf = (table: MatchTable, value: bigint): Uint8Array => packKey(table.layout, [value]);
/** Adds flow `value`; profile 0 is 10 s, profile 1 is 30 s. */
const add = (arena: Arena, value: bigint, nowMs: number, profile = 0): boolean =>
  addEntry(arena.tables[0]!, arena.layout, keyOf(arena.tables[0]!, value), { action: 1, params: [value, 1n] }, profile, nowMs);
const find = (arena: Arena, value: bigint, nowMs: number): number =>
  lookup(arena.tables[0]!, keyOf(arena.tables[0]!, value), nowMs);
/** Sweeps the whole table; first parameters of what was reported. */
const sweepAll = (arena: Arena, nowMs: number): bigint[] => {
  const table = arena.tables[0]!;
  const gone: bigint[] = [];
  sweep(table, 0, table.layout.slotCount, nowMs, (handle) => {
    const { call } = table.read(handle);
    if (call.kind === 'action') gone.push(call.params[0] as bigint);
  });
  return gone.sort();
};

describe('add_entry', () => {
  test('adds once, and the entry is found until its time is up', () => {
    const arena = flows();
    const table = arena.tables[0]!;
    expect([add(arena, 1n, 0), add(arena, 1n, 1)]).toEqual([true, false]);
    expect(table.count).toBe(1);
    expect(table.read(find(arena, 1n, 9_999))).toMatchObject({
      call: { kind: 'action', action: 1, params: [1n, 1n] },
      idleTimeoutMs: 10_000,
      profile: 0,
      isFromDataPlane: true,
    });
    expect(find(arena, 1n, 10_000)).toBe(defaultHandle);
    expect(applyTable(table, arena.layout, keyOf(table, 1n), new Uint8Array(), 10_000).miss).toBe('expired');
  });

  test('an expired entry of the same key is written anew, in place', () => {
    const arena = flows();
    add(arena, 1n, 0);
    expect(add(arena, 1n, 10_000)).toBe(true);
    expect(arena.tables[0]!.stats()).toMatchObject({ entries: 1, expired: 1n });
    expect(find(arena, 1n, 19_999)).not.toBe(defaultHandle);
  });

  test('full: refuse counts, evict takes the entry nearest its expiry, never one of the control plane', () => {
    for (const whenFull of ['refuse', 'evict'] as const) {
      const arena = flows({ size: 4, whenFull });
      const table = arena.tables[0]!;
      table.insert(
        { matches: [{ kind: 'exact', value: 99n }], call: { kind: 'action', action: 0, params: [] }, idleTimeoutMs: 1 },
        0,
      );
      // 8 slots: one of the control plane, seven flows.
      for (let i = 1n; i <= 7n; i++) expect(add(arena, i, Number(i), i === 4n ? 0 : 1)).toBe(true);
      expect(add(arena, 8n, 100, 1)).toBe(whenFull === 'evict');
      const { entries, full, evicted, expired } = table.stats();
      expect({ entries, full, evicted, expired }).toEqual(
        whenFull === 'evict'
          ? { entries: 8, full: 0, evicted: 1n, expired: 0n }
          : { entries: 8, full: 1, evicted: 0n, expired: 0n },
      );
      expect(find(arena, 4n, 100) === defaultHandle).toBe(whenFull === 'evict');
      // Dead entries make room for anybody.
      expect(add(arena, 9n, 40_000)).toBe(true);
      expect(table.stats().expired).toBe(1n);
    }
  });

  test('a flood ends in refusals, not in a slow table, and the sweeper gives everything back', () => {
    const arena = flows({ size: 1000 });
    const table = arena.tables[0]!;
    let added = 0;
    for (let i = 0n; i < 10_000n; i++) if (add(arena, i, 0)) added++;
    expect(added).toBe(table.count);
    expect(added + table.stats().full).toBe(10_000);
    expect(added).toBeGreaterThan(1000);
    expect(sweepAll(arena, 10_000)).toHaveLength(added);
    expect(table.stats()).toMatchObject({ entries: 0, expired: BigInt(added) });
    const { slots, slotCount, slotBytes } = table.layout;
    for (let slot = 0; slot < slotCount; slot++) expect(arena.view.getUint32(slots + slot * slotBytes, true)).toBe(0);
  });

  test('the clock of 32 bits may wrap', () => {
    const arena = flows();
    add(arena, 1n, 0xffff_ffff);
    expect(find(arena, 1n, 9_998)).not.toBe(defaultHandle);
    expect(find(arena, 1n, 9_999)).toBe(defaultHandle);
  });
});

describe('timers', () => {
  test('restart gives the whole time again; set changes profile and restarts; a profile of 0 ms never expires', () => {
    const arena = flows();
    const table = arena.tables[0]!;
    arena.setExpireProfile(7, 0);
    add(arena, 1n, 0);
    const handle = find(arena, 1n, 0);
    restartExpireTimer(table, handle, 8_000);
    expect(table.timeLeftMs(handle, 9_000)).toBe(9_000);
    setEntryExpireTime(table, arena.layout, handle, 1, 9_000);
    expect([table.timeLeftMs(handle, 9_000), getEntryExpireTime(table, handle)]).toEqual([30_000, 1]);
    setEntryExpireTime(table, arena.layout, handle, 7, 9_000);
    expect(table.timeLeftMs(handle, 9_000)).toBeUndefined();
    expect(sweepAll(arena, 2_000_000_000)).toEqual([]);
    restartExpireTimer(table, defaultHandle, 0);
    setEntryExpireTime(table, arena.layout, defaultHandle, 1, 0);
    expect(getEntryExpireTime(table, defaultHandle)).toBe(0);
  });

  test('autoDelete: reported whole, then removed; live ones stay', () => {
    const arena = flows();
    const table = arena.tables[0]!;
    add(arena, 1n, 0);
    add(arena, 2n, 0, 1);
    table.setCounter(find(arena, 1n, 0), 3n, 180n);
    const seen: unknown[] = [];
    expect(sweep(table, 0, 1_000, 10_000, (handle) => seen.push([table.read(handle).matches, table.counter(handle)]))).toBe(0);
    expect(seen).toEqual([[[{ kind: 'exact', value: 1n }], { packets: 3n, bytes: 180n }]]);
    expect(table.count).toBe(1);
  });

  test('sweeping goes on where it stopped', () => {
    const arena = flows();
    const table = arena.tables[0]!;
    for (let i = 0n; i < 10n; i++) add(arena, i, 0);
    let from = 0;
    let steps = 0;
    do {
      from = sweep(table, from, 5, 10_000);
      steps++;
    } while (from !== 0);
    expect([steps, table.count]).toEqual([Math.ceil(table.layout.slotCount / 5), 0]);
  });

  test('notify: once per idle time, and the entry stays and matches', () => {
    const arena = flows({ ageing: 'notify', addOnMiss: false });
    const table = arena.tables[0]!;
    table.insert(
      { matches: [{ kind: 'exact', value: 1n }], call: { kind: 'action', action: 1, params: [1n, 0n] }, idleTimeoutMs: 500 },
      0,
    );
    expect([499, 500, 501].map((now) => sweepAll(arena, now))).toEqual([[], [1n], []]);
    const handle = find(arena, 1n, 600);
    expect(handle).not.toBe(defaultHandle);
    restartExpireTimer(table, handle, 600);
    expect([700, 1_100, 1_200].map((now) => sweepAll(arena, now))).toEqual([[], [1n], []]);
    expect(table.count).toBe(1);
  });
});

test.each([1, 2, 3])('random adds, restarts, time and sweeps do what a map does, seed %i', (seed) => {
  const random = randomFrom(seed);
  const arena = flows({ size: 200 });
  const table = arena.tables[0]!;
  const deadlines = new Map<bigint, number>();
  const profiles = [10_000, 30_000];
  let now = 0xffff_0000;
  for (let n = 0; n < 5_000; n++) {
    now += random(200);
    const value = BigInt(random(300));
    const isLive = (deadlines.get(value) ?? 0) > now;
    const nowMs = now % 2 ** 32;
    const operation = random(10);
    if (operation < 6) {
      const profile = random(2);
      const isAdded = add(arena, value, nowMs, profile);
      if (isLive) expect(isAdded).toBe(false);
      if (isAdded) deadlines.set(value, now + profiles[profile]!);
    } else if (operation < 9) {
      const handle = find(arena, value, nowMs);
      expect(handle !== defaultHandle).toBe(isLive);
      if (isLive) {
        restartExpireTimer(table, handle, nowMs);
        deadlines.set(value, now + profiles[getEntryExpireTime(table, handle)]!);
      }
    } else {
      sweep(table, 0, table.layout.slotCount, nowMs);
      expect(table.count).toBe([...deadlines.values()].filter((deadline) => deadline > now).length);
    }
  }
});
