/**
 * Tables on the likely path. The home slot of the key (of a masked table: in its first tuple) is looked at in place; where it holds something else, the
 * table's lookup function is called. A miss of a table that adds entries on a miss leaves the path: such a table is there to be hit.
 */
import { entryHead, type TableLayout, tableHeader, tupleEntry } from '../../../arena/layout.ts';
import { constant, trueExpr } from '../../ir/build.ts';
import type { Stmt } from '../../ir/ir.ts';
import { aheadRecord, bump, loadParam, outcomeCell } from '../apply.ts';
import type { Get, Ref } from '../builder.ts';
import { i32 } from '../builder.ts';
import { evaluateLimbs } from '../expr.ts';
import { hashOfKey, tupleHash } from '../hashes.ts';
import { ahead, exactLookup, liveTag, loadTag, slotAddress } from '../lookup.ts';
import { maskedLookup } from '../lookup-masked.ts';
import type { Limbs } from '../wide.ts';
import { paddedFields, toWords } from '../wire.ts';
import { setVar } from './assign.ts';
import type { Fork, LikelyPipe } from './likely-pipe.ts';
import { joinPaths } from './path.ts';
import type { Rest, run } from './statements.ts';
import { isSupported, substitute } from './substitute.ts';

type ApplyStmt = Extract<Stmt, { kind: 'apply' }>;

export function apply(p: LikelyPipe, s: ApplyStmt, rest: Rest, runBody: typeof run): boolean {
  const action = find(p, s);
  if (!action) return false;
  const outer = p.hitKnown;
  const ways = forks(p, s, p.isProbing, (body) =>
    p.alone(() =>
      runBody(p, body, () => {
        const inner = p.hitKnown;
        p.hitKnown = outer;
        const end = rest();
        p.hitKnown = inner;
        return end;
      }),
    ),
  ).filter(({ fork }) => fork.result);
  if (ways.length === 0) return false;
  choose(p, action, s.bodies.length, ways);
  return true;
}

/**
 * A table whose likely actions all come back: what follows is made once, behind it. `run`: true if a body does, false if it leads away from the path;
 * `undefined`: not such a table.
 */
export function applyStraight(
  p: LikelyPipe,
  s: ApplyStmt,
  run: (body: readonly Stmt[]) => boolean | undefined,
): boolean | undefined {
  const action = find(p, s);
  if (!action) return false;
  const { length } = p.path.deferred;
  const all = forks(p, s, false, (body) => {
    p.branches++;
    const result = run(body);
    p.flush();
    p.branches--;
    return result;
  });
  if (all.some(({ fork }) => fork.result === undefined)) return undefined;
  const ways = all.filter(({ fork }) => fork.result);
  const [first, ...others] = ways;
  if (!first) return false;
  choose(p, action, s.bodies.length, ways);
  const effects = ways
    .map(({ i, fork }) => ({ i, list: fork.path.deferred.slice(length) }))
    .filter(({ list }) => list.length > 0);
  const deferred = p.path.deferred.slice(0, length);
  for (const { i, list } of effects) {
    deferred.push(() => {
      p.if(p.m.i32.eq(action(), p.m.i32.const(i)), () => {
        for (const effect of list) effect();
      });
    });
  }
  p.path = others.reduce((path, { fork }) => joinPaths(path, fork.path, deferred), { ...first.fork.path, deferred });
  return true;
}

