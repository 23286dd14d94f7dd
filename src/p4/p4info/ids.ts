/**
 * Ids and aliases of P4Info objects, chosen as other compilers choose them, so that a controller's ids stay valid.
 *
 * id = kind's prefix in the top byte, and the low 24 bits of Jenkins' one-at-a-time hash of the fully qualified name. Names are taken in sorted order; a
 * number that is taken moves on to the next free one. `@id(n)` decides by itself. The alias is the shortest suffix that no other name has.
 */

/** Top byte of an id, by kind of object (p4info.proto, P4Ids.Prefix). */
export const idPrefixes = {
  action: 0x01,
  table: 0x02,
  valueSet: 0x03,
  controllerHeader: 0x04,
  actionProfile: 0x11,
  counter: 0x12,
  directCounter: 0x13,
  meter: 0x14,
  directMeter: 0x15,
  register: 0x16,
  digest: 0x17,
} as const;

export type IdKind = keyof typeof idPrefixes;

/** Jenkins' one-at-a-time hash of a name's UTF-8 bytes, 32 bits. */
export function jenkinsOneAtATime(name: string): number {
  let hash = 0;
  for (const byte of new TextEncoder().encode(name)) {
    hash = (hash + byte) >>> 0;
    hash = (hash + (hash << 10)) >>> 0;
    hash = (hash ^ (hash >>> 6)) >>> 0;
  }
  hash = (hash + (hash << 3)) >>> 0;
  hash = (hash ^ (hash >>> 11)) >>> 0;
  return (hash + (hash << 15)) >>> 0;
}

/** Ids of the objects of one kind, by name. `given` are ids from `@id`; one without the kind's prefix gets it. */
export function assignIds(
  kind: IdKind,
  names: readonly string[],
  given: ReadonlyMap<string, number> = new Map(),
): Map<string, number> {
  const prefix = idPrefixes[kind];
  const base = prefix * 0x1000000;
  const ids = new Map<string, number>();
  const taken = new Set<number>();
  for (const [name, id] of given) {
    const full = id < 0x1000000 ? base + id : id;
    ids.set(name, full);
    taken.add(full);
  }
  for (const name of [...names].sort(byBytes)) {
    if (ids.has(name)) continue;
    let low = jenkinsOneAtATime(name) & 0xffffff;
    while (taken.has(base + low)) low = (low + 1) & 0xffffff;
    ids.set(name, base + low);
    taken.add(base + low);
  }
  return ids;
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Alias of every name: the shortest dotted suffix that is a suffix of no other. */
export function aliases(names: readonly string[]): Map<string, string> {
  const counts = new Map<string, number>();
  const suffixesOf = (name: string): string[] => {
    const parts = name.split('.');
    return parts.map((_, i) => parts.slice(parts.length - 1 - i).join('.'));
  };
  for (const name of new Set(names)) for (const s of suffixesOf(name)) counts.set(s, (counts.get(s) ?? 0) + 1);
  return new Map(names.map((name) => [name, suffixesOf(name).find((s) => counts.get(s) === 1) ?? name]));
}
