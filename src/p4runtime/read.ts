/** Entries of the arena as P4Runtime has them: what a controller wrote comes back the same, don't-cares left out. */
import { type TableEntry as ArenaEntry, defaultHandle, entryHead, type KeyMatch } from '../arena/index.ts';
import type { MatchField } from '../p4/p4info/p4info.ts';
import type { BoundTable } from './binding.ts';
import { allOnes, numberOf, toBytes } from './bytes.ts';
import type { Action, CounterData, FieldMatch, TableAction, TableEntry, Writable } from './entities.ts';
import type { Extra } from './extras.ts';
import { isSdnString, toSdnString } from './translation.ts';

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

/** `extra`: what the controller said and the arena does not hold. */
export function readEntry(
  bound: BoundTable,
  entry: ArenaEntry,
  ids: Ids,
  nowMs: number,
  wishes: ReadWishes,
  extra?: Extra,
): TableEntry {
  const { info, table, hasPriority } = bound;
  const match: FieldMatch[] = [];
  for (let i = 0; i < info.matchFields.length; i++) {
    const found = readMatch(info.matchFields[i]!, entry.matches[i]!, bound.keyWidths[i]);
    if (found) match.push(found);
  }
  const result: Writable<TableEntry> = {
    tableId: info.preamble.id,
    match,
    action: extra?.oneShot ? { actionProfileActionSet: extra.oneShot.set } : readAction(bound, entry, ids),
  };
  if (hasPriority) result.priority = entry.priority;
  if (entry.idleTimeoutMs > 0) result.idleTimeoutNs = idleTimeoutOf(entry, extra);
  if (extra?.metadata) result.metadata = extra.metadata;
  if (extra?.controllerMetadata) result.controllerMetadata = extra.controllerMetadata;
  if (entry.isConst) result.isConst = true;
  if (wishes.counters && bound.hasCounter) result.counterData = readCounter(bound, entry.handle);
  const meter = wishes.meters && bound.hasMeter ? table.meter(entry.handle) : undefined;
  if (meter) result.meterConfig = meter;
  if (wishes.timeSinceLastHit && table.layout.spec.ageing !== 'none') {
    result.timeSinceLastHit = { elapsedNs: BigInt(elapsedMs(bound, entry, nowMs)) * 1_000_000n };
  }
  return result;
}

/** As the controller wrote it, unless the data plane gave the entry another time since. */
function idleTimeoutOf({ idleTimeoutMs }: ArenaEntry, extra: Extra | undefined): bigint {
  const exact = extra?.idleTimeoutNs;
  return exact !== undefined && Number((exact + 999_999n) / 1_000_000n) === idleTimeoutMs
    ? exact
    : BigInt(idleTimeoutMs) * 1_000_000n;
}

/** The entry holds its deadline: the last hit was one timeout before. */
function elapsedMs({ table }: BoundTable, { handle, idleTimeoutMs }: ArenaEntry, nowMs: number): number {
  if (idleTimeoutMs === 0) return 0;
  const deadline = table.memory.view.getUint32(table.address(handle) + entryHead.deadlineMs, true);
  return Math.max(0, (nowMs - (deadline - idleTimeoutMs)) | 0);
}

export function readDefault(bound: BoundTable, wishes: ReadWishes, extra?: Extra): TableEntry {
  const { action, params } = bound.table.getDefault();
  const meter = wishes.meters && bound.hasMeter ? bound.table.meter(defaultHandle) : undefined;
  return {
    tableId: bound.info.preamble.id,
    match: [],
    action: { action: toAction(bound, action, params) },
    isDefaultAction: true,
    ...(extra?.metadata && { metadata: extra.metadata }),
    ...(extra?.controllerMetadata && { controllerMetadata: extra.controllerMetadata }),
    ...(wishes.counters && bound.hasCounter && { counterData: readCounter(bound, defaultHandle) }),
    ...(meter && { meterConfig: meter }),
  };
}

export function readCounter({ table }: BoundTable, handle: number): CounterData {
  const { packets, bytes } = table.counter(handle);
  return { packetCount: packets, byteCount: bytes };
}

/** An action of a table by its place. */
export function toAction(
  { actionIds, actionInfos }: BoundTable,
  place: number,
  params: readonly (bigint | Uint8Array)[],
): Action {
  const actionId = actionIds.get(place) ?? 0;
  const infos = actionInfos.get(actionId)?.params;
  return {
    actionId,
    params: params.map((value, i) => {
      const info = infos?.[i];
      const number = numberOf(value);
      return { paramId: info?.id ?? i + 1, value: info && isSdnString(info) ? toSdnString(number) : toBytes(number) };
    }),
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
export function readMatch(field: MatchField, match: KeyMatch, width: number = field.bitwidth): FieldMatch | undefined {
  const bytes = (value: bigint | Uint8Array): Uint8Array => {
    const number = numberOf(value);
    return isSdnString(field) ? toSdnString(number) : toBytes(number);
  };
  const fieldId = field.id;
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
      return match.low === 0n && match.high === allOnes(width)
        ? undefined
        : { fieldId, range: { low: bytes(match.low), high: bytes(match.high) } };
    default:
      return assertNever(match);
  }
}

function assertNever(value: never): never {
  throw new Error(`not reached: ${JSON.stringify(value)}`);
}
