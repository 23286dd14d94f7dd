/**
 * What does a packet of an established flow cost in memory: k8s-lb.p4 compiled to WebAssembly against the same path by hand in C?
 *
 * One process per trial, the two interleaved, at least five trials each; the ratio is quoted. A packet: 64 bytes of TCP of a random one of
 * N flows through a service, batches of 1024 descriptors, the time of the batches alone (packets are written anew between them).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { columns, machine, median } from './machine.ts';

const trials = 5;
const rounds = 300;
const flowCounts = [1_000, 100_000, 1_000_000];

export async function pipelineBench(options: { json: boolean }): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'softipu-bench-'));
  try {
    const c = join(dir, 'pipeline');
    const source = fileURLToPath(new URL('../../../bench/pipeline/pipeline.c', import.meta.url));
    execFileSync(process.env.CC ?? 'cc', ['-O3', '-o', c, source]);
    const wasm = fileURLToPath(new URL('./pipeline-trial.js', import.meta.url));
    const measures = flowCounts.map((flows) => {
      const runs: { wasm: number; c: number }[] = [];
      for (let trial = 0; trial < trials; trial++) {
        runs.push({
          wasm: Number(execFileSync(process.execPath, [wasm, String(flows), String(rounds), '64'], { encoding: 'utf8' })),
          c: Number(execFileSync(c, [String(flows), String(rounds), '64'], { encoding: 'utf8' })),
        });
      }
      const value = median(runs.map((r) => r.wasm));
      const baseline = median(runs.map((r) => r.c));
      return { name: `${flows} flows`, value, unit: 'ns/packet', baseline, ratio: median(runs.map((r) => r.wasm / r.c)), runs };
    });
    const report = { machine: machine(), measures };
    process.stdout.write(
      options.json
        ? `${JSON.stringify(report)}\n`
        : `k8s-lb.p4, established flows, 64-byte TCP, batch 1024 (${report.machine.cpu}, Node ${report.machine.node}, ${report.machine.date}, ${report.machine.commit})\n${columns(
            [
              ['', 'WebAssembly ns', 'C ns', 'ratio'],
              ...measures.map((m) => [m.name, m.value.toFixed(1), m.baseline.toFixed(1), m.ratio.toFixed(2)]),
            ],
          )}\n`,
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
