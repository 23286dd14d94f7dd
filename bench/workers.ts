/** Do two data-plane threads over one arena forward twice what one does? Each has its own flows, as symmetric steering gives them. */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type Measure, measure, ratioAtLeast } from '../src/cli/bench/measure.ts';
import { establish, type Shared } from './established.ts';

const flows = 10_000;
export const seconds = 1;

export interface WorkerTask extends Shared {
  readonly worker: number;
  readonly workers: number;
}

export async function workersBench(runs: number): Promise<Measure[]> {
  const shared = establish(flows, 2);
  const rates: { value: number; baseline: number }[] = [];
  for (let run = 0; run < runs; run++) {
    const [baseline, value] = [await rate(shared, 1), await rate(shared, 2)];
    rates.push({ value, baseline });
  }
  return [measure('two workers against one', 'packets/s', rates, ratioAtLeast(1.7))];
}

/** Packets per second of `workers` threads together. */
async function rate(shared: Shared, workers: number): Promise<number> {
  const script = fileURLToPath(new URL('./workers-thread.js', import.meta.url));
  const rates = await Promise.all(
    Array.from({ length: workers }, (_, worker) => {
      const workerData: WorkerTask = { ...shared, worker, workers };
      return new Promise<number>((done, failed) => {
        new Worker(script, { workerData }).once('message', done).once('error', failed);
      });
    }),
  );
  return rates.reduce((sum, each) => sum + each, 0);
}
