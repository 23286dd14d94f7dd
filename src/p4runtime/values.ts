/**
 * Values as people write and read them: `10.0.0.1`, `2001:db8::1`, `02:00:00:00:00:01`, `0x1f`, `80`.
 *
 * Printing goes by width: 48 bits as a MAC address, 32 bits from 1.0.0.0 on as IPv4 unless the field has a type name of its own (a port number),
 * 128 bits as IPv6, up to 32 bits as a decimal number, others in hexadecimal. What is printed is read back as the same value.
 */
import { fromBigint, parseIpv6, printIpv6 } from '../wire/index.ts';
import { fromBytes, toBytes } from './bytes.ts';

/** A value of a field or parameter in our own code. */
export type ValueLike = number | bigint | string | Uint8Array;

interface FieldType {
  readonly bitwidth: number;
  readonly typeName?: { readonly name: string };
}

/** Canonical bytes of a value. Throws RangeError if the text is no value or the number does not fit; `what` names it. */
export function parseValue(value: ValueLike, width: number, what: string): Uint8Array {
  const number = toNumber(value);
  if (number === undefined) throw new RangeError(`${what}: '${String(value)}' is no value`);
  if (number < 0n || (width > 0 && number >> BigInt(width) !== 0n)) {
    throw new RangeError(`${what}: ${String(value)} does not fit ${width} bits`);
  }
  return toBytes(number);
}

export function printValue(value: Uint8Array, type: FieldType): string {
  const number = fromBytes(value);
  if (type.bitwidth === 48) return grouped(number, 6, 16, ':');
  if (type.bitwidth === 32 && !type.typeName && number >= 0x0100_0000n) return grouped(number, 4, 10, '.');
  if (type.bitwidth === 128) return printIpv6(fromBigint(number, 16));
  return type.bitwidth <= 32 ? number.toString() : `0x${number.toString(16)}`;
}

function toNumber(value: ValueLike): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (typeof value !== 'string') return fromBytes(value);
  if (/^(\d{1,3}\.){3}\d{1,3}$/.test(value)) return joined(value.split('.').map(Number));
  if (/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value)) return joined(value.split(':').map((part) => Number.parseInt(part, 16)));
  const ipv6 = value.includes(':') ? parseIpv6(value) : undefined;
  if (ipv6) return fromBytes(ipv6);
  return /^(0x[0-9a-f]+|\d+)$/i.test(value) ? BigInt(value) : undefined;
}

function joined(bytes: readonly number[]): bigint | undefined {
  if (bytes.some((byte) => byte > 255)) return undefined;
  return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

function grouped(number: bigint, count: number, radix: 10 | 16, separator: string): string {
  const parts: string[] = [];
  for (let i = count - 1; i >= 0; i--) {
    const byte = Number((number >> BigInt(8 * i)) & 0xffn);
    parts.push(radix === 16 ? byte.toString(16).padStart(2, '0') : String(byte));
  }
  return parts.join(separator);
}
