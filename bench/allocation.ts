/** Does the hot path allocate? Heap growth over a hundred million packets that the engine moves between two ports in memory. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { atMost, type Measure, measure } from '../src/cli/bench/measure.ts';

export function allocationBench(runs: number): Measure[] {
  const trial = fileURLToPath(new URL('./allocation-trial.js', import.meta.url));
  const growth = Array.from({ length: runs }, () => ({
    value: Number(execFileSync(process.execPath, ['--expose-gc', trial], { encoding: 'utf8' })) / 2 ** 20,
  }));
  return [measure('heap growth over 10^8 packets', 'MiB', growth, atMost(1))];
}
