/** How long does a Maglev table take to build, and how far from even and from minimal disruption is it? The table of the Maglev paper's section 5.3. */
import Benchmark from 'benchmark';
import { type Measure, measure } from '../src/cli/bench/measure.ts';
import { buildMaglev } from '../src/maglev/index.ts';

const sizes = [65_537, 655_373];
const counts = [3, 10, 100, 1000];

export function maglevBench(): Measure[] {
  return sizes.flatMap((size) => counts.flatMap((count) => one(size, count)));
}

function one(size: number, count: number): Measure[] {
  const members = Array.from({ length: count }, (_, i) => ({ key: `10.244.${i >> 8}.${i & 255}:8080`, weight: 1 }));
  const bench = new Benchmark(() => buildMaglev(members, size, 0), { minSamples: 5, maxTime: 1 }).run({ async: false });
  const table = buildMaglev(members, size, 0);
  const slots = new Array<number>(count).fill(0);
  for (const member of table) slots[member]!++;
  const without = buildMaglev(members.slice(0, -1), size, 0);
  const moved = without.reduce((sum, member, i) => sum + (member !== table[i] && table[i] !== count - 1 ? 1 : 0), 0);
  const name = `${size} slots, ${count} members`;
  return [
    measure(
      `${name}: build`,
      'ms',
      (bench.stats?.sample ?? []).map((seconds) => ({ value: seconds * 1000 })),
    ),
    measure(`${name}: fullest against even share`, 'times', [{ value: Math.max(...slots) / (size / count) }]),
    measure(`${name}: needlessly moved when one leaves`, '%', [{ value: (100 * moved) / size }]),
  ];
}
