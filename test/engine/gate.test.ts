/**
 * The gate with real threads, as it was built (a thread needs JavaScript): changes are seen whole, threads that sleep need not be woken, and all that were
 * kept waiting have a round between two changes.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Gate } from '../../src/engine/gate.ts';

const built = resolve(import.meta.dirname, '../../dist/engine/gate.js');
const threads = 2;
const changes = 20_000;
/** Words of the memory: two that always change together, then one per thread: rounds it made, and whether it saw a half change. */
const words = { first: 16, second: 17, rounds: 18, torn: 20 };

const thread = `
import { workerData as d, parentPort } from 'node:worker_threads';
const { Gate } = await import(d.built);
const gate = new Gate(d.memory, 0);
const words = new Int32Array(d.memory.buffer);
parentPort.postMessage('ready');
while (!gate.isStopping) {
  gate.pass();
  if (words[${words.first}] !== words[${words.second}]) words[${words.torn} + d.thread] = 1;
  words[${words.rounds} + d.thread]++;
  if (!d.sleeps) continue;
  gate.stand();
  Atomics.wait(words, 32, 0, d.sleepMs);
  gate.goOn();
}
`;

let workers: Worker[] = [];
let memory: WebAssembly.Memory;
let view: Int32Array;
let gate: Gate;

async function start(sleepMs?: number): Promise<void> {
  workers = Array.from(
    { length: threads },
    (_, index) =>
      new Worker(new URL(`data:text/javascript,${encodeURIComponent(thread)}`), {
        workerData: { built: pathToFileURL(built).href, memory, thread: index, sleeps: sleepMs !== undefined, sleepMs },
      }),
  );
  await Promise.all(workers.map((worker) => new Promise((done) => worker.once('message', done))));
}

beforeEach(() => {
  workers = [];
  memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  view = new Int32Array(memory.buffer);
  gate = new Gate(memory, 0);
});

afterEach(async () => {
  gate.stop();
  await Promise.all(workers.map((worker) => new Promise((done) => worker.once('exit', done))));
});

function change(): void {
  gate.atomically(
    threads,
    () => {},
    () => {
      view[words.first]!++;
      view[words.second]!++;
    },
  );
}

test.skipIf(!existsSync(built))(
  'threads that run see changes whole, and each gets on between them',
  { timeout: 120_000 },
  async () => {
    await start();
    const before = [0, 1].map((index) => view[words.rounds + index]!);
    for (let n = 0; n < changes; n++) change();
    expect([view[words.first], view[words.torn], view[words.torn + 1]]).toEqual([changes, 0, 0]);
    // One that was kept goes on before the gate closes again.
    for (const index of [0, 1]) expect(view[words.rounds + index]! - before[index]!).toBeGreaterThan(changes / 2);
  },
);

test.skipIf(!existsSync(built))('threads that sleep are not waited for', { timeout: 60_000 }, async () => {
  await start(500);
  const started = performance.now();
  for (let n = 0; n < 1000; n++) change();
  expect(performance.now() - started).toBeLessThan(5000);
  expect([view[words.torn], view[words.torn + 1]]).toEqual([0, 0]);
});

test.skipIf(!existsSync(built))('threads that come and go see changes whole', { timeout: 120_000 }, async () => {
  await start(0);
  for (let n = 0; n < changes; n++) change();
  expect([view[words.first], view[words.torn], view[words.torn + 1]]).toEqual([changes, 0, 0]);
});

test('a thread that does not stand in time is an error, and the gate is open again', () => {
  expect(() =>
    gate.atomically(
      1,
      () => {},
      () => {},
      20,
    ),
  ).toThrow('did not come to a stand within 20 ms');
  gate.pass();
});
