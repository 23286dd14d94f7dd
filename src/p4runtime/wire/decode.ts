/**
 * Messages of p4.v1 to our entities. What is no entity at all (nothing set, unknown kinds of match) is refused here, everything else by the device.
 * Bytestrings become canonical here, at the door.
 */
import { canonical, toBytes } from '../bytes.ts';
import type {
  Action,
  AnyMessage,
  CounterData,
  Entity,
  FieldMatch,
  MeterConfig,
  PacketReplicationEngineEntry,
  Replica,
  TableAction,
  TableEntry,
  Update,
  UpdateType,
  Watch,
  Writable,
} from '../entities.ts';
import type { P4Names } from '../names.ts';
import { fromData, type P4Data } from '../p4data.ts';
import { StatusError } from '../status.ts';
import { big, bytes, flag, list, type Message, num, own, sub, text } from './fields.ts';

const updateTypes: readonly (UpdateType | undefined)[] = [undefined, 'INSERT', 'MODIFY', 'DELETE'];

/** Throws StatusError. */
export function decodeUpdate(names: P4Names, message: Message): Update {
  const type = updateTypes[num(message, 'type')];
  if (!type) throw new StatusError('INVALID_ARGUMENT', 'the update has no type');
  const entity = sub(message, 'entity');
  if (!entity) throw new StatusError('INVALID_ARGUMENT', 'the update has no entity');
  return { type, entity: decodeEntity(names, entity) };
}

/** Throws StatusError. */
export function decodeEntity(names: P4Names, message: Message): Entity {
  // Most are these.
  const tableEntry = sub(message, 'tableEntry');
  if (tableEntry) return { tableEntry: decodeTableEntry(tableEntry) };
  for (const [field, decode] of Object.entries(decoders)) {
    const inner = sub(message, field);
    if (inner) return { [field]: decode(inner, names) } as unknown as Entity;
  }
  throw new StatusError('INVALID_ARGUMENT', 'the entity is empty');
}

const decoders: Readonly<Record<string, (message: Message, names: P4Names) => unknown>> = {
  actionProfileMember: (m) => ({
    actionProfileId: num(m, 'actionProfileId'),
    memberId: num(m, 'memberId'),
    ...optional('action', sub(m, 'action'), decodeAction),
  }),
  actionProfileGroup: (m) => ({
    actionProfileId: num(m, 'actionProfileId'),
    groupId: num(m, 'groupId'),
    members: list(m, 'members').map((member) => ({
      memberId: num(member, 'memberId'),
      weight: num(member, 'weight'),
      ...decodeWatch(member),
    })),
    ...(num(m, 'maxSize') !== 0 && { maxSize: num(m, 'maxSize') }),
  }),
  meterEntry: (m) => ({
    meterId: num(m, 'meterId'),
    ...decodeIndex(m),
    ...optional('config', sub(m, 'config'), decodeMeter),
    ...(own(m, 'counterData') && { counterData: {} }),
  }),
  directMeterEntry: (m) => ({
    tableEntry: decodeTableEntry(inner(m, 'tableEntry', 'direct meter entry')),
    ...optional('config', sub(m, 'config'), decodeMeter),
    ...(own(m, 'counterData') && { counterData: {} }),
  }),
  counterEntry: (m) => ({
    counterId: num(m, 'counterId'),
    ...decodeIndex(m),
    ...optional('data', sub(m, 'data'), decodeCounter),
  }),
  directCounterEntry: (m) => ({
    tableEntry: decodeTableEntry(inner(m, 'tableEntry', 'direct counter entry')),
    ...optional('data', sub(m, 'data'), decodeCounter),
  }),
  packetReplicationEngineEntry: decodeReplication,
  valueSetEntry: (m) => ({
    valueSetId: num(m, 'valueSetId'),
    members: list(m, 'members').map((member) => ({ match: list(member, 'match').map(decodeMatch) })),
  }),
  registerEntry: (m, names) => ({
    registerId: num(m, 'registerId'),
    ...decodeIndex(m),
    ...(own(m, 'data') && { data: decodeCell(names, num(m, 'registerId'), sub(m, 'data')!) }),
  }),
  digestEntry: (m) => ({
    digestId: num(m, 'digestId'),
    ...optional('config', sub(m, 'config'), (config) => ({
      maxTimeoutNs: big(config, 'maxTimeoutNs'),
      maxListSize: num(config, 'maxListSize'),
      ackTimeoutNs: big(config, 'ackTimeoutNs'),
    })),
  }),
  externEntry: (m) => ({
    externTypeId: num(m, 'externTypeId'),
    externId: num(m, 'externId'),
    ...optional('entry', sub(m, 'entry'), decodeAny),
  }),
};

