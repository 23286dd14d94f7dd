/**
 * One trial of the allocation benchmarks: packets (how many is the argument) from a port in memory through the engine; prints bytes that the heap and the
 * process (RSS) grew by. Nothing is collected by us meanwhile.
 */
import { descriptor, layoutArena } from '../src/arena/index.ts';
import { Engine, emptyPortStats, engineBytes, instantiate, type Port } from '../src/engine/index.ts';
import { Batches, establish } from './established.ts';

const packets = Number(process.argv[2]);
const warmUp = 1_000_000;
const frameBytes = 64;
const slotBytes = 256;
const batch = 64;
const headroom = 128;

/** Gives the same packets again and again, and forgets what it is to send. */
class LoopPort implements Port {
  readonly name = 'loop';
  readonly stats = emptyPortStats();
  readonly state = 'up';
  readonly number: number;
  readonly #bytes: Uint8Array;
  readonly #slots: number;
  /** All slots, and the descriptors of what lies in them, as they are before the program has run. */
  readonly #fresh: Uint8Array;
  readonly #descriptors: Uint8Array;
  isSource = false;

  constructor(number: number, memory: WebAssembly.Memory, slots: number, frames: Uint8Array) {
    this.number = number;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#slots = slots;
    this.#fresh = new Uint8Array(batch * slotBytes);
    this.#descriptors = new Uint8Array(batch * descriptor.bytes);
    const words = new Uint32Array(this.#descriptors.buffer);
    for (let i = 0; i < batch; i++) {
      const slot = slots + i * slotBytes;
      const at = (i * descriptor.bytes) / 4;
      this.#fresh.set(frames.subarray(i * frameBytes, (i + 1) * frameBytes), i * slotBytes + headroom);
      words[at + descriptor.addr / 4] = slot + headroom;
      words[at + descriptor.length / 4] = frameBytes;
      words[at + descriptor.inPort / 4] = number;
      words[at + descriptor.bufferStart / 4] = slot;
      words[at + descriptor.bufferEnd / 4] = slot + slotBytes;
    }
  }

  receive(descriptors: number): number {
    if (!this.isSource) return 0;
    this.#bytes.set(this.#fresh, this.#slots);
    this.#bytes.set(this.#descriptors, descriptors);
    return batch;
  }

  transmit(_list: number, count: number): void {
    this.stats.txPackets += count;
  }

  release(): void {}
  close(): void {}
}

const shared = establish(1000);
const { memory, artifact } = shared;
const layout = layoutArena(artifact.arena);
const batches = new Batches(shared, 0, frameBytes);
batches.write();
const frames = batches.frames(batch);
const region = memory.grow(Math.ceil((engineBytes + batch * slotBytes) / 65536)) * 65536;
const engine = new Engine({
  memory,
  layout,
  worker: 0,
  region,
  backend: (hooks) => instantiate(artifact, memory, hooks),
  punt: () => {},
});
const outputs = Array.from({ length: 10 }, (_, i) => new LoopPort(i + 1, memory, region + engineBytes, frames));
const input = new LoopPort(20, memory, region + engineBytes, frames);
input.isSource = true;
for (const port of [...outputs, input]) engine.addPort(port);
for (let done = 0; done < warmUp; ) done += engine.step(1e9);
(globalThis as { gc?: () => void }).gc!();
const before = process.memoryUsage();
for (let done = 0; done < packets; ) done += engine.step(1e9);
const after = process.memoryUsage();
process.stdout.write(JSON.stringify({ heap: after.heapUsed - before.heapUsed, process: after.rss - before.rss }));
const sent = outputs.reduce((sum, port) => sum + port.stats.txPackets, 0);
if (sent < packets) {
  process.stderr.write(`allocation: ${sent} of ${packets} packets were forwarded\n`);
  process.exit(1);
}
