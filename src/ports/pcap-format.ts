/**
 * Capture files: reads classic pcap (microseconds and nanoseconds, both byte orders) and pcapng, writes classic pcap with nanoseconds.
 * Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng. Only Ethernet captures.
 *
 * Reading pulls bytes through a function, so that a file of any size passes through a buffer of the size of its largest record.
 */
import { OperatorError } from './errors.ts';

/** Fills the target from its start; returns how many bytes came, 0 at the end. */
export type ReadBytes = (target: Uint8Array) => number;
export type WriteBytes = (bytes: Uint8Array) => void;

export interface CapturedPacket {
  /** Valid until the next call of `read`. */
  readonly bytes: Uint8Array;
  /** Bytes that the packet had on the wire; more than `bytes` if the capture was cut. */
  readonly wireLength: number;
}

const magicUs = 0xa1b2c3d4;
const magicNs = 0xa1b23c4d;
const magicPcapng = 0x0a0d0d0a;
const byteOrderMagic = 0x1a2b3c4d;
const linkEthernet = 1;
/** No record is longer; a greater length says that this is no capture file. */
const maxRecord = 1 << 20;
const blocks = { interface: 1, simple: 3, enhanced: 6 } as const;

export class CaptureReader {
  readonly #read: ReadBytes;
  readonly #name: string;
  #buffer = new Uint8Array(4096);
  #view = new DataView(this.#buffer.buffer);
  #isLittle = true;
  #isPcapng = false;
  /** pcapng: link type of each interface of the section. */
  #links: number[] = [];

  /** Reads the file's head. `name` stands in messages. Throws OperatorError not-a-pcap, not-ethernet. */
  constructor(read: ReadBytes, name: string) {
    this.#read = read;
    this.#name = name;
    if (!this.#pull(0, 4)) throw this.#broken();
    const magic = this.#view.getUint32(0, true);
    if (magic === magicPcapng) {
      this.#isPcapng = true;
      if (!this.#startSection()) throw this.#broken();
      return;
    }
    this.#isLittle = magic === magicUs || magic === magicNs;
    const asIs = this.#view.getUint32(0, this.#isLittle);
    if ((asIs !== magicUs && asIs !== magicNs) || !this.#pull(4, 20)) throw this.#broken();
    // The upper bits tell of a frame check sequence.
    this.#checkLink(this.#view.getUint32(20, this.#isLittle) & 0xffff);
  }

  /** The next packet, undefined at the end. A file that ends within a record ends there. Throws OperatorError not-a-pcap. */
  read(): CapturedPacket | undefined {
    return this.#isPcapng ? this.#readBlock() : this.#readRecord();
  }

  #readRecord(): CapturedPacket | undefined {
    if (!this.#pull(0, 16)) return undefined;
    const length = this.#view.getUint32(8, this.#isLittle);
    const wireLength = this.#view.getUint32(12, this.#isLittle);
    if (length > maxRecord) throw this.#broken();
    return this.#pull(0, length) ? { bytes: this.#buffer.subarray(0, length), wireLength } : undefined;
  }

  #readBlock(): CapturedPacket | undefined {
    while (this.#pull(0, 4)) {
      const type = this.#view.getUint32(0, this.#isLittle);
      if (type === magicPcapng) {
        if (!this.#startSection()) return undefined;
        continue;
      }
      if (!this.#pull(4, 4)) return undefined;
      const total = this.#view.getUint32(4, this.#isLittle);
      if (total < 12 || total % 4 !== 0 || total > maxRecord) throw this.#broken();
      if (!this.#pull(8, total - 8)) return undefined;
      if (type === blocks.interface) this.#links.push(this.#view.getUint16(8, this.#isLittle));
      if (type === blocks.enhanced && total >= 32) {
        this.#checkLink(this.#links[this.#view.getUint32(8, this.#isLittle)]);
        return this.#packetAt(28, this.#view.getUint32(20, this.#isLittle), this.#view.getUint32(24, this.#isLittle), total);
      }
      if (type === blocks.simple && total >= 16) {
        this.#checkLink(this.#links[0]);
        const wireLength = this.#view.getUint32(8, this.#isLittle);
        return this.#packetAt(12, Math.min(wireLength, total - 16), wireLength, total);
      }
    }
    return undefined;
  }

  #packetAt(start: number, length: number, wireLength: number, total: number): CapturedPacket {
    if (start + length > total - 4) throw this.#broken();
    return { bytes: this.#buffer.subarray(start, start + length), wireLength };
  }

  /** The rest of a section header block, whose type has been read: it sets the byte order anew. */
  #startSection(): boolean {
    if (!this.#pull(4, 8)) return false;
    this.#isLittle = this.#view.getUint32(8, true) === byteOrderMagic;
    if (this.#view.getUint32(8, this.#isLittle) !== byteOrderMagic) throw this.#broken();
    const total = this.#view.getUint32(4, this.#isLittle);
    if (total < 28 || total > maxRecord) throw this.#broken();
    this.#links = [];
    return this.#pull(12, total - 12);
  }

  /** Reads `count` bytes to `offset` of the buffer; false if the file ends before. */
  #pull(offset: number, count: number): boolean {
    if (offset + count > this.#buffer.length) {
      const larger = new Uint8Array(2 ** Math.ceil(Math.log2(offset + count)));
      larger.set(this.#buffer.subarray(0, offset));
      this.#buffer = larger;
      this.#view = new DataView(larger.buffer);
    }
    for (let got = 0; got < count; ) {
      const bytes = this.#read(this.#buffer.subarray(offset + got, offset + count));
      if (bytes === 0) return false;
      got += bytes;
    }
    return true;
  }

  #checkLink(link: number | undefined): void {
    if (link === linkEthernet) return;
    const what = link === undefined ? 'no interface' : `link type ${link}`;
    throw new OperatorError('not-ethernet', `'${this.#name}' has ${what}, not Ethernet (1)`, 'capture on an Ethernet interface');
  }

  #broken(): OperatorError {
    return new OperatorError(
      'not-a-pcap',
      `'${this.#name}' is no capture file (pcap or pcapng)`,
      'check the file with tcpdump -r',
    );
  }
}

/** Head of a capture file as `captureRecord` continues it: little-endian, nanoseconds, Ethernet. */
export function captureHead(): Uint8Array {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint32(0, magicNs, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, 262144, true);
  view.setUint32(20, linkEthernet, true);
  return new Uint8Array(view.buffer);
}

/** Record head and packet in one. */
export function captureRecord(bytes: Uint8Array, seconds: number, nanoseconds: number): Uint8Array {
  const record = new Uint8Array(16 + bytes.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, seconds, true);
  view.setUint32(4, nanoseconds, true);
  view.setUint32(8, bytes.length, true);
  view.setUint32(12, bytes.length, true);
  record.set(bytes, 16);
  return record;
}