/** Emits the lookup; the index of the entry's action. Undefined if the path cannot do it. */
function find(p: LikelyPipe, s: ApplyStmt): Get | undefined {
  const { i32: A } = p.m;
  const index = p.program.tables.findIndex((t) => t.id === s.table);
  const table = p.unit.layout.tables[index]!;
  const { addOnMiss } = p.program.tables[index]!;
  if (table.keyBytes === 0 || table.spec.profile !== undefined) return undefined;
  if (p.path.applied.has(s.table) || !s.keys.every(isSupported)) return undefined;
  p.path.applied.add(s.table);
  const keys = s.keys.map((key) => substitute(p, key));
  p.flush();
  const words = toWords(p, paddedFields(p, keys), table.keyWords);
  const { entry, hit } = p.applied(s.table);
  if (table.isMasked) {
    const ranges = keys.flatMap((key, i) => (table.ranges[i] ? [evaluateLimbs(p, key)] : []));
    findMasked(p, table, index, entry, words, ranges);
  } else findExact(p, table, index, s, entry, words);
  if (addOnMiss) {
    p.br(p.bail, A.eqz(p.get(entry)));
    p.set(hit, A.const(1));
    p.path.deferred.push(() => bump(p, outcomeCell(p, index, 'hits')));
  } else {
    const counter = p.local(i32);
    p.set(counter, outcomeCell(p, index, 'hits'));
    p.if(A.eqz(p.get(entry)), () => {
      p.set(entry, A.const(table.defaultEntry));
      p.set(counter, outcomeCell(p, index, 'misses'));
    });
    p.set(hit, A.ne(p.get(entry), A.const(table.defaultEntry)));
    p.path.deferred.push(() => bump(p, p.get(counter)));
  }
  if (s.hit !== undefined) {
    setVar(p, { kind: 'var', width: 1, id: s.hit }, addOnMiss ? trueExpr : p.temporary(1, p.get(hit)));
  }
  return p.holdI32(A.load16_u(entryHead.action, p.get(entry)));
}

/** The actions that are not unlikely by themselves, each with what `run` makes of its body; `untilOne`: up to the first of which that is true. */
function forks<T>(
  p: LikelyPipe,
  s: ApplyStmt,
  untilOne: boolean,
  run: (body: readonly Stmt[]) => T,
): { i: number; fork: Fork<T> }[] {
  const index = p.program.tables.findIndex((t) => t.id === s.table);
  const table = p.unit.layout.tables[index]!;
  const { actions, addOnMiss } = p.program.tables[index]!;
  const base = (): Ref => p.get(p.applied(s.table).entry);
  const isUnlikely = (i: number): boolean =>
    (addOnMiss && actions[i]!.defaultOnly) ||
    p.program.actions.some((a) => a.id === actions[i]!.action && a.annotations.some(({ name }) => name === 'unlikely'));
  const outer = p.hitKnown;
  let isEnough = false;
  return s.bodies.flatMap(({ params, body }, i) => {
    if (isUnlikely(i) || isEnough) return [];
    const { tableOnly, defaultOnly } = actions[i]!;
    const fork = p.fork(() => {
      params.forEach((id, n) => {
        const place = table.params[i]![n]!;
        const parameter = p.newVar(place.width, p.rawVars.has(id));
        loadParam(p, parameter.id, { base, offset: table.dataOffset }, place, table.slotBytes);
        setVar(p, { kind: 'var', width: place.width, id }, parameter);
      });
      if (s.actionRun !== undefined) {
        const { width } = p.program.vars.find((v) => v.id === s.actionRun)!;
        setVar(p, { kind: 'var', width, id: s.actionRun }, constant(width, i));
      }
      const isHit = addOnMiss || tableOnly;
      p.hitKnown = isHit || defaultOnly ? { table: s.table, hit: isHit } : undefined;
      const result = run(body);
      p.hitKnown = outer;
      return result;
    });
    isEnough = untilOne && fork.result === true;
    return [{ i, fork }];
  });
}

/** Branches by the action's index; other actions leave the path. */
function choose(p: LikelyPipe, action: Get, count: number, ways: readonly { i: number; fork: Fork<unknown> }[]): void {
  const { i32: A } = p.m;
  const [first, ...others] = ways;
  if (!first) {
    p.br(p.bail);
    return;
  }
  const isIt = (): Ref => A.eq(action(), A.const(first.i));
  if (others.length === 0) {
    if (count > 1) p.br(p.bail, A.eqz(isIt()));
    p.emit(first.fork.code);
    return;
  }
  p.if(
    isIt(),
    () => p.emit(first.fork.code),
    () => choose(p, action, count, others),
  );
}

/** In a table that only the control plane fills, which is often empty, a lookup then costs a test. */
function findExact(p: LikelyPipe, table: TableLayout, index: number, s: ApplyStmt, entry: number, words: Limbs): void {
  const { i32: A } = p.m;
  if (table.spec.addOnMiss) {
    findFull(p, table, index, s, entry, words);
    return;
  }
  p.set(entry, A.const(0));
  const entries = A.load(table.header + tableHeader.entries, A.const(0));
  p.if(entries, () => findFull(p, table, index, s, entry, words));
}

