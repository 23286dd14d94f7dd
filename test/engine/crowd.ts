/**
 * Real threads over one arena: a program of packets that are one 32-bit key each, and what every thread does with it. A thread's code is text, so that it
 * needs no compiler; it begins with `prelude` and ends by posting its result.
 */
import { Worker } from 'node:worker_threads';
import { expect } from 'vitest';
import { Arena, descriptor, layoutArena } from '../../src/arena/index.ts';
import { includeDir } from '../../src/cli/package-root.ts';
import { readSource } from '../../src/cli/read-source.ts';
import { makeMemory, startProgram } from '../../src/engine/index.ts';
import { compileToIr } from '../../src/p4/compile.ts';
import { compileToWasm } from '../../src/p4/wasm/index.ts';

export const batch = 64;
const slotBytes = 256;
const headroom = 128;
/** Words in front of the threads' regions, for gates; the first two are the start line's and `Crowd.gate`'s. */
const gateBytes = 64;

/** `d`: the thread's data. `send(i, key)` makes packet i of the batch, `run()` processes it, `answer(i)` is where packet i begins now. */
const prelude = `
const { parentPort, workerData: d } = require('node:worker_threads');
const { exports } = new WebAssembly.Instance(d.module, { env: { memory: d.memory, mirror() {}, multicast() {}, copy() {} } });
const view = new DataView(d.memory.buffer);
const gate = new Int32Array(d.memory.buffer, d.gate, 2);
const slotOf = (i) => d.region + ${batch * descriptor.bytes} + i * ${slotBytes};
const send = (i, key) => {
  const at = d.region + i * ${descriptor.bytes}, slot = slotOf(i);
  for (let w = 0; w < ${descriptor.bytes}; w += 4) view.setUint32(at + w, 0, true);
  view.setUint32(slot + ${headroom}, key);
  view.setUint32(at + ${descriptor.addr}, slot + ${headroom}, true);
  view.setUint32(at + ${descriptor.length}, 4, true);
  view.setUint32(at + ${descriptor.bufferStart}, slot, true);
  view.setUint32(at + ${descriptor.bufferEnd}, slot + ${slotBytes}, true);
};
const run = () => exports.process(d.context, d.region, ${batch});
const answer = (i) => view.getUint32(d.region + i * ${descriptor.bytes} + ${descriptor.addr}, true);
`;

export interface Crowd {
  readonly arena: Arena;
  /** Two words between the test and its threads. */
  readonly gate: Int32Array;
  /** Starts a thread per worker; `data(worker)` is what it finds in `d` beside the program's. Resolves with what they post. */
  start<Result>(code: string, data: (worker: number) => object): Promise<Result[]>;
}

/** Compiles a program for so many workers. */
export function crowd(source: string, workers: number): Crowd {
  const readFile = (path: string): string | undefined => (path === 'crowd.p4' ? source : readSource(path));
  const { ir, diagnostics } = compileToIr({ path: 'crowd.p4', readFile, includeDirs: [includeDir] });
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  const artifact = compileToWasm(ir!, { workers });
  const layout = layoutArena(artifact.arena);
  const regionBytes = batch * (descriptor.bytes + slotBytes);
  const gateAt = layout.programEnd;
  const memory = makeMemory(gateAt + gateBytes + workers * regionBytes);
  const arena = new Arena(memory.buffer, layout);
  let seed = 1;
  startProgram(arena, ir!, { random: () => (seed = (seed * 48271) % 2147483647) });
  const module = new WebAssembly.Module(artifact.wasm);
  return {
    arena,
    gate: new Int32Array(memory.buffer, gateAt, 2),
    start: <Result>(code: string, data: (worker: number) => object) =>
      Promise.all(
        Array.from({ length: workers }, (_, worker) => {
          const region = gateAt + gateBytes + worker * regionBytes;
          const own = { memory, module, workers, gate: gateAt, context: arena.contextAt(worker), region };
          const workerData = { ...own, worker, ...data(worker) };
          return new Promise<Result>((done, failed) =>
            new Worker(prelude + code, { eval: true, workerData }).once('message', done).once('error', failed),
          );
        }),
      ),
  };
}
