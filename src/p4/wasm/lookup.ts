/**
 * Lookup functions, one per table, specialised to its key: words of the key in, address of the entry out, 0 for a miss. The rules are in
 * arena/layout.ts. Masked tables are in lookup-masked.ts.
 *
 *   lookup_<i>(word 0 .. word n - 1 : i64, nowMs : i32) -> i32
 */
import { entryHead, entryState, maxAddProbes, type TableLayout } from '../../arena/layout.ts';
import { Fn, type Get, i32, i64, type Ref, type Type } from './builder.ts';
import { hashOfKey } from './hashes.ts';
import type { Unit } from './unit.ts';
import type { Limbs } from './wide.ts';

/** Record of a packet in scratch: the key that its lookup will probably be for (see prefetch.ts), its hash, the slot where the lookup begins. */
export const ahead = { bytes: 64, hash: 0, slot: 4, key: 8, maxWords: 7 } as const;

/** Name of the function that looks an exact table up. `isAhead`: it has one parameter more, the address of a record that may hold the hash. */
export function exactLookup(unit: Unit, index: number, isAhead = false): string {
  const table = unit.layout.tables[index]!;
  const name = isAhead ? `lookup_ahead_${index}` : `lookup_${index}`;
  return unit.helper(name, () => {
    const f = new Fn(unit, [...words(table), i32, ...(isAhead ? ([i32] as const) : [])]);
    const { i32: A } = f.m;
    const key = keyParams(f, table);
    const nowMs = (): Ref => f.get(table.keyWords);
    const hash = isAhead ? knownHash(f, table, key) : f.holdI32(hashOfKey(f, table, key));
    const tag = f.holdI32(liveTag(f, hash));
    const found = f.local(i32);
    probe(f, table, hash, probeLimit(table), (slot, word, stop) => {
      f.if(A.eq(word(), tag()), () => {
        f.if(isSameKey(f, table, key, slot), () => {
          const dead = isDead(f, table, slot, nowMs);
          f.set(found, dead === undefined ? slot() : f.m.select(dead, A.const(0), slot()));
          f.br(stop);
        });
      });
    });
    f.finish(name, i32, f.get(found));
  });
}

/** The hash from the record if that is for this key; the branch is guessed, so that nothing waits for the comparison. */
function knownHash(f: Fn, table: TableLayout, key: Limbs): Get {
  const { i32: A, i64: B } = f.m;
  const record = (): Ref => f.get(table.keyWords + 1);
  const hash = f.local(i32);
  f.set(hash, A.load(ahead.hash, record()));
  const differences = key.map((word, i) => B.xor(word(), B.load(ahead.key + 8 * i, record())));
  const differs = B.ne(
    differences.reduce((a, b) => B.or(a, b)),
    B.const(0),
  );
  f.if(differs, () => f.set(hash, hashOfKey(f, table, key)));
  return () => f.get(hash);
}

/** Parameter types of the key's words. */
export function words(table: TableLayout): Type[] {
  return Array.from({ length: table.keyWords }, () => i64);
}

export function keyParams(f: Fn, table: TableLayout): Limbs {
  return Array.from(
    { length: table.keyWords },
    (_, i): Get =>
      () =>
        f.get(i),
  );
}

export function liveTag(f: Fn, hash: Get): Ref {
  return f.m.i32.or(f.m.i32.and(hash(), f.m.i32.const(~3)), f.m.i32.const(entryState.live));
}

/**
 * The tag of a slot. Entries that other workers add are published by their tag, so with several workers the load is an atomic one, which costs four
 * instructions more.
 */
export function loadTag(f: Fn, slot: Get): Ref {
  const { i32: A } = f.m;
  return f.unit.layout.spec.workers > 1 ? A.atomic.load(entryHead.tag, slot()) : A.load(entryHead.tag, slot());
}

/** Slots that a lookup looks at. */
export function probeLimit(table: TableLayout): number {
  return table.spec.addOnMiss ? Math.min(maxAddProbes, table.slotCount) : table.slotCount;
}

/** Address of the slot that a hash, or a number of slots behind it, stands for. */
export function slotAddress(f: Fn, table: TableLayout, n: Ref): Ref {
  const { i32: A } = f.m;
  return A.add(A.mul(A.and(n, A.const(table.slotCount - 1)), A.const(table.slotBytes)), A.const(table.slots));
}

/** Runs `look` for each slot from the hash's home on: its address, its tag, and the label that ends the search. Stops at a never-used slot. */
export function probe(
  f: Fn,
  table: TableLayout,
  hash: Get,
  limit: number,
  look: (slot: Get, word: Get, stop: string) => void,
): void {
  const { i32: A } = f.m;
  const address = (n: Ref): Ref => slotAddress(f, table, n);
  const slot = f.local(i32);
  f.set(slot, address(hash()));
  const last = f.holdI32(address(A.add(hash(), A.const(limit))));
  f.block((stop) => {
    f.loop((next) => {
      const word = f.holdI32(loadTag(f, () => f.get(slot)));
      look(() => f.get(slot), word, stop);
      f.br(stop, A.eqz(word()));
      const beyond = table.slots + table.slotCount * table.slotBytes;
      f.set(slot, A.add(f.get(slot), A.const(table.slotBytes)));
      f.set(slot, f.m.select(A.eq(f.get(slot), A.const(beyond)), A.const(table.slots), f.get(slot)));
      f.br(next, A.ne(f.get(slot), last()));
    });
  });
}

export function isSameKey(f: Fn, table: TableLayout, key: Limbs, slot: Get): Ref {
  const { i64: B } = f.m;
  const differences = key.map((word, i) => B.xor(word(), B.load(table.keyOffset + 8 * i, slot())));
  return B.eqz(differences.reduce((a, b) => B.or(a, b)));
}

/** 1 if the entry's time is up and that makes it no match; undefined if the table's entries never die. */
export function isDead(f: Fn, table: TableLayout, slot: Get, nowMs: Get): Ref | undefined {
  if (table.spec.ageing !== 'autoDelete') return undefined;
  const { i32: A } = f.m;
  const hasTimeout = A.ne(A.load(entryHead.timeoutMs, slot()), A.const(0));
  const isOver = A.ge_s(A.sub(nowMs(), A.load(entryHead.deadlineMs, slot())), A.const(0));
  return A.and(hasTimeout, isOver);
}
