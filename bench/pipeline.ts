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
import { atLeast, type Measure, measure, ratioAtMost } from '../src/cli/bench/measure.ts';

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
    const measures = cases.map(({ flows, bytes }) => {
      const trials = Array.from({ length: runs }, () => ({ value: wasm(flows, bytes), baseline: native(c, flows, bytes) }));
      return measure(`${flows} flows, ${bytes} B, against C`, 'ns/packet', trials, bytes === 64 ? ratioAtMost(1.25) : undefined);
    });
    const millionsPerSecond = measures[0]!.runs.map((r) => ({ value: 1000 / r.value }));
    const crowded = Array.from({ length: runs }, () => ({ value: wasm(many, 64), baseline: wasm(100_000, 64) }));
    return [
      ...measures,
      measure('1000 flows, 64 B, one core', 'M packets/s', millionsPerSecond, atLeast(5)),
      measure('10M flows against 100k', 'ns/packet', crowded, ratioAtMost(2)),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function wasm(flows: number, bytes: number): number {
  const trial = fileURLToPath(new URL('./pipeline-trial.js', import.meta.url));
  return Number(execFileSync(process.execPath, [trial, String(flows), String(rounds), String(bytes)], { encoding: 'utf8' }));
}

function native(program: string, flows: number, bytes: number): number {
  return Number(execFileSync(program, [String(flows), String(rounds), String(bytes)], { encoding: 'utf8' }));
}
