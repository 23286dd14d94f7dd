/**
 * Numbers for things that the data plane knows by number (members, groups), given so that a number never moves to another thing while
 * both are there: what already has one keeps it, the rest get the lowest that nothing has or had, in the order of their names.
 *
 * The allocator has no memory of its own: what is installed says who has which number. So it survives a restart of the control plane.
 */
import { type Entity, type EntityBuilder, printAction, printKey } from '../p4runtime/index.ts';

/** Who has which number in what is installed. */
export interface InstalledIds {
  /** By the action as text: `to_endpoint(address=10.244.1.5, port=8080)`. */
  readonly members: ReadonlyMap<string, number>;
  /** By the key of the service's entry as text. */
  readonly groups: ReadonlyMap<string, number>;
}

export const nothingInstalled: InstalledIds = { members: new Map(), groups: new Map() };

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

/** Reads the numbers back from installed entities of k8s-lb.p4. */
export function readInstalledIds(build: EntityBuilder, entities: readonly Entity[]): InstalledIds {
  const { names } = build;
  const services = names.tables.get('services').preamble.id;
  const members = new Map<string, number>();
  const groups = new Map<string, number>();
  for (const entity of entities) {
    if ('actionProfileMember' in entity) {
      const { action, memberId } = entity.actionProfileMember;
      if (action) members.set(printAction(names, action), memberId);
    }
    if (!('tableEntry' in entity)) continue;
    const { tableId, action, isDefaultAction } = entity.tableEntry;
    if (!action || isDefaultAction) continue;
    if (tableId === services && 'actionProfileGroupId' in action) {
      groups.set(printKey(names, entity), action.actionProfileGroupId);
    }
  }
  return { members, groups };
}
