/**
 * Memory port: packets from and to arrays, in this process. For tests, packet scripts and benchmarks of everything but I/O.
 *
 * What is pushed is copied into slots of the arena when the engine asks; what the engine sends is copied out with its checksum complete.
 */

import { descriptor } from '../arena/layout.ts';
import { type BufferRegion, emptyPortStats, type Port } from '../engine/port.ts';
import { checkRegion, defaultSlots, largeSlot, poolBytes, startDescriptor } from './buffers.ts';
import { copyComplete, type Offload, receiveOffload } from './vnet.ts';

/** A packet that left through the port. */
export interface SentPacket {
  readonly bytes: Uint8Array;
  /** 0, or the kind of a packet that is to be cut into segments of `gsoSize` payload bytes. */
  readonly gsoType: number;
  readonly gsoSize: number;
}

/** Bytes of arena that a memory port needs. */
export function memoryPortBytes(slots = defaultSlots): number {
  return poolBytes(slots);
}

/** The part of a memory port that other ports without a kernel share: slots, descriptors, counters. */
export abstract class CopyingPort implements Port {
  readonly number: number;
  readonly name: string;
  readonly stats = emptyPortStats();
  state: Port['state'] = 'up';
  readonly #memory: WebAssembly.Memory;
  #view: DataView;
  #bytes: Uint8Array;
  readonly #start: number;
  readonly #slots: number;
  #used = 0;

  constructor(number: number, name: string, region: BufferRegion, slots = defaultSlots) {
    checkRegion(region, poolBytes(slots));
    this.number = number;
    this.name = name;
    this.#memory = region.memory;
    this.#view = new DataView(region.memory.buffer);
    this.#bytes = new Uint8Array(region.memory.buffer);
    this.#start = region.start;
    this.#slots = slots;
  }

  /** The next packet to receive, or undefined. */
  protected abstract next(): { readonly bytes: Uint8Array; readonly offload?: Offload } | undefined;
  /** Takes a packet that was sent. */
  protected abstract sent(packet: SentPacket): void;

  receive(descriptors: number, max: number): number {
    this.#followGrowth();
    let count = 0;
    while (count < max && this.#used < this.#slots) {
      const packet = this.next();
      if (packet === undefined) break;
      const { bytes, offload } = packet;
      if (bytes.length < 14 || bytes.length > largeSlot.bytes - largeSlot.headroom) {
        this.stats.rxDropsInvalid++;
        continue;
      }
      const slot = this.#start + this.#used * largeSlot.bytes;
      const addr = slot + largeSlot.headroom;
      const at = descriptors + count * descriptor.bytes;
      this.#bytes.set(bytes, addr);
      startDescriptor(this.#view, at, this.number, addr, bytes.length, slot, slot + largeSlot.bytes);
      this.#view.setUint32(at + descriptor.buffer, this.#used, true);
      if (offload !== undefined) receiveOffload(this.#view, at, offload);
      this.#used++;
      count++;
      this.stats.rxPackets++;
      this.stats.rxBytes += bytes.length;
    }
    return count;
  }

  transmit(list: number, count: number): void {
    this.#followGrowth();
    for (let i = 0; i < count; i++) {
      const at = this.#view.getUint32(list + 4 * i, true);
      const bytes = copyComplete(this.#view, at);
      this.stats.txPackets++;
      this.stats.txBytes += bytes.length;
      const gsoType = this.#view.getUint8(at + descriptor.gsoType);
      this.sent({ bytes, gsoType, gsoSize: this.#view.getUint16(at + descriptor.gsoSize, true) });
    }
  }

  release(_descriptors: number, _count: number): void {
    this.#used = 0;
  }

  close(): void {
    this.state = 'gone';
  }

  /** A memory that has grown has another buffer; packets of other ports may lie in the new part. */
  #followGrowth(): void {
    if (this.#memory.buffer === this.#view.buffer) return;
    this.#view = new DataView(this.#memory.buffer);
    this.#bytes = new Uint8Array(this.#memory.buffer);
  }
}

export class MemoryPort extends CopyingPort {
  readonly #input: { bytes: Uint8Array; offload?: Offload }[] = [];
  #output: SentPacket[] = [];

  constructor(number: number, region: BufferRegion, name = 'memory', slots = defaultSlots) {
    super(number, name, region, slots);
  }

  /** Queues a packet for `receive`; the bytes are copied only then. `offload`: its checksum is partial, or it is a GSO packet. */
  push(bytes: Uint8Array, offload?: Offload): void {
    this.#input.push({ bytes, offload });
  }

  /** Everything sent since the last call, in order. */
  take(): SentPacket[] {
    const taken = this.#output;
    this.#output = [];
    return taken;
  }

  protected override next() {
    return this.#input.shift();
  }

  protected override sent(packet: SentPacket): void {
    this.#output.push(packet);
  }
}
