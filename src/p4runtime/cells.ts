/** Counters, meters and registers by index (P4Runtime specification, "CounterEntry", "MeterEntry", "RegisterEntry"): MODIFY only, one cell or all. */
import type { P4DataTypeSpec, P4TypeInfo } from '../p4/p4info/p4info.ts';
import type { Binding } from './binding.ts';
import { toBytes } from './bytes.ts';
import { checkMeterConfig, checkValue } from './check.ts';
import type { CounterEntry, MeterEntry, RegisterEntry, UpdateType } from './entities.ts';
import { StatusError } from './status.ts';
import type { Step } from './tables.ts';

export function prepareCounter({ counters, names }: Binding, type: UpdateType, { counterId, index, data }: CounterEntry): Step {
  const what = `counter '${names.counters.label(counterId)}'`;
  const array = checkCells(what, counters.get(counterId), type, index);
  return (transaction) => {
    if (!data) return;
    for (const i of cellsOf(array.size, index)) {
      const before = array.read(i);
      array.write(i, { packets: data.packetCount, bytes: data.byteCount });
      transaction.onUndo(() => array.write(i, before));
    }
  };
}

export function prepareMeter({ meters, names }: Binding, type: UpdateType, entry: MeterEntry): Step {
  const { meterId, index, config } = entry;
  const what = `meter '${names.meters.label(meterId)}'`;
  const array = checkCells(what, meters.get(meterId), type, index);
  if (entry.counterData) throw new StatusError('UNIMPLEMENTED', `${what}: meters do not count per color`);
  if (config) checkMeterConfig(config, what);
  return (transaction) => {
    for (const i of cellsOf(array.size, index)) {
      const before = array.config(i);
      array.configure(i, config);
      transaction.onUndo(() => array.configure(i, before));
    }
  };
}

export function prepareRegister(
  { registers, names }: Binding,
  type: UpdateType,
  { registerId, index, data }: RegisterEntry,
): Step {
  const what = `register '${names.registers.label(registerId)}'`;
  const array = checkCells(what, registers.get(registerId), type, index);
  const info = names.registers.byId(registerId);
  const widths = info ? fieldWidths(info.typeSpec, names.info.typeInfo) : [];
  if (data && data.length !== widths.length) {
    throw new StatusError('INVALID_ARGUMENT', `${what}: ${data.length} values, expected ${widths.length}`);
  }
  const values = data?.map((value, i) => checkValue(value, widths[i]!, () => `${what}, value ${i}`));
  return (transaction) => {
    if (!values) return;
    for (const i of cellsOf(array.size, index)) {
      const before = array.read(i);
      array.write(i, values);
      transaction.onUndo(() => array.write(i, before));
    }
  };
}

/** An id of a read that names one array must be known. */
function checkId(what: string, id: number, arrays: ReadonlyMap<number, unknown>): void {
  if (id !== 0 && !arrays.has(id)) throw new StatusError('NOT_FOUND', `the program has no ${what}`);
}

export function readCounters({ counters, names }: Binding, filter: CounterEntry): CounterEntry[] {
  checkId(`counter '${names.counters.label(filter.counterId)}'`, filter.counterId, counters);
  return [...counters].flatMap(([counterId, array]) => {
    if (filter.counterId !== 0 && filter.counterId !== counterId) return [];
    checkIndex(`counter '${names.counters.label(counterId)}'`, array.size, filter.index);
    return cellsOf(array.size, filter.index).map((i) => {
      const { packets, bytes } = array.read(i);
      return { counterId, index: BigInt(i), data: { packetCount: packets, byteCount: bytes } };
    });
  });
}

export function readMeters({ meters, names }: Binding, filter: MeterEntry): MeterEntry[] {
  if (filter.counterData) throw new StatusError('UNIMPLEMENTED', 'meters do not count per color');
  checkId(`meter '${names.meters.label(filter.meterId)}'`, filter.meterId, meters);
  return [...meters].flatMap(([meterId, array]) => {
    if (filter.meterId !== 0 && filter.meterId !== meterId) return [];
    checkIndex(`meter '${names.meters.label(meterId)}'`, array.size, filter.index);
    return cellsOf(array.size, filter.index).map((i) => {
      const config = array.config(i);
      return { meterId, index: BigInt(i), ...(config && { config }) };
    });
  });
}

export function readRegisters({ registers, names }: Binding, filter: RegisterEntry): RegisterEntry[] {
  checkId(`register '${names.registers.label(filter.registerId)}'`, filter.registerId, registers);
  return [...registers].flatMap(([registerId, array]) => {
    if (filter.registerId !== 0 && filter.registerId !== registerId) return [];
    checkIndex(`register '${names.registers.label(registerId)}'`, array.size, filter.index);
    return cellsOf(array.size, filter.index).map((i) => ({ registerId, index: BigInt(i), data: array.read(i).map(toBytes) }));
  });
}

function checkCells<T extends { readonly size: number }>(
  what: string,
  array: T | undefined,
  type: UpdateType,
  index: bigint | undefined,
): T {
  if (!array) throw new StatusError('NOT_FOUND', `the program has no ${what}`);
  if (type !== 'MODIFY') throw new StatusError('INVALID_ARGUMENT', `${what} can only be modified, found ${type}`);
  checkIndex(what, array.size, index);
  return array;
}

function checkIndex(what: string, size: number, index: bigint | undefined): void {
  if (index === undefined) return;
  if (index < 0n) throw new StatusError('INVALID_ARGUMENT', `${what}: index ${index} is negative`);
  if (index >= BigInt(size)) throw new StatusError('OUT_OF_RANGE', `${what}: index ${index}, expected 0 to ${size - 1}`);
}

function cellsOf(size: number, index: bigint | undefined): number[] {
  return index === undefined ? Array.from({ length: size }, (_, i) => i) : [Number(index)];
}

/** Widths of a register cell's fields in order. */
function fieldWidths(spec: P4DataTypeSpec, types: P4TypeInfo): number[] {
  if ('bitstring' in spec) {
    if ('bit' in spec.bitstring) return [spec.bitstring.bit.bitwidth];
    return 'int' in spec.bitstring ? [spec.bitstring.int.bitwidth] : [spec.bitstring.varbit.maxBitwidth];
  }
  if ('bool' in spec) return [1];
  if ('tuple' in spec) return spec.tuple.members.flatMap((member) => fieldWidths(member, types));
  if ('struct' in spec) return (types.structs[spec.struct.name]?.members ?? []).flatMap((m) => fieldWidths(m.typeSpec, types));
  if ('serializableEnum' in spec) return [types.serializableEnums[spec.serializableEnum.name]?.underlyingType.bitwidth ?? 0];
  if ('newType' in spec) {
    const type = types.newTypes[spec.newType.name];
    if (type && 'originalType' in type) return fieldWidths(type.originalType, types);
    return [type && 'translatedType' in type ? (type.translatedType.sdnBitwidth ?? 0) : 0];
  }
  return [];
}
