/**
 * Bytestrings of P4Runtime (specification, "Bytestrings"): unsigned numbers as big-endian bytes.
 *
 * Everywhere in this room a value is the canonical form: the fewest bytes that hold the number, and one zero byte for 0. Longer forms are accepted
 * from clients and made canonical at the door.
 */

/** Canonical bytestring of a number >= 0. */
export function toBytes(value: bigint | number): Uint8Array {
  if (value <= Number.MAX_SAFE_INTEGER) return smallToBytes(Number(value));
  const hex = BigInt(value).toString(16);
  return fromHex(hex.length % 2 === 0 ? hex : '0' + hex);
}

/** The number that a bytestring is; an empty one is 0. */
export function fromBytes(bytes: Uint8Array): bigint {
  if (bytes.length <= 6) return BigInt(smallFromBytes(bytes));
  return bytes.length === 0 ? 0n : BigInt('0x' + toHex(bytes));
}

/** The same of up to six bytes. */
export function smallFromBytes(bytes: Uint8Array): number {
  let small = 0;
  for (let i = 0; i < bytes.length; i++) small = small * 256 + bytes[i]!;
  return small;
}

/** The number of a value in either form. */
export function numberOf(value: bigint | Uint8Array): bigint {
  return typeof value === 'bigint' ? value : fromBytes(value);
}

/** The same number without leading zero bytes. */
export function canonical(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  return start === 0 ? bytes : bytes.slice(start);
}

/** Whether both are the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

const limits: readonly bigint[] = Array.from({ length: 129 }, (_, width) => 1n << BigInt(width));

/** All-ones of `width` bits. */
export function allOnes(width: number): bigint {
  return (limits[width] ?? 1n << BigInt(width)) - 1n;
}

/** Whether a number >= 0 fits `width` bits. */
export function fits(value: bigint, width: number): boolean {
  return value < (limits[width] ?? 1n << BigInt(width));
}

function smallToBytes(value: number): Uint8Array {
  let length = 1;
  for (let rest = value; rest >= 256; rest = Math.floor(rest / 256)) length++;
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}
