/**
 * Counters of entries that the data plane adds and ageing takes out, folded into totals that stay.
 *
 * The tables are looked at piece by piece, some slots per call, and what an entry has counted since the last look goes to its owner; when an entry expires,
 * the rest does. Per slot we keep the word that tells one entry from the next (its tag, which has the key's hash), what was counted, and its owner. Cost:
 * a few loads per slot; an entry is decoded once in its life.
 *
 * Lost is only what an entry counts between the last look and its eviction by another one, or its removal by the control plane.
 */
import type { MatchTable, TableEntry } from '../arena/index.ts';
import type { ExpiredEntry } from './dataplane.ts';

export interface CountedTable {
  /** Index among the program's tables. */
  readonly index: number;
  readonly table: MatchTable;
}

/** A new entry, decoded. */
export interface NewEntry<T extends CountedTable> {
  readonly of: T;
  readonly key: readonly bigint[];
  readonly action: number;
  readonly params: readonly bigint[];
}

/** Who gets what is counted. */
export interface Owners<T extends CountedTable> {
  /** The owner of a new entry, `nobody` if it is not to be counted. */
  begin(entry: NewEntry<T>): number;
  add(owner: number, packets: number, bytes: number): void;
  /** Every slot of a table was looked at once more. */
  endRound(): void;
}

/** Owner of what is not counted. */
export const nobody = 0;

/** What was seen in each slot of one table. */
class Slots {
  readonly tag: Uint32Array;
  readonly packets: Float64Array;
  readonly bytes: Float64Array;
  readonly owner: Uint32Array;
  next = 0;

  constructor(count: number) {
    this.tag = new Uint32Array(count);
    this.packets = new Float64Array(count);
    this.bytes = new Float64Array(count);
    this.owner = new Uint32Array(count);
  }

  /** Lookups when the round began, and when one ended that had seen all of them; undefined: none has. */
  #began: bigint | undefined;
  #known: bigint | undefined;

  /** Goes over the next slots unseen if nothing can have changed since a round saw everything: nothing was looked up since. */
  skip(lookups: bigint, slots: number): boolean {
    if (lookups !== this.#known) return false;
    this.#began = undefined;
    this.next = this.next + slots >= this.tag.length ? 0 : this.next + slots;
    return true;
  }

  endRound(lookups: bigint): void {
    this.#known = this.#began === lookups ? lookups : undefined;
    this.#began = lookups;
  }
}

/** Packets that asked the table so far: without one no entry counts or comes. */
function lookups(table: MatchTable): bigint {
  const { hits, misses } = table.stats();
  return hits + misses;
}

interface Orphan {
  readonly packets: number;
  readonly bytes: number;
  readonly owner: number;
  readonly round: number;
}

/** Rounds for which an entry that made room is remembered: its expiry may still be on its way to us. */
const orphanRounds = 2;
export class EntryCounters<T extends CountedTable> {
  readonly #tables: readonly { readonly of: T; readonly slots: Slots }[];
  readonly #owners: Owners<T>;
  readonly #orphans = new Map<string, Orphan>();
  #round = 0;

  constructor(tables: readonly T[], owners: Owners<T>) {
    this.#tables = tables.map((of) => ({ of, slots: new Slots(of.table.layout.slotCount) }));
    this.#owners = owners;
  }

