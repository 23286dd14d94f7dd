/**
 * Values that the controller sees as strings (`@p4runtime_translation` with `string`). There is no table of names: the string is the number as text,
 * decimal or 0x…, and is answered as decimal.
 */
import type { MatchField } from '../p4/p4info/p4info.ts';

/** P4Info gives such a field or parameter no width. */
export function isSdnString(type: Pick<MatchField, 'bitwidth' | 'typeName'>): boolean {
  return type.bitwidth === 0 && type.typeName !== undefined;
}

/** The number that a string stands for; undefined if it stands for none. */
export function fromSdnString(value: Uint8Array): bigint | undefined {
  const text = new TextDecoder().decode(value);
  return /^(0x[0-9a-f]+|\d+)$/i.test(text) ? BigInt(text) : undefined;
}

export function toSdnString(value: bigint): Uint8Array {
  return new TextEncoder().encode(value.toString());
}
