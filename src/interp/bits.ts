/** Bit strings in packets: the first bit of a byte is its most significant one, as in every RFC's drawing. */

/** `width` bits from bit `offset`; they are all there. */
export function readBits(bytes: Uint8Array, offset: number, width: number): bigint {
  if (width === 0) return 0n;
  const first = offset >> 3;
  const last = (offset + width - 1) >> 3;
  let value = 0n;
  for (let i = first; i <= last; i++) value = (value << 8n) | BigInt(bytes[i]!);
  return BigInt.asUintN(width, value >> BigInt((last + 1) * 8 - (offset + width)));
}

/** The low `width` bits of a value as bytes; zero bits fill up the last byte. */
export function toBytes(value: bigint, width: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(width / 8));
  let rest = BigInt.asUintN(width, value) << BigInt(bytes.length * 8 - width);
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** Bit strings one behind the other. */
export function concatBits(parts: readonly { readonly value: bigint; readonly width: number }[]): {
  value: bigint;
  width: number;
} {
  let value = 0n;
  let width = 0;
  for (const part of parts) {
    value = (value << BigInt(part.width)) | BigInt.asUintN(part.width, part.value);
    width += part.width;
  }
  return { value, width };
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
