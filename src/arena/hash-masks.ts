/**
 * Which bits of a masked table's key an entry is hashed by. The bits that the entry looks at would do, but then a table has as many hash lookups as it has
 * different masks: some hundred in an access list of 10,000 rules. So an entry is hashed by fewer bits than it looks at, and many masks share one lookup
 * (as in TupleMerge: Daly et al., ToN 2019), until too many entries have the same hash; those are hashed by more.
 *
 *   an entry's mask          /20 and 16 bits      /24 and 16 bits      /32 and 0 bits
 *   level 0  (coarse)        /16 and 0 bits       /16 and 0 bits       /32 and 0 bits
 *   level 1  (bytes)         /16 and 16 bits      /24 and 16 bits
 *   level 2  (its own)       /20 and 16 bits
 *
 * Exact keys always count whole. Masks are byte strings as in an entry.
 */
import type { TableLayout } from './layout.ts';

/** So many entries may have the same hash before the next ones are hashed by more of their bits. */
export const bucketLimit = 16;

/** The masks that an entry may be hashed by, coarsest first, each once; the last one is its own. `whole`: the mask of all bits of the key. */
export function hashMasks(table: TableLayout, mask: Uint8Array, whole: Uint8Array): Uint8Array[] {
  // One key that is not exact: what its bytes say is coarse enough, and a prefix of whole bytes keeps them all.
  const steps = inexactKeys(table) > 1 ? [2, 1] : [1];
  const masks = steps.map((step) => coarser(table, mask, whole, step));
  masks.push(mask);
  return masks.filter((one, i) => i === 0 || !isSame(one, masks[i - 1]!));
}

function inexactKeys({ spec }: TableLayout): number {
  return spec.keys.filter(({ matchKind }) => matchKind !== 'exact' && matchKind !== 'selector').length;
}

/** What remains of a mask if of each `step` bytes all bits count or none; in steps of two bytes, keys of no more than that do not count at all. */
function coarser(table: TableLayout, mask: Uint8Array, whole: Uint8Array, step: number): Uint8Array {
  const result = new Uint8Array(mask.length);
  for (let i = 0; i < table.keyFields.length; i++) {
    const place = table.keyFields[i];
    if (!place) continue;
    const isExact = table.spec.keys[i]!.matchKind === 'exact';
    if (!isExact && step > 1 && place.bytes <= step) continue;
    const end = place.offset + place.bytes;
    for (let from = place.offset; from < end; from += step) {
      const to = Math.min(from + step, end);
      if (!isExact && !isSame(mask, whole, from, to)) continue;
      for (let at = from; at < to; at++) result[at] = whole[at]!;
    }
  }
  return result;
}

function isSame(a: Uint8Array, b: Uint8Array, from = 0, to = a.length): boolean {
  for (let i = from; i < to; i++) if (a[i] !== b[i]) return false;
  return true;
}
