/**
 * The slots of a table: open addressing with linear probing, see layout.ts. A removed slot goes back to never-used as soon as no live entry's way from
 * home passes it; otherwise lookups of keys that are not there would get longer for ever under churn.
 *
 *   home of x           removed     x's slot         `release`: x still needs d1 and d2 on its way, so they stay deleted;
 *      |                   |           |             once x is gone, both become never used.
 *   [ live ][ live ][ deleted d1 ][ deleted d2 ][ live x ][ never used ]
 */
import { hashKeyWords, tupleShift } from './hash.ts';
import { entryHead, entryRetired, entryState, maxAddProbes, type TableLayout, tableHeader } from './layout.ts';
import { type Memory, sameBytes, setU32, u32 } from './memory.ts';
import { positionOf, type Tuple, tupleAt } from './tuples.ts';
import { viewOf } from './wire-bytes.ts';

export function slotAddress(table: TableLayout, slot: number): number {
  return table.slots + slot * table.slotBytes;
}

export function isLive(memory: Memory, table: TableLayout, slot: number): boolean {
  return (u32(memory, slotAddress(table, slot)) & 3) === entryState.live;
}

/** Hash of a packed key of a table without masks. */
export function hashKey(memory: Memory, table: TableLayout, key: Uint8Array | DataView): number {
  return hashAt(memory, table, key instanceof DataView ? key : viewOf(key), 0);
}

/** Hash of a packed key in a tuple of the directory. */
export function hashInTuple(
  memory: Memory,
  table: TableLayout,
  key: Uint8Array,
  { id, mask }: Pick<Tuple, 'id' | 'mask'>,
): number {
  return maskedHash(memory, table, key, 0, memory.bytes, mask, id);
}

/** Hash of a packed key under a mask that a tuple has, or will have. */
export function hashMaskedKey(memory: Memory, table: TableLayout, key: Uint8Array, mask: Uint8Array, id: number): number {
  return maskedHash(memory, table, key, 0, mask, 0, id);
}

/** Where keys are masked to be hashed; as long as the longest key was. */
let masked = new DataView(new ArrayBuffer(64));

function maskedHash(
  memory: Memory,
  table: TableLayout,
  key: Uint8Array,
  keyAt: number,
  mask: Uint8Array,
  maskAt: number,
  id: number,
): number {
  const length = table.keyWords * 8;
  if (length > masked.byteLength) masked = new DataView(new ArrayBuffer(length));
  for (let i = 0; i < length; i++) masked.setUint8(i, key[keyAt + i]! & mask[maskAt + i]!);
  return (hashAt(memory, table, masked, 0) + tupleShift(id)) >>> 0;
}

function hashAt(memory: Memory, table: TableLayout, key: DataView, at: number): number {
  return hashKeyWords(key, at, table.keyWords, memory.view, table.header + tableHeader.bytes);
}

/** How many slots a lookup or an insertion may look at. */
export function probeLimit(table: TableLayout): number {
  return table.spec.addOnMiss ? Math.min(maxAddProbes, table.slotCount) : table.slotCount;
}

/** Slots of a masked table whose entries have this hash in this tuple, up to the first never-used one: candidates. */
export function* bucket(memory: Memory, table: TableLayout, hash: number, tuple: number): Generator<number> {
  const tag = liveTag(hash);
  for (let n = 0; n < probeLimit(table); n++) {
    const slot = (hash + n) & (table.slotCount - 1);
    const at = slotAddress(table, slot);
    const word = u32(memory, at);
    if (word === 0) return;
    if (word === tag && u32(memory, at + table.tupleOffset) === tuple) yield slot;
  }
}

/** The slot of a key in a table without masks; -1 if there is none. */
export function exactSlot(memory: Memory, table: TableLayout, hash: number, key: Uint8Array): number {
  const tag = liveTag(hash);
  const limit = probeLimit(table);
  for (let n = 0; n < limit; n++) {
    const slot = (hash + n) & (table.slotCount - 1);
    const at = slotAddress(table, slot);
    const word = u32(memory, at);
    if (word === 0) return -1;
    if (word === tag && sameBytes(memory, at + table.keyOffset, key, key.length)) return slot;
  }
  return -1;
}

/** First slot on the way of a key that holds nothing; -1 if none is within the limit. */
export function freeSlot(memory: Memory, table: TableLayout, hash: number): number {
  for (let n = 0; n < probeLimit(table); n++) {
    const slot = (hash + n) & (table.slotCount - 1);
    if (!isLive(memory, table, slot)) return slot;
  }
  return -1;
}

/** Tag of a live entry. */
export function liveTag(hash: number): number {
  return ((hash & ~3) | entryState.live) >>> 0;
}

/** Slots behind a removed one that `release` looks at where entries may lie anywhere; if the run is longer, the slot stays deleted. */
const releaseLimit = 1024;

/**
 * Takes a live slot's entry out: the slot becomes never used if it can, otherwise deleted; so do deleted slots on the entry's own way, which are the
 * only others that its going can free. O(length of the run).
 */
export function release(memory: Memory, table: TableLayout, slot: number): void {
  const way = distance(memory, table, slot);
  setU32(memory, slotAddress(table, slot), entryState.deleted);
  const mask = table.slotCount - 1;
  const limit = Math.min(table.spec.addOnMiss ? probeLimit(table) : releaseLimit, table.slotCount) - 1;
  // Positions relative to `slot`; the way of the entry at position d began at d - its distance from home.
  let earliest = Number.POSITIVE_INFINITY;
  for (let after = 1; ; after++) {
    if (after > limit) {
      // Where all entries lie within the limit of their home, those further on did not come this way.
      if (table.spec.addOnMiss) break;
      return;
    }
    const other = (slot + after) & mask;
    if (u32(memory, slotAddress(table, other)) === 0) break;
    if (isLive(memory, table, other)) earliest = Math.min(earliest, after - distance(memory, table, other));
  }
  for (let before = 0; before <= way; before++) {
    const other = (slot - before) & mask;
    if (isLive(memory, table, other)) earliest = Math.min(earliest, -before - distance(memory, table, other));
    else if (earliest > -before && !isRetired(memory, table, other)) setU32(memory, slotAddress(table, other), entryState.empty);
  }
}

function isRetired(memory: Memory, table: TableLayout, slot: number): boolean {
  return u32(memory, slotAddress(table, slot)) === entryRetired;
}

/** How far from its home a live entry lies. */
function distance(memory: Memory, table: TableLayout, slot: number): number {
  const at = slotAddress(table, slot);
  return (slot - hashOfEntry(memory, table, at)) & (table.slotCount - 1);
}

function hashOfEntry(memory: Memory, table: TableLayout, at: number): number {
  if (!table.isMasked) return hashAt(memory, table, memory.view, at + table.keyOffset);
  const id = u32(memory, at + table.tupleOffset);
  const { mask } = tupleAt(memory, table, positionOf(memory, table, id));
  return maskedHash(memory, table, memory.bytes, at + table.keyOffset, memory.bytes, mask, id);
}

/** Whether an entry's time is up; the table has ageing. */
export function isExpired(memory: Memory, at: number, nowMs: number): boolean {
  if (u32(memory, at + entryHead.timeoutMs) === 0) return false;
  return ((nowMs - u32(memory, at + entryHead.deadlineMs)) | 0) >= 0;
}

/** Whether an entry counts as gone although the sweeper has not come by. */
export function isDead(memory: Memory, table: TableLayout, at: number, nowMs: number): boolean {
  return table.spec.ageing === 'autoDelete' && isExpired(memory, at, nowMs);
}
