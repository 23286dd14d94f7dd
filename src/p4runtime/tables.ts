/**
 * Writing table entries (P4Runtime specification, "Table Entry"): each update is checked, and becomes a step that a transaction runs and can take
 * back. Direct counters and meters are written with their entry or through their own entities.
 */
import {
  type TableEntry as ArenaEntry,
  controlPlaneProfile,
  defaultHandle,
  type EntryCall,
  type EntryKey,
} from '../arena/index.ts';
import type { Binding, BoundTable } from './binding.ts';
import { checkAction, checkIdleTimeout, checkKey, checkMeterConfig, checkTable } from './check.ts';
import type { TableEntry, UpdateType } from './entities.ts';
import { type Extra, type Extras, extraOf } from './extras.ts';
import { checkOneShot, installOneShot, type OneShot, removeOneShot } from './one-shots.ts';
import { printKey } from './print.ts';
import type { ProfileState } from './profiles.ts';
import { StatusError } from './status.ts';
import type { Transaction } from './transaction.ts';
import type { Ports } from './watch.ts';

/** The entry as text, for messages: most are never made. */
export type Where = () => string;

export type Step = (transaction: Transaction) => void;

export interface Tables {
  readonly binding: Binding;
  readonly profiles: ReadonlyMap<number, ProfileState>;
  readonly extras: Extras;
  readonly ports: Ports;
  readonly nowMs: () => number;
}

export function prepareTableEntry(tables: Tables, type: UpdateType, entry: TableEntry): Step {
  const bound = checkTable(tables.binding, entry.tableId);
  // A deletion looks at the key alone.
  if (type !== 'DELETE') refuseReadOnly(bound, entry);
  const resources = type === 'DELETE' ? undefined : prepareResources(bound, entry);
  if (entry.isDefaultAction) return prepareDefault(tables, bound, type, entry, resources);
  if (bound.info.isConstTable && (type !== 'MODIFY' || entry.action)) {
    throw new StatusError('PERMISSION_DENIED', `${bound.label} has const entries: they cannot be changed`);
  }
  const key = checkKey(bound, entry);
  if (type === 'INSERT') tables.binding.restrictions?.checkEntry(bound.info, bound.label, key, bound.keyWidths);
  const where = (): string => printKey(tables.binding.names, { tableEntry: entry });
  switch (type) {
    case 'INSERT':
      return prepareInsert(tables, bound, entry, key, where, resources);
    case 'MODIFY':
      return prepareModify(tables, bound, entry, key, where, resources);
    case 'DELETE':
      return (transaction) => deleteEntry(tables, bound, key, where, transaction);
    default:
      return assertNever(type);
  }
}

/** A direct counter's or meter's own entity: MODIFY of what the entry has. */
export function prepareDirect(
  { binding }: Tables,
  type: UpdateType,
  entry: TableEntry,
  resources: Pick<TableEntry, 'counterData' | 'meterConfig'>,
): Step {
  const bound = checkTable(binding, entry.tableId);
  if (type !== 'MODIFY')
    throw new StatusError('INVALID_ARGUMENT', `${bound.label}: direct counters and meters can only be modified`);
  const isCounter = 'counterData' in resources;
  if (!(isCounter ? bound.hasCounter : bound.hasMeter)) {
    throw new StatusError('INVALID_ARGUMENT', `${bound.label} has no direct ${isCounter ? 'counter' : 'meter'}`);
  }
  const write = prepareResources(bound, resources, isCounter);
  if (entry.isDefaultAction) return (transaction) => write?.(defaultHandle, transaction);
  const key = checkKey(bound, entry);
  const where = (): string => printKey(binding.names, { tableEntry: entry });
  return (transaction) => {
    const handle = find(bound, key, where);
    write?.(handle, transaction);
  };
}

function prepareInsert(
  tables: Tables,
  bound: BoundTable,
  entry: TableEntry,
  key: EntryKey,
  where: Where,
  resources: Resources,
): Step {
  const { table, label } = bound;
  if (!entry.action) throw new StatusError('INVALID_ARGUMENT', `${where()}: no action given`);
  const call = prepareCall(tables, bound, entry, where);
  const idleTimeoutMs = checkIdleTimeout(bound, entry);
  return (transaction) => {
    const { what, oneShot } = call(transaction);
    const handle = table.insert({ matches: key.matches, priority: key.priority ?? 0, call: what, idleTimeoutMs }, tables.nowMs());
    if (handle === 'exists') throw new StatusError('ALREADY_EXISTS', `${where()}: there is such an entry already`);
    if (handle === 'full') {
      throw new StatusError(
        'RESOURCE_EXHAUSTED',
        `${label} is full: ${table.count} entries, it takes ${table.layout.spec.size}; ${where()}`,
      );
    }
    // Nothing below refuses anything.
    if (!transaction.isAlone) transaction.onUndo(() => table.remove(handle));
    setExtra(tables, bound, handle, extraOf(entry, oneShot), transaction);
    resources?.(handle, transaction);
  };
}

