/** Where everything of a program lies: offsets from its `ArenaSpec`. What lies there is said in layout.ts. */
import {
  type ArenaLayout,
  type ArenaSpec,
  type CountsLayout,
  context,
  expireProfileCount,
  type FieldPlace,
  groupRecord,
  meterCell,
  type ProfileLayout,
  type ProfileSpec,
  ring,
  type TableLayout,
  type TableSpec,
  tableHeader,
  tupleEntry,
} from './layout.ts';

const digestCapacity = 1024;

/** Places everything that a program needs. Pure; O(tables). */
export function layoutArena(spec: ArenaSpec): ArenaLayout {
  // Address 0 stays unused: 0 means "none" in descriptors. The first 128 bytes from 64 on read as zero for ever (fields of invalid headers).
  let next = (spec.base ?? 0) + 4096;
  const place = (bytes: number, align: number): number => {
    const at = roundUp(next, align);
    next = at + bytes;
    return at;
  };
  const expireProfiles = place(4 * expireProfileCount, 64);
  const hashSeed = place(4, 4);
  const netPorts = place(256, 64);
  const contextBytes = roundUp(context.scratch + spec.scratchBytes, 4096);
  const contexts = place(contextBytes * spec.workers, 4096);
  const profiles = spec.profiles.map((p) => layoutProfile(p, place));
  const tables = spec.tables.map((t) => layoutTable(t, place));
  const counters = spec.counters.map((c) => ({ base: place(16 * c.size, 64), size: c.size }));
  const counts = spec.workers > 1 ? layoutCounts(spec, place) : undefined;
  const meters = spec.meters.map((m) => ({ base: place(meterCell.bytes * m.size, 64), size: m.size }));
  const registers = spec.registers.map((r) => {
    const fields = pack(r.fieldWidths);
    const cellBytes = roundUp(end(fields), 1);
    return { base: place(cellBytes * r.size + 8, 64), size: r.size, cellBytes, fields };
  });
  const registerLock = spec.workers > 1 && registers.length > 0 ? place(128, 128) : undefined;
  const digests = spec.digests.map((d) => {
    const fields = pack(d.fieldWidths);
    const recordBytes = roundUp(Math.max(end(fields), 1), 8);
    return { base: place(ring.records + recordBytes * digestCapacity, 64), recordBytes, capacity: digestCapacity, fields };
  });
  const valueSets = spec.valueSets.map((v) => {
    const fields = pack(v.keyWidths);
    const memberBytes = 2 * end(fields);
    return { base: place(16 + memberBytes * v.size, 64), memberBytes, fields };
  });
  return {
    spec,
    expireProfiles,
    hashSeed,
    netPorts,
    contexts,
    contextBytes,
    tables,
    profiles,
    counters,
    ...(counts && { counts }),
    meters,
    registers,
    ...(registerLock !== undefined && { registerLock }),
    digests,
    valueSets,
    programEnd: roundUp(next, 65536),
  };
}

type Place = (bytes: number, align: number) => number;

function layoutCounts(spec: ArenaSpec, place: Place): CountsLayout {
  let next = 16 * spec.tables.length;
  const counters = spec.counters.map((counter) => {
    const at = next;
    next += 16 * counter.size;
    return at;
  });
  // No two workers share a cache line, nor the pair of lines that the processor fetches together.
  const stride = roundUp(Math.max(next, 1), 128);
  return { base: place(stride * spec.workers, 128), stride, counters };
}

