/**
 * Entries that the data plane itself adds, and their timers (rules in arena/layout.ts).
 *
 *   add_<i>(word 0 .. word n - 1 : i64, profile : i32, nowMs : i32) -> i32   address of a slot that has everything but action and parameters, and
 *                                                                         is still marked "being written"; 0 if nothing was added
 *
 * A slot is claimed by compare-and-swap on its tag, so that workers do not take the same one; the caller publishes the entry by storing the live tag.
 */
import {
  entryFlags,
  entryHead,
  entryRetired,
  entryState,
  expireProfileCount,
  maxAddProbes,
  type TableLayout,
  tableHeader,
} from '../../arena/layout.ts';
import type { Stmt, TableId, VarId } from '../ir/ir.ts';
import { Fn, type Get, i32, type Ref } from './builder.ts';
import { storeRawWords } from './fields.ts';
import { hashOfKey } from './hashes.ts';
import { fillZero } from './headers.ts';
import { isDead, isSameKey, keyParams, liveTag, probe, words } from './lookup.ts';
import type { Applied, Pipe } from './pipe.ts';
import { number32 } from './statements.ts';
import type { Unit } from './unit.ts';
import { paddedFields, toWords } from './wire.ts';

export function addEntry(p: Pipe, s: Extract<Stmt, { kind: 'addEntry' }>): void {
  const { i32: A } = p.m;
  const { table, index, applied } = appliedTable(p, s.table);
  const result = p.local(i32);
  const isAddable = table && !table.isMasked && table.spec.profile === undefined && table.keyBytes > 0;
  if (!isAddable) {
    p.set(result, A.const(0));
  } else {
    const args = applied.words.map((word) => p.get(word));
    const slot = p.holdI32(p.m.call(adder(p.unit, index), [...args, number32(p, s.profile), p.nowMs()], i32));
    p.if(slot(), () => {
      const action = p.program.tables[index]!.actions.findIndex((a) => a.action === s.action);
      p.emit(A.store16(entryHead.action, slot(), A.const(action)));
      const bytes = table.params[action]!.reduce((end, place) => Math.max(end, place.offset + place.bytes), 0);
      storeRawWords(p, slot, table.dataOffset, bytes, toWords(p, paddedFields(p, s.args), Math.ceil(bytes / 8)));
      // busy -> live
      const tag = A.and(A.load(entryHead.tag, slot()), A.const(~2));
      p.emit(A.atomic.store(entryHead.tag, slot(), tag));
    });
    p.set(result, A.ne(slot(), A.const(0)));
  }
  if (s.target !== undefined) p.set(p.varLocals(s.target)[0]!, p.get(result));
}

export function restartExpireTimer(p: Pipe, id: TableId): void {
  onHit(p, id, (table, entry) => {
    if (table.spec.ageing === 'none') return;
    const { i32: A } = p.m;
    const deadline = A.add(p.nowMs(), A.load(entryHead.timeoutMs, entry()));
    p.emit(A.store(entryHead.deadlineMs, entry(), deadline));
  });
}

export function setEntryExpireTime(p: Pipe, id: TableId, profile: Ref): void {
  const index = p.holdI32(profile);
  onHit(p, id, (table, entry) => setProfile(p, table, entry, index, () => p.nowMs()));
}

/** `target` becomes the entry's profile, 0 after a miss. */
export function getEntryExpireTime(p: Pipe, id: TableId, target: VarId): void {
  const { applied } = appliedTable(p, id);
  const { i32: A } = p.m;
  const profile = A.load8_u(entryHead.profile, p.get(applied.entry));
  p.set(p.varLocals(target)[0]!, p.m.if(p.get(applied.hit), profile, A.const(0)));
}

/** `target` becomes 1 if the entry's last hit was in an earlier period: see arena/ageing.ts. */
export function isFirstHitOfPeriod(p: Pipe, id: TableId, target: VarId): void {
  const { i32: A } = p.m;
  const local = p.varLocals(target)[0]!;
  p.set(local, A.const(0));
  onHit(p, id, (table, entry) => {
    if (table.spec.ageing === 'none') return;
    const timeout = p.holdI32(A.load(entryHead.timeoutMs, entry()));
    const lastMs = A.sub(A.load(entryHead.deadlineMs, entry()), timeout());
    const leading = p.holdI32(A.clz(timeout()));
    const shift = p.m.select(A.lt_u(leading(), A.const(29)), A.sub(A.const(29), leading()), A.const(0));
    // Bits of the period's number in which the two times differ
    p.set(local, A.ne(A.shr_u(A.xor(lastMs, p.nowMs()), shift), A.const(0)));
  });
}

