/**
 * The plainest engine: moves descriptors between ports, unchanged or through a function, in the order that engine/port.ts lays down.
 * Runs in turns on the event loop, so that children of the test can be waited for meanwhile.
 */
import { descriptor } from '../../src/arena/layout.ts';
import type { BufferRegion, Port } from '../../src/engine/port.ts';

const batch = 64;
/** Descriptors and the list of their addresses lie in the memory's second 64 KiB. */
const descriptorsAt = 65536;
const listAt = descriptorsAt + batch * descriptor.bytes;
const buffersAt = 2 * 65536;

/** A shared memory with room for ports' buffers of the given sizes, and their regions. */
export function makeArena(sizes: readonly number[]): { memory: WebAssembly.Memory; regions: BufferRegion[] } {
  const total = sizes.reduce((sum, bytes) => sum + bytes, buffersAt);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(total / 65536), maximum: 65536, shared: true });
  let start = buffersAt;
  const regions = sizes.map((bytes) => {
    const region = { memory, start, end: start + bytes };
    start += bytes;
    return region;
  });
  return { memory, regions };
}

/** What happens to a packet on its way; false drops it. */
export type Change = (view: DataView, at: number) => boolean;

export interface Way {
  readonly from: Port;
  readonly to: Port;
  readonly change?: Change;
}

export class Forwarder {
  readonly #view: DataView;
  readonly #ways: readonly Way[];
  #running = true;
  #ended: Promise<void>;

  constructor(memory: WebAssembly.Memory, ways: readonly Way[]) {
    this.#view = new DataView(memory.buffer);
    this.#ways = ways;
    this.#ended = this.#run();
  }

  /** Every way once; returns how many packets came. */
  turn(): number {
    let total = 0;
    for (const way of this.#ways) {
      const count = way.from.receive(descriptorsAt, batch);
      if (count === 0) continue;
      let kept = 0;
      for (let i = 0; i < count; i++) {
        const at = descriptorsAt + i * descriptor.bytes;
        if (way.change !== undefined && !way.change(this.#view, at)) continue;
        this.#view.setUint32(listAt + 4 * kept++, at, true);
      }
      way.to.transmit(listAt, kept);
      way.from.release(descriptorsAt, count);
      total += count;
    }
    return total;
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (this.#running) {
      for (let i = 0; i < 50 && this.turn() !== 0; i++);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
