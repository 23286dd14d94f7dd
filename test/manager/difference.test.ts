/** A list made of another one, over time: against making all of it anew each time. */
import { expect, test } from 'vitest';
import { DerivedList, difference } from '../../src/manager/index.ts';
import { randomOf } from './random-model.ts';

interface Thing {
  readonly n: number;
  readonly more?: number;
}

test('a derived list is made again where it must be, and nowhere else', () => {
  const derived = new DerivedList<Thing>();
  const [a, b, c] = [1, 2, 3].map((n) => ({ n })) as [Thing, Thing, Thing];
  const asked: number[] = [];
  let odd = 10;
  const make = (thing: Thing): Thing => {
    asked.push(thing.n);
    return thing.n % 2 === 1 ? { ...thing, more: odd } : thing;
  };
  const from = [a, b, c];
  const first = derived.update(from, make);
  expect([first, asked.splice(0)]).toEqual([
    [{ n: 1, more: 10 }, b, { n: 3, more: 10 }],
    [1, 2, 3],
  ]);
  expect([derived.update(from, make), asked.splice(0)]).toEqual([first, []]);
  odd = 11;
  const second = derived.update(from, make, [c]);
  expect([second[0], second[2], asked.splice(0)]).toEqual([first[0], { n: 3, more: 11 }, [3]]);
  expect(second[0]).toBe(first[0]);
  expect(difference(first, second)).toEqual({ gone: [{ n: 3, more: 10 }], come: [{ n: 3, more: 11 }] });
  const third = derived.update([b], make);
  expect([third, asked.splice(0)]).toEqual([[b], []]);
});

test.each([1, 2, 3])('what it tells is what is different: seed %i', (seed) => {
  const random = randomOf(seed);
  const derived = new DerivedList<Thing>();
  const more = new Map<number, number>();
  const make = (thing: Thing): Thing => (more.has(thing.n) ? { ...thing, more: more.get(thing.n)! } : thing);
  let from: Thing[] = [];
  let list: readonly Thing[] = [];
  for (let step = 0; step < 300; step++) {
    const again = from.filter(() => random(8) === 0);
    for (const { n } of again) {
      if (random(2) === 0) more.set(n, random(100));
      else more.delete(n);
    }
    if (random(3) > 0)
      from = from.filter(() => random(10) > 0).concat(Array.from({ length: random(4) }, () => ({ n: random(50) })));
    const next = derived.update(
      from,
      make,
      again.filter((thing) => from.includes(thing)),
    );
    const { gone, come } = difference(list, next);
    const left = new Set(gone);
    const was = new Set(list);
    expect(next.filter((thing) => !was.has(thing)).every((thing) => come.includes(thing))).toBe(true);
    expect(list.filter((thing) => !next.includes(thing)).every((thing) => left.has(thing))).toBe(true);
    expect(next.map(({ n }) => n)).toEqual(from.map(({ n }) => n));
    list = next;
  }
});