function appliedTable(p: Pipe, id: TableId): { table: TableLayout | undefined; index: number; applied: Applied } {
  const index = p.program.tables.findIndex((t) => t.id === id);
  return { table: p.unit.layout.tables[index], index, applied: p.applied(id) };
}

function onHit(p: Pipe, id: TableId, then: (table: TableLayout, entry: Get) => void): void {
  const { table, applied } = appliedTable(p, id);
  if (!table) return;
  const known = p.hitKnown?.table === id ? p.hitKnown.hit : undefined;
  if (known === false) return;
  if (known) {
    then(table, () => p.get(applied.entry));
    return;
  }
  p.if(p.get(applied.hit), () => then(table, () => p.get(applied.entry)));
}

/** Gives the entry a profile and starts its timer. */
function setProfile(f: Fn, table: TableLayout, entry: Get, profile: Get, nowMs: Get): void {
  const { i32: A } = f.m;
  const index = f.holdI32(A.and(profile(), A.const(expireProfileCount - 1)));
  f.emit(A.store8(entryHead.profile, entry(), index()));
  if (table.spec.ageing === 'none') return;
  const timeout = f.holdI32(A.load(f.unit.layout.expireProfiles, A.shl(index(), A.const(2))));
  f.emit(A.store(entryHead.timeoutMs, entry(), timeout()));
  f.emit(A.store(entryHead.deadlineMs, entry(), A.add(nowMs(), timeout())));
}

function adder(unit: Unit, index: number): string {
  const table = unit.layout.tables[index]!;
  const name = `add_${index}`;
  return unit.helper(name, () => {
    const f = new Fn(unit, [...words(table), i32, i32]);
    const { i32: A, i64: B } = f.m;
    const key = keyParams(f, table);
    const profile = (): Ref => f.get(table.keyWords);
    const nowMs = (): Ref => f.get(table.keyWords + 1);
    const hash = f.holdI32(hashOfKey(f, table, key));
    const tag = f.holdI32(liveTag(f, hash));
    const slot = f.local(i32);
    const free = f.local(i32);
    const victim = f.local(i32);
    const leastLeft = f.local(i32);
    const bump32 = (field: number): void => f.emit(f.m.drop(A.atomic.rmw.add(table.header + field, A.const(0), A.const(1))));
    const bump64 = (field: number): void => f.emit(f.m.drop(B.atomic.rmw.add(table.header + field, A.const(0), B.const(1))));
    const refuse = (): void => f.emit(f.m.return(A.const(0)));

    const isShared = unit.layout.spec.workers > 1;
    const sawRetired = f.local(i32);
    f.block((chosen) => {
      probe(f, table, hash, Math.min(maxAddProbes, table.slotCount), (at, word) => {
        const state = f.holdI32(A.and(word(), A.const(3)));
        f.if(
          A.eq(state(), A.const(entryState.live)),
          () => {
            f.if(A.and(A.eq(word(), tag()), isSameKey(f, table, key, at)), () => {
              const dead = isDead(f, table, at, nowMs);
              if (dead === undefined) return refuse();
              f.if(A.eqz(dead), refuse);
              if (isShared) {
                retire(f, table, at, tableHeader.expired);
                return;
              }
              f.set(slot, at());
              bump64(tableHeader.expired);
              f.br(chosen);
            });
            if (table.spec.ageing !== 'none') considerVictim(f, at, nowMs, victim, leastLeft);
          },
          () => {
            const isRetired = (): Ref => A.eq(word(), A.const(entryRetired));
            if (isShared) f.set(sawRetired, A.or(f.get(sawRetired), isRetired()));
            const isFree = A.ne(state(), A.const(entryState.busy));
            const isOurs = isShared ? A.and(isFree, A.eqz(isRetired())) : isFree;
            const isReusable = A.and(isOurs, A.eqz(f.get(free)));
            f.set(free, f.m.select(isReusable, at(), f.get(free)));
          },
        );
      });
      f.if(
        f.get(free),
        () => f.set(slot, f.get(free)),
        () => {
          const full = (): void => {
            bump32(tableHeader.full);
            refuse();
          };
          f.if(A.eqz(f.get(victim)), full);
          if (isShared) {
            f.if(A.eqz(f.get(sawRetired)), () => {
              const victimAt = (): Ref => f.get(victim);
              const dead = isDead(f, table, victimAt, nowMs) ?? A.const(0);
              f.if(
                dead,
                () => retire(f, table, victimAt, tableHeader.expired),
                () => {
                  if (table.spec.whenFull === 'evict') retire(f, table, victimAt, tableHeader.evicted);
                },
              );
            });
            full();
          }
          const dead = isDead(f, table, () => f.get(victim), nowMs) ?? A.const(0);
          f.if(
            dead,
            () => bump64(tableHeader.expired),
            () => (table.spec.whenFull === 'evict' ? bump64(tableHeader.evicted) : full()),
          );
          f.set(slot, f.get(victim));
        },
      );
    });
    claim(f, table, key, slot, tag);
    setProfile(f, table, () => f.get(slot), profile, nowMs);
    f.finish(name, i32, f.get(slot));
  });
}

