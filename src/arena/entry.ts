/**
 * Entries as the control plane says them, and their form in memory: the key masked and packed, bounds of range keys, a priority.
 * Structurally, the IR's `KeyMatch` is one of these.
 */
import { hashMasks } from './hash-masks.ts';
import type { FieldPlace, TableLayout } from './layout.ts';
import { checkFits, ones, packFields, toBig, type Value, viewOf, writeBig, writeValue } from './wire-bytes.ts';

/** One key of an entry. A don't-care is mask 0, prefix length 0, the full range, or an optional without value. */
export type KeyMatch =
  | { readonly kind: 'exact'; readonly value: Value }
  | { readonly kind: 'lpm'; readonly value: Value; readonly prefixLength: number }
  | { readonly kind: 'ternary'; readonly value: Value; readonly mask: Value }
  | { readonly kind: 'range'; readonly low: Value; readonly high: Value }
  | { readonly kind: 'optional'; readonly value?: Value | undefined };

/** What an entry does. Tables with an action profile or selector take members and groups, the others actions. */
export type EntryCall =
  /** `action`: index in the table's actions. */
  | { readonly kind: 'action'; readonly action: number; readonly params: readonly Value[] }
  | { readonly kind: 'member'; readonly member: number }
  | { readonly kind: 'group'; readonly group: number };

/** What makes an entry this entry. `matches`: one per key that is no selector, in order. */
export interface EntryKey {
  readonly matches: readonly KeyMatch[];
  /** Higher wins. Ignored by exact tables and by tables whose only inexact key is one lpm. */
  readonly priority?: number;
}

export interface NewEntry extends EntryKey {
  readonly call: EntryCall;
  /** 0 (default): never expires. */
  readonly idleTimeoutMs?: number;
  /** An entry of the program that the control plane may not change. */
  readonly isConst?: boolean;
}

/** An entry as it is in memory. */
export interface TableEntry extends NewEntry {
  /** Slot index; the same for as long as the entry lives. */
  readonly handle: number;
  readonly priority: number;
  readonly idleTimeoutMs: number;
  readonly isConst: boolean;
  /** Added by add_entry. */
  readonly isFromDataPlane: boolean;
  /** Expire-time profile; 255: the control plane's own timeout. */
  readonly profile: number;
}

/** An entry's match as memory has it. */
export interface EncodedMatch {
  /** keyWords * 8 bytes, masked. Of tables without masks it is the plan's own, good until the next match is encoded. */
  readonly key: Uint8Array;
  /** A view of `key`. */
  readonly view: DataView;
  /** Masked tables: keyWords * 8 bytes. */
  readonly mask: Uint8Array;
  /** Masked tables: what it may be hashed by, see hash-masks.ts. */
  readonly hashMasks: readonly Uint8Array[];
  /** Low and high of each range key, in order. */
  readonly ranges: Uint8Array;
  readonly priority: number;
}

/** Whether the prefix length is the priority: all keys exact but one lpm. */
function hasPrefixPriority(table: TableLayout): boolean {
  return (
    table.isMasked &&
    table.spec.keys.every((k) => k.matchKind !== 'ternary' && k.matchKind !== 'range' && k.matchKind !== 'optional')
  );
}

/** What `encodeMatch` needs of a table, computed once. */
export interface MatchPlan {
  readonly table: TableLayout;
  readonly keys: readonly {
    readonly width: number;
    readonly matchKind: 'exact' | 'lpm' | 'ternary' | 'range' | 'optional';
    /** Among all keys, selectors included. */
    readonly index: number;
    readonly what: () => string;
  }[];
  readonly places: readonly FieldPlace[];
  readonly keyBytes: number;
  readonly rangesAt: number;
  readonly hasPrefixPriority: boolean;
  /** Mask of all bits of the key. */
  readonly whole: Uint8Array;
  /** Of the last match, in tables without masks. */
  readonly exact: EncodedMatch;
}

const nothing = new Uint8Array();

export function matchPlan(table: TableLayout): MatchPlan {
  const keys = table.spec.keys.flatMap(({ width, matchKind }, index) => {
    if (matchKind === 'selector') return [];
    return [{ width, matchKind, index, what: (): string => `key ${index} of table '${table.spec.name}'` }];
  });
  const keyBytes = table.keyWords * 8;
  const key = new Uint8Array(keyBytes);
  const places = table.keyFields.filter((place) => place !== undefined);
  return {
    table,
    keys,
    exact: { key, view: viewOf(key), mask: nothing, hashMasks: [], ranges: nothing, priority: 0 },
    places,
    keyBytes,
    rangesAt: table.maskOffset + (table.isMasked ? keyBytes : 0),
    whole: packFields(
      places,
      keys.map(({ width }) => ones(width)),
      keyBytes,
    ),
    hasPrefixPriority: hasPrefixPriority(table),
  };
}

