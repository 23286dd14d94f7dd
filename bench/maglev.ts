/** How long does a Maglev table take to build, and how far from even and from minimal disruption is it? The table of the Maglev paper's §5.3. */
import Benchmark from 'benchmark';
import { buildMaglev } from '../src/maglev/index.ts';
import { columns, machine } from './machine.ts';

const size = 65537;

export async function maglevBench(options: { json: boolean }): Promise<void> {
  const suite = new Benchmark.Suite();
  const members = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ key: `10.244.${i >> 8}.${i & 255}:8080`, weight: 1 }));
  for (const count of [3, 10, 100, 1000]) suite.add(String(count), () => buildMaglev(members(count), size, 0));
  const rows: { members: number; buildMs: number; spread: number; moved: number }[] = [];
  suite.on('cycle', (event: Benchmark.Event) => {
    const count = Number(event.target.name);
    const table = buildMaglev(members(count), size, 0);
    const slots = new Array<number>(count).fill(0);
    for (const member of table) slots[member]!++;
    const without = buildMaglev(members(count).slice(0, -1), size, 0);
    const moved = without.reduce((sum, member, i) => sum + (member !== table[i] && table[i] !== count - 1 ? 1 : 0), 0);
    rows.push({
      members: count,
      buildMs: (event.target.stats?.mean ?? 0) * 1000,
      spread: Math.max(...slots) / (size / count),
      moved: moved / size,
    });
  });
  await new Promise((done) => suite.on('complete', done).run({ async: true }));
  const report = { machine: machine(), size, rows };
  process.stdout.write(
    options.json
      ? `${JSON.stringify(report)}\n`
      : `Maglev, ${size} slots (${report.machine.cpu}, Node ${report.machine.node})\n${columns([
          ['members', 'build ms (mean)', 'fullest / even share', 'needlessly moved when one leaves'],
          ...rows.map((r) => [String(r.members), r.buildMs.toFixed(2), r.spread.toFixed(3), `${(100 * r.moved).toFixed(2)} %`]),
        ])}\n`,
  );
}
