/**
 * Pcap port: receives what a capture file holds, as fast as it is asked, and writes what is sent to another. Checksums leave complete; a GSO packet is
 * written as the one large packet that it is, as a capture on the sending host would show it.
 */
import type { BufferRegion } from '../engine/port.ts';
import { CopyingPort, type SentPacket } from './memory.ts';
import {
  type CapturedPacket,
  CaptureReader,
  captureHead,
  captureRecord,
  type ReadBytes,
  type WriteBytes,
} from './pcap-format.ts';

export interface PcapFiles {
  readonly input?: { readonly name: string; readonly read: ReadBytes; readonly close?: () => void };
  readonly output?: { readonly name: string; readonly write: WriteBytes; readonly close?: () => void };
  /** Time of day, for the output's timestamps. */
  readonly now: () => { readonly seconds: number; readonly nanoseconds: number };
}

export class PcapPort extends CopyingPort {
  readonly #files: PcapFiles;
  readonly #reader: CaptureReader | undefined;
  /** Nothing more to receive. */
  inputEnded: boolean;

  /** Reads the input's head and writes the output's. Throws OperatorError not-a-pcap, not-ethernet. */
  constructor(number: number, region: BufferRegion, files: PcapFiles) {
    super(number, files.input?.name ?? files.output?.name ?? 'pcap', region);
    this.#files = files;
    this.#reader = files.input === undefined ? undefined : new CaptureReader(files.input.read, files.input.name);
    this.inputEnded = this.#reader === undefined;
    files.output?.write(captureHead());
  }

  protected override next(): { bytes: Uint8Array } | undefined {
    while (!this.inputEnded) {
      const packet = this.#readPacket();
      if (packet === undefined) this.inputEnded = true;
      else if (packet.wireLength > packet.bytes.length) this.stats.rxDropsInvalid++;
      else return packet;
    }
    return undefined;
  }

  /** A damaged file ends where the damage begins, which counts as one packet. */
  #readPacket(): CapturedPacket | undefined {
    try {
      return this.#reader?.read();
    } catch {
      this.stats.rxDropsInvalid++;
      return undefined;
    }
  }

  protected override sent(packet: SentPacket): void {
    if (this.#files.output === undefined) return;
    const { seconds, nanoseconds } = this.#files.now();
    try {
      this.#files.output.write(captureRecord(packet.bytes, seconds, nanoseconds));
    } catch {
      // The disk is full, say: nobody up the data path can do anything about it.
      this.stats.txErrors++;
    }
  }

  override close(): void {
    if (this.state === 'gone') return;
    super.close();
    this.inputEnded = true;
    this.#files.input?.close?.();
    this.#files.output?.close?.();
  }
}
