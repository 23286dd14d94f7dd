/**
 * The directory of masks of a masked table (tuple space search: Srinivasan, Suri, Varghese, SIGCOMM'99): entries with the same mask share one
 * hash lookup. Sorted by falling maxPriority, then rising id, so that a lookup stops early and every reader finds the same winner.
 *
 *   tupleEntry: maxPriority u32 | entries u32 | id u32 | 0 | mask (keyWords * 8 bytes)
 */
import { type TableLayout, tableHeader, tupleEntry } from './layout.ts';
import { type Memory, sameBytes, setU32, u32 } from './memory.ts';

/** One line of the directory, by its position. */
export interface Tuple {
  readonly id: number;
  readonly maxPriority: number;
  readonly entries: number;
  /** Address of the mask. */
  readonly mask: number;
}

export function tupleCount(memory: Memory, table: TableLayout): number {
  return u32(memory, table.header + tableHeader.tuples);
}

export function tupleAt(memory: Memory, table: TableLayout, position: number): Tuple {
  const at = table.tuples + position * table.tupleBytes;
  return {
    id: u32(memory, at + tupleEntry.id),
    maxPriority: u32(memory, at + tupleEntry.maxPriority),
    entries: u32(memory, at + tupleEntry.entries),
    mask: at + tupleEntry.head,
  };
}

/** Position of the tuple with this mask; -1 if there is none. O(tuples). */
export function findTuple(memory: Memory, table: TableLayout, mask: Uint8Array): number {
  const count = tupleCount(memory, table);
  for (let position = 0; position < count; position++) {
    if (sameBytes(memory, table.tuples + position * table.tupleBytes + tupleEntry.head, mask, mask.length)) return position;
  }
  return -1;
}

/** Position of the tuple with this id; it exists. O(tuples). */
export function positionOf(memory: Memory, table: TableLayout, id: number): number {
  let position = 0;
  while (u32(memory, table.tuples + position * table.tupleBytes + tupleEntry.id) !== id) position++;
  return position;
}

/** Lowest id that no tuple has: what the next new mask gets. undefined if the directory is full. */
export function freeTupleId(memory: Memory, table: TableLayout): number | undefined {
  const count = tupleCount(memory, table);
  if (count >= table.tupleCapacity) return undefined;
  const used = new Set<number>();
  for (let position = 0; position < count; position++) used.add(tupleAt(memory, table, position).id);
  let id = 0;
  while (used.has(id)) id++;
  return id;
}

/** Counts one more entry of this mask; adds the mask as tuple `id` if it is new. There is room. */
export function addToTuple(memory: Memory, table: TableLayout, mask: Uint8Array, id: number, priority: number): void {
  const position = findTuple(memory, table, mask);
  if (position >= 0) {
    const { entries, maxPriority } = tupleAt(memory, table, position);
    update(memory, table, position, entries + 1, Math.max(maxPriority, priority));
    return;
  }
  const last = tupleCount(memory, table);
  const at = table.tuples + last * table.tupleBytes;
  setU32(memory, at + tupleEntry.id, id);
  memory.bytes.set(mask, at + tupleEntry.head);
  setU32(memory, table.header + tableHeader.tuples, last + 1);
  update(memory, table, last, 1, priority);
}

/** Counts one entry less; `maxPriority` is the highest priority of those that stay. The last one takes the tuple with it. */
export function removeFromTuple(memory: Memory, table: TableLayout, id: number, maxPriority: number): void {
  const position = positionOf(memory, table, id);
  const { entries } = tupleAt(memory, table, position);
  if (entries > 1) {
    update(memory, table, position, entries - 1, maxPriority);
    return;
  }
  const last = tupleCount(memory, table) - 1;
  const at = table.tuples + position * table.tupleBytes;
  const end = table.tuples + (last + 1) * table.tupleBytes;
  memory.bytes.copyWithin(at, at + table.tupleBytes, end);
  memory.bytes.fill(0, end - table.tupleBytes, end);
  setU32(memory, table.header + tableHeader.tuples, last);
}

/** Writes the numbers of a tuple and moves it to where they belong. */
function update(memory: Memory, table: TableLayout, position: number, entries: number, maxPriority: number): void {
  const size = table.tupleBytes;
  const at = table.tuples + position * size;
  setU32(memory, at + tupleEntry.entries, entries);
  setU32(memory, at + tupleEntry.maxPriority, maxPriority);
  const moved = memory.bytes.slice(at, at + size);
  const { id } = tupleAt(memory, table, position);
  const isBefore = (other: Tuple): boolean =>
    other.maxPriority > maxPriority || (other.maxPriority === maxPriority && other.id < id);
  let to = position;
  while (to > 0 && !isBefore(tupleAt(memory, table, to - 1))) to--;
  const last = tupleCount(memory, table) - 1;
  while (to < last && isBefore(tupleAt(memory, table, to + 1))) to++;
  const target = table.tuples + to * size;
  if (to < position) memory.bytes.copyWithin(target + size, target, at);
  if (to > position) memory.bytes.copyWithin(at, at + size, target + size);
  memory.bytes.set(moved, target);
}
