/** One data-plane thread of the workers benchmark: posts its packets per second, those of the batches alone. */
import { parentPort, workerData } from 'node:worker_threads';
import { Batches, batch } from './established.ts';
import { seconds, type WorkerTask } from './workers.ts';

const task = workerData as WorkerTask;
const batches = new Batches(task, task.worker, 64);
let spent = 0;
let rounds = 0;
const end = performance.now() + seconds * 1000;
for (; performance.now() < end; rounds++) {
  batches.write(task.worker, task.workers);
  const start = performance.now();
  batches.process();
  spent += performance.now() - start;
}
parentPort!.postMessage((rounds * batch * 1000) / spent);