  /**
   * Looks at the next slots of every table, a `part` of all (1: each of them), but decodes at most `maxNew` entries that it sees for the first time: the
   * next call goes on where this one stopped. Returns how many it decoded.
   */
  scan(part: number, maxNew = Number.POSITIVE_INFINITY): number {
    let decoded = 0;
    for (const { of, slots } of this.#tables) {
      const { table } = of;
      const count = table.layout.slotCount;
      const todo = Math.ceil(count * part);
      if (slots.skip(lookups(table), todo)) {
        if (slots.next === 0) this.#endRound();
        continue;
      }
      for (let n = 0; n < todo && decoded < maxNew; n++) {
        if (this.#look(of, slots, slots.next)) decoded++;
        slots.next = slots.next + 1 === count ? 0 : slots.next + 1;
        if (slots.next === 0) {
          this.#endRound();
          slots.endRound(lookups(table));
        }
      }
    }
    return decoded;
  }

  /** An entry that ageing took out: what it counted since the last look. */
  expired(entry: ExpiredEntry): void {
    const counted = this.#tables.find(({ of }) => of.index === entry.table);
    if (!counted) return;
    const { of, slots } = counted;
    const orphanKey = `${entry.table} ${entry.slot} ${entry.tag}`;
    const orphan = this.#orphans.get(orphanKey);
    this.#orphans.delete(orphanKey);
    const isSeen = slots.tag[entry.slot] === entry.tag;
    const [packets, bytes] = [Number(entry.packets), Number(entry.bytes)];
    if (orphan) {
      this.#add(orphan.owner, packets - orphan.packets, bytes - orphan.bytes);
    } else if (isSeen) {
      this.#add(slots.owner[entry.slot]!, packets - slots.packets[entry.slot]!, bytes - slots.bytes[entry.slot]!);
      slots.tag[entry.slot] = 0;
    } else {
      const [key, params] = [entry.matches.map(BigInt), entry.params.map(BigInt)];
      this.#add(this.#owners.begin({ of, key, action: entry.action, params }), packets, bytes);
    }
  }

  /** True if the slot has an entry that was not seen before. */
  #look(of: T, slots: Slots, slot: number): boolean {
    const { table } = of;
    const { view } = table.memory;
    const at = table.address(slot);
    if (!table.has(slot)) return false;
    const tag = view.getUint32(at, true);
    const packets = counterAt(view, at + table.layout.counterOffset);
    const bytes = counterAt(view, at + table.layout.counterOffset + 8);
    const isSame = slots.tag[slot] === tag && packets >= slots.packets[slot]!;
    if (isSame) {
      const owner = slots.owner[slot]!;
      if (owner !== nobody && packets !== slots.packets[slot]) {
        this.#add(owner, packets - slots.packets[slot]!, bytes - slots.bytes[slot]!);
      }
    } else {
      if (slots.tag[slot] !== 0 && slots.owner[slot] !== nobody) {
        const [before, length, owner] = [slots.packets[slot]!, slots.bytes[slot]!, slots.owner[slot]!];
        this.#orphans.set(`${of.index} ${slot} ${slots.tag[slot]}`, {
          packets: before,
          bytes: length,
          owner,
          round: this.#round,
        });
      }
      const entry = table.read(slot);
      slots.owner[slot] = this.#owners.begin({ of, key: exactValues(entry), ...actionOf(entry) });
      slots.tag[slot] = tag;
      this.#add(slots.owner[slot]!, packets, bytes);
    }
    slots.packets[slot] = packets;
    slots.bytes[slot] = bytes;
    return !isSame;
  }

  #add(owner: number, packets: number, bytes: number): void {
    if (owner !== nobody) this.#owners.add(owner, packets, bytes);
  }

  #endRound(): void {
    this.#round++;
    for (const [key, orphan] of this.#orphans) if (this.#round - orphan.round > orphanRounds) this.#orphans.delete(key);
    this.#owners.endRound();
  }
}

/** A 64-bit counter while the data plane counts: read again if a carry went through meanwhile. */
function counterAt(view: DataView, at: number): number {
  for (;;) {
    const high = view.getUint32(at + 4, true);
    const low = view.getUint32(at, true);
    if (view.getUint32(at + 4, true) === high) return high * 4294967296 + low;
  }
}

function exactValues(entry: TableEntry): bigint[] {
  return entry.matches.map((match) => (match.kind === 'exact' ? BigInt(match.value as bigint) : 0n));
}

function actionOf({ call }: TableEntry): { readonly action: number; readonly params: readonly bigint[] } {
  return call.kind === 'action' ? { action: call.action, params: call.params as readonly bigint[] } : { action: -1, params: [] };
}
