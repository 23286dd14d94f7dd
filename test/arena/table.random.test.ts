/** Thousands of random operations on a table and on a plain list must give the same answers; a failure names its seed. */
import { describe, expect, test } from 'vitest';
import { encodeMatch, type KeyMatch, matchPlan, packKey, toMasked } from '../../src/arena/entry.ts';
import type { TableSpec } from '../../src/arena/layout.ts';
import { lookup } from '../../src/arena/lookup.ts';
import { defaultHandle, type MatchTable } from '../../src/arena/table.ts';
import { tupleAt, tupleCount } from '../../src/arena/tuples.ts';
import { ones } from '../../src/arena/wire-bytes.ts';
import { makeArena, randomFrom, tableSpec } from './helpers.ts';

interface Listed {
  readonly handle: number;
  readonly matches: readonly KeyMatch[];
  readonly priority: number;
  readonly id: bigint;
}

type Random = (n: number) => number;
type Key = TableSpec['keys'][number];

/** Few different values, so that entries collide and keys hit. */
function randomValue(random: Random, width: number): bigint {
  const high = random(2) === 0 ? 0n : ones(width) ^ ones(Math.max(0, width - 3));
  return (high | BigInt(random(6))) & ones(width);
}

function randomMatch(random: Random, { width, matchKind }: Key): KeyMatch {
  const value = randomValue(random, width);
  switch (matchKind) {
    case 'lpm':
      return { kind: 'lpm', value, prefixLength: random(width + 1) };
    case 'ternary':
      return { kind: 'ternary', value, mask: [0n, ones(width), 3n, ones(width) ^ 1n][random(4)]! & ones(width) };
    case 'optional':
      return random(2) === 0 ? { kind: 'optional' } : { kind: 'optional', value };
    case 'range': {
      const other = randomValue(random, width);
      return value < other ? { kind: 'range', low: value, high: other } : { kind: 'range', low: other, high: value };
    }
    default:
      return { kind: 'exact', value };
  }
}

function isMatching(match: KeyMatch, key: bigint, width: number): boolean {
  if (match.kind === 'range') return (match.low as bigint) <= key && key <= (match.high as bigint);
  const [value, mask] = toMasked(match, width, () => 'key');
  return (key & mask) === value;
}

const canonical = (table: MatchTable, matches: readonly KeyMatch[], priority: number): string => {
  const { key, mask, ranges, priority: effective } = encodeMatch(matchPlan(table.layout), { matches, priority });
  return [key, mask, ranges].map((bytes) => Buffer.from(bytes).toString('hex')).join(' ') + ` ${effective}`;
};

function run(spec: TableSpec, seed: number, operations: number): void {
  const random = randomFrom(seed);
  const table = makeArena({ tables: [spec] }, seed).tables[0]!;
  const model = new Map<string, Listed>();
  let nextId = 1n;
  for (let n = 0; n < operations; n++) {
    const matches = spec.keys.map((key) => randomMatch(random, key));
    const priority = random(5);
    const name = canonical(table, matches, priority);
    const operation = random(10);
    if (operation < 4) {
      const id = nextId++;
      const result = table.insert({ matches, priority, call: { kind: 'action', action: 1, params: [id, 0n] } });
      if (model.has(name)) expect(result).toBe('exists');
      else if (model.size >= spec.size) expect(result).toBe('full');
      else {
        expect(result).toBeTypeOf('number');
        model.set(name, { handle: result as number, matches, priority: table.read(result as number).priority, id });
      }
    } else if (operation < 5) {
      expect(table.remove({ matches, priority })).toBe(model.has(name) ? 'ok' : 'notFound');
      model.delete(name);
    } else if (operation < 7 && model.size > 0) {
      const [victim, { handle }] = [...model][random(model.size)]!;
      expect(table.remove(handle)).toBe('ok');
      model.delete(victim);
    } else {
      const key = spec.keys.map(({ width }) => randomValue(random, width));
      const hits = [...model.values()].filter((e) => e.matches.every((m, i) => isMatching(m, key[i]!, spec.keys[i]!.width)));
      const best = Math.max(...hits.map((e) => e.priority));
      const winners = hits.filter((e) => e.priority === best).map((e) => e.handle);
      const handle = lookup(table, packKey(table.layout, key), 0);
      if (winners.length === 0) expect(handle).toBe(defaultHandle);
      else expect(winners).toContain(handle);
    }
    expect(table.count).toBe(model.size);
  }
  for (const { handle, matches, priority, id } of model.values()) {
    expect(table.read(handle)).toMatchObject({ priority, call: { params: [id, 0n] } });
    expect(table.find({ matches, priority })).toBe(handle);
    expect(canonical(table, table.read(handle).matches, priority)).toBe(canonical(table, matches, priority));
  }
  expect([...table.handles()].length).toBe(model.size);
  checkDirectory(table);
}

/** Sorted; counts and highest priorities are those of the entries. */
function checkDirectory(table: MatchTable): void {
  if (!table.layout.isMasked) return;
  const tuples = Array.from({ length: tupleCount(table.memory, table.layout) }, (_, i) => tupleAt(table.memory, table.layout, i));
  const sorted = [...tuples].sort((a, b) => b.maxPriority - a.maxPriority || a.id - b.id);
  expect(tuples).toEqual(sorted);
  for (const { id, entries, maxPriority } of tuples) {
    const priorities = [...table.handles()]
      .map((handle) => table.address(handle))
      .filter((at) => table.memory.view.getUint32(at + table.layout.tupleOffset, true) === id)
      .map((at) => table.memory.view.getUint32(at + table.layout.priorityOffset, true));
    expect([priorities.length, Math.max(...priorities)]).toEqual([entries, maxPriority]);
  }
}

const kinds: { name: string; keys: Key[]; size: number }[] = [
  { name: 'exact 32', keys: [{ width: 32, matchKind: 'exact' }], size: 8 },
  {
    name: 'exact 128 9 1',
    keys: [
      { width: 128, matchKind: 'exact' },
      { width: 9, matchKind: 'exact' },
      { width: 1, matchKind: 'exact' },
    ],
    size: 100,
  },
  { name: 'lpm 32', keys: [{ width: 32, matchKind: 'lpm' }], size: 60 },
  {
    name: 'exact 12 + lpm 128',
    keys: [
      { width: 12, matchKind: 'exact' },
      { width: 128, matchKind: 'lpm' },
    ],
    size: 60,
  },
  { name: 'ternary 48', keys: [{ width: 48, matchKind: 'ternary' }], size: 40 },
  {
    name: 'ternary 9 + lpm 32 + exact 8',
    keys: [
      { width: 9, matchKind: 'ternary' },
      { width: 32, matchKind: 'lpm' },
      { width: 8, matchKind: 'exact' },
    ],
    size: 100,
  },
  {
    name: 'range 16 + range 9 + optional 32',
    keys: [
      { width: 16, matchKind: 'range' },
      { width: 9, matchKind: 'range' },
      { width: 32, matchKind: 'optional' },
    ],
    size: 50,
  },
  {
    // More than may have one hash: all levels of hash-masks.ts are in use.
    name: 'ternary 32 + range 16 + exact 4',
    keys: [
      { width: 32, matchKind: 'ternary' },
      { width: 16, matchKind: 'range' },
      { width: 4, matchKind: 'exact' },
    ],
    size: 600,
  },
];

describe('a table does what a plain list does', () => {
  for (const { name, keys, size } of kinds) {
    test.each([1, 2, 3])(`${name}, seed %i`, (seed) => {
      run(tableSpec({ keys, size, directCounter: seed === 2 }), seed, 2000);
    });
  }
});
