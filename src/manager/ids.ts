/**
 * Numbers for things that the data plane knows by number (members, groups), given so that a number never moves to another thing while
 * both are there: what already has one keeps it, the rest get the lowest that nothing has or had, in the order of their names.
 *
 * The allocator has no memory of its own: what is installed says who has which number. So it survives a restart of the control plane.
 */
import { type Entity, type EntityBuilder, fromBytes } from '../p4runtime/index.ts';
import { fromBigint, printAddress } from '../wire/index.ts';
import { familiesOf, inFamily } from './prefixes.ts';

/** Metadata of a service's entry: its affinity profile is for this many seconds. */
export const affinityNote = 'affinity ';

/** Who has which number in what is installed. */
export interface InstalledIds {
  /** By address and port: `10.244.1.5 8080`. */
  readonly members: ReadonlyMap<string, number>;
  /** Pools of endpoints, which have the number of their group: `default/web:http/TCP IPv4 cluster`. */
  readonly pools: ReadonlyMap<string, number>;
  /** Lists of source ranges: `10.0.0.0/8 192.0.2.0/24`. */
  readonly ranges: ReadonlyMap<string, number>;
  /** Expire-time profiles of session affinity, by seconds. */
  readonly affinity: ReadonlyMap<string, number>;
}

export const nothingInstalled: InstalledIds = {
  members: new Map(),
  pools: new Map(),
  ranges: new Map(),
  affinity: new Map(),
};

/** A number from 1 for every key. O(keys log keys). */
export function allocateIds(keys: Iterable<string>, installed: ReadonlyMap<string, number>): Map<string, number> {
  const taken = new Set(installed.values());
  const result = new Map<string, number>();
  let next = 1;
  for (const key of [...new Set(keys)].sort()) {
    let id = installed.get(key);
    if (id === undefined) {
      while (taken.has(next)) next++;
      taken.add(next);
      id = next;
    }
    result.set(key, id);
  }
  return result;
}

/**
 * Reads the numbers back from installed entities of k8s-lb.p4. Names that are in no key or parameter are in the entries' metadata.
 */
export function readInstalledIds(build: EntityBuilder, entities: readonly Entity[]): InstalledIds {
  const { names } = build;
  const tableOf = new Map(
    (['services', 'pools', 'source_ranges'] as const).flatMap((table) =>
      familiesOf(build).map((family) => [names.tables.get(inFamily(table, family)).preamble.id, table]),
    ),
  );
  /** Of an address, by the profile of a family's endpoints. */
  const bytesOf = new Map(
    familiesOf(build).map((family) => [
      names.actionProfiles.get(inFamily('endpoints', family)).preamble.id,
      family === 4 ? 4 : 16,
    ]),
  );
  const ids = {
    members: new Map<string, number>(),
    pools: new Map<string, number>(),
    ranges: new Map<string, number>(),
    affinity: new Map<string, number>(),
  };
  for (const entity of entities) {
    if ('actionProfileMember' in entity) {
      const { action, memberId } = entity.actionProfileMember;
      const bytes = bytesOf.get(entity.actionProfileMember.actionProfileId);
      const [address, port] = action?.params ?? [];
      if (!bytes || !address || !port) continue;
      const text = printAddress(fromBigint(fromBytes(address.value), bytes));
      ids.members.set(`${text} ${fromBytes(port.value)}`, memberId);
    }
    if (!('tableEntry' in entity)) continue;
    const { tableId, match, action, isDefaultAction, metadata } = entity.tableEntry;
    const table = tableOf.get(tableId);
    if (!action || isDefaultAction || !table) continue;
    const note = metadata ? new TextDecoder().decode(metadata) : undefined;
    const exact = match[0] && 'exact' in match[0] ? Number(fromBytes(match[0].exact.value)) : 0;
    const lastParam = 'action' in action ? Number(fromBytes(action.action.params.at(-1)?.value ?? new Uint8Array())) : 0;
    if (table === 'pools' && note !== undefined) ids.pools.set(note, exact);
    else if (table === 'source_ranges' && note !== undefined) ids.ranges.set(note, exact);
    else if (table === 'services' && note?.startsWith(affinityNote)) ids.affinity.set(note.slice(affinityNote.length), lastParam);
  }
  return ids;
}
