/** Entries of the arena as P4Runtime has them: what a controller wrote comes back the same, don't-cares left out. */
import { type TableEntry as ArenaEntry, defaultHandle, type KeyMatch } from '../arena/index.ts';
import type { MatchField } from '../p4/p4info/p4info.ts';
import type { BoundTable } from './binding.ts';
import { allOnes, fromBytes, toBytes } from './bytes.ts';
import type { Action, CounterData, FieldMatch, TableAction, TableEntry } from './entities.ts';

/** What else to read beside match and action. */
export interface ReadWishes {
  readonly counters: boolean;
  readonly meters: boolean;
  readonly timeSinceLastHit: boolean;
}

/** Ids by the places that entries hold. */
export interface Ids {
  readonly members: ReadonlyMap<number, number>;
  readonly groups: ReadonlyMap<number, number>;
}

export function readEntry(bound: BoundTable, entry: ArenaEntry, ids: Ids, nowMs: number, wishes: ReadWishes): TableEntry {
  const { info, table, hasPriority } = bound;
  return {
    tableId: info.preamble.id,
    match: info.matchFields.flatMap((field, i) => readMatch(field, entry.matches[i]!) ?? []),
    action: readAction(bound, entry, ids),
    ...(hasPriority && { priority: entry.priority }),
    ...(entry.idleTimeoutMs > 0 && { idleTimeoutNs: BigInt(entry.idleTimeoutMs) * 1_000_000n }),
    ...(entry.isConst && { isConst: true }),
    ...(wishes.counters && bound.hasCounter && { counterData: readCounter(bound, entry.handle) }),
    ...(wishes.meters && bound.hasMeter && table.meter(entry.handle) && { meterConfig: table.meter(entry.handle)! }),
    ...(wishes.timeSinceLastHit &&
      entry.idleTimeoutMs > 0 && {
        timeSinceLastHit: {
          elapsedNs: BigInt(entry.idleTimeoutMs - (table.timeLeftMs(entry.handle, nowMs) ?? 0)) * 1_000_000n,
        },
      }),
  };
}

export function readDefault(bound: BoundTable, wishes: ReadWishes): TableEntry {
  const { action, params } = bound.table.getDefault();
  return {
    tableId: bound.info.preamble.id,
    match: [],
    action: { action: toAction(bound, action, params) },
    isDefaultAction: true,
    ...(wishes.counters && bound.hasCounter && { counterData: readCounter(bound, defaultHandle) }),
  };
}

export function readCounter({ table }: BoundTable, handle: number): CounterData {
  const { packets, bytes } = table.counter(handle);
  return { packetCount: packets, byteCount: bytes };
}

/** An action of a table by its place. */
export function toAction({ actionIds }: BoundTable, place: number, params: readonly (bigint | Uint8Array)[]): Action {
  return {
    actionId: actionIds.get(place) ?? 0,
    params: params.map((value, i) => ({ paramId: i + 1, value: toBytes(typeof value === 'bigint' ? value : fromBytes(value)) })),
  };
}

function readAction(bound: BoundTable, { call }: ArenaEntry, ids: Ids): TableAction {
  switch (call.kind) {
    case 'action':
      return { action: toAction(bound, call.action, call.params) };
    case 'member':
      return { actionProfileMemberId: ids.members.get(call.member) ?? 0 };
    case 'group':
      return { actionProfileGroupId: ids.groups.get(call.group) ?? 0 };
    default:
      return assertNever(call);
  }
}

/** undefined for a don't-care. */
export function readMatch({ id, bitwidth }: MatchField, match: KeyMatch): FieldMatch | undefined {
  const bytes = (value: bigint | Uint8Array): Uint8Array => toBytes(typeof value === 'bigint' ? value : fromBytes(value));
  const fieldId = id;
  switch (match.kind) {
    case 'exact':
      return { fieldId, exact: { value: bytes(match.value) } };
    case 'lpm':
      return match.prefixLength === 0
        ? undefined
        : { fieldId, lpm: { value: bytes(match.value), prefixLen: match.prefixLength } };
    case 'ternary':
      return match.mask === 0n ? undefined : { fieldId, ternary: { value: bytes(match.value), mask: bytes(match.mask) } };
    case 'optional':
      return match.value === undefined ? undefined : { fieldId, optional: { value: bytes(match.value) } };
    case 'range':
      return match.low === 0n && match.high === allOnes(bitwidth)
        ? undefined
        : { fieldId, range: { low: bytes(match.low), high: bytes(match.high) } };
    default:
      return assertNever(match);
  }
}

function assertNever(value: never): never {
  throw new Error(`not reached: ${JSON.stringify(value)}`);
}
