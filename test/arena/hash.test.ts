/** The hash of table keys against its definition, and that the seed alone decides it. */
import { expect, test } from 'vitest';
import { hashKeyWords, seedTable } from '../../src/arena/hash.ts';
import { tableHeader } from '../../src/arena/layout.ts';
import { layoutArena } from '../../src/arena/place.ts';
import { emptySpec, tableSpec } from './helpers.ts';

const layout = layoutArena({
  ...emptySpec,
  tables: [tableSpec({ keys: [{ width: 200, matchKind: 'exact' }], actions: [], size: 8 })],
});
const table = layout.tables[0]!;
const at = table.header + tableHeader.bytes;

function seeded(seed: number): { view: DataView; bytes: Uint8Array } {
  const bytes = new Uint8Array(layout.programEnd);
  const memory = { bytes, view: new DataView(bytes.buffer) };
  seedTable(memory, table, seed);
  return memory;
}

test('the sum of products modulo 2^64, upper half', () => {
  const { view } = seeded(0x12345678);
  let x = 1;
  const random = (): number => (x = (Math.imul(x, 1664525) + 1013904223) >>> 0);
  for (let round = 0; round < 2000; round++) {
    const key = new DataView(new ArrayBuffer(32));
    for (let i = 0; i < 8; i++) key.setUint32(4 * i, round % 3 === 0 ? 0xffffffff : random(), true);
    if (round % 3 === 0)
      for (let i = 0; i < 4; i++) view.setBigUint64(at + 8 * i, BigInt.asUintN(64, -BigInt(random() % 3)), true);
    let sum = 0n;
    for (let i = 0; i < 4; i++) {
      const word = key.getBigUint64(8 * i, true);
      sum +=
        (view.getBigUint64(at + 16 * i, true) + (word & 0xffffffffn)) *
        (view.getBigUint64(at + 16 * i + 8, true) + (word >> 32n));
    }
    expect(hashKeyWords(key, 0, 4, view, at)).toBe(Number(BigInt.asUintN(64, sum) >> 32n));
  }
});

test('other seeds, other multipliers', () => {
  const multipliers = (seed: number): string => Buffer.from(seeded(seed).bytes.subarray(at, at + 64)).toString('hex');
  const all = Array.from({ length: 1000 }, (_, seed) => multipliers(seed));
  expect(new Set(all).size).toBe(1000);
  expect(multipliers(7)).toBe(multipliers(7));
  expect(new Set(multipliers(0).match(/.{16}/g)).size).toBe(8);
});
