/**
 * Values in wire order: big-endian bytes, right-aligned in ceil(width / 8) bytes, unused high bits zero. The control plane's side of it: numbers and
 * byte strings in, bytes in memory out. Compiled code moves the same bytes without looking at them.
 */
import type { FieldPlace } from './layout.ts';
import { byteWidth } from './place.ts';

/** A bit string: its number, or its bytes in wire order (leading zero bytes may be missing, as in P4Runtime, or extra). */
export type Value = bigint | Uint8Array;

/** The number that `count` bytes from `offset` are. */
export function readBig(bytes: Uint8Array, offset: number, count: number): bigint {
  if (count <= 6) {
    let small = 0;
    for (let i = 0; i < count; i++) small = small * 256 + bytes[offset + i]!;
    return BigInt(small);
  }
  let value = 0n;
  for (let i = 0; i < count; i++) value = (value << 8n) | BigInt(bytes[offset + i]!);
  return value;
}

/** Writes the low `count` bytes of a number >= 0 from `offset`. */
export function writeBig(bytes: Uint8Array, offset: number, count: number, value: bigint): void {
  if (count <= 6) {
    let small = Number(BigInt.asUintN(8 * count, value));
    for (let i = count - 1; i >= 0; i--) {
      bytes[offset + i] = small % 256;
      small = Math.floor(small / 256);
    }
    return;
  }
  for (let i = count - 1; i >= 0; i--) {
    bytes[offset + i] = Number(value & 0xffn);
    value >>= 8n;
  }
}

/** 2^width for the widths that most fields have: making such numbers again and again costs more than using them. */
const limits: readonly bigint[] = Array.from({ length: 129 }, (_, width) => 1n << BigInt(width));
const allOnes: readonly bigint[] = limits.map((limit) => limit - 1n);

/** The number of a value; throws RangeError if it does not fit `width` bits. `what` names it in the message. */
export function toBig(value: Value, width: number, what: () => string): bigint {
  const number = typeof value === 'bigint' ? value : readBig(value, 0, value.length);
  if (number < 0n || number >= (limits[width] ?? 1n << BigInt(width))) {
    throw new RangeError(`${what()}: ${number} does not fit ${width} bits`);
  }
  return number;
}

/** Throws RangeError if a value does not fit `width` bits. `what` names it in the message. */
export function checkFits(value: Value, width: number, what: () => string): void {
  if (typeof value === 'bigint' || !fitsBytes(value, width)) toBig(value, width, what);
}

/** Whether the number that the bytes are fits `width` bits. */
export function fitsBytes(value: Uint8Array, width: number): boolean {
  const extra = value.length - byteWidth(width);
  if (extra < 0) return true;
  for (let i = 0; i < extra; i++) if (value[i] !== 0) return false;
  return (width & 7) === 0 || value[extra]! >> (width & 7) === 0;
}

/** Writes a value that fits into `count` bytes from `offset`. */
export function writeValue(bytes: Uint8Array, offset: number, count: number, value: Value): void {
  if (typeof value === 'bigint') {
    writeBig(bytes, offset, count, value);
    return;
  }
  const extra = value.length - count;
  for (let i = 0; i < count; i++) bytes[offset + i] = i + extra >= 0 ? value[i + extra]! : 0;
}

/** All-ones of `width` bits. */
export function ones(width: number): bigint {
  return allOnes[width] ?? (1n << BigInt(width)) - 1n;
}

/** Values packed one behind the other, each in ceil(width / 8) bytes, as `places` says; zero-padded to `length` bytes. */
export function packFields(places: readonly FieldPlace[], values: readonly bigint[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  places.forEach((place, i) => {
    writeBig(bytes, place.offset, place.bytes, values[i]!);
  });
  return bytes;
}

/** Values of any widths in wire order, each in ceil(width / 8) bytes without gaps, zero-padded to whole 32-bit words: what selector and targetDefault hash. */
export function packWords(values: readonly { readonly value: bigint; readonly width: number }[]): Uint8Array {
  const length = values.reduce((sum, v) => sum + byteWidth(v.width), 0);
  const bytes = new Uint8Array(Math.ceil(length / 4) * 4);
  let offset = 0;
  for (const { value, width } of values) {
    writeBig(bytes, offset, byteWidth(width), value);
    offset += byteWidth(width);
  }
  return bytes;
}

/** A view of the same bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