export function decodeTableEntry(m: Message): TableEntry {
  const entry: Writable<TableEntry> = { tableId: num(m, 'tableId'), match: list(m, 'match').map(decodeMatch) };
  const action = sub(m, 'action');
  if (action) entry.action = decodeTableAction(action);
  const priority = num(m, 'priority');
  if (priority !== 0) entry.priority = priority;
  const meterConfig = sub(m, 'meterConfig');
  if (meterConfig) entry.meterConfig = decodeMeter(meterConfig);
  const counterData = sub(m, 'counterData');
  if (counterData) entry.counterData = decodeCounter(counterData);
  if (own(m, 'meterCounterData')) entry.meterCounterData = {};
  if (flag(m, 'isDefaultAction')) entry.isDefaultAction = true;
  if (own(m, 'idleTimeoutNs')) {
    const idleTimeoutNs = big(m, 'idleTimeoutNs');
    if (idleTimeoutNs !== 0n) entry.idleTimeoutNs = idleTimeoutNs;
  }
  const since = sub(m, 'timeSinceLastHit');
  if (since) entry.timeSinceLastHit = { elapsedNs: big(since, 'elapsedNs') };
  if (flag(m, 'isConst')) entry.isConst = true;
  if (own(m, 'metadata')) {
    const metadata = bytes(m, 'metadata');
    if (metadata.length > 0) entry.metadata = metadata;
  }
  if (own(m, 'controllerMetadata')) {
    const controllerMetadata = big(m, 'controllerMetadata');
    if (controllerMetadata !== 0n) entry.controllerMetadata = controllerMetadata;
  }
  return entry;
}

function decodeMatch(m: Message): FieldMatch {
  const fieldId = num(m, 'fieldId');
  const exact = sub(m, 'exact');
  if (exact) return { fieldId, exact: { value: value(exact, 'value') } };
  const lpm = sub(m, 'lpm');
  if (lpm) return { fieldId, lpm: { value: value(lpm, 'value'), prefixLen: num(lpm, 'prefixLen') } };
  const ternary = sub(m, 'ternary');
  if (ternary) return { fieldId, ternary: { value: value(ternary, 'value'), mask: value(ternary, 'mask') } };
  const range = sub(m, 'range');
  if (range) return { fieldId, range: { low: value(range, 'low'), high: value(range, 'high') } };
  const optionalMatch = sub(m, 'optional');
  if (optionalMatch) return { fieldId, optional: { value: value(optionalMatch, 'value') } };
  if (own(m, 'other'))
    throw new StatusError('UNIMPLEMENTED', `match field ${fieldId}: no kinds of match but P4Runtime's own are supported`);
  throw new StatusError('INVALID_ARGUMENT', `match field ${fieldId} has no match`);
}

function decodeTableAction(m: Message): TableAction {
  const action = sub(m, 'action');
  if (action) return { action: decodeAction(action) };
  if (own(m, 'actionProfileMemberId')) return { actionProfileMemberId: num(m, 'actionProfileMemberId') };
  if (own(m, 'actionProfileGroupId')) return { actionProfileGroupId: num(m, 'actionProfileGroupId') };
  const set = sub(m, 'actionProfileActionSet');
  if (!set) throw new StatusError('INVALID_ARGUMENT', 'the action of the table entry is empty');
  const mode = ([undefined, 'HASH', 'RANDOM'] as const)[num(set, 'actionSelectionMode')];
  const size = ([undefined, 'SUM_OF_WEIGHTS', 'SUM_OF_MEMBERS'] as const)[num(set, 'sizeSemantics')];
  return {
    actionProfileActionSet: {
      actionProfileActions: list(set, 'actionProfileActions').map((each) => ({
        action: decodeAction(inner(each, 'action', 'action of the action set')),
        weight: num(each, 'weight'),
        ...decodeWatch(each),
      })),
      ...(mode && { actionSelectionMode: mode }),
      ...(size && { sizeSemantics: size }),
      ...optional('groupAction', sub(set, 'groupAction'), decodeAction),
    },
  };
}

