/** Batches of TCP packets in memory, as the benchmarks give them to the compiled program: descriptors, and behind them a buffer for each packet. */
import { descriptor } from '../src/arena/index.ts';

/** Bytes in front of a packet that the program may push headers into. */
const headroom = 128;
const headers = [
  2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0, 0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 0, 0, 0, 1, 0x50, 0, 0x10, 0, 0x12, 0x34, 0, 0,
];
export const syn = 0x02;
export const ack = 0x10;

/** Numbers in host order; addresses are IPv4. */
export interface BenchPacket {
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly flags: number;
  readonly inPort: number;
}

export class PacketBatch {
  readonly size: number;
  /** Of the first descriptor. */
  readonly region: number;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #packetBytes: number;
  readonly #headers: Uint8Array;
  readonly #stride: number;

  /** In memory from `region` on, `bytesOf(size, stride)` of it. */
  constructor(memory: WebAssembly.Memory, region: number, size: number, stride: number, packetBytes: number) {
    this.size = size;
    this.region = region;
    this.#view = new DataView(memory.buffer);
    this.#bytes = new Uint8Array(memory.buffer);
    this.#stride = stride;
    this.#packetBytes = packetBytes;
    this.#headers = Uint8Array.from(headers);
    new DataView(this.#headers.buffer).setUint16(16, packetBytes - 14);
  }

  static bytesOf(size: number, stride: number): number {
    return size * (descriptor.bytes + stride);
  }

  /** Writes a packet and its descriptor; its IP checksum is right. */
  put(i: number, { source, destination, sourcePort, destinationPort, flags, inPort }: BenchPacket): void {
    const view = this.#view;
    const at = this.region + i * descriptor.bytes;
    const buffer = this.region + this.size * descriptor.bytes + i * this.#stride;
    const head = buffer + headroom;
    this.#bytes.fill(0, at, at + descriptor.bytes);
    // Not what is behind them: a payload that was just written would fill the caches, as one that a device wrote does not.
    this.#bytes.set(this.#headers, head);
    view.setUint32(head + 26, source);
    view.setUint32(head + 30, destination);
    view.setUint16(head + 34, sourcePort);
    view.setUint16(head + 36, destinationPort);
    view.setUint8(head + 47, flags);
    let sum = 0;
    for (let j = 14; j < 34; j += 2) sum += view.getUint16(head + j);
    sum = (sum & 0xffff) + (sum >>> 16);
    view.setUint16(head + 24, ~((sum & 0xffff) + (sum >>> 16)));
    view.setUint32(at + descriptor.addr, head, true);
    view.setUint32(at + descriptor.length, this.#packetBytes, true);
    view.setUint32(at + descriptor.inPort, inPort, true);
    view.setUint32(at + descriptor.bufferStart, buffer, true);
    view.setUint32(at + descriptor.bufferEnd, buffer + this.#stride, true);
  }

  /** Where a packet goes. */
  outPort(i: number): number {
    return this.#view.getUint32(this.region + i * descriptor.bytes + descriptor.outPort, true);
  }

  /** A copy of the first `count` packets as they are now. */
  frames(count: number): Uint8Array {
    const length = this.#packetBytes;
    const frames = new Uint8Array(count * length);
    for (let i = 0; i < count; i++) {
      const addr = this.#view.getUint32(this.region + i * descriptor.bytes + descriptor.addr, true);
      frames.set(this.#bytes.subarray(addr, addr + length), i * length);
    }
    return frames;
  }
}

/** The same numbers for the same seed. */
export function xorshift(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
