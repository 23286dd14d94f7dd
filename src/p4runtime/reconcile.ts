/**
 * From one program to the next without losing what the tables hold (RECONCILE_AND_COMMIT).
 *
 * A table that is the same in both programs (name, id, key, actions in order, size) keeps its bytes: entries of the controller and of the data plane, timers,
 * counters, handles. The same goes for action profiles with their groups, and for arrays. The controller's entries of other tables are written into the new
 * program as if they came anew; if one of them is refused, the change is. What the data plane has learnt in such a table is dropped.
 */
import { adoptCells, adoptDevice, adoptTable, isSameTable } from '../arena/index.ts';
import type { BoundTable } from './binding.ts';
import type { Device } from './device.ts';
import type { Entity, Update } from './entities.ts';
import type { P4Names } from './names.ts';
import { printEntity } from './print.ts';
import { StatusError } from './status.ts';

/**
 * Prepares `to`, which no packet sees yet, with the state of `from`. Throws StatusError INVALID_ARGUMENT if something cannot be kept. Entries that only
 * controllers write are copied here; the result copies what the data plane may still be changing: call it while the data plane stands, and nothing else in
 * between.
 */
export function reconcile(from: Device, to: Device): () => void {
  const old = from.parts;
  const next = to.parts;
  adoptDevice(old.arena, next.arena);
  const keptProfiles = new Set<number>();
  for (const [id, profile] of next.profiles) {
    const before = old.profiles.get(id);
    if (!before || !isSameProfile(from, to, id)) continue;
    next.binding.profiles.get(id)!.profile.adopt(old.binding.profiles.get(id)!.profile);
    profile.adopt(before);
    keptProfiles.add(id);
  }
  const kept: [BoundTable, BoundTable][] = [];
  const changed: BoundTable[] = [];
  for (const [id, before] of old.binding.tables) {
    const after = next.binding.tables.get(id);
    const { implementationId } = before.info;
    if (after && isSame(from, before, to, after) && (implementationId === 0 || keptProfiles.has(implementationId))) {
      kept.push([before, after]);
    } else changed.push(before);
  }
  replay(from, to, changed, keptProfiles);
  next.replication.adopt(old.replication);
  next.externs.adopt(old.externs);
  for (const [, after] of kept) next.extras.adopt(after.info.preamble.id, old.extras);
  const finish = kept.map(([before, after]) => adoptTable(before.table, after.table));
  return () => {
    for (const table of finish) table();
    for (const kind of ['counters', 'meters', 'registers'] as const) {
      for (const { name } of next.arena.layout.spec[kind]) adoptCells(old.arena, next.arena, kind, name);
    }
  };
}

/** Writes what the controller wrote and cannot be copied. */
function replay(from: Device, to: Device, changed: readonly BoundTable[], keptProfiles: ReadonlySet<number>): void {
  const changedIds = new Set(changed.map((table) => table.info.preamble.id));
  const installed = from.readInstalled().filter((entity) => {
    if ('tableEntry' in entity) return changedIds.has(entity.tableEntry.tableId);
    if ('actionProfileMember' in entity) return !keptProfiles.has(entity.actionProfileMember.actionProfileId);
    return 'actionProfileGroup' in entity && !keptProfiles.has(entity.actionProfileGroup.actionProfileId);
  });
  const wildcards: Entity[] = [{ digestEntry: { digestId: 0 } }, { valueSetEntry: { valueSetId: 0, members: [] } }];
  const others = from.read(wildcards).entities.filter((e) => !('valueSetEntry' in e) || e.valueSetEntry.members.length > 0);
  const defaults = changed.flatMap((table): Entity[] => {
    const filter: Entity = { tableEntry: { tableId: table.info.preamble.id, match: [], isDefaultAction: true } };
    return isInitialDefault(table) ? [] : [...from.read([filter]).entities];
  });
  const updates: Update[] = [
    ...installed.map((entity): Update => ({ type: isThere(to, entity) ? 'MODIFY' : 'INSERT', entity })),
    ...others.map((entity): Update => ({ type: 'valueSetEntry' in entity ? 'MODIFY' : 'INSERT', entity })),
    ...defaults.map((entity): Update => ({ type: 'MODIFY', entity })),
  ];
  const statuses = to.write(updates, 'DATAPLANE_ATOMIC');
  const bad = statuses.findIndex(({ code }) => code !== 'OK' && code !== 'ABORTED');
  if (bad < 0) return;
  throw new StatusError(
    'INVALID_ARGUMENT',
    `the new program cannot keep '${printEntity(from.names, updates[bad]!.entity)}': ${statuses[bad]!.message}`,
  );
}

/** Whether the new program brings such an entry itself; the old one's action goes on. */
function isThere(to: Device, entity: Entity): boolean {
  if (!('tableEntry' in entity)) return false;
  const { tableId, match, priority } = entity.tableEntry;
  return to.read([{ tableEntry: { tableId, match, ...(priority !== undefined && { priority }) } }]).entities.length > 0;
}

/** Whether the default entry is still the program's own. */
function isInitialDefault({ info, table, actionPlaces }: BoundTable): boolean {
  const { action, params } = table.getDefault();
  const initial = info.initialDefaultAction;
  if (!initial) return true;
  const same = initial.arguments.every(({ value }, i) => value.reduce((n, byte) => (n << 8n) | BigInt(byte), 0n) === params[i]);
  return actionPlaces.get(initial.actionId) === action && same;
}

function isSame(from: Device, before: BoundTable, to: Device, after: BoundTable): boolean {
  const key = ({ info }: BoundTable): string => info.matchFields.map((f) => `${f.id} ${f.name} ${f.matchType}`).join();
  return (
    before.info.preamble.name === after.info.preamble.name &&
    isSameTable(before.table.layout.spec, after.table.layout.spec) &&
    key(before) === key(after) &&
    actionsOf(from, before.info.preamble.name) === actionsOf(to, after.info.preamble.name) &&
    before.info.isConstTable === after.info.isConstTable &&
    !before.info.isConstTable
  );
}

/** Names of a table's actions in order, with their parameters as the controller has them. */
function actionsOf({ program, names }: Device, table: string): string {
  const actions = program.tables.find((t) => t.name === table)?.actions ?? [];
  return actions.map(({ action }) => describe(names, program.actions[action]!.name)).join();
}

function describe(names: P4Names, name: string): string {
  const info = names.actions.all.find(({ preamble }) => preamble.name === name);
  return `${name} ${info?.preamble.id} ${info?.params.map((p) => `${p.id} ${p.name} ${p.bitwidth}`).join()}`;
}

function isSameProfile(from: Device, to: Device, id: number): boolean {
  const a = from.parts.binding.profiles.get(id)!;
  const b = to.parts.binding.profiles.get(id)!;
  const tables = (device: Device): string =>
    (device.names.actionProfiles.byId(id)?.tableIds ?? [])
      .map((table) => actionsOf(device, device.names.tables.byId(table)?.preamble.name ?? ''))
      .join(';');
  return (
    JSON.stringify(a.profile.layout.spec) === JSON.stringify(b.profile.layout.spec) &&
    a.info.withSelector === b.info.withSelector &&
    tables(from) === tables(to)
  );
}
