/** Things by number against a map. */
import { describe, expect, test } from 'vitest';
import { ByNumber } from '../../src/p4runtime/index.ts';

describe('ByNumber', () => {
  test('holds small numbers, large ones and such as become small', () => {
    const things = new ByNumber<string>();
    things.set(1_000_000, 'large');
    things.set(3000, 'large for few');
    for (let i = 0; i < 3000; i++) things.set(i, String(i));
    things.set(3000, 'still one');
    expect([things.size, things.get(3000), things.get(1_000_000), things.get(3001)]).toEqual([
      3002,
      'still one',
      'large',
      undefined,
    ]);
    things.delete(3000);
    expect([things.size, things.has(3000)]).toEqual([3001, false]);
    things.clear();
    expect([things.size, [...things]]).toEqual([0, []]);
  });

  test('is a map, whatever happens', () => {
    const things = new ByNumber<number>();
    const model = new Map<number, number>();
    let state = 12_345;
    let wrong = 0;
    const random = (): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 8;
    };
    for (let step = 0; step < 50_000; step++) {
      const number = random() % 3 === 0 ? random() % 100_000 : random() % 2000;
      if (random() % 3 === 0) {
        things.delete(number);
        model.delete(number);
      } else {
        things.set(number, step);
        model.set(number, step);
      }
      if (things.get(number) !== model.get(number)) wrong++;
    }
    expect(wrong).toBe(0);
    expect(things.size).toBe(model.size);
    expect([...things].sort(([a], [b]) => a - b)).toEqual([...model].sort(([a], [b]) => a - b));
    expect([...things.values()]).toHaveLength(model.size);
  });
});
