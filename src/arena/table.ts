/**
 * A match-action table from the control plane's side: insert, modify, remove, find, iterate, default entry, and what entries count.
 *
 * One control thread writes, while the data plane is parked between two batches; an entry's tag is still written last, so that a reader who comes
 * too early sees the slot free or the entry whole. A handle is the entry's slot index and stays the same for as long as the entry lives.
 */
import {
  type EntryCall,
  type EntryKey,
  encodeMatch,
  type KeyMatch,
  type MatchPlan,
  matchPlan,
  type NewEntry,
  type TableEntry,
} from './entry.ts';
import { controlPlaneProfile, entryFlags, entryHead, groupBit, type TableLayout, tableHeader } from './layout.ts';
import { findMasked, placeFor } from './masked.ts';
import { addU64, bumpU32, type Memory, readFields, setU32, setU64, u32, u64, writeFields } from './memory.ts';
import { getMeterConfig, type MeterConfig, setMeterConfig } from './meter.ts';
import { exactSlot, freeSlot, hashKey, isDead, isLive, liveTag, release, slotAddress } from './slots.ts';
import { addToTuple, positionOf, removeFromTuple, tupleAt } from './tuples.ts';
import { checkFits, readBig, type Value } from './wire-bytes.ts';

/** Stands for the default entry where a handle is asked for. */
export const defaultHandle = -1;

/** Longest idle timeout: deadlines are compared as 32-bit differences. */
export const maxTimeoutMs = 0x7fff_ffff;

export interface TableStats {
  readonly entries: number;
  readonly hits: bigint;
  readonly misses: bigint;
  /** add_entry refused because there was no room. */
  readonly full: number;
  readonly evicted: bigint;
  readonly expired: bigint;
}

export class MatchTable {
  readonly memory: Memory;
  readonly layout: TableLayout;
  readonly #plan: MatchPlan;
  /** Of tables with an implementation: how many entries were given each member or group. Ageing takes entries out without saying so here. */
  readonly #given = new Map<number, number>();

  /** Where several workers count hits and misses, each for itself. */
  readonly #counts: readonly number[];

  constructor(memory: Memory, layout: TableLayout, counts: readonly number[] = []) {
    this.#counts = counts;
    this.memory = memory;
    this.layout = layout;
    this.#plan = matchPlan(layout);
  }