/** What is known of a slot beside the arena's own. A one-shot that goes leaves the arena when nothing can fail any more. */
function setExtra(tables: Tables, bound: BoundTable, handle: number, extra: Extra | undefined, transaction: Transaction): void {
  const tableId = bound.info.preamble.id;
  const before = tables.extras.get(tableId, handle);
  if (before === undefined && extra === undefined) return;
  tables.extras.set(tableId, handle, extra);
  transaction.onUndo(() => tables.extras.set(tableId, handle, before));
  const { oneShot } = before ?? {};
  if (!oneShot || !bound.profile || oneShot === extra?.oneShot) return;
  const state = tables.profiles.get(bound.profile.info.preamble.id)!;
  state.dropOneShot();
  transaction.onUndo(() => state.addOneShot(''));
  transaction.onCommit('group', () => removeOneShot(bound.profile!.profile, oneShot));
}

function refuseReadOnly({ label, table }: BoundTable, entry: TableEntry): void {
  const refuse = (message: string): never => {
    throw new StatusError('INVALID_ARGUMENT', `${label}: ${message}`);
  };
  if (entry.isConst) refuse('a controller writes no const entries');
  if (entry.timeSinceLastHit) {
    refuse(table.layout.spec.ageing === 'none' ? 'it has no idle timeouts' : 'the time since the last hit is only read');
  }
  if (entry.meterCounterData) throw new StatusError('UNIMPLEMENTED', `${label}: meters do not count per color`);
}

function prepareModify(
  tables: Tables,
  bound: BoundTable,
  entry: TableEntry,
  key: EntryKey,
  where: Where,
  resources: Resources,
): Step {
  const { table } = bound;
  const call = entry.action ? prepareCall(tables, bound, entry, where) : undefined;
  const idleTimeoutMs = table.layout.spec.ageing === 'none' && !entry.idleTimeoutNs ? undefined : checkIdleTimeout(bound, entry);
  return (transaction) => {
    const handle = find(bound, key, where);
    const before = table.head(handle);
    if (before.isConst) {
      if (call) refuseConst(before, where);
      resources?.(handle, transaction);
      return;
    }
    const { what, oneShot }: Partial<Call> = call?.(transaction) ?? keptOf(tables, bound, before);
    // A learned entry whose timeout does not change keeps its expire-time profile, and its time goes on
    const goesOn = before.profile !== controlPlaneProfile && idleTimeoutMs === before.idleTimeoutMs;
    const timeout = goesOn ? undefined : idleTimeoutMs;
    if (!transaction.isAlone) {
      const { call: callBefore } = table.read(handle);
      transaction.onUndo(() =>
        table.modify(handle, { call: callBefore, idleTimeoutMs: goesOn ? undefined : before.idleTimeoutMs }, tables.nowMs()),
      );
    }
    table.modify(handle, { call: what, idleTimeoutMs: timeout }, tables.nowMs());
    setExtra(tables, bound, handle, extraOf(entry, oneShot), transaction);
    resources?.(handle, transaction);
  };
}

/** A modification without action keeps the one-shot that there is. */
function keptOf(tables: Tables, bound: BoundTable, entry: Pick<ArenaEntry, 'handle' | 'isFromDataPlane'>): Partial<Call> {
  const oneShot = tables.extras.of(bound.info.preamble.id, entry)?.oneShot;
  return oneShot ? { oneShot } : {};
}

function deleteEntry(tables: Tables, bound: BoundTable, key: EntryKey, where: Where, transaction: Transaction): void {
  const { table, hasCounter, hasMeter } = bound;
  const handle = find(bound, key, where);
  refuseConst(table.head(handle), where);
  const tableId = bound.info.preamble.id;
  const extra = tables.extras.get(tableId, handle);
  tables.extras.set(tableId, handle, undefined);
  const state = extra?.oneShot && tables.profiles.get(bound.profile!.info.preamble.id);
  state?.dropOneShot();
  if (extra?.oneShot) transaction.onCommit('group', () => removeOneShot(bound.profile!.profile, extra.oneShot!));
  if (transaction.isAlone) {
    table.remove(handle);
    return;
  }
  const before = table.read(handle);
  const counter = hasCounter ? table.counter(handle) : undefined;
  const meter = hasMeter ? table.meter(handle) : undefined;
  table.remove(handle);
  transaction.onUndo(() => {
    const again = table.insert(before, tables.nowMs());
    if (typeof again !== 'number') return;
    tables.extras.set(tableId, again, extra);
    state?.addOneShot('');
    if (counter) table.setCounter(again, counter.packets, counter.bytes);
    if (meter) table.setMeter(again, meter);
  });
}