function layoutTable(spec: TableSpec, place: Place): TableLayout {
  const isMasked = spec.keys.some((k) => k.matchKind !== 'exact' && k.matchKind !== 'selector');
  const keyFields: (FieldPlace | undefined)[] = [];
  let keyBytes = 0;
  for (const key of spec.keys) {
    if (key.matchKind === 'selector') {
      keyFields.push(undefined);
      continue;
    }
    const bytes = byteWidth(key.width);
    keyFields.push({ offset: keyBytes, bytes, width: key.width });
    keyBytes += bytes;
  }
  const keyWords = Math.max(1, Math.ceil(keyBytes / 8));
  let at = spec.ageing === 'none' ? 8 : 16;
  const priorityOffset = at;
  const tupleOffset = at + 4;
  if (isMasked) at += 8;
  const keyOffset = at;
  at += keyWords * 8;
  const maskOffset = at;
  if (isMasked) at += keyWords * 8;
  const ranges = spec.keys.map((key) => {
    if (key.matchKind !== 'range') return undefined;
    const range = { offset: at, bytes: byteWidth(key.width), width: key.width };
    at += 2 * range.bytes;
    return range;
  });
  const dataOffset = at;
  const params = spec.actions.map((a) => pack(a.paramWidths));
  // With an implementation, entries hold one word, but the default entry holds parameters.
  at += Math.max(spec.profile === undefined ? 0 : 4, ...params.map(end));
  let counterOffset = 0;
  if (spec.directCounter) {
    counterOffset = roundUp(at, 8);
    at = counterOffset + 16;
  }
  let meterOffset = 0;
  if (spec.directMeter) {
    meterOffset = roundUp(at, 8);
    at = meterOffset + meterCell.bytes;
  }
  const slotBytes = at <= 16 ? 16 : at <= 32 ? 32 : roundUp(at, 64);
  const slotCount = powerOfTwo(Math.max(8, Math.ceil(spec.size / maxLoad(spec, isMasked))));
  const tupleCapacity = isMasked ? Math.min(Math.max(spec.size, 8), 4096) : 0;
  const tupleBytes = tupleEntry.head + keyWords * 8;
  const header = place(tableHeader.bytes + 16 * keyWords, 64);
  const defaultEntry = place(slotBytes, 64);
  const tuples = isMasked ? place(tupleCapacity * tupleBytes, 64) : 0;
  const slots = place(slotCount * slotBytes, 64);
  return {
    spec,
    isMasked,
    header,
    defaultEntry,
    slots,
    slotCount,
    slotBytes,
    keyFields,
    keyBytes,
    keyWords,
    keyOffset,
    ranges,
    priorityOffset,
    tupleOffset,
    maskOffset,
    dataOffset,
    params,
    counterOffset,
    meterOffset,
    tuples,
    tupleCapacity,
    tupleBytes,
  };
}

/**
 * How much of a table's slots its entries may take. Linear probing looks at (1 + 1 / (1 - load)) / 2 slots for a key that is there and at
 * (1 + 1 / (1 - load)^2) / 2 for one that is not (Knuth 6.4): what is not there is a masked table's commonest answer, and an entry that the data plane adds
 * must find a slot within maxAddProbes.
 */
function maxLoad(spec: TableSpec, isMasked: boolean): number {
  if (isMasked) return 0.5;
  return spec.addOnMiss ? 0.8 : 0.9;
}

function layoutProfile(spec: ProfileSpec, place: Place): ProfileLayout {
  const params = spec.actions.map((a) => pack(a.paramWidths));
  const memberDataOffset = 8;
  const memberBytes = roundUp(memberDataOffset + Math.max(0, ...params.map(end)), 8);
  const members = place(memberBytes * spec.size, 64);
  const { max = 0, maglevSize = 0 } = spec.groups ?? {};
  const maglevSlots = spec.groups?.slots ?? defaultMaglevSlots(max, maglevSize);
  const groups = spec.groups ? place(groupRecord.bytes * max, 64) : 0;
  const maglev = spec.groups ? place(4 * maglevSlots, 64) : 0;
  return { spec, members, memberBytes, memberDataOffset, params, groups, maglev, maglevSlots };
}

/** Bytes that a value of `width` bits takes in wire order. */
export function byteWidth(width: number): number {
  return Math.ceil(width / 8);
}

function pack(widths: readonly number[]): FieldPlace[] {
  let offset = 0;
  return widths.map((width) => {
    const place = { offset, bytes: byteWidth(width), width };
    offset += place.bytes;
    return place;
  });
}

function end(fields: readonly FieldPlace[]): number {
  const last = fields[fields.length - 1];
  return last ? last.offset + last.bytes : 0;
}

function powerOfTwo(n: number): number {
  return 2 ** Math.ceil(Math.log2(n));
}

function roundUp(n: number, to: number): number {
  return Math.ceil(n / to) * to;
}

/** Slots for all groups unless the program says how many: as many as they can ever need, but no more than 64 MiB. */
export function defaultMaglevSlots(groups: number, maglevSize: number): number {
  return Math.min(groups * maglevSize, Math.max(maglevSize, 1 << 24));
}
