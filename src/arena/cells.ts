/** Arrays of state outside tables: counters, meters, registers. Callers pass indexes that exist; see the size of each. */
import { type FieldPlace, meterCell } from './layout.ts';
import { addU64, type Memory, readFields, setU64, u64, writeFields } from './memory.ts';
import { getMeterConfig, type MeterColor, type MeterConfig, meterStep, setMeterConfig } from './meter.ts';

export interface CounterData {
  readonly packets: bigint;
  readonly bytes: bigint;
}

/** Cells of u64 packets, u64 bytes. */
export class CounterArray {
  readonly size: number;
  readonly #memory: Memory;
  readonly #base: number;
  readonly #copies: readonly number[];

  /** `copies`: where several workers count, each for itself. */
  constructor(memory: Memory, place: { readonly base: number; readonly size: number; readonly copies?: readonly number[] }) {
    this.#memory = memory;
    this.#base = place.base;
    this.#copies = place.copies ?? [];
    this.size = place.size;
  }

  read(index: number): CounterData {
    let [packets, bytes] = [0n, 0n];
    for (const base of [this.#base, ...this.#copies]) {
      packets += u64(this.#memory, base + 16 * index);
      bytes += u64(this.#memory, base + 16 * index + 8);
    }
    return { packets, bytes };
  }

  /** While the workers stand between two batches. */
  write(index: number, data: CounterData): void {
    for (const base of this.#copies) this.#set(base, index, { packets: 0n, bytes: 0n });
    this.#set(this.#base, index, data);
  }

  #set(base: number, index: number, data: CounterData): void {
    setU64(this.#memory, base + 16 * index, data.packets);
    setU64(this.#memory, base + 16 * index + 8, data.bytes);
  }

  /** One packet of `bytes` bytes; an index behind the end counts nothing. */
  count(index: number, bytes: bigint): void {
    if (index < this.size) countAt(this.#memory, this.#base + 16 * index, bytes);
  }
}

/** Counts one packet of `bytes` bytes in the cell at `at`. */
export function countAt(memory: Memory, at: number, bytes: bigint): void {
  addU64(memory, at, 1n);
  addU64(memory, at + 8, bytes);
}

export class MeterArray {
  readonly size: number;
  readonly #memory: Memory;
  readonly #base: number;

  constructor(memory: Memory, place: { readonly base: number; readonly size: number }) {
    this.#memory = memory;
    this.#base = place.base;
    this.size = place.size;
  }

  config(index: number): MeterConfig | undefined {
    return getMeterConfig(this.#memory.view, this.#base + meterCell.bytes * index);
  }

  /** undefined: everything is green again. */
  configure(index: number, config: MeterConfig | undefined): void {
    setMeterConfig(this.#memory.view, this.#base + meterCell.bytes * index, config);
  }

  execute(index: number, nowNs: bigint, amount: number, color: number): MeterColor {
    return meterStep(this.#memory.view, this.#base + meterCell.bytes * index, nowNs, amount, color);
  }
}

/** Cells of fields in wire order. */
export class RegisterArray {
  readonly size: number;
  readonly #memory: Memory;
  readonly #layout: {
    readonly base: number;
    readonly size: number;
    readonly cellBytes: number;
    readonly fields: readonly FieldPlace[];
  };

  constructor(
    memory: Memory,
    layout: { readonly base: number; readonly size: number; readonly cellBytes: number; readonly fields: readonly FieldPlace[] },
  ) {
    this.#memory = memory;
    this.#layout = layout;
    this.size = layout.size;
  }

  read(index: number): bigint[] {
    return readFields(this.#memory, this.#layout.base + index * this.#layout.cellBytes, this.#layout.fields);
  }

  /** Values that fit their fields. */
  write(index: number, values: readonly bigint[]): void {
    writeFields(this.#memory, this.#layout.base + index * this.#layout.cellBytes, this.#layout.fields, values);
  }
}