/** Remembers the data plane's entry with the least time left. */
function considerVictim(f: Fn, at: Get, nowMs: Get, victim: number, leastLeft: number): void {
  const { i32: A } = f.m;
  const isOurs = A.and(A.load8_u(entryHead.flags, at()), A.const(entryFlags.dataPlane));
  const hasTimeout = A.ne(A.load(entryHead.timeoutMs, at()), A.const(0));
  f.if(A.and(A.ne(isOurs, A.const(0)), hasTimeout), () => {
    const left = f.holdI32(A.sub(A.load(entryHead.deadlineMs, at()), nowMs()));
    f.if(A.or(A.eqz(f.get(victim)), A.lt_s(left(), f.get(leastLeft))), () => {
      f.set(leastLeft, left());
      f.set(victim, at());
    });
  });
}

/** Takes a live entry out, for others may still be looking at it: its slot waits for the sweeper. Nothing if another worker was faster. */
function retire(f: Fn, table: TableLayout, at: Get, counter: number): void {
  const { i32: A, i64: B } = f.m;
  const old = f.holdI32(A.atomic.load(entryHead.tag, at()));
  f.if(A.eq(A.and(old(), A.const(3)), A.const(entryState.live)), () => {
    f.if(A.eq(A.atomic.rmw.cmpxchg(entryHead.tag, at(), old(), A.const(entryRetired)), old()), () => {
      const add = (field: number, n: number): void =>
        f.emit(f.m.drop(A.atomic.rmw.add(table.header + field, A.const(0), A.const(n))));
      add(tableHeader.retired, 1);
      add(tableHeader.entries, -1);
      f.emit(f.m.drop(B.atomic.rmw.add(table.header + counter, A.const(0), B.const(1))));
    });
  });
}

/** Marks the slot "being written" and fills it; returns 0 from the function if another worker was faster. */
function claim(f: Fn, table: TableLayout, key: readonly Get[], slot: number, tag: Get): void {
  const { i32: A, i64: B } = f.m;
  const at = (): Ref => f.get(slot);
  const old = f.holdI32(A.atomic.load(entryHead.tag, at()));
  if (f.unit.layout.spec.workers > 1) {
    // Only what nobody looks at: never used, or deleted before this batch.
    f.if(A.and(old(), A.const(~entryState.deleted)), () => f.emit(f.m.return(A.const(0))));
  }
  const busy = A.or(tag(), A.const(entryState.busy));
  f.if(A.ne(A.atomic.rmw.cmpxchg(entryHead.tag, at(), old(), busy), old()), () => f.emit(f.m.return(A.const(0))));
  f.if(A.ne(A.and(old(), A.const(3)), A.const(entryState.live)), () => {
    f.emit(f.m.drop(A.atomic.rmw.add(table.header + tableHeader.entries, A.const(0), A.const(1))));
  });
  fillZero(f, at, entryHead.action, table.slotBytes - entryHead.action);
  f.emit(A.store8(entryHead.flags, at(), A.const(entryFlags.dataPlane)));
  key.forEach((word, i) => {
    f.emit(B.store(table.keyOffset + 8 * i, at(), word()));
  });
}
