/** The books of a heap: by hand, then against a plain model. */
import { expect, test } from 'vitest';
import { Heap } from '../../src/arena/heap.ts';

test('first fit; holes join their neighbours', () => {
  const heap = new Heap(10);
  expect([heap.take(3), heap.take(3), heap.take(3), heap.take(2), heap.free]).toEqual([0, 3, 6, undefined, 1]);
  heap.give(0, 3);
  heap.give(6, 3);
  // 0-2 and 6-9 are free, in two holes.
  expect([heap.free, heap.take(5), heap.take(4)]).toEqual([7, undefined, 6]);
  heap.give(3, 3);
  expect([heap.take(6), heap.free]).toEqual([0, 0]);
  heap.compact(4);
  expect([heap.free, heap.take(6)]).toEqual([6, 4]);
});

test('no cell has two owners, and none is lost', () => {
  let state = 1;
  const random = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const heap = new Heap(500);
  const owners: (number | undefined)[] = new Array(500).fill(undefined);
  const taken = new Map<number, [at: number, length: number]>();
  for (let id = 0; id < 5000; id++) {
    const length = 1 + random(40);
    const at = heap.take(length);
    if (at === undefined) {
      const free = owners.map((owner) => (owner === undefined ? '.' : 'x')).join('');
      expect(free.includes('.'.repeat(length))).toBe(false);
      for (const [victim, [from, count]] of [...taken].filter(() => random(3) === 0)) {
        heap.give(from, count);
        owners.fill(undefined, from, from + count);
        taken.delete(victim);
      }
      continue;
    }
    expect(owners.slice(at, at + length).every((owner) => owner === undefined)).toBe(true);
    owners.fill(id, at, at + length);
    taken.set(id, [at, length]);
    expect(heap.free).toBe(owners.filter((owner) => owner === undefined).length);
  }
});
