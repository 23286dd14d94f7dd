/**
 * Entries that come and go by themselves: PNA's add_entry, expire timers, and the sweeper that takes out what nobody refreshed.
 *
 * Timers cost the data plane one store: a restart sets the deadline. Deadlines are milliseconds modulo 2^32, compared as int32 differences.
 * add_entry and timers are also emitted by the WebAssembly back end (rules in layout.ts); the sweeper is the control thread's alone.
 */
import {
  type ArenaLayout,
  entryFlags,
  entryHead,
  entryRetired,
  expireProfileCount,
  maxAddProbes,
  type TableLayout,
  tableHeader,
} from './layout.ts';
import { addU64, bumpU32, type Memory, setU32, u32, writeFields } from './memory.ts';
import { exactSlot, hashKey, isDead, isExpired, isLive, liveTag, release, slotAddress } from './slots.ts';
import { defaultHandle, type MatchTable } from './table.ts';

/**
 * PNA add_entry: adds `action(params)` for the key that missed, to live as long as expire-time profile `profile` says. False if a live entry has the
 * key, or if there is no room. Exact tables without implementation only; others refuse.
 */
export function addEntry(
  table: MatchTable,
  arena: ArenaLayout,
  key: Uint8Array,
  call: { readonly action: number; readonly params: readonly bigint[] },
  profile: number,
  nowMs: number,
): boolean {
  const { memory, layout } = table;
  if (layout.isMasked || layout.spec.profile !== undefined || layout.keyBytes === 0) return false;
  const hash = hashKey(memory, layout, key);
  const place = placeToAdd(memory, layout, hash, key, nowMs);
  if (place === undefined) return false;
  if (place < 0) {
    bumpU32(memory, layout.header + tableHeader.full);
    return false;
  }
  const at = slotAddress(layout, place);
  memory.bytes.fill(0, at + 4, at + layout.slotBytes);
  memory.view.setUint16(at + entryHead.action, call.action, true);
  memory.view.setUint8(at + entryHead.flags, entryFlags.dataPlane);
  setProfile(memory, arena, layout, at, profile, nowMs);
  memory.bytes.set(key, at + layout.keyOffset);
  writeFields(memory, at + layout.dataOffset, layout.params[call.action]!, call.params);
  setU32(memory, at, liveTag(hash));
  return true;
}

/** Slot for a new entry, already counted; -1 if there is no room, undefined if a live entry has the key. */
function placeToAdd(memory: Memory, layout: TableLayout, hash: number, key: Uint8Array, nowMs: number): number | undefined {
  const count = (counter: number): void => addU64(memory, layout.header + counter, 1n);
  let free = -1;
  let victim = -1;
  let leastLeft = Number.POSITIVE_INFINITY;
  const same = exactSlot(memory, layout, hash, key);
  if (same >= 0) {
    if (!isDead(memory, layout, slotAddress(layout, same), nowMs)) return undefined;
    count(tableHeader.expired);
    return same;
  }
  for (let n = 0; n < Math.min(maxAddProbes, layout.slotCount) && free < 0; n++) {
    const slot = (hash + n) & (layout.slotCount - 1);
    const at = slotAddress(layout, slot);
    if (!isLive(memory, layout, slot)) {
      free = slot;
      continue;
    }
    if (layout.spec.ageing === 'none' || u32(memory, at + entryHead.timeoutMs) === 0) continue;
    if ((memory.view.getUint8(at + entryHead.flags) & entryFlags.dataPlane) === 0) continue;
    const left = (u32(memory, at + entryHead.deadlineMs) - nowMs) | 0;
    if (left < leastLeft) {
      leastLeft = left;
      victim = slot;
    }
  }
  if (free >= 0) {
    bumpU32(memory, layout.header + tableHeader.entries);
    return free;
  }
  if (victim < 0) return -1;
  if (isDead(memory, layout, slotAddress(layout, victim), nowMs)) count(tableHeader.expired);
  else if (layout.spec.whenFull === 'evict') count(tableHeader.evicted);
  else return -1;
  return victim;
}

/** PNA restart_expire_timer for the entry that the table's apply found; nothing after a miss. The notified flag waits for the sweeper. */
export function restartExpireTimer(table: MatchTable, handle: number, nowMs: number): void {
  const { memory, layout } = table;
  if (handle === defaultHandle || layout.spec.ageing === 'none') return;
  const at = slotAddress(layout, handle);
  setU32(memory, at + entryHead.deadlineMs, nowMs + u32(memory, at + entryHead.timeoutMs));
}

