/**
 * MAC, IPv4 and IPv6 addresses and prefixes: text to bytes in wire order and back.
 *
 * An address is its bytes as they lie in a packet (6, 4 or 16). Parsers give undefined for anything else than one whole address: the caller knows
 * where the text came from and says so. IPv4 takes four decimal numbers without leading zeros (RFC 6943 §3.1.1); IPv6 is printed as RFC 5952 says.
 */

/** An address range: `bytes` has all bits behind `length` zero. */
export interface Prefix {
  readonly family: 4 | 6;
  readonly bytes: Uint8Array;
  /** Bits, 0 .. 32 or 0 .. 128. */
  readonly length: number;
}

/** Six bytes of `02:00:00:00:00:01` (or with `-`), undefined if it is not a MAC address. */
export function parseMac(text: string): Uint8Array | undefined {
  const parts = text.split(text.includes('-') ? '-' : ':');
  if (parts.length !== 6 || !parts.every((p) => /^[0-9a-fA-F]{1,2}$/.test(p))) return undefined;
  return Uint8Array.from(parts, (p) => Number.parseInt(p, 16));
}

/** `02:00:00:00:00:01` of six bytes. */
export function printMac(bytes: Uint8Array): string {
  return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join(':');
}

const zero = 0x30;
/** As a digit. */
const dot = 0x2e - zero;

/** Four bytes of dotted decimal, undefined if it is not an IPv4 address. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  let part = 0;
  let digits = 0;
  let value = 0;
  for (let i = 0; i <= text.length; i++) {
    const digit = i === text.length ? dot : text.charCodeAt(i) - zero;
    if (digit >= 0 && digit <= 9) {
      // No leading zeros: some read them as octal.
      if (digits > 0 && value === 0) return undefined;
      value = value * 10 + digit;
      digits++;
      if (value > 255) return undefined;
    } else if (digit === dot && digits > 0 && part < 4) {
      bytes[part++] = value;
      value = 0;
      digits = 0;
    } else return undefined;
  }
  return part === 4 ? bytes : undefined;
}

/** Dotted decimal of four bytes. */
export function printIpv4(bytes: Uint8Array): string {
  return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
}

/** Sixteen bytes of RFC 4291 text (`::` and a dotted tail allowed, no zone), undefined if it is not an IPv6 address. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [front, back] = halves.map((half, i) => parseGroups(half, i === halves.length - 1));
  if (front === undefined || (halves.length === 2 && back === undefined)) return undefined;
  if (back === undefined) return front.length === 16 ? Uint8Array.from(front) : undefined;
  const zeros = 16 - front.length - back.length;
  return zeros < 2 ? undefined : Uint8Array.from([...front, ...new Array<number>(zeros).fill(0), ...back]);
}

/** RFC 5952 text of sixteen bytes: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
export function printIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  let runStart = 8;
  let runLength = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > runLength) [runStart, runLength] = [i, n];
  }
  const hex = (part: number[]): string => part.map((g) => g.toString(16)).join(':');
  if (runStart === 8) return hex(groups);
  return `${hex(groups.slice(0, runStart))}::${hex(groups.slice(runStart + runLength))}`;
}

/** Bytes of an IPv4 or IPv6 address: 4 or 16 of them. */
export function parseAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** Text of 4 or 16 bytes. */
export function printAddress(bytes: Uint8Array): string {
  return bytes.length === 4 ? printIpv4(bytes) : printIpv6(bytes);
}

/** `10.0.0.0/8`, `2001:db8::/32`; a lone address is its own prefix. Bits behind the length are cleared. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const bits = address.length * 8;
  const lengthText = slash < 0 ? String(bits) : text.slice(slash + 1);
  if (!/^(0|[1-9][0-9]{0,2})$/.test(lengthText)) return undefined;
  const length = Number(lengthText);
  if (length > bits) return undefined;
  const bytes = address.map((b, i) => b & maskByte(length, i));
  return { family: bits === 32 ? 4 : 6, bytes, length };
}

/** `10.0.0.0/8`. */
export function printPrefix(prefix: Prefix): string {
  return `${printAddress(prefix.bytes)}/${prefix.length}`;
}

/** Whether an address (its bytes) lies in the prefix; never across families. */
export function prefixContains(prefix: Prefix, address: Uint8Array): boolean {
  return address.length === prefix.bytes.length && address.every((b, i) => (b & maskByte(prefix.length, i)) === prefix.bytes[i]);
}

/** The number that big-endian bytes stand for. */
export function toBigint(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const b of bytes) value = (value << 8n) | BigInt(b);
  return value;
}

/** `length` big-endian bytes of a number; higher bits are cut off. */
export function fromBigint(value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(value & 0xffn);
    value >>= 8n;
  }
  return bytes;
}

/** Byte `index` of the mask with `length` leading ones. */
function maskByte(length: number, index: number): number {
  const ones = Math.min(8, Math.max(0, length - 8 * index));
  return (0xff00 >> ones) & 0xff;
}

function parseGroups(text: string, isLast: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
      continue;
    }
    const tail = isLast && i === groups.length - 1 ? parseIpv4(group) : undefined;
    if (tail === undefined) return undefined;
    bytes.push(...tail);
  }
  return bytes;
}
