/**
 * How long does the compiler take for k8s-lb.p4: from the text to the WebAssembly module, and in a new process to the first packet, with and without the cache
 * of compiled programs? One process per trial; its times count from its start, Node's own included.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atMost, type Bar, type Measure, measure } from '../src/cli/bench/measure.ts';

const cases: readonly {
  readonly name: string;
  readonly trial: 'compile' | 'cold' | 'cached';
  readonly part: number;
  readonly bar?: Bar;
}[] = [
  { name: 'parse to IR', trial: 'compile', part: 0 },
  { name: 'IR to WebAssembly', trial: 'compile', part: 1 },
  { name: 'compiled, in a new process', trial: 'compile', part: 2, bar: atMost(1500) },
  { name: 'first packet, nothing cached', trial: 'cold', part: 0 },
  { name: 'first packet, from the cache', trial: 'cached', part: 0 },
  { name: "Node's own start", trial: 'cached', part: 1 },
  { name: "first packet, from the cache, behind Node's own start", trial: 'cached', part: 2, bar: atMost(100) },
];

export function compileBench(runs: number): Measure[] {
  const cache = mkdtempSync(join(tmpdir(), 'softipu-bench-'));
  const trial = fileURLToPath(new URL('./compile-trial.js', import.meta.url));
  const run = (name: string): number[] =>
    JSON.parse(
      execFileSync(process.execPath, [trial, name], { encoding: 'utf8', env: { ...process.env, XDG_CACHE_HOME: cache } }),
    );
  try {
    run('cached');
    const trials = Array.from({ length: runs }, () => ({ compile: run('compile'), cold: run('cold'), cached: run('cached') }));
    return cases.map(({ name, trial: which, part, bar }) =>
      measure(
        `k8s-lb.p4: ${name}`,
        'ms',
        trials.map((t) => ({ value: t[which][part]! })),
        bar,
      ),
    );
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}
