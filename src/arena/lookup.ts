/**
 * What compiled code does when a table is applied, done plainly: find the entry, then the member that it or its group names, count hit or miss.
 * The interpreter runs this; the WebAssembly back end emits the same. The rules are in layout.ts.
 */
import { hashWords, maglevSlot } from './hash.ts';
import { type ArenaLayout, entryHead, groupBit, groupRecord, type TableLayout, tableHeader } from './layout.ts';
import { addU64, type Memory, u32 } from './memory.ts';
import { bucket, exactSlot, hashInTuple, hashKey, isDead, slotAddress } from './slots.ts';
import { defaultHandle, type MatchTable } from './table.ts';
import { tupleAt, tupleCount } from './tuples.ts';
import { viewOf } from './wire-bytes.ts';

/** Why an apply was a miss. */
export type MissReason = 'no key' | 'no match' | 'expired' | 'empty group' | 'unused member';

export interface Applied {
  /** The entry found; `defaultHandle` on a miss. */
  readonly handle: number;
  /** Index in the table's actions. */
  readonly action: number;
  /** Address of the action's parameters. */
  readonly data: number;
  readonly miss?: MissReason;
}

/**
 * Handle of the entry that a packed key (`packKey`) matches; `defaultHandle` if none does. Exact tables: O(1). Masked tables: O(tuples).
 */
export function lookup(table: MatchTable, key: Uint8Array, nowMs: number): number {
  const { memory, layout } = table;
  if (layout.keyBytes === 0) return defaultHandle;
  return layout.isMasked ? lookupMasked(memory, layout, key, nowMs) : lookupExact(memory, layout, key, nowMs);
}

function lookupExact(memory: Memory, layout: TableLayout, key: Uint8Array, nowMs: number): number {
  const slot = exactSlot(memory, layout, hashKey(memory, layout, key), key);
  return slot < 0 || isDead(memory, layout, slotAddress(layout, slot), nowMs) ? defaultHandle : slot;
}

function lookupMasked(memory: Memory, layout: TableLayout, key: Uint8Array, nowMs: number): number {
  let best = defaultHandle;
  let bestPriority = -1;
  for (let position = 0; position < tupleCount(memory, layout); position++) {
    const tuple = tupleAt(memory, layout, position);
    if (bestPriority >= tuple.maxPriority) break;
    for (const slot of bucket(memory, layout, hashInTuple(memory, layout, key, tuple), tuple.id)) {
      const at = slotAddress(layout, slot);
      const priority = u32(memory, at + layout.priorityOffset);
      if (priority <= bestPriority || !isMatch(memory, layout, at, key) || isDead(memory, layout, at, nowMs)) continue;
      best = slot;
      bestPriority = priority;
    }
  }
  return best;
}

function isMatch(memory: Memory, layout: TableLayout, at: number, key: Uint8Array): boolean {
  const { bytes } = memory;
  for (let i = 0; i < layout.keyBytes; i++) {
    if ((key[i]! & bytes[at + layout.maskOffset + i]!) !== bytes[at + layout.keyOffset + i]) return false;
  }
  return isInRanges(memory, layout, at, key);
}

function isInRanges(memory: Memory, layout: TableLayout, at: number, key: Uint8Array): boolean {
  return layout.ranges.every((range, i) => {
    if (!range) return true;
    const from = layout.keyFields[i]!.offset;
    const low = at + range.offset;
    const high = low + range.bytes;
    return compare(key, from, memory.bytes, low, range.bytes) >= 0 && compare(key, from, memory.bytes, high, range.bytes) <= 0;
  });
}

function compare(a: Uint8Array, atA: number, b: Uint8Array, atB: number, count: number): number {
  for (let i = 0; i < count; i++) {
    const difference = a[atA + i]! - b[atB + i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * A whole apply: lookup, member of profile or group, counters of hits and misses. `selector`: the selector keys packed to words (`packWords`).
 */
export function applyTable(table: MatchTable, arena: ArenaLayout, key: Uint8Array, selector: Uint8Array, nowMs: number): Applied {
  const { memory, layout } = table;
  const miss = (reason: MissReason): Applied => {
    if (reason !== 'no key') addU64(memory, layout.header + tableHeader.misses, 1n);
    const action = memory.view.getUint16(layout.defaultEntry + entryHead.action, true);
    return { handle: defaultHandle, action, data: layout.defaultEntry + layout.dataOffset, miss: reason };
  };
  if (layout.keyBytes === 0) return miss('no key');
  const handle = lookup(table, key, nowMs);
  if (handle === defaultHandle) return miss(isThereExpired(table, key) ? 'expired' : 'no match');
  const at = slotAddress(layout, handle);
  const hit = (action: number, data: number): Applied => {
    addU64(memory, layout.header + tableHeader.hits, 1n);
    return { handle, action, data };
  };
  if (layout.spec.profile === undefined) {
    return hit(memory.view.getUint16(at + entryHead.action, true), at + layout.dataOffset);
  }
  const profile = arena.profiles[layout.spec.profile]!;
  let member = u32(memory, at + layout.dataOffset);
  if ((member & groupBit) !== 0) {
    const group = (member & ~groupBit) >>> 0;
    const hash = hashWords(viewOf(selector), 0, selector.length / 4, u32(memory, arena.hashSeed));
    const record = profile.groups + groupRecord.bytes * group;
    const slots = u32(memory, record + groupRecord.slots);
    if (slots === 0) return miss('empty group');
    member = u32(memory, profile.maglev + u32(memory, record + groupRecord.table) + 4 * maglevSlot(hash, slots));
  }
  const memberAt = profile.members + member * profile.memberBytes;
  if (u32(memory, memberAt) === 0) return miss('unused member');
  return hit(u32(memory, memberAt + 4), memberAt + profile.memberDataOffset);
}

/** Whether a miss was one only because the entry's time is up (for traces). */
function isThereExpired(table: MatchTable, key: Uint8Array): boolean {
  const { memory, layout } = table;
  if (layout.spec.ageing !== 'autoDelete' || layout.isMasked) return false;
  return exactSlot(memory, layout, hashKey(memory, layout, key), key) >= 0;
}