/** PNA set_entry_expire_time: another profile, and the timer starts again. */
export function setEntryExpireTime(table: MatchTable, arena: ArenaLayout, handle: number, profile: number, nowMs: number): void {
  if (handle === defaultHandle) return;
  setProfile(table.memory, arena, table.layout, slotAddress(table.layout, handle), profile, nowMs);
  restartExpireTimer(table, handle, nowMs);
}

/** softipu.p4 get_entry_expire_time: the entry's profile; 0 after a miss. */
export function getEntryExpireTime(table: MatchTable, handle: number): number {
  return handle === defaultHandle ? 0 : table.memory.view.getUint8(slotAddress(table.layout, handle) + entryHead.profile);
}

/**
 * softipu.p4 is_first_hit_of_period: whether the last hit (deadline - timeout) was in an earlier period than now. A period is 2^k ms, between an eighth and a
 * quarter of the expire time, at least 1 ms; false after a miss.
 */
export function isFirstHitOfPeriod(table: MatchTable, handle: number, nowMs: number): boolean {
  if (handle === defaultHandle || table.layout.spec.ageing === 'none') return false;
  const at = slotAddress(table.layout, handle);
  const timeoutMs = u32(table.memory, at + entryHead.timeoutMs);
  const lastMs = u32(table.memory, at + entryHead.deadlineMs) - timeoutMs;
  const shift = Math.max(0, 29 - Math.clz32(timeoutMs));
  return (lastMs ^ nowMs) >>> shift !== 0;
}

function setProfile(memory: Memory, arena: ArenaLayout, layout: TableLayout, at: number, profile: number, nowMs: number): void {
  const index = profile % expireProfileCount;
  memory.view.setUint8(at + entryHead.profile, index);
  if (layout.spec.ageing === 'none') return;
  const timeoutMs = u32(memory, arena.expireProfiles + 4 * index);
  setU32(memory, at + entryHead.timeoutMs, timeoutMs);
  setU32(memory, at + entryHead.deadlineMs, nowMs + timeoutMs);
}

/**
 * Gives back the slots whose entries workers retired. While all of them stand between two batches. O(slots) if there are any, else nothing.
 */
export function reclaimRetired(table: MatchTable): void {
  const { memory, layout } = table;
  if (u32(memory, layout.header + tableHeader.retired) === 0) return;
  for (let slot = 0; slot < layout.slotCount; slot++) {
    if (u32(memory, slotAddress(layout, slot)) === entryRetired) release(memory, layout, slot);
  }
  setU32(memory, layout.header + tableHeader.retired, 0);
}

/**
 * Looks at `count` slots from `fromSlot` for entries whose time is up, and returns the slot to go on from (0 after the last).
 * autoDelete tables: `onExpired(handle)` while the entry is still whole, then it is removed. notify tables: `onExpired` once per idle time.
 */
export function sweep(
  table: MatchTable,
  fromSlot: number,
  count: number,
  nowMs: number,
  onExpired?: (handle: number) => void,
): number {
  const { memory, layout } = table;
  if (layout.spec.ageing === 'none') return 0;
  const end = Math.min(fromSlot + count, layout.slotCount);
  for (let slot = fromSlot; slot < end; slot++) {
    if (!isLive(memory, layout, slot)) continue;
    const at = slotAddress(layout, slot);
    const flags = memory.view.getUint8(at + entryHead.flags);
    const isNotified = (flags & entryFlags.notified) !== 0;
    if (!isExpired(memory, at, nowMs)) {
      // The timer was restarted; the data plane spares itself this store.
      if (isNotified) memory.view.setUint8(at + entryHead.flags, flags & ~entryFlags.notified);
    } else if (layout.spec.ageing === 'autoDelete') {
      onExpired?.(slot);
      table.remove(slot);
      addU64(memory, layout.header + tableHeader.expired, 1n);
    } else if (!isNotified) {
      memory.view.setUint8(at + entryHead.flags, flags | entryFlags.notified);
      onExpired?.(slot);
    }
  }
  return end === layout.slotCount ? 0 : end;
}
