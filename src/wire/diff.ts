/**
 * What differs between an expected and an actual packet: decoded fields first, then the bytes.
 *
 * The expected side may have wildcard bits (`mask` bit 0: do not compare) and may be a prefix only. Fields are named after the layers of the actual
 * packet where both decode alike, so that a reader sees `ipv4.ttl: expected 63, found 64` and not only offset 22.
 */
import { decode } from './decode.ts';
import { summary } from './describe.ts';
import { type Field, readField } from './header.ts';
import { hexdump } from './hexdump.ts';

export interface DiffOptions {
  /** One byte per expected byte; bits that are 0 are not compared. Absent: everything is. */
  readonly mask?: Uint8Array;
  /** Compare only as many bytes as are expected. */
  readonly isPrefix?: boolean;
}

/** Whether the packets are equal under the options. */
export function packetsMatch(expected: Uint8Array, actual: Uint8Array, { mask, isPrefix }: DiffOptions = {}): boolean {
  if (isPrefix ? actual.length < expected.length : actual.length !== expected.length) return false;
  return expected.every((b, i) => ((b ^ actual[i]!) & (mask?.[i] ?? 0xff)) === 0);
}

/** Text that tells the difference, undefined if there is none. Ends in a newline. */
export function diffPackets(expected: Uint8Array, actual: Uint8Array, options: DiffOptions = {}): string | undefined {
  if (packetsMatch(expected, actual, options)) return undefined;
  const differs = (i: number): boolean =>
    i < expected.length && (i >= actual.length || ((expected[i]! ^ actual[i]!) & (options.mask?.[i] ?? 0xff)) !== 0);
  const isExtra = (i: number): boolean => i >= expected.length && !options.isPrefix;
  const lines: string[] = [];
  if (options.isPrefix ? actual.length < expected.length : actual.length !== expected.length) {
    lines.push(`length: expected ${options.isPrefix ? 'at least ' : ''}${expected.length}, found ${actual.length}`);
  }
  const { layers, payloadOffset } = decode(actual);
  const seen = new Map<string, number>();
  for (const { header, offset, length, bytes } of layers) {
    const count = (seen.get(header.name) ?? 0) + 1;
    seen.set(header.name, count);
    const layerName = count === 1 ? header.name : `${header.name}#${count}`;
    if (offset + header.minBytes > expected.length) break;
    const wanted = expected.subarray(offset);
    for (const { name, field, text } of header.list(bytes)) {
      if (fieldBytes(field, offset).some(differs) && fieldDiffers(field, wanted, bytes, options.mask?.subarray(offset))) {
        lines.push(`${layerName}.${name}: expected ${show(header.list(wanted), name)}, found ${text}`);
      }
    }
    for (let i = offset + header.minBytes; i < offset + length; i++) {
      if (differs(i)) {
        lines.push(`${layerName}.options differ at offset ${i}`);
        break;
      }
    }
  }
  for (let i = payloadOffset; i < Math.min(expected.length, actual.length); i++) {
    if (differs(i)) {
      lines.push(`payload: differs at offset ${i}: expected ${hexByte(expected[i]!)}, found ${hexByte(actual[i]!)}`);
      break;
    }
  }
  const body = lines.map((line) => `  ${line}\n`).join('');
  return (
    `${body}  expected: ${summary(expected)}\n${indent(hexdump(expected, differs))}` +
    `  found:    ${summary(actual)}\n${indent(hexdump(actual, (i) => differs(i) || isExtra(i)))}`
  );
}

function show(list: readonly { readonly name: string; readonly text: string }[], name: string): string {
  return list.find((f) => f.name === name)?.text ?? '?';
}

function fieldBytes(field: Field, offset: number): number[] {
  const first = field.at >> 3;
  const last = (field.at + field.width - 1) >> 3;
  return Array.from({ length: last - first + 1 }, (_, i) => offset + first + i);
}

/** Compares the field's own bits: a byte may hold several fields. */
function fieldDiffers(field: Field, expected: Uint8Array, actual: Uint8Array, mask: Uint8Array | undefined): boolean {
  const take = (bytes: Uint8Array): Uint8Array => bytes.map((b, i) => b & (mask?.[i] ?? 0xff));
  const bytes = (field.at + field.width + 7) >> 3;
  return readField(take(expected.subarray(0, bytes)), field) !== readField(take(actual.subarray(0, bytes)), field);
}

function hexByte(b: number): string {
  return b.toString(16).padStart(2, '0');
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '    ');
}
