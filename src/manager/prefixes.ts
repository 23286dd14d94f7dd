/** IPv4 prefixes as numbers, for the questions that longest-prefix match asks: which contains which, and which is the next wider one. */
import { parsePrefix as parseWirePrefix } from '../wire/index.ts';

export interface Prefix4 {
  /** First address, 0 .. 2^32 - 1. */
  readonly address: number;
  readonly length: number;
}

/** `10.0.0.0/8` or a lone address; undefined for other families. */
export function toPrefix(text: string): Prefix4 | undefined {
  const prefix = parseWirePrefix(text);
  if (prefix?.family !== 4) return undefined;
  return { address: prefix.bytes.reduce((n, byte) => n * 256 + byte, 0), length: prefix.length };
}

export function printPrefix({ address, length }: Prefix4): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}/${length}`;
}

/** Whether every address of `inner` is one of `outer`. */
export function contains(outer: Prefix4, inner: Prefix4): boolean {
  return outer.length <= inner.length && truncate(inner.address, outer.length) === outer.address;
}

/** The longest of `prefixes` (by their printed form) that contains `prefix` and is wider; undefined if there is none. At most 32 look-ups. */
export function nextWider<T>(prefixes: ReadonlyMap<string, T>, prefix: Prefix4): T | undefined {
  for (let length = prefix.length - 1; length >= 0; length--) {
    const wider = prefixes.get(printPrefix({ address: truncate(prefix.address, length), length }));
    if (wider !== undefined) return wider;
  }
  return undefined;
}

function truncate(address: number, length: number): number {
  return length === 0 ? 0 : (address & (0xffff_ffff << (32 - length))) >>> 0;
}
