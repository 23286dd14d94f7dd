/** Does the hot path allocate, and does anything leak in the long run? Growth of heap and process over packets that the engine moves between two ports in memory. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { atMost, type Measure, measure } from '../src/cli/bench/measure.ts';

interface Growth {
  readonly heap: number;
  readonly process: number;
}

export function allocationBench(runs: number): Measure[] {
  const growth = Array.from({ length: runs }, () => trial(1e8));
  return [
    measure(
      'heap growth over 10^8 packets',
      'MiB',
      growth.map(({ heap }) => ({ value: heap })),
      atMost(1),
    ),
  ];
}

/** Once: it takes minutes. */
export function enduranceBench(): Measure[] {
  const { heap, process } = trial(1e9);
  return [
    measure('heap growth over 10^9 packets', 'MiB', [{ value: heap }], atMost(1)),
    measure('process growth over 10^9 packets', 'MiB', [{ value: process }], atMost(8)),
  ];
}

/** In MiB. */
function trial(packets: number): Growth {
  const script = fileURLToPath(new URL('./allocation-trial.js', import.meta.url));
  const output = execFileSync(process.execPath, ['--expose-gc', script, String(packets)], { encoding: 'utf8' });
  const grown = JSON.parse(output) as Growth;
  return { heap: grown.heap / 2 ** 20, process: grown.process / 2 ** 20 };
}
