/**
 * Lookup in masked tables (lpm, ternary, range, optional): one hash lookup per tuple in use, best priorities first; see arena/tuples.ts. Of a tuple all
 * entries with the hash are looked at: they may differ in what they were not hashed by, in ranges and in priority.
 *
 *   lookup_<i>(word 0 .. word n - 1 : i64, nowMs : i32, range keys as numbers : i32 or limbs) -> i32
 */
import { type TableLayout, tableHeader, tupleEntry } from '../../arena/layout.ts';
import { Fn, type Get, i32, i64, type Ref, type Type } from './builder.ts';
import { extend, loadBits } from './bytes.ts';
import { loadWideBits, paddedPlace } from './fields.ts';
import { tupleHash } from './hashes.ts';
import { isDead, keyParams, liveTag, probe, words } from './lookup.ts';
import { isWide } from './narrow.ts';
import type { Unit } from './unit.ts';
import { compareWide, type Limbs, limbCount } from './wide.ts';

/** Name of the function that looks a masked table up. */
export function maskedLookup(unit: Unit, index: number): string {
  const table = unit.layout.tables[index]!;
  const name = `lookup_${index}`;
  return unit.helper(name, () => {
    const rangeLimbs = table.ranges.map((range) => (range ? limbCount(range.width) : 0));
    const limbTypes = rangeLimbs.flatMap((count) => Array.from({ length: count }, (): Type => i64));
    const f = new Fn(unit, [...words(table), i32, ...limbTypes]);
    const { i32: A, i64: B } = f.m;
    const key = keyParams(f, table);
    const nowMs = (): Ref => f.get(table.keyWords);
    const ranges = rangeParams(f, table, rangeLimbs);
    const best = f.local(i32);
    const bestPriority = f.local(i32);
    const tuple = f.local(i32);
    f.set(tuple, A.const(table.tuples));
    const count = A.load(table.header + tableHeader.tuples, A.const(0));
    const end = f.holdI32(A.add(A.const(table.tuples), A.mul(count, A.const(table.tupleBytes))));
    f.block((done) => {
      f.loop((next) => {
        f.br(done, A.ge_u(f.get(tuple), end()));
        const maxPriority = A.load(tupleEntry.maxPriority, f.get(tuple));
        f.br(done, A.and(A.ne(f.get(best), A.const(0)), A.ge_u(f.get(bestPriority), maxPriority)));
        const masked = key.map((word, i) => f.holdI64(B.and(word(), B.load(tupleEntry.head + 8 * i, f.get(tuple)))));
        const id = f.holdI32(A.load(tupleEntry.id, f.get(tuple)));
        const hash = f.holdI32(tupleHash(f, table, masked, id));
        const tag = f.holdI32(liveTag(f, hash));
        probe(f, table, hash, table.slotCount, (slot, word) => {
          f.if(A.eq(word(), tag()), () => {
            const isTuple = A.eq(A.load(table.tupleOffset, slot()), id());
            const priority = (): Ref => A.load(table.priorityOffset, slot());
            const isBetter = A.or(A.eqz(f.get(best)), A.gt_u(priority(), f.get(bestPriority)));
            let matches = A.and(A.and(isTuple, isBetter), isSameMasked(f, table, key, slot));
            for (const test of rangeTests(f, table, ranges, slot)) matches = A.and(matches, test);
            const dead = isDead(f, table, slot, nowMs);
            if (dead !== undefined) matches = A.and(matches, A.eqz(dead));
            f.if(matches, () => {
              f.set(best, slot());
              f.set(bestPriority, priority());
            });
          });
        });
        f.set(tuple, A.add(f.get(tuple), A.const(table.tupleBytes)));
        f.br(next);
      });
    });
    f.finish(name, i32, f.get(best));
  });
}

/** Whether a key is the entry's under the entry's own mask. */
function isSameMasked(f: Fn, table: TableLayout, key: Limbs, slot: Get): Ref {
  const { i64: B } = f.m;
  const word = (offset: number, i: number): Ref => B.load(offset + 8 * i, slot());
  const differences = key.map((own, i) => B.xor(B.and(own(), word(table.maskOffset, i)), word(table.keyOffset, i)));
  return B.eqz(differences.reduce((a, b) => B.or(a, b)));
}

function rangeParams(f: Fn, table: TableLayout, counts: readonly number[]): (Limbs | undefined)[] {
  let next = table.keyWords + 1;
  return counts.map((count) => {
    if (count === 0) return undefined;
    const first = next;
    next += count;
    return Array.from(
      { length: count },
      (_, i): Get =>
        () =>
          f.get(first + i),
    );
  });
}

/** Per range key: low <= key, key <= high, as numbers. */
function rangeTests(f: Fn, table: TableLayout, ranges: readonly (Limbs | undefined)[], slot: Get): Ref[] {
  return table.ranges.flatMap((range, i) => {
    const key = ranges[i];
    if (!range || !key) return [];
    const bound = (offset: number): Limbs => {
      const place = { ...paddedPlace(slot, offset, range.width), bound: 0 };
      if (isWide(range.width)) return loadWideBits(f, place);
      return [f.holdI64(extend(f, range.width, loadBits(f, place)))];
    };
    const width = 64 * key.length;
    return [
      compareWide(f, 'ge', width, false, key, bound(range.offset)),
      compareWide(f, 'le', width, false, key, bound(range.offset + range.bytes)),
    ];
  });
}
