/** One trial of the allocation benchmark: 10^8 packets from a port in memory through the engine; prints bytes of heap growth, nothing collected. */
import { descriptor, layoutArena } from '../src/arena/index.ts';
import { Engine, emptyPortStats, engineBytes, instantiate, type Port } from '../src/engine/index.ts';
import { Batches, establish } from './established.ts';

const packets = 100_000_000;
const warmUp = 1_000_000;
const frameBytes = 64;
const slotBytes = 2048;
const headroom = 128;

/** Gives the same packets again and again, and forgets what it is to send. */
class LoopPort implements Port {
  readonly name = 'loop';
  readonly stats = emptyPortStats();
  readonly state = 'up';
  readonly number: number;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #slots: number;
  readonly #frames: Uint8Array;
  isSource = false;

  constructor(number: number, memory: WebAssembly.Memory, slots: number, frames: Uint8Array) {
    this.number = number;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.#slots = slots;
    this.#frames = frames;
  }

  receive(descriptors: number, max: number): number {
    if (!this.isSource) return 0;
    for (let i = 0; i < max; i++) {
      const slot = this.#slots + i * slotBytes;
      const at = (descriptors + i * descriptor.bytes) >> 2;
      for (let b = 0; b < frameBytes; b++) this.#bytes[slot + headroom + b] = this.#frames[i * frameBytes + b]!;
      this.#words.fill(0, at, at + descriptor.bytes / 4);
      this.#words[at + descriptor.addr / 4] = slot + headroom;
      this.#words[at + descriptor.length / 4] = frameBytes;
      this.#words[at + descriptor.inPort / 4] = this.number;
      this.#words[at + descriptor.bufferStart / 4] = slot;
      this.#words[at + descriptor.bufferEnd / 4] = slot + slotBytes;
    }
    return max;
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
const frames = batches.frames(64);
const region = memory.grow(Math.ceil((engineBytes + 64 * slotBytes) / 65536)) * 65536;
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
const before = process.memoryUsage().heapUsed;
for (let done = 0; done < packets; ) done += engine.step(1e9);
process.stdout.write(String(process.memoryUsage().heapUsed - before));
const sent = outputs.reduce((sum, port) => sum + port.stats.txPackets, 0);
if (sent < packets) {
  process.stderr.write(`allocation: ${sent} of ${packets} packets were forwarded\n`);
  process.exit(1);
}
