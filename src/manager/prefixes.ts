/**
 * Prefixes of both families, for the questions that longest-prefix match asks: which contains which, and which is the next wider one. A prefix of one
 * family never contains one of the other; in order, IPv4 comes first.
 */
import type { EntityBuilder } from '../p4runtime/index.ts';
import { type Prefix, parseAddress, parsePrefix, prefixContains, printPrefix, toBigint } from '../wire/index.ts';

export { type Prefix, printPrefix };

export type Family = Prefix['family'];

/** `10.0.0.0/8`, `2001:db8::/32` or a lone address; undefined if it is none. */
export const toPrefix = parsePrefix;

export function familyOf(address: string): Family {
  return address.includes(':') ? 6 : 4;
}

/** The first address of each family, in the order given. */
export function oneOfEachFamily(addresses: readonly string[]): string[] {
  return addresses.filter((address, i) => addresses.findIndex((a) => familyOf(a) === familyOf(address)) === i);
}

/** What k8s-lb.p4 calls a table, a profile or an action of this family. */
export function inFamily(name: string, family: Family): string {
  return family === 4 ? name : `${name}_ipv6`;
}

/** The same in the family of an address or prefix. */
export function inFamilyOf(address: string, name: string): string {
  return inFamily(name, familyOf(address));
}

/** The families that a program has the tables of. */
export function familiesOf({ names }: EntityBuilder): Family[] {
  return ([4, 6] as const).filter((family) => names.tables.find(inFamily('services', family)));
}

/** An address as it stands in keys and parameters. */
export function addressNumber(address: string): bigint {
  return toBigint(parseAddress(address) ?? new Uint8Array());
}

/** The prefix of this address alone: `10.0.0.1/32`, `2001:db8::1/128`. */
export function hostPrefix(address: string): string {
  return `${address}/${familyOf(address) === 4 ? 32 : 128}`;
}

/** Whether every address of `inner` is one of `outer`. */
export function contains(outer: Prefix, inner: Prefix): boolean {
  return outer.length <= inner.length && prefixContains(outer, inner.bytes);
}

/** Order of families, then addresses, then wider before longer: a prefix comes behind all that contain it. */
export function compare(a: Prefix, b: Prefix): number {
  if (a.family !== b.family) return a.family - b.family;
  for (let i = 0; i < a.bytes.length; i++) {
    const difference = a.bytes[i]! - b.bytes[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/**
 * For each prefix the index of the longest other one that contains it, -1 if there is none. `sorted`: by `compare`, each once. O(prefixes + nesting).
 */
export function nextWider(sorted: readonly Prefix[]): number[] {
  const around: number[] = [];
  return sorted.map((prefix, i) => {
    while (around.length > 0 && !contains(sorted[around.at(-1)!]!, prefix)) around.pop();
    const wider = around.at(-1) ?? -1;
    around.push(i);
    return wider;
  });
}