  /** Adds an entry and returns its handle; 'exists' if there is one with the same match and priority. Throws RangeError on a malformed entry. */
  insert(entry: NewEntry, nowMs = 0): number | 'exists' | 'full' {
    const { memory, layout } = this;
    const match = encodeMatch(this.#plan, entry);
    this.#checkCall(entry.call);
    const exactHash = layout.isMasked ? 0 : hashKey(memory, layout, match.view);
    const same = layout.isMasked ? findMasked(memory, layout, match) : exactSlot(memory, layout, exactHash, match.key);
    if (same >= 0) {
      if (!isDead(memory, layout, this.address(same), nowMs)) return 'exists';
      this.remove(same);
      addU64(memory, layout.header + tableHeader.expired, 1n);
    }
    if (this.count >= layout.spec.size) return 'full';
    const place = layout.isMasked ? placeFor(memory, layout, match) : undefined;
    if (layout.isMasked && !place) return 'full';
    const hash = place?.hash ?? exactHash;
    const slot = freeSlot(memory, layout, hash);
    if (slot < 0) return 'full';
    const at = slotAddress(layout, slot);
    this.#clear(at);
    memory.view.setUint8(at + entryHead.flags, entry.isConst ? entryFlags.const : 0);
    memory.view.setUint8(at + entryHead.profile, controlPlaneProfile);
    if (layout.spec.ageing !== 'none') this.#setTimeout(at, entry.idleTimeoutMs ?? 0, nowMs);
    memory.bytes.set(match.key, at + layout.keyOffset);
    this.#writeCall(at, entry.call);
    if (place) {
      memory.bytes.set(match.mask, at + layout.maskOffset);
      memory.bytes.set(match.ranges, at + layout.maskOffset + match.mask.length);
      setU32(memory, at + layout.priorityOffset, match.priority);
      setU32(memory, at + layout.tupleOffset, place.id);
      addToTuple(memory, layout, place.mask, place.id, match.priority);
    }
    bumpU32(memory, layout.header + tableHeader.entries);
    setU32(memory, at, liveTag(hash));
    return slot;
  }

  /** Changes what an entry does, its idle timeout (which starts again), or both. */
  modify(
    where: number | EntryKey,
    change: { readonly call?: EntryCall | undefined; readonly idleTimeoutMs?: number | undefined },
    nowMs = 0,
  ): 'ok' | 'notFound' {
    const handle = this.#toHandle(where);
    if (handle === undefined) return 'notFound';
    const at = this.address(handle);
    if (change.call) {
      this.#checkCall(change.call);
      this.#give(this.#wordAt(at), -1);
      this.#writeCall(at, change.call);
    }
    if (change.idleTimeoutMs !== undefined && this.layout.spec.ageing !== 'none') {
      this.memory.view.setUint8(at + entryHead.profile, controlPlaneProfile);
      this.#setTimeout(at, change.idleTimeoutMs, nowMs);
    }
    return 'ok';
  }

  /** Takes an entry out. O(1), but up to O(slots) where it was the only one with the highest priority of its tuple. */
  remove(where: number | EntryKey): 'ok' | 'notFound' {
    const { memory, layout } = this;
    const slot = this.#toHandle(where);
    if (slot === undefined) return 'notFound';
    const at = slotAddress(layout, slot);
    this.#give(this.#wordAt(at), -1);
    release(memory, layout, slot);
    setU32(memory, layout.header + tableHeader.entries, this.count - 1);
    if (layout.isMasked) {
      const tuple = u32(memory, at + layout.tupleOffset);
      const priority = u32(memory, at + layout.priorityOffset);
      const { entries, maxPriority } = tupleAt(memory, layout, positionOf(memory, layout, tuple));
      const isHighest = priority === maxPriority && entries > 1;
      const stays = isHighest ? this.#highestPriority(tuple, maxPriority) : maxPriority;
      removeFromTuple(memory, layout, tuple, stays);
    }
    return 'ok';
  }

  /** Handle of the entry with exactly this match and priority. */
  find(key: EntryKey): number | undefined {
    const { memory, layout } = this;
    const match = encodeMatch(this.#plan, key);
    const slot = layout.isMasked
      ? findMasked(memory, layout, match)
      : exactSlot(memory, layout, hashKey(memory, layout, match.view), match.key);
    return slot < 0 ? undefined : slot;
  }

  has(handle: number): boolean {
    return handle >= 0 && handle < this.layout.slotCount && isLive(this.memory, this.layout, handle);
  }

  /** Handles of all entries, in slot order. O(slots). Entries may be removed while iterating. */
  *handles(): Generator<number> {
    if (this.count === 0) return;
    for (let slot = 0; slot < this.layout.slotCount; slot++) {
      if (isLive(this.memory, this.layout, slot)) yield slot;
    }
  }

  /** All entries, decoded, in slot order. O(slots). */
  *entries(): Generator<TableEntry> {
    for (const handle of this.handles()) yield this.read(handle);
  }

  /** The entry of a live handle. */
  read(handle: number): TableEntry {
    const { memory, layout } = this;
    const at = this.address(handle);
    const { idleTimeoutMs, profile, isConst, isFromDataPlane } = this.head(handle);
    return {
      handle,
      matches: this.#readMatches(at),
      priority: layout.isMasked ? u32(memory, at + layout.priorityOffset) : 0,
      call: this.#readCall(at),
      idleTimeoutMs,
      profile,
      isConst,
      isFromDataPlane,
    };
  }

  /** The part of `read` that costs nothing. */
  head(handle: number): Pick<TableEntry, 'handle' | 'idleTimeoutMs' | 'profile' | 'isConst' | 'isFromDataPlane'> {
    const { memory, layout } = this;
    const at = this.address(handle);
    const flags = memory.view.getUint8(at + entryHead.flags);
    return {
      handle,
      idleTimeoutMs: layout.spec.ageing === 'none' ? 0 : u32(memory, at + entryHead.timeoutMs),
      profile: memory.view.getUint8(at + entryHead.profile),
      isConst: (flags & entryFlags.const) !== 0,
      isFromDataPlane: (flags & entryFlags.dataPlane) !== 0,
    };
  }

  /** Sets what happens on a miss; always an action, of tables with an implementation, too. */
  setDefault(action: number, params: readonly Value[]): void {
    const at = this.layout.defaultEntry;
    this.#checkAction(action, params.length);
    this.#writeAction(at, action, params);
  }

  getDefault(): { readonly action: number; readonly params: readonly bigint[] } {
    const action = this.memory.view.getUint16(this.layout.defaultEntry + entryHead.action, true);
    return {
      action,
      params: readFields(this.memory, this.layout.defaultEntry + this.layout.dataOffset, this.layout.params[action]!),
    };
  }

  /** The action of an entry, in tables without implementation. */
  actionAt(handle: number): number {
    return this.memory.view.getUint16(this.address(handle) + entryHead.action, true);
  }

  /** Whether an entry refers to a member or group. O(1) if none was ever told to, else up to O(slots). */
  refersTo(call: Exclude<EntryCall, { readonly kind: 'action' }>): boolean {
    const word = wordOf(call);
    if (!this.#given.has(word)) return false;
    for (const slot of this.handles()) if (this.#wordAt(this.address(slot)) === word) return true;
    this.#given.delete(word);
    return false;
  }

  /** The entries came as bytes from a table of the same layout. */
  adoptReferences(other: MatchTable): void {
    for (const [word, count] of other.#given) this.#given.set(word, count);
  }

  get count(): number {
    return u32(this.memory, this.layout.header + tableHeader.entries);
  }

  stats(): TableStats {
    const { memory, layout } = this;
    return {
      entries: this.count,
      hits: this.#sum(tableHeader.hits, 0),
      misses: this.#sum(tableHeader.misses, 8),
      full: u32(memory, layout.header + tableHeader.full),
      evicted: u64(memory, layout.header + tableHeader.evicted),
      expired: u64(memory, layout.header + tableHeader.expired),
    };
  }

  /** Of the header and what each of several workers counted. */
  #sum(inHeader: number, inBlock: number): bigint {
    const { memory, layout } = this;
    return this.#counts.reduce((sum, at) => sum + u64(memory, at + inBlock), u64(memory, layout.header + inHeader));
  }

  /** Milliseconds until the entry expires (0: it has); undefined if it never does. */
  timeLeftMs(handle: number, nowMs: number): number | undefined {
    const at = this.address(handle);
    if (this.layout.spec.ageing === 'none' || u32(this.memory, at + entryHead.timeoutMs) === 0) return undefined;
    return Math.max(0, (u32(this.memory, at + entryHead.deadlineMs) - nowMs) | 0);
  }

  /** Packets and bytes of the direct counter. */
  counter(handle: number): { readonly packets: bigint; readonly bytes: bigint } {
    const at = this.address(handle) + this.layout.counterOffset;
    return { packets: u64(this.memory, at), bytes: u64(this.memory, at + 8) };
  }

  setCounter(handle: number, packets: bigint, bytes: bigint): void {
    const at = this.address(handle) + this.layout.counterOffset;
    setU64(this.memory, at, packets);
    setU64(this.memory, at + 8, bytes);
  }

  meter(handle: number): MeterConfig | undefined {
    return getMeterConfig(this.memory.view, this.address(handle) + this.layout.meterOffset);
  }

  setMeter(handle: number, config: MeterConfig | undefined): void {
    setMeterConfig(this.memory.view, this.address(handle) + this.layout.meterOffset, config);
  }

  /** Address of an entry's slot, or of the default entry. */
  address(handle: number): number {
    return handle === defaultHandle ? this.layout.defaultEntry : slotAddress(this.layout, handle);
  }

  #toHandle(where: number | EntryKey): number | undefined {
    if (typeof where !== 'number') return this.find(where);
    return this.has(where) ? where : undefined;
  }

  /** Highest priority of the entries of a tuple; the search ends at one that has `bound`. */
  #highestPriority(tuple: number, bound: number): number {
    const { memory, layout } = this;
    let highest = 0;
    for (const slot of this.handles()) {
      const at = slotAddress(layout, slot);
      if (u32(memory, at + layout.tupleOffset) !== tuple) continue;
      highest = Math.max(highest, u32(memory, at + layout.priorityOffset));
      if (highest === bound) break;
    }
    return highest;
  }

  #setTimeout(at: number, idleTimeoutMs: number, nowMs: number): void {
    const timeoutMs = Math.min(idleTimeoutMs, maxTimeoutMs);
    setU32(this.memory, at + entryHead.timeoutMs, timeoutMs);
    setU32(this.memory, at + entryHead.deadlineMs, nowMs + timeoutMs);
    const flags = this.memory.view.getUint8(at + entryHead.flags);
    this.memory.view.setUint8(at + entryHead.flags, flags & ~entryFlags.notified);
  }

  /** Everything behind the tag becomes zero. */
  #clear(at: number): void {
    this.memory.bytes.fill(0, at + 4, at + this.layout.slotBytes);
  }

