/**
 * The skeleton of all header codecs: a table of fields, and from it check, get, set and describe.
 *
 * A field is at most 32 bits wide, or an address. Plain numbers are host order; the wire order lives here. `get` and `set` trust the length that
 * `check` has looked at (check once at the door); they are for tests, the slow path and tools, never for the hot path.
 */
import { parseIpv4, parseIpv6, parseMac, printIpv4, printIpv6, printMac } from './addresses.ts';

export type Format = 'number' | 'hex' | 'mac' | 'ipv4' | 'ipv6';

export interface Field {
  /** Bits from the header's first bit. */
  readonly at: number;
  /** Bits. */
  readonly width: number;
  readonly as: Format;
}

export type FieldTable = Readonly<Record<string, Field>>;

/** Addresses are text, everything else is a number. */
export type Values<T extends FieldTable> = {
  -readonly [K in keyof T]: T[K]['as'] extends 'mac' | 'ipv4' | 'ipv6' ? string : number;
};

export interface HeaderSpec<T extends FieldTable> {
  readonly name: string;
  readonly fields: T;
  /** Bytes without options. */
  readonly minBytes: number;
  /** Bytes with options, from a header of at least minBytes. Absent: always minBytes. */
  readonly length?: (bytes: Uint8Array) => number;
  /** What else is wrong with a header that is long enough. */
  readonly check?: (values: Values<T>, bytes: Uint8Array) => string | undefined;
  /** One line, without the header's name where the form makes it clear. */
  readonly describe: (values: Values<T>) => string;
}

export interface Header<T extends FieldTable = FieldTable> {
  readonly name: string;
  readonly fields: T;
  readonly minBytes: number;
  /** Bytes that the header takes at the front of `bytes`, options included. */
  length(bytes: Uint8Array): number;
  /** Why `bytes` does not begin with this header, undefined if it does. */
  check(bytes: Uint8Array): string | undefined;
  get(bytes: Uint8Array): Values<T>;
  /** Writes the given fields, leaves the others. Throws a RangeError for a value that does not fit: a mistake in the test. */
  set(bytes: Uint8Array, values: Partial<Values<T>>): void;
  describe(bytes: Uint8Array): string;
  /** Fields as text, in the table's order. */
  list(bytes: Uint8Array): { readonly name: string; readonly field: Field; readonly text: string }[];
}

/** Makes a codec of a field table. */
export function header<const T extends FieldTable>(spec: HeaderSpec<T>): Header<T> {
  const get = (bytes: Uint8Array): Values<T> => {
    const values: Record<string, number | string> = {};
    for (const [name, field] of Object.entries(spec.fields)) values[name] = readField(bytes, field);
    return values as Values<T>;
  };
  const length = (bytes: Uint8Array): number => spec.length?.(bytes) ?? spec.minBytes;
  return {
    name: spec.name,
    fields: spec.fields,
    minBytes: spec.minBytes,
    length,
    get,
    check(bytes) {
      if (bytes.length < spec.minBytes) return `${spec.name}: ${bytes.length} bytes, expected at least ${spec.minBytes}`;
      const wrong = spec.check?.(get(bytes), bytes);
      if (wrong !== undefined) return `${spec.name}: ${wrong}`;
      const needed = length(bytes);
      if (needed < spec.minBytes) return `${spec.name}: header length ${needed}, expected at least ${spec.minBytes}`;
      return needed > bytes.length ? `${spec.name}: header length ${needed}, but only ${bytes.length} bytes left` : undefined;
    },
    set(bytes, values) {
      for (const [name, value] of Object.entries(values)) {
        const field = spec.fields[name];
        if (field !== undefined && value !== undefined)
          writeField(bytes, field, value as number | string, `${spec.name}.${name}`);
      }
    },
    describe: (bytes) => spec.describe(get(bytes)),
    list: (bytes) =>
      Object.entries(spec.fields).map(([name, field]) => ({ name, field, text: printField(readField(bytes, field), field) })),
  };
}

/** Reads one field. Unchecked: `bytes` must be long enough. */
export function readField(bytes: Uint8Array, field: Field): number | string {
  const first = field.at >> 3;
  if (field.as === 'mac') return printMac(bytes.subarray(first, first + 6));
  if (field.as === 'ipv4') return printIpv4(bytes.subarray(first, first + 4));
  if (field.as === 'ipv6') return printIpv6(bytes.subarray(first, first + 16));
  const end = field.at + field.width;
  const last = (end - 1) >> 3;
  let value = 0;
  for (let i = first; i <= last; i++) value = value * 256 + bytes[i]!;
  return Math.floor(value / 2 ** ((last + 1) * 8 - end)) % 2 ** field.width;
}

function writeField(bytes: Uint8Array, field: Field, value: number | string, name: string): void {
  const first = field.at >> 3;
  if (typeof value === 'string') {
    const parse = field.as === 'mac' ? parseMac : field.as === 'ipv4' ? parseIpv4 : field.as === 'ipv6' ? parseIpv6 : undefined;
    const address = parse?.(value);
    if (address === undefined) throw new RangeError(`${name}: '${value}' is no ${field.as === 'mac' ? 'MAC' : field.as} address`);
    bytes.set(address, first);
    return;
  }
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** field.width) {
    throw new RangeError(`${name}: ${value} does not fit ${field.width} bits`);
  }
  const end = field.at + field.width;
  let bits = BigInt(value) << BigInt((8 - (end & 7)) & 7);
  let mask = ((1n << BigInt(field.width)) - 1n) << BigInt((8 - (end & 7)) & 7);
  for (let i = (end - 1) >> 3; i >= first; i--) {
    bytes[i] = (bytes[i]! & ~Number(mask & 0xffn)) | Number(bits & 0xffn);
    bits >>= 8n;
    mask >>= 8n;
  }
}

function printField(value: number | string, field: Field): string {
  if (typeof value === 'string' || field.as === 'number') return String(value);
  return `0x${value.toString(16).padStart(Math.ceil(field.width / 4), '0')}`;
}
