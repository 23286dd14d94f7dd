/** Arenas of one table, and random numbers from a seed that a failing test prints. */
import { Arena } from '../../src/arena/arena.ts';
import type { ArenaSpec, TableSpec } from '../../src/arena/layout.ts';
import { layoutArena } from '../../src/arena/place.ts';

export const emptySpec: ArenaSpec = {
  tables: [],
  profiles: [],
  counters: [],
  meters: [],
  registers: [],
  digests: [],
  valueSets: [],
  scratchBytes: 0,
  workers: 1,
};

/** A table of two actions: 0 without parameters, 1 with 32 and 9 bits. */
export function tableSpec(change: Partial<TableSpec>): TableSpec {
  return {
    name: 't',
    keys: [{ width: 32, matchKind: 'exact' }],
    actions: [{ paramWidths: [] }, { paramWidths: [32, 9] }],
    size: 16,
    ageing: 'none',
    addOnMiss: false,
    whenFull: 'refuse',
    directCounter: false,
    directMeter: false,
    ...change,
  };
}

/** A fresh arena; default action 0 without parameters for every table unless given. */
export function makeArena(change: Partial<ArenaSpec>, seed = 1): Arena {
  const layout = layoutArena({ ...emptySpec, ...change });
  const arena = new Arena(new ArrayBuffer(layout.programEnd), layout);
  const random = randomFrom(seed);
  arena.init({
    random: () => random(2 ** 32),
    tables: layout.tables.map(() => ({ defaultAction: { kind: 'action', action: 0, params: [] }, entries: [] })),
  });
  return arena;
}

/** Function that gives whole numbers 0 .. n - 1: splitmix32. */
export function randomFrom(seed: number): (n: number) => number {
  let state = seed | 0;
  return (n) => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return Math.floor((((z ^ (z >>> 15)) >>> 0) / 2 ** 32) * n);
  };
}
