/** How long does the compiler take, from the P4 text to the WebAssembly module, and how long does an engine take to load it? One process per trial. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Measure, measure } from '../src/cli/bench/measure.ts';

const parts = ['parse to IR', 'emit WebAssembly', 'instantiate'] as const;

export function compileBench(runs: number): Measure[] {
  const trial = fileURLToPath(new URL('./compile-trial.js', import.meta.url));
  const trials = Array.from(
    { length: runs },
    () => JSON.parse(execFileSync(process.execPath, [trial], { encoding: 'utf8' })) as number[],
  );
  return parts.map((part, i) =>
    measure(
      `k8s-lb.p4: ${part}`,
      'ms',
      trials.map((t) => ({ value: t[i]! })),
    ),
  );
}