/** Memory form of a match. Throws RangeError if a match does not fit its key: callers have checked what people wrote. */
export function encodeMatch(plan: MatchPlan, entry: EntryKey): EncodedMatch {
  const { table, keys } = plan;
  if (entry.matches.length !== keys.length) {
    throw new RangeError(`table '${table.spec.name}' has ${keys.length} keys, the entry ${entry.matches.length}`);
  }
  if (!table.isMasked && entry.matches.every(isExact)) return encodeExact(plan, entry.matches);
  const values: bigint[] = [];
  const masks: bigint[] = [];
  const ranges = new Uint8Array(table.dataOffset - plan.rangesAt);
  let prefix = 0;
  keys.forEach(({ width, matchKind, index, what }, i) => {
    const match = entry.matches[i]!;
    if (matchKind === 'range') {
      const [low, high] = toRange(match, width, what);
      const place = table.ranges[index]!;
      writeBig(ranges, place.offset - plan.rangesAt, place.bytes, low);
      writeBig(ranges, place.offset - plan.rangesAt + place.bytes, place.bytes, high);
      const mask = commonPrefix(low, high, width);
      values.push(low & mask);
      masks.push(mask);
      return;
    }
    const [value, mask] = toMasked(match, width, what);
    if (matchKind === 'exact' && mask !== ones(width))
      throw new RangeError(`${what()} is exact, the entry's mask ${mask.toString(16)}`);
    if (match.kind === 'lpm') prefix += match.prefixLength;
    else if (matchKind === 'lpm') prefix += mask === 0n ? 0 : width;
    values.push(value & mask);
    masks.push(mask);
  });
  const key = packFields(plan.places, values, plan.keyBytes);
  const mask = packFields(plan.places, masks, plan.keyBytes);
  return {
    key,
    view: viewOf(key),
    mask,
    hashMasks: table.isMasked ? hashMasks(table, mask, plan.whole) : [],
    ranges,
    priority: !table.isMasked ? 0 : plan.hasPrefixPriority ? prefix : (entry.priority ?? 0),
  };
}

function isExact({ kind }: KeyMatch): boolean {
  return kind === 'exact';
}

/** As `encodeMatch`, where nothing is masked: what a controller writes most. */
function encodeExact({ keys, places, exact }: MatchPlan, matches: readonly KeyMatch[]): EncodedMatch {
  const { key } = exact;
  for (let i = 0; i < keys.length; i++) {
    const { width, what } = keys[i]!;
    const { offset, bytes } = places[i]!;
    const { value } = matches[i] as KeyMatch & { kind: 'exact' };
    checkFits(value, width, what);
    writeValue(key, offset, bytes, value);
  }
  return exact;
}

/** A key packed for a lookup; `values`: one per key that is no selector. */
export function packKey(table: TableLayout, values: readonly bigint[]): Uint8Array {
  const places = table.keyFields.filter((place) => place !== undefined);
  return packFields(places, values, table.keyWords * 8);
}

/** Value and mask that any kind of match but a true range stands for. */
export function toMasked(match: KeyMatch, width: number, what: () => string): [value: bigint, mask: bigint] {
  switch (match.kind) {
    case 'exact':
      return [toBig(match.value, width, what), ones(width)];
    case 'lpm': {
      if (match.prefixLength < 0 || match.prefixLength > width)
        throw new RangeError(`${what()}: prefix length ${match.prefixLength}`);
      const mask = ones(width) ^ ones(width - match.prefixLength);
      return [toBig(match.value, width, what) & mask, mask];
    }
    case 'ternary': {
      const mask = toBig(match.mask, width, what);
      return [toBig(match.value, width, what) & mask, mask];
    }
    case 'optional':
      return match.value === undefined ? [0n, 0n] : [toBig(match.value, width, what), ones(width)];
    case 'range': {
      const [low, high] = toRange(match, width, what);
      if (low === high) return [low, ones(width)];
      if (low === 0n && high === ones(width)) return [0n, 0n];
      throw new RangeError(`${what()} takes no range`);
    }
    default:
      return assertNever(match);
  }
}

/** Bits of a step of `commonPrefix`. */
const prefixStep = 4;

/**
 * Mask of the leading bits that all numbers of a range share, in steps of 4: entries with the same other keys and different ports can then be hashed to
 * different slots, and a range key of 16 bits adds at most 5 masks to the directory (in steps of one bit it would be 17).
 */
function commonPrefix(low: bigint, high: bigint, width: number): bigint {
  let free = 0;
  while (free < width && low >> BigInt(free) !== high >> BigInt(free)) free += prefixStep;
  const own = Math.min(free, width);
  return ones(width) ^ ones(own);
}

function toRange(match: KeyMatch, width: number, what: () => string): [low: bigint, high: bigint] {
  if (match.kind === 'range') {
    const low = toBig(match.low, width, what);
    const high = toBig(match.high, width, what);
    if (low > high) throw new RangeError(`${what()}: low ${low} is above high ${high}`);
    return [low, high];
  }
  const [value, mask] = toMasked(match, width, what);
  const free = ones(width) ^ mask;
  if ((free & (free + 1n)) !== 0n) throw new RangeError(`${what()}: mask ${mask.toString(16)} is no range`);
  return [value, value | free];
}

function assertNever(value: never): never {
  throw new Error(`not reached: ${JSON.stringify(value)}`);
}
