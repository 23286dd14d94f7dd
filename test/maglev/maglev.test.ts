/** Small tables that a reader checks by hand, then properties: balance, weights, order, disruption against the ideal. */
import { describe, expect, test } from 'vitest';
import { buildMaglev, fillMaglev, isPrime, type MaglevMember } from '../../src/maglev/maglev.ts';

const backends = (n: number, weight = 1): MaglevMember[] =>
  Array.from({ length: n }, (_, i) => ({ key: `10.0.${i >> 8}.${i & 255}:80`, weight }));

/** Slots of each member. */
function shares(table: Uint16Array, members: number): number[] {
  const count = new Array<number>(members).fill(0);
  for (const member of table) count[member]!++;
  return count;
}

describe('the example of NSDI 2016, figure 5: seven slots', () => {
  const b0 = { offset: 3, skip: 4, weight: 1 };
  const b1 = { offset: 0, skip: 2, weight: 1 };
  const b2 = { offset: 3, skip: 1, weight: 1 };

  test('three backends', () => {
    // B0 3, B1 0, B2 4 (3 is taken), B0 1 (0 and 4 are taken), B1 2, B2 5, B0 6 (5 and 2 are taken)
    expect([...fillMaglev([b0, b1, b2], 7)]).toEqual([1, 0, 1, 0, 2, 2, 0]);
  });

  test('without B1, two slots move from B1 and one more from B0', () => {
    expect([...fillMaglev([b0, b2], 7)]).toEqual([0, 0, 0, 0, 1, 1, 1]);
  });

  test('weight 2 takes two turns while the others take one', () => {
    // round 0: B0 3, B1 and B2 half a turn: none; round 1: B0 0, B1 2, B2 4; round 2: B0 1; round 3: B0 5, B1 6
    expect([...fillMaglev([{ ...b0, weight: 2 }, b1, b2], 7)]).toEqual([0, 0, 1, 0, 2, 0, 1]);
  });
});

describe('buildMaglev', () => {
  test('is a function of the set of members, not of their order', () => {
    const members = backends(50).map((m, i) => ({ ...m, weight: 1 + (i % 3) }));
    const reversed = [...members].reverse();
    const one = [...buildMaglev(members, 997, 7)].map((i) => members[i]!.key);
    const two = [...buildMaglev(reversed, 997, 7)].map((i) => reversed[i]!.key);
    expect(two).toEqual(one);
  });

  test('never changes: every node of every version must agree', () => {
    const members = [
      { key: '10.0.0.1:80', weight: 1 },
      { key: '10.0.0.2:80', weight: 1 },
      { key: 3n, weight: 2 },
    ];
    expect([...buildMaglev(members, 13, 1)].join(' ')).toMatchInlineSnapshot(`"2 2 1 0 2 0 1 2 2 0 1 2 2"`);
  });

  test('another seed is another table', () => {
    const members = backends(5);
    expect(buildMaglev(members, 997, 1)).not.toEqual(buildMaglev(members, 997, 2));
  });

  test.each([1, 2, 3, 10, 100, 1000])('%i equal members own shares that differ by one slot at most', (n) => {
    const count = shares(buildMaglev(backends(n), 65537, 42), n);
    expect(Math.max(...count) - Math.min(...count)).toBeLessThanOrEqual(1);
  });

  test('weights 1, 2, 3, ... own in proportion, whatever their common factor', () => {
    for (const factor of [1, 100, 10_000]) {
      const members = backends(10).map((m, i) => ({ ...m, weight: (i + 1) * factor }));
      const count = shares(buildMaglev(members, 65537, 42), 10);
      for (let i = 0; i < 10; i++) expect(Math.abs(count[i]! - (65537 * (i + 1)) / 55)).toBeLessThan(2);
    }
  });

  test('weight 0 owns nothing; nobody owns an empty table', () => {
    const members = [...backends(3), { key: 'drained', weight: 0 }];
    expect(shares(buildMaglev(members, 997, 1), 4)[3]).toBe(0);
    expect(new Set(buildMaglev([], 7, 1))).toEqual(new Set([0xffff]));
    expect(new Set(buildMaglev([{ key: 'drained', weight: 0 }], 7, 1))).toEqual(new Set([0xffff]));
  });

  // Ideal: the slots of the member that left, 1/n. Maglev moves a few more (paper, figure 12); fewer than 4 % of all slots at size 65537.
  test.each([2, 3, 10, 50, 100])('when one of %i leaves, hardly any other slot moves', (n) => {
    const all = backends(n);
    const before = buildMaglev(all, 65537, 42);
    for (const gone of [0, n >> 1, n - 1]) {
      const rest = all.filter((_, i) => i !== gone);
      const after = buildMaglev(rest, 65537, 42);
      let moved = 0;
      before.forEach((owner, slot) => {
        if (owner !== gone && rest[after[slot]!] !== all[owner]) moved++;
      });
      expect(moved / 65537).toBeLessThan(0.04);
    }
  });

  test('refuses what it cannot build', () => {
    expect(() => buildMaglev(backends(1), 65536, 1)).toThrow('must be a prime up to 2^24, not 65536');
    expect(() => buildMaglev([...backends(1), ...backends(1)], 7, 1)).toThrow(
      "two members of a Maglev table have the key '10.0.0.0:80'",
    );
    expect(() => buildMaglev(backends(1, -1), 7, 1)).toThrow("the weight of member '10.0.0.0:80'");
    expect([2, 7, 251, 65521, 65537].map(isPrime)).toEqual([true, true, true, true, true]);
    expect([0, 1, 4, 65535, 65539 * 3, 6.5].map(isPrime)).toEqual([false, false, false, false, false, false]);
  });

  test('1000 members on 65537 slots take well under 50 ms', () => {
    const members = backends(1000);
    const times = [1, 2, 3, 4, 5].map((seed) => {
      // Processor time: a busy machine must not fail the test.
      const start = process.cpuUsage();
      buildMaglev(members, 65537, seed);
      return process.cpuUsage(start).user / 1000;
    });
    expect(Math.min(...times)).toBeLessThan(50);
  });
});