function decodeAction(m: Message): Action {
  return {
    actionId: num(m, 'actionId'),
    params: list(m, 'params').map((param) => ({ paramId: num(param, 'paramId'), value: value(param, 'value') })),
  };
}

function decodeWatch(m: Message): Watch {
  if (own(m, 'watchPort')) return { watchPort: value(m, 'watchPort') };
  return own(m, 'watch') ? { watch: num(m, 'watch') } : {};
}

function decodeReplication(m: Message): PacketReplicationEngineEntry {
  const session = sub(m, 'cloneSessionEntry');
  if (session) {
    return {
      cloneSessionEntry: {
        sessionId: num(session, 'sessionId'),
        replicas: list(session, 'replicas').map(decodeReplica),
        ...(num(session, 'classOfService') !== 0 && { classOfService: num(session, 'classOfService') }),
        ...(num(session, 'packetLengthBytes') !== 0 && { packetLengthBytes: num(session, 'packetLengthBytes') }),
      },
    };
  }
  const group = sub(m, 'multicastGroupEntry') ?? {};
  return {
    multicastGroupEntry: {
      multicastGroupId: num(group, 'multicastGroupId'),
      replicas: list(group, 'replicas').map(decodeReplica),
      ...(bytes(group, 'metadata').length > 0 && { metadata: bytes(group, 'metadata') }),
    },
  };
}

function decodeReplica(m: Message): Replica {
  return {
    ...(own(m, 'port') ? { port: value(m, 'port') } : own(m, 'egressPort') ? { egressPort: num(m, 'egressPort') } : {}),
    instance: num(m, 'instance'),
    ...(list(m, 'backupReplicas').length > 0 && { backupReplicas: list(m, 'backupReplicas') }),
  };
}

function decodeCell(names: P4Names, registerId: number, message: Message): Uint8Array[] {
  const info = names.registers.byId(registerId);
  if (!info) return [];
  const fields = fromData(info.typeSpec, names.info.typeInfo, decodeData(message));
  if (typeof fields === 'string') {
    throw new StatusError('INVALID_ARGUMENT', `register '${names.registers.label(registerId)}': ${fields}`);
  }
  return fields.map(toBytes);
}

export function decodeData(m: Message): P4Data {
  if (own(m, 'bitstring')) return { bitstring: bytes(m, 'bitstring') };
  if (own(m, 'bool')) return { bool: flag(m, 'bool') };
  if (own(m, 'enumValue')) return { enumValue: bytes(m, 'enumValue') };
  const members = (inside: Message): P4Data[] => list(inside, 'members').map(decodeData);
  if (own(m, 'tuple')) return { tuple: { members: members(sub(m, 'tuple')!) } };
  if (own(m, 'struct')) return { struct: { members: members(sub(m, 'struct')!) } };
  const header = sub(m, 'header');
  if (header) {
    const bitstrings = (header.bitstrings ?? []) as readonly Uint8Array[];
    return { header: { isValid: flag(header, 'isValid'), bitstrings } };
  }
  return { tuple: { members: [] } };
}

export function decodeAny(m: Message): AnyMessage {
  return { typeUrl: text(m, 'typeUrl') || text(m, 'type_url'), value: bytes(m, 'value') };
}

function decodeMeter(m: Message): MeterConfig {
  return {
    cir: big(m, 'cir'),
    cburst: big(m, 'cburst'),
    pir: big(m, 'pir'),
    pburst: big(m, 'pburst'),
    ...(big(m, 'eburst') !== 0n && { eburst: big(m, 'eburst') }),
  };
}

function decodeCounter(m: Message): CounterData {
  return { byteCount: big(m, 'byteCount'), packetCount: big(m, 'packetCount') };
}

function decodeIndex(m: Message): { index?: bigint } {
  const index = sub(m, 'index');
  return index ? { index: big(index, 'index') } : {};
}

/** An empty bytestring stays empty, so that it can be refused. */
function value(m: Message, field: string): Uint8Array {
  return canonical(bytes(m, field));
}

function inner(m: Message, field: string, what: string): Message {
  const found = sub(m, field);
  if (!found) throw new StatusError('INVALID_ARGUMENT', `the ${what} names nothing`);
  return found;
}

function optional<K extends string, T>(name: K, message: Message | undefined, decode: (m: Message) => T): { [P in K]?: T } {
  return (message ? { [name]: decode(message) } : {}) as { [P in K]?: T };
}
