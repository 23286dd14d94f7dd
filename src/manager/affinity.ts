/**
 * Session affinity: the table `affinity` sends a client of a pool back to the endpoint that it had. Entries come with the client's first connection and
 * live for the service's timeout, which each connection restarts; a distinct timeout is an expire-time profile. The manager takes out the
 * entries whose endpoint has left the pool.
 */
import { type EntityBuilder, fromBytes, type TableEntry, type Update } from '../p4runtime/index.ts';
import { allocateIds, type InstalledIds } from './ids.ts';
import type { Model } from './model.ts';

/** Profiles before this one are flow states. */
export const firstAffinityProfile = 7;
/** There are no more expire-time profiles than this. */
const profileCount = 64;

/** Profile by timeout in seconds. Where there are more timeouts than profiles, the rest share those of the next longer one that has its own. */
export function affinityProfiles(model: Model, installed: Pick<InstalledIds, 'affinity'>): Map<number, number> {
  const timeouts = [...new Set(model.services.flatMap((service) => service.sessionAffinitySeconds ?? []))].sort((a, b) => b - a);
  const own = timeouts.slice(0, profileCount - firstAffinityProfile);
  const offsets = new Map([...installed.affinity].map(([seconds, profile]) => [seconds, profile - firstAffinityProfile + 1]));
  const ids = allocateIds(own.map(String), offsets);
  const result = new Map<number, number>();
  let shared = firstAffinityProfile;
  for (const seconds of timeouts) {
    const id = ids.get(String(seconds));
    if (id !== undefined && firstAffinityProfile + id - 1 < profileCount) shared = firstAffinityProfile + id - 1;
    result.set(seconds, shared);
  }
  return result;
}

/**
 * Removals of the entries that send clients to endpoints which their pool does not have. `members`: of pools by number, `address port` as numbers; clients
 * of other pools are left alone, or (`isAll`) have none.
 */
export function strayAffinity(
  build: EntityBuilder,
  table: string,
  members: ReadonlyMap<number, ReadonlySet<string>>,
  entries: readonly TableEntry[],
  isAll: boolean,
): Update[] {
  const { id } = build.names.tables.get(table).preamble;
  return entries.flatMap((entry): Update[] => {
    if (entry.tableId !== id || !entry.action || !('action' in entry.action)) return [];
    const pool = entry.match[0] && 'exact' in entry.match[0] ? Number(fromBytes(entry.match[0].exact.value)) : 0;
    const [address, port] = entry.action.action.params.map(({ value }) => fromBytes(value));
    const known = members.get(pool);
    if (known ? known.has(`${address} ${port}`) : !isAll) return [];
    return [{ type: 'DELETE', entity: { tableEntry: entry } }];
  });
}
