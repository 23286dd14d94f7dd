/** Our entities to messages of p4.v1. Almost the same objects: 64-bit numbers, register cells and names of enumerations differ. */
import { fromBytes } from '../bytes.ts';
import type { CounterData, Entity, MeterConfig, TableAction, TableEntry, Update } from '../entities.ts';
import type { P4Names } from '../names.ts';
import { type P4Data, toData } from '../p4data.ts';
import { explicitLong, long, type Message } from './fields.ts';

const updateTypes = { INSERT: 1, MODIFY: 2, DELETE: 3 } as const;

export function encodeUpdate(names: P4Names, { type, entity }: Update): Message {
  return { type: updateTypes[type], entity: encodeEntity(names, entity) };
}

export function encodeEntity(names: P4Names, entity: Entity): Message {
  if ('tableEntry' in entity) return { tableEntry: encodeTableEntry(entity.tableEntry) };
  if ('meterEntry' in entity) {
    const { meterId, index, config } = entity.meterEntry;
    return { meterEntry: { meterId, index: encodeIndex(index), config: config && encodeMeter(config) } };
  }
  if ('directMeterEntry' in entity) {
    const { tableEntry, config } = entity.directMeterEntry;
    return { directMeterEntry: { tableEntry: encodeTableEntry(tableEntry), config: config && encodeMeter(config) } };
  }
  if ('counterEntry' in entity) {
    const { counterId, index, data } = entity.counterEntry;
    return { counterEntry: { counterId, index: encodeIndex(index), data: data && encodeCounter(data) } };
  }
  if ('directCounterEntry' in entity) {
    const { tableEntry, data } = entity.directCounterEntry;
    return { directCounterEntry: { tableEntry: encodeTableEntry(tableEntry), data: data && encodeCounter(data) } };
  }
  if ('registerEntry' in entity) {
    const { registerId, index, data } = entity.registerEntry;
    const info = names.registers.byId(registerId);
    return {
      registerEntry: {
        registerId,
        index: encodeIndex(index),
        data: data && info && encodeData(toData(info.typeSpec, names.info.typeInfo, data.map(fromBytes))),
      },
    };
  }
  if ('digestEntry' in entity) {
    const { digestId, config } = entity.digestEntry;
    return {
      digestEntry: {
        digestId,
        config: config && {
          maxTimeoutNs: long(config.maxTimeoutNs),
          maxListSize: config.maxListSize,
          ackTimeoutNs: long(config.ackTimeoutNs),
        },
      },
    };
  }
  if ('externEntry' in entity) {
    const { entry, ...rest } = entity.externEntry;
    return { externEntry: { ...rest, entry: entry && { type_url: entry.typeUrl, value: entry.value } } };
  }
  // Members, groups, value sets and replication are spelt as protobuf's JSON form spells them.
  return entity as unknown as Message;
}

export function encodeTableEntry(entry: TableEntry): Message {
  const { tableId, match, action, priority, meterConfig, counterData, meterCounterData, timeSinceLastHit } = entry;
  // All in one shape, made at once: what is undefined is left out.
  return {
    tableId,
    match,
    action: action && encodeTableAction(action),
    priority,
    controllerMetadata: long(entry.controllerMetadata),
    meterConfig: meterConfig && encodeMeter(meterConfig),
    counterData: counterData && encodeCounter(counterData),
    meterCounterData,
    isDefaultAction: entry.isDefaultAction,
    idleTimeoutNs: long(entry.idleTimeoutNs),
    timeSinceLastHit: timeSinceLastHit && { elapsedNs: long(timeSinceLastHit.elapsedNs) },
    metadata: entry.metadata,
    isConst: entry.isConst,
  };
}

function encodeTableAction(action: TableAction): Message {
  if (!('actionProfileActionSet' in action)) return action as unknown as Message;
  const { actionSelectionMode: mode, sizeSemantics: size, ...rest } = action.actionProfileActionSet;
  return {
    actionProfileActionSet: {
      ...rest,
      actionSelectionMode: mode && { HASH: 1, RANDOM: 2 }[mode],
      sizeSemantics: size && { SUM_OF_WEIGHTS: 1, SUM_OF_MEMBERS: 2 }[size],
    },
  };
}

export function encodeData(data: P4Data): Message {
  if ('tuple' in data) return { tuple: { members: data.tuple.members.map(encodeData) } };
  if ('struct' in data) return { struct: { members: data.struct.members.map(encodeData) } };
  return data as unknown as Message;
}

function encodeMeter({ cir, cburst, pir, pburst, eburst }: MeterConfig): Message {
  return { cir: long(cir), cburst: long(cburst), pir: long(pir), pburst: long(pburst), eburst: long(eburst) };
}

function encodeCounter({ byteCount, packetCount }: CounterData): Message {
  return { byteCount: long(byteCount), packetCount: long(packetCount) };
}

function encodeIndex(index: bigint | undefined): Message | undefined {
  return index === undefined ? undefined : { index: explicitLong(index) };
}
