/** The two views of the arena's bytes that everything in this room shares. */
import type { FieldPlace } from './layout.ts';
import { readBig, type Value, writeValue } from './wire-bytes.ts';

export interface Memory {
  readonly view: DataView;
  readonly bytes: Uint8Array;
}

export function u32(memory: Memory, at: number): number {
  return memory.view.getUint32(at, true);
}

export function setU32(memory: Memory, at: number, value: number): void {
  memory.view.setUint32(at, value, true);
}

export function u64(memory: Memory, at: number): bigint {
  return memory.view.getBigUint64(at, true);
}

export function setU64(memory: Memory, at: number, value: bigint): void {
  memory.view.setBigUint64(at, value, true);
}

/** Adds 1 to a u32, which wraps. */
export function bumpU32(memory: Memory, at: number): void {
  setU32(memory, at, u32(memory, at) + 1);
}

/** Adds to a u64, which wraps. */
export function addU64(memory: Memory, at: number, amount: bigint): void {
  setU64(memory, at, u64(memory, at) + amount);
}

/** Fields of a record at `base`, wire order. */
export function readFields(memory: Memory, base: number, places: readonly FieldPlace[]): bigint[] {
  return places.map((place) => readBig(memory.bytes, base + place.offset, place.bytes));
}

export function writeFields(memory: Memory, base: number, places: readonly FieldPlace[], values: readonly Value[]): void {
  for (let i = 0; i < places.length; i++) {
    const { offset, bytes } = places[i]!;
    writeValue(memory.bytes, base + offset, bytes, values[i]!);
  }
}

/** Whether `count` bytes at `at` are those of `other`. */
export function sameBytes(memory: Memory, at: number, other: Uint8Array, count: number): boolean {
  for (let i = 0; i < count; i++) {
    if (memory.bytes[at + i] !== other[i]) return false;
  }
  return true;
}
