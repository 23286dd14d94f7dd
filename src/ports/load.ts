/**
 * Load port: a generator and a tally in one, for measuring the data plane without I/O.
 *
 * It receives the packets of a capture file again and again, as many as it is asked for, or as `perSecond` allows. What is sent to it is counted and not kept:
 * a packet whose last four bytes are the number of its flow, below `mostFlows`, is compared with the flow's packets before, and `moved` counts flows that
 * changed their IPv4 destination or port. Nothing on the way allocates.
 */
import { descriptor } from '../arena/layout.ts';
import { type BufferRegion, emptyPortStats, type Port, type PortStats } from '../engine/port.ts';
import { checkRegion, defaultSlots, roundUp64K, startDescriptor } from './buffers.ts';

const slotBytes = 2048;
const headroom = 256;
export const mostFlows = 65536;

/** Bytes of arena that a load port needs. */
export function loadPortBytes(): number {
  return roundUp64K(defaultSlots * slotBytes);
}

export interface LoadStats extends PortStats {
  /** Flows that were seen among the packets sent. */
  flows: number;
  /** Packets that went elsewhere than their flow's packet before. */
  moved: number;
}

export interface LoadPortOptions {
  readonly name: string;
  readonly frames: readonly Uint8Array[];
  /** Packets per second; absent: as many as are asked for. */
  readonly perSecond?: number;
  /** Nothing comes before something was sent here, such as a question of ARP: then whoever asks is ready. */
  readonly waits?: boolean;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

export class LoadPort implements Port {
  readonly number: number;
  readonly name: string;
  readonly stats: LoadStats = { ...emptyPortStats(), flows: 0, moved: 0 };
  state: Port['state'] = 'up';
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #frames: readonly Uint8Array[];
  readonly #perMs: number;
  #isWaiting: boolean;
  readonly #nowMs: () => number;
  #firstMs: number | undefined;
  #next = 0;
  /** Destination address and port of each flow, and whether it was seen. */
  readonly #addresses = new Uint32Array(mostFlows);
  readonly #ports = new Uint32Array(mostFlows);

  /** Frames that do not fit a slot are left out. */
  constructor(number: number, region: BufferRegion, options: LoadPortOptions) {
    checkRegion(region, loadPortBytes());
    this.number = number;
    this.name = options.name;
    this.#view = new DataView(region.memory.buffer);
    this.#bytes = new Uint8Array(region.memory.buffer);
    this.#start = region.start;
    this.#frames = options.frames.filter(({ length }) => length >= 14 && length <= slotBytes - headroom);
    this.#perMs = (options.perSecond ?? 0) / 1000;
    this.#nowMs = options.nowMs;
    this.#isWaiting = options.waits ?? false;
  }

  receive(descriptors: number, max: number): number {
    const frames = this.#frames;
    const count = Math.min(max, defaultSlots, this.#allowed());
    for (let i = 0; i < count; i++) {
      const frame = frames[this.#next]!;
      this.#next = this.#next + 1 === frames.length ? 0 : this.#next + 1;
      const slot = this.#start + i * slotBytes;
      this.#bytes.set(frame, slot + headroom);
      startDescriptor(
        this.#view,
        descriptors + i * descriptor.bytes,
        this.number,
        slot + headroom,
        frame.length,
        slot,
        slot + slotBytes,
      );
      this.stats.rxPackets++;
      this.stats.rxBytes += frame.length;
    }
    return count;
  }

  transmit(list: number, count: number): void {
    const view = this.#view;
    if (count > 0) this.#isWaiting = false;
    for (let i = 0; i < count; i++) {
      const at = view.getUint32(list + 4 * i, true);
      const addr = view.getUint32(at + descriptor.addr, true);
      const length = view.getUint32(at + descriptor.length, true);
      this.stats.txPackets++;
      this.stats.txBytes += length;
      if (length < 46) continue;
      const flow = view.getUint32(addr + length - 4);
      if (flow >= mostFlows) continue;
      const address = view.getUint32(addr + 30);
      // The high bit: it was seen.
      const port = (view.getUint16(addr + 36) | 0x8000_0000) >>> 0;
      if (this.#ports[flow] === 0) this.stats.flows++;
      else if (this.#addresses[flow] !== address || this.#ports[flow] !== port) this.stats.moved++;
      this.#addresses[flow] = address;
      this.#ports[flow] = port;
    }
  }

  release(_descriptors: number, _count: number): void {}

  close(): void {
    this.state = 'gone';
  }

  /** Packets that may come now. */
  #allowed(): number {
    if (this.#isWaiting || this.#frames.length === 0) return 0;
    if (this.#perMs === 0) return defaultSlots;
    this.#firstMs ??= this.#nowMs();
    const due = Math.floor((this.#nowMs() - this.#firstMs) * this.#perMs);
    return Math.max(0, due - this.stats.rxPackets);
  }
}