  #checkCall(call: EntryCall): void {
    const { spec } = this.layout;
    if ((call.kind === 'action') !== (spec.profile === undefined)) {
      throw new RangeError(
        `table '${spec.name}' takes ${spec.profile === undefined ? 'actions' : 'members and groups'}, not a ${call.kind}`,
      );
    }
    if (call.kind === 'action') this.#checkAction(call.action, call.params.length);
  }

  #checkAction(action: number, params: number): void {
    const places = this.layout.params[action];
    if (!places) throw new RangeError(`table '${this.layout.spec.name}' has no action ${action}`);
    if (places.length !== params) {
      throw new RangeError(`action ${action} of table '${this.layout.spec.name}' has ${places.length} parameters, not ${params}`);
    }
  }

  #writeCall(at: number, call: EntryCall): void {
    switch (call.kind) {
      case 'action':
        this.#writeAction(at, call.action, call.params);
        return;
      case 'member':
      case 'group':
        setU32(this.memory, at + this.layout.dataOffset, wordOf(call));
        this.#give(wordOf(call), 1);
        return;
      default:
        assertNever(call);
    }
  }

  #writeAction(at: number, action: number, params: readonly Value[]): void {
    const { memory, layout } = this;
    const places = layout.params[action]!;
    for (let i = 0; i < places.length; i++) {
      checkFits(params[i]!, places[i]!.width, () => `parameter ${i} of action ${action} of table '${layout.spec.name}'`);
    }
    memory.bytes.fill(0, at + layout.dataOffset, at + dataEnd(layout));
    writeFields(memory, at + layout.dataOffset, places, params);
    memory.view.setUint16(at + entryHead.action, action, true);
  }

  /** The member or group of an entry; undefined in tables of actions. */
  #wordAt(at: number): number | undefined {
    return this.layout.spec.profile === undefined ? undefined : u32(this.memory, at + this.layout.dataOffset);
  }

  #give(word: number | undefined, more: 1 | -1): void {
    if (word === undefined) return;
    const count = (this.#given.get(word) ?? 0) + more;
    if (count > 0) this.#given.set(word, count);
    else this.#given.delete(word);
  }

  #readCall(at: number): EntryCall {
    const { memory, layout } = this;
    if (layout.spec.profile !== undefined && at !== layout.defaultEntry) {
      const word = u32(memory, at + layout.dataOffset);
      return (word & groupBit) !== 0 ? { kind: 'group', group: (word & ~groupBit) >>> 0 } : { kind: 'member', member: word };
    }
    const action = memory.view.getUint16(at + entryHead.action, true);
    return { kind: 'action', action, params: readFields(memory, at + layout.dataOffset, layout.params[action]!) };
  }

  #readMatches(at: number): KeyMatch[] {
    const { memory, layout } = this;
    const mask = at + layout.maskOffset;
    const matches: KeyMatch[] = [];
    layout.spec.keys.forEach((key, i) => {
      const place = layout.keyFields[i];
      if (!place) return;
      const value = readBig(memory.bytes, at + layout.keyOffset + place.offset, place.bytes);
      const bits = layout.isMasked ? readBig(memory.bytes, mask + place.offset, place.bytes) : 0n;
      switch (key.matchKind) {
        case 'exact':
          matches.push({ kind: 'exact', value });
          return;
        case 'lpm':
          matches.push({ kind: 'lpm', value, prefixLength: bits.toString(2).replaceAll('0', '').length });
          return;
        case 'ternary':
          matches.push({ kind: 'ternary', value, mask: bits });
          return;
        case 'optional':
          matches.push(bits === 0n ? { kind: 'optional' } : { kind: 'optional', value });
          return;
        case 'range': {
          const range = layout.ranges[i]!;
          const low = readBig(memory.bytes, at + range.offset, range.bytes);
          matches.push({ kind: 'range', low, high: readBig(memory.bytes, at + range.offset + range.bytes, range.bytes) });
          return;
        }
        case 'selector':
          return;
        default:
          assertNever(key.matchKind);
      }
    });
    return matches;
  }
}

/** As an entry's data word says it. */
function wordOf(call: Exclude<EntryCall, { readonly kind: 'action' }>): number {
  return call.kind === 'member' ? call.member : (call.group | groupBit) >>> 0;
}

/** End of an entry's parameters, from the slot's start. */
export function dataEnd(layout: TableLayout): number {
  return layout.counterOffset || layout.meterOffset || layout.slotBytes;
}

function assertNever(value: never): never {
  throw new Error(`not reached: ${JSON.stringify(value)}`);
}
