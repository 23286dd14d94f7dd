/**
 * How many slots a group's lookup table has: a hundred for its lightest member (NSDI'16, section 3.4: with M > 100 N shares differ by about 1 % at most), in
 * coarse steps, so that a table seldom changes its size: then every slot may get another owner.
 *
 *   members of equal weight    up to 10   up to 40   up to 163   more
 *   slots                          1009       4093       16381    `most`
 *
 * The size has no memory of what the group was before. So nodes with the same members have the same table, whatever they went through; who wants more
 * room before the next step asks for it by `least`.
 */

/** Primes, each just below four times the one before, and below a power of two. */
const steps = [1009, 4093, 16_381] as const;

const slotsPerMember = 100;

/** Slots for members of these weights; 0 if nobody has any. `least` or more, and not above `most`, which wins. O(weights). */
export function maglevSize(weights: readonly number[], most: number, least = 0): number {
  let sum = 0;
  let lightest = Number.POSITIVE_INFINITY;
  for (const weight of weights) {
    if (weight <= 0) continue;
    sum += weight;
    lightest = Math.min(lightest, weight);
  }
  if (sum === 0) return 0;
  const wanted = Math.max(least, slotsPerMember * Math.ceil(sum / lightest));
  return steps.find((step) => step >= wanted && step < most) ?? most;
}
