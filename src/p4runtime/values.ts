/**
 * Values as people write and read them: `10.0.0.1`, `2001:db8::1`, `02:00:00:00:00:01`, `0x1f`, `80`.
 *
 * Printing goes by width: 48 bits as a MAC address, 32 bits from 1.0.0.0 on as IPv4 unless the field has a type name of its own (a port number),
 * 128 bits as IPv6, up to 32 bits as a decimal number, others in hexadecimal. What is printed is read back as the same value.
 */
import { fromBigint, parseIpv4, parseIpv6, printIpv4, printIpv6 } from '../wire/index.ts';
import { canonical, fromBytes, smallFromBytes, toBytes } from './bytes.ts';

/** A value of a field or parameter in our own code. */
export type ValueLike = number | bigint | string | Uint8Array;

interface FieldType {
  readonly bitwidth: number;
  readonly typeName?: { readonly name: string };
}

/** 2^width: raising it each time costs more than all the rest. */
const powers: readonly number[] = Array.from({ length: 129 }, (_, width) => 2 ** width);

/** Canonical bytes of a value. Throws RangeError if the text is no value or the number does not fit; `what` names it. */
export function parseValue(value: ValueLike, width: number, what: () => string): Uint8Array {
  // Most values by far: they need no big numbers.
  if (typeof value === 'number' && value >= 0 && value < (powers[width] ?? 2 ** width) && Number.isSafeInteger(value))
    return toBytes(value);
  if (typeof value === 'string' && width === 32) {
    const address = parseIpv4(value);
    if (address) return canonical(address);
  }
  const number = toNumber(value);
  if (number === undefined) throw new RangeError(`${what()}: '${String(value)}' is no value`);
  if (number < 0n || (width > 0 && number >> BigInt(width) !== 0n)) {
    throw new RangeError(`${what()}: ${String(value)} does not fit ${width} bits`);
  }
  return toBytes(number);
}

export function printValue(value: Uint8Array, type: FieldType): string {
  if (type.bitwidth === 32 && !type.typeName && value.length === 4 && value[0] !== 0) return printIpv4(value);
  if (type.bitwidth <= 32 && value.length <= 4) return String(smallFromBytes(value));
  const number = fromBytes(value);
  if (type.bitwidth === 48) return grouped(number);
  if (type.bitwidth === 128) return printIpv6(fromBigint(number, 16));
  return type.bitwidth <= 32 ? number.toString() : `0x${number.toString(16)}`;
}

function toNumber(value: ValueLike): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (typeof value !== 'string') return fromBytes(value);
  const ipv4 = value.includes('.') ? parseIpv4(value) : undefined;
  if (ipv4) return fromBytes(ipv4);
  if (/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value)) return joined(value.split(':').map((part) => Number.parseInt(part, 16)));
  const ipv6 = value.includes(':') ? parseIpv6(value) : undefined;
  if (ipv6) return fromBytes(ipv6);
  return /^(0x[0-9a-f]+|\d+)$/i.test(value) ? BigInt(value) : undefined;
}

function joined(bytes: readonly number[]): bigint | undefined {
  if (bytes.some((byte) => byte > 255)) return undefined;
  return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

/** As a MAC address. */
function grouped(number: bigint): string {
  return number
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?!$)/g, '$&:');
}
