/** How many slots a group gets: steps, weights, and how few flows a change moves within a step. */
import { describe, expect, test } from 'vitest';
import { buildMaglev, maglevSize } from '../../src/maglev/index.ts';

const equal = (n: number): number[] => new Array<number>(n).fill(1);

describe('slots', () => {
  test.each([
    ['nobody', [], 65_537, 0, 0],
    ['nobody with weight', [0, 0], 65_537, 0, 0],
    ['one', [1], 65_537, 0, 1009],
    ['ten', equal(10), 65_537, 0, 1009],
    ['eleven', equal(11), 65_537, 0, 4093],
    ['forty and forty-one', equal(41), 65_537, 0, 16_381],
    ['many', equal(164), 65_537, 0, 65_537],
    ['too many', equal(5000), 65_537, 0, 65_537],
    ['a common factor says nothing', [7, 7, 7], 65_537, 0, 1009],
    ['the lightest has a hundred', [1, 30], 65_537, 0, 4093],
    ['weight 0 does not count', [0, 5], 65_537, 0, 1009],
    ['more, because somebody asks for it', equal(2), 65_537, 4000, 4093],
    ['a program with small tables', equal(100), 997, 0, 997],
    ['whose limit wins', equal(2), 997, 5000, 997],
  ])('%s', (_, weights, most, least, slots) => expect(maglevSize(weights, most, least)).toBe(slots));
});

// The member that comes takes 1/n of the slots; of the rest a few move, too (NSDI'16, figure 12).
test.each([3, 10, 30, 40, 100, 160, 600])('one more of %i moves its share and little else, unless the step changes', (n) => {
  const members = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ key: `10.0.${i >> 8}.${i & 255}:80`, weight: 1 }));
  const size = maglevSize(equal(n), 65_537);
  expect(maglevSize(equal(n - 1), 65_537)).toBe(size);
  const before = buildMaglev(members(n - 1), size, 1);
  const after = buildMaglev(members(n), size, 1);
  const moved = before.filter((owner, slot) => after[slot] !== owner && after[slot] !== n - 1).length;
  expect(moved / size).toBeLessThan(0.06);
  const shares = new Array<number>(n).fill(0);
  for (const owner of after) shares[owner]!++;
  expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
});
