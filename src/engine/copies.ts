/**
 * Buffers for packets that no port received: mirrored copies, and packets from the control plane. A fixed pool in the arena, emptied after
 * every batch; a copy that finds no room is dropped and counted, never a reason to allocate.
 */
import { descriptor } from '../arena/layout.ts';

const small = 512;
const smallBytes = 2048;
const large = 4;
const largeBytes = 66048;
const headroom = 256;

export class CopyPool {
  static readonly count = small + large;
  static readonly bytes = (small + large) * descriptor.bytes + small * smallBytes + large * largeBytes;

  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #descriptors: number;
  readonly #buffers: number;
  #small = 0;
  #large = 0;
  /** Descriptors in use, in the order of their making. */
  readonly #used: Int32Array = new Int32Array(small + large);
  count = 0;

  /** `region`: where `CopyPool.bytes` bytes of the arena are ours; 64-aligned. */
  constructor(memory: WebAssembly.Memory, region: number) {
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Int32Array(memory.buffer);
    this.#descriptors = region;
    this.#buffers = region + (small + large) * descriptor.bytes;
  }

  descriptorAt(index: number): number {
    return this.#used[index]!;
  }

  reset(): void {
    this.#small = 0;
    this.#large = 0;
    this.count = 0;
  }

  /** Copies a packet with its offload metadata to `outPort`; false when no buffer is left. */
  fromDescriptor(at: number, outPort: number, truncateBytes: number | undefined): boolean {
    const addr = this.#words[(at + descriptor.addr) >> 2]!;
    const full = this.#words[(at + descriptor.length) >> 2]!;
    const length = Math.min(full, truncateBytes ?? full);
    const copy = this.#take(length);
    if (copy === 0) return false;
    this.#bytes.copyWithin(copy, at, at + descriptor.bytes);
    const to = this.#place(copy, length);
    this.#bytes.copyWithin(to, addr, addr + length);
    this.#words[(copy + descriptor.outPort) >> 2] = outPort | 0;
    const csum = this.#words[(at + descriptor.csumAddr) >> 2]!;
    if (csum !== 0) this.#words[(copy + descriptor.csumAddr) >> 2] = csum - addr + to;
    this.#used[this.count++] = copy;
    return true;
  }

  /** Copies a packet with room for a record before it: the descriptor and where the record goes; undefined when no buffer is left. */
  withRecord(at: number, recordBytes: number, truncateBytes: number | undefined): { at: number; record: number } | undefined {
    const addr = this.#words[(at + descriptor.addr) >> 2]!;
    const full = this.#words[(at + descriptor.length) >> 2]!;
    const length = Math.min(full, truncateBytes ?? full);
    const copy = this.#take(length + recordBytes);
    if (copy === 0) return undefined;
    this.#bytes.copyWithin(copy, at, at + descriptor.bytes);
    const record = this.#place(copy, length) - headroom;
    const to = record + recordBytes + headroom;
    this.#bytes.copyWithin(to, addr, addr + length);
    this.#words[(copy + descriptor.addr) >> 2] = to;
    this.#words[(copy + descriptor.bufferStart) >> 2] = record + recordBytes;
    const csum = this.#words[(at + descriptor.csumAddr) >> 2]!;
    if (csum !== 0) this.#words[(copy + descriptor.csumAddr) >> 2] = csum - addr + to;
    this.#used[this.count++] = copy;
    return { at: copy, record };
  }

  /** Makes a packet of plain bytes, its descriptor at `at`; false when it is too long. */
  fromBytes(at: number, bytes: Uint8Array, inPort: number): boolean {
    const copy = this.#take(bytes.length);
    if (copy === 0) return false;
    this.#bytes.fill(0, at, at + descriptor.bytes);
    this.#bytes.fill(0, copy, copy + descriptor.bytes);
    this.#bytes.set(bytes, this.#place(copy, bytes.length));
    this.#bytes.copyWithin(at, copy, copy + descriptor.bytes);
    this.#words[(at + descriptor.inPort) >> 2] = inPort | 0;
    return true;
  }

  /** A free descriptor whose buffer takes `length` bytes behind the headroom, or 0. */
  #take(length: number): number {
    if (length <= smallBytes - headroom && this.#small < small) return this.#descriptors + this.#small++ * descriptor.bytes;
    if (length <= largeBytes - headroom && this.#large < large)
      return this.#descriptors + (small + this.#large++) * descriptor.bytes;
    return 0;
  }

  #place(copy: number, length: number): number {
    const index = (copy - this.#descriptors) / descriptor.bytes;
    const buffer =
      index < small ? this.#buffers + index * smallBytes : this.#buffers + small * smallBytes + (index - small) * largeBytes;
    const end = buffer + (index < small ? smallBytes : largeBytes);
    const addr = buffer + headroom;
    this.#words[(copy + descriptor.addr) >> 2] = addr;
    this.#words[(copy + descriptor.length) >> 2] = length;
    this.#words[(copy + descriptor.bufferStart) >> 2] = buffer;
    this.#words[(copy + descriptor.bufferEnd) >> 2] = end;
    return addr;
  }
}
