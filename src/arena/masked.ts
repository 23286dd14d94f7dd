/** Where an entry of a masked table is, and by which tuple a new one is hashed: the coarsest that has room (hash-masks.ts). */
import type { EncodedMatch } from './entry.ts';
import { bucketLimit } from './hash-masks.ts';
import type { TableLayout } from './layout.ts';
import { type Memory, sameBytes, u32 } from './memory.ts';
import { bucket, hashInTuple, hashMaskedKey, slotAddress } from './slots.ts';
import { findTuple, freeTupleId, tupleAt } from './tuples.ts';

/** Slot of the entry with this match and priority; -1 if there is none. */
export function findMasked(memory: Memory, layout: TableLayout, match: EncodedMatch): number {
  for (const mask of match.hashMasks) {
    const position = findTuple(memory, layout, mask);
    if (position < 0) continue;
    const tuple = tupleAt(memory, layout, position);
    for (const slot of bucket(memory, layout, hashInTuple(memory, layout, match.key, tuple), tuple.id)) {
      if (isThis(memory, layout, slotAddress(layout, slot), match)) return slot;
    }
  }
  return -1;
}

function isThis(memory: Memory, layout: TableLayout, at: number, match: EncodedMatch): boolean {
  return (
    u32(memory, at + layout.priorityOffset) === match.priority &&
    sameBytes(memory, at + layout.keyOffset, match.key, match.key.length) &&
    sameBytes(memory, at + layout.maskOffset, match.mask, match.mask.length) &&
    sameBytes(memory, at + layout.maskOffset + match.mask.length, match.ranges, match.ranges.length)
  );
}

/** How an entry is hashed: the tuple's id and mask, which the directory may not have yet. */
export interface Place {
  readonly id: number;
  readonly mask: Uint8Array;
  readonly hash: number;
}

/** The tuple for a new entry; undefined if none has its mask and the directory is full. */
export function placeFor(memory: Memory, layout: TableLayout, match: EncodedMatch): Place | undefined {
  let last: Place | undefined;
  for (const mask of match.hashMasks) {
    const position = findTuple(memory, layout, mask);
    const id = position < 0 ? freeTupleId(memory, layout) : tupleAt(memory, layout, position).id;
    if (id === undefined) continue;
    last = { id, mask, hash: hashMaskedKey(memory, layout, match.key, mask, id) };
    if (position < 0 || hasRoom(memory, layout, last)) return last;
  }
  return last;
}

function hasRoom(memory: Memory, layout: TableLayout, { hash, id }: Place): boolean {
  let entries = 0;
  for (const _ of bucket(memory, layout, hash, id)) if (++entries === bucketLimit) return false;
  return true;
}