function findFull(p: LikelyPipe, table: TableLayout, index: number, s: ApplyStmt, entry: number, words: Limbs): void {
  const { i32: A, i64: B } = p.m;
  const nowMs = (): Ref => (table.spec.ageing === 'autoDelete' ? p.nowMs() : A.const(0));
  const hash = p.local(i32);
  const compute = (): void => p.set(hash, hashOfKey(p, table, words));
  const computed = p.aheads.find((a) => a.apply === s);
  if (computed) {
    p.if(
      p.get(computed.isOn),
      () => {
        const record = p.holdI32(aheadRecord(p, computed));
        p.set(hash, A.load(ahead.hash, record()));
        p.if(
          differs(p, words, (i) => B.load(ahead.key + 8 * i, record())),
          compute,
        );
      },
      compute,
    );
  } else compute();
  p.set(entry, slotAddress(p, table, p.get(hash)));
  const tag = liveTag(p, () => p.get(hash));
  const isOther = differs(
    p,
    words,
    (i) => B.load(table.keyOffset + 8 * i, p.get(entry)),
    A.xor(
      loadTag(p, () => p.get(entry)),
      tag,
    ),
  );
  const lookup = (): Ref => p.m.call(exactLookup(p.unit, index), [...words.map((word) => word()), nowMs()], i32);
  const search = (): void => p.set(entry, lookup());
  if (table.spec.ageing !== 'autoDelete') {
    p.if(isOther, search);
    return;
  }
  p.if(isOther, search, () => {
    // Most entries have time left; whether one has a timeout at all is looked at only if not.
    const left = A.sub(p.nowMs(), A.load(entryHead.deadlineMs, p.get(entry)));
    p.if(A.ge_s(left, A.const(0)), () => {
      p.if(A.load(entryHead.timeoutMs, p.get(entry)), () => p.set(entry, A.const(0)));
    });
  });
}

function findMasked(
  p: LikelyPipe,
  table: TableLayout,
  index: number,
  entry: number,
  words: Limbs,
  ranges: readonly Limbs[],
): void {
  const { i32: A, i64: B } = p.m;
  const nowMs = (): Ref => (table.spec.ageing === 'autoDelete' ? p.nowMs() : A.const(0));
  const first = (offset: number): Ref => A.load(table.tuples + offset, A.const(0));
  const args = [...words.map((word) => word()), nowMs(), ...ranges.flatMap((limbs) => limbs.map((limb) => limb()))];
  const search = (): void => p.set(entry, p.m.call(maskedLookup(p.unit, index), args, i32));
  p.set(entry, A.const(0));
  p.if(A.load(table.header + tableHeader.tuples, A.const(0)), () => {
    if (table.spec.ageing === 'autoDelete' || ranges.length > 0) {
      search();
      return;
    }
    const masked = words.map((word, i) => p.holdI64(B.and(word(), B.load(table.tuples + tupleEntry.head + 8 * i, A.const(0)))));
    const id = p.holdI32(first(tupleEntry.id));
    const hash = p.holdI32(tupleHash(p, table, masked, id));
    p.set(entry, slotAddress(p, table, hash()));
    let rest = A.xor(
      loadTag(p, () => p.get(entry)),
      liveTag(p, hash),
    );
    rest = A.or(rest, A.xor(A.load(table.tupleOffset, p.get(entry)), id()));
    // Nothing in this tuple or a later one is better than its best.
    rest = A.or(rest, A.xor(A.load(table.priorityOffset, p.get(entry)), first(tupleEntry.maxPriority)));
    const ofEntry = (offset: number, i: number): Ref => B.load(offset + 8 * i, p.get(entry));
    const own = words.map(
      (word, i): Get =>
        () =>
          B.and(word(), ofEntry(table.maskOffset, i)),
    );
    p.if(
      differs(p, own, (i) => ofEntry(table.keyOffset, i), rest),
      search,
    );
  });
}

/** Whether any word differs from another one, or `rest` is not 0. */
function differs(p: LikelyPipe, words: Limbs, other: (i: number) => Ref, rest?: Ref): Ref {
  const { i64: B } = p.m;
  const all = words.map((word, i) => B.xor(word(), other(i)));
  if (rest !== undefined) all.push(B.extend_u(rest));
  return B.ne(
    all.reduce((a, b) => B.or(a, b)),
    B.const(0),
  );
}
