/**
 * What does a packet of an established flow cost in memory: k8s-lb.p4 compiled to WebAssembly against the same path by hand in C?
 *
 * One process per trial, the two interleaved; the ratio is quoted. A packet: TCP of a random one of N flows through a service, batches of
 * 1024 descriptors, the time of the batches alone (packets are written anew between them).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atLeast, type Bar, type Measure, measure, ratioAtMost } from '../src/cli/bench/measure.ts';

const rounds = 300;
const cases = [
  { flows: 1_000, bytes: 64 },
  { flows: 1_000, bytes: 1500 },
  { flows: 100_000, bytes: 64 },
  { flows: 1_000_000, bytes: 64 },
];
const many = 10_000_000;

export function pipelineBench(runs: number): Measure[] {
  const dir = mkdtempSync(join(tmpdir(), 'softipu-bench-'));
  try {
    const c = join(dir, 'pipeline');
    const source = fileURLToPath(new URL('../../../bench/pipeline/pipeline.c', import.meta.url));
    execFileSync(process.env.CC ?? 'cc', ['-O3', '-o', c, source]);
    const measures = cases.flatMap(({ flows, bytes }) => {
      const trials = Array.from({ length: runs }, () => ({ wasm: wasm(flows, bytes), c: native(c, flows, bytes) }));
      const of = (name: string, which: keyof Times, bar?: Bar): Measure =>
        measure(
          `${flows} flows, ${bytes} B, against C, ${name}`,
          'ns/packet',
          trials.map((t) => ({ value: t.wasm[which], baseline: t.c[which] })),
          bar,
        );
      // The minimum is what the machine can do when nobody else wants it.
      return [of('median', 'median', bytes === 64 ? ratioAtMost(1.25) : undefined), of('minimum', 'minimum')];
    });
    const millionsPerSecond = measures[0]!.runs.map((r) => ({ value: 1000 / r.value }));
    const crowded = Array.from({ length: runs }, () => ({ value: wasm(many, 64).median, baseline: wasm(100_000, 64).median }));
    return [
      ...measures,
      measure('1000 flows, 64 B, one core', 'M packets/s', millionsPerSecond, atLeast(5)),
      measure('10M flows against 100k', 'ns/packet', crowded, ratioAtMost(2)),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Times {
  readonly median: number;
  readonly minimum: number;
}

function wasm(flows: number, bytes: number): Times {
  const trial = fileURLToPath(new URL('./pipeline-trial.js', import.meta.url));
  return run(process.execPath, [trial], flows, bytes);
}

function native(program: string, flows: number, bytes: number): Times {
  return run(program, [], flows, bytes);
}

function run(program: string, args: readonly string[], flows: number, bytes: number): Times {
  const output = execFileSync(program, [...args, String(flows), String(rounds), String(bytes)], { encoding: 'utf8' });
  const [median, minimum] = output.split(' ').map(Number) as [number, number];
  return { median, minimum };
}