function prepareDefault(tables: Tables, bound: BoundTable, type: UpdateType, entry: TableEntry, resources: Resources): Step {
  const { table, info, label } = bound;
  const refuse = (message: string): never => {
    throw new StatusError('INVALID_ARGUMENT', `${label}, default entry: ${message}`);
  };
  if (type !== 'MODIFY') refuse(`it can only be modified, found ${type}`);
  if (entry.match.length > 0 || entry.priority) refuse('it has neither match nor priority');
  if (entry.idleTimeoutNs) refuse('it has no idle timeout');
  if (entry.timeSinceLastHit) refuse('it has no idle timeout');
  if (info.constDefaultActionId) {
    // Its direct counter and meter may still be written.
    if (entry.action || !(entry.counterData || entry.meterConfig)) {
      throw new StatusError('PERMISSION_DENIED', `${label}, default entry: its action is const`);
    }
    return (transaction) => resources?.(defaultHandle, transaction);
  }
  const initial = info.initialDefaultAction;
  const action = entry.action
    ? 'action' in entry.action
      ? entry.action.action
      : refuse('it takes an action, no member or group')
    : { actionId: initial?.actionId ?? 0, params: initial?.arguments ?? [] };
  const checked = checkAction(tables.binding, bound, action, 'default');
  return (transaction) => {
    const before = table.getDefault();
    table.setDefault(checked.index, checked.params);
    transaction.onUndo(() => table.setDefault(before.action, before.params));
    setExtra(tables, bound, defaultHandle, extraOf(entry, undefined), transaction);
    resources?.(defaultHandle, transaction);
  };
}

interface Call {
  readonly what: EntryCall;
  readonly oneShot?: OneShot;
}

/** What the entry does. Members and groups are looked up when the step runs: they may come in the same batch. */
function prepareCall(tables: Tables, bound: BoundTable, entry: TableEntry, where: Where): (transaction: Transaction) => Call {
  const { binding, profiles, ports } = tables;
  const action = entry.action!;
  const { profile, label } = bound;
  if ('actionProfileActionSet' in action) {
    const set = action.actionProfileActionSet;
    const members = checkOneShot(binding, bound, set, ports, where());
    const state = profiles.get(profile!.info.preamble.id)!;
    return (transaction) => {
      state.addOneShot(where());
      transaction.onUndo(() => state.dropOneShot());
      const oneShot = installOneShot(profile!.profile, profile!.label, set, members, ports, transaction);
      return { what: { kind: 'group', group: oneShot.group }, oneShot };
    };
  }
  if ('action' in action) {
    if (profile)
      throw new StatusError(
        'INVALID_ARGUMENT',
        `${where()}: entries refer to members or groups of ${profile.label}, not to actions`,
      );
    const { index, params } = checkAction(binding, bound, action.action, 'entry');
    const call: Call = { what: { kind: 'action', action: index, params } };
    return () => call;
  }
  const state = profile && profiles.get(profile.info.preamble.id);
  if (!state) throw new StatusError('INVALID_ARGUMENT', `${where()}: ${label} has no action profile, its entries take actions`);
  if ('actionProfileMemberId' in action) {
    return () => ({ what: { kind: 'member', member: state.memberPlace(action.actionProfileMemberId) } });
  }
  if (!profile.info.withSelector) throw new StatusError('INVALID_ARGUMENT', `${where()}: ${profile.label} has no groups`);
  return () => ({ what: { kind: 'group', group: state.groupPlace(action.actionProfileGroupId) } });
}

/** Writes an entry's direct counter and meter, if it gives values for them; undefined if there is nothing to write. */
type Resources = ((handle: number, transaction: Transaction) => void) | undefined;

function prepareResources(
  bound: BoundTable,
  { counterData, meterConfig }: Pick<TableEntry, 'counterData' | 'meterConfig'>,
  keepsMeter = false,
): Resources {
  const { table, label, hasCounter, hasMeter } = bound;
  if (counterData && !hasCounter) throw new StatusError('INVALID_ARGUMENT', `${label} has no direct counter`);
  if (meterConfig && !hasMeter) throw new StatusError('INVALID_ARGUMENT', `${label} has no direct meter`);
  if (meterConfig) checkMeterConfig(meterConfig, `${label}, direct meter`);
  if (!counterData && !(hasMeter && (meterConfig || !keepsMeter))) return undefined;
  return (handle, transaction) => {
    if (counterData) {
      const before = table.counter(handle);
      table.setCounter(handle, counterData.packetCount, counterData.byteCount);
      transaction.onUndo(() => table.setCounter(handle, before.packets, before.bytes));
    }
    // Not given, a meter marks everything green again (P4Runtime specification, "Direct Resources").
    if (hasMeter && (meterConfig || !keepsMeter)) {
      const before = table.meter(handle);
      table.setMeter(handle, meterConfig);
      transaction.onUndo(() => table.setMeter(handle, before));
    }
  };
}

function find({ table }: BoundTable, key: EntryKey, where: Where): number {
  const handle = table.find(key);
  if (handle === undefined) throw new StatusError('NOT_FOUND', `${where()}: there is no such entry`);
  return handle;
}

function refuseConst(entry: Pick<ArenaEntry, 'isConst'>, where: Where): void {
  if (entry.isConst) throw new StatusError('PERMISSION_DENIED', `${where()}: the entry is const`);
}

function assertNever(value: never): never {
  throw new Error(`not reached: ${String(value)}`);
}
