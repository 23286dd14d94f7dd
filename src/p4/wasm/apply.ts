/** Applying a table: key, lookup, member of a profile or selector group, counting, and the action's body with its parameters. */
import { context, entryHead, groupBit, groupRecord, type TableLayout, tableHeader } from '../../arena/layout.ts';
import type { Expr, Stmt, VarId } from '../ir/ir.ts';
import { Bug } from './bug.ts';
import { type Get, i32, type Ref } from './builder.ts';
import { loadBits } from './bytes.ts';
import { evaluateLimbs } from './expr.ts';
import { type Facts, meet } from './facts.ts';
import { loadRawPlace, loadRawWords, loadWideBits, paddedPlace } from './fields.ts';
import { hashOfWords } from './hashes.ts';
import { ahead, exactLookup } from './lookup.ts';
import { maskedLookup } from './lookup-masked.ts';
import { isWide } from './narrow.ts';
import type { Ahead, Pipe } from './pipe.ts';
import { groupSize } from './prefetch.ts';
import { branchTable } from './statements.ts';
import type { Limbs } from './wide.ts';
import { paddedFields, toWords } from './wire.ts';

type ApplyStmt = Extract<Stmt, { kind: 'apply' }>;
type Body = (p: Pipe, list: readonly Stmt[]) => void;

/** Where the action's index and its parameters are. */
interface Action {
  readonly index: Get;
  /** Parameters lie at base + offset. */
  readonly base: Get;
  readonly offset: number;
  /** Bytes from the base that belong to the entry or member. */
  readonly bound: number;
}

export function apply(p: Pipe, s: ApplyStmt, body: Body): void {
  const { i32: A } = p.m;
  const index = p.program.tables.findIndex((t) => t.id === s.table);
  const table = p.unit.layout.tables[index];
  if (!table) throw new Bug(`no table ${s.table}`);
  const { entry, hit, words: wordLocals } = p.applied(s.table);
  const keys = s.keys.filter((_, i) => table.spec.keys[i]!.matchKind !== 'selector');
  const selectors = s.keys.filter((_, i) => table.spec.keys[i]!.matchKind === 'selector');
  const words = toWords(p, paddedFields(p, keys), table.keyWords);
  for (const [i, local] of wordLocals.entries()) p.set(local, words[i]!());

  // What runs for an empty group is one more body, with constants as its parameters.
  const emptyGroup = emptyGroupBody(p, s, index);
  const isEmptyGroup = emptyGroup && p.local(i32);
  if (isEmptyGroup !== undefined) p.set(isEmptyGroup, A.const(0));
  let action: Action;
  if (table.keyBytes === 0) {
    p.set(hit, A.const(0));
    p.set(entry, A.const(table.defaultEntry));
    action = directAction(p, table, entry);
  } else {
    p.set(entry, find(p, table, index, s, words));
    const member = table.spec.profile === undefined ? undefined : p.local(i32);
    if (member !== undefined) resolveMember(p, table, entry, { member, isEmptyGroup }, selectors);
    p.set(hit, A.ne(p.get(entry), A.const(0)));
    p.if(
      p.get(hit),
      () => bump(p, outcomeCell(p, index, 'hits')),
      () => {
        bump(p, outcomeCell(p, index, 'misses'));
        p.set(entry, A.const(table.defaultEntry));
      },
    );
    action = member === undefined ? directAction(p, table, entry) : memberAction(p, table, entry, hit, member);
  }
  if (s.hit !== undefined) p.set(p.varLocals(s.hit)[0]!, p.get(hit));
  if (!emptyGroup || isEmptyGroup === undefined) {
    if (s.actionRun !== undefined) setNumberVar(p, s.actionRun, action.index());
    runBodies(p, s, table, action, body);
    return;
  }
  const choose = (other: number): Ref => p.m.select(p.get(isEmptyGroup), A.const(other), action.index());
  if (s.actionRun !== undefined) setNumberVar(p, s.actionRun, choose(emptyGroup.index));
  const chosen = { ...action, index: p.holdI32(choose(s.bodies.length)) };
  runBodies(p, { ...s, bodies: [...s.bodies, emptyGroup.body] }, table, chosen, body);
}

/** The table's action for empty groups: its index, and its body with the parameters assigned. */
function emptyGroupBody(
  p: Pipe,
  s: ApplyStmt,
  index: number,
): { readonly index: number; readonly body: ApplyStmt['bodies'][number] } | undefined {
  const { emptyGroupAction: call, actions } = p.program.tables[index]!;
  if (!call) return undefined;
  const number = actions.findIndex((a) => a.action === call.action);
  const { params, body } = s.bodies[number]!;
  const assigns = params.map((id, i): Stmt => {
    const { width } = p.program.vars.find((v) => v.id === id)!;
    return {
      kind: 'assign',
      target: { kind: 'var', width, id },
      value: { kind: 'const', width, value: call.args[i]! },
      span: s.span,
    };
  });
  return { index: number, body: { params: [], body: [...assigns, ...body] } };
}

function setNumberVar(p: Pipe, id: VarId, value: Ref): void {
  const width = p.program.vars.find((v) => v.id === id)!.width;
  p.setNumber(id, width, width <= 32 ? value : p.m.i64.extend_u(value));
}

/** The record of this packet (see prefetch.ts). */
export function aheadRecord(p: Pipe, { records }: Ahead): Ref {
  const { i32: A } = p.m;
  // Records are as big as descriptors, and groups of descriptors are aligned to the batch's start.
  const place = A.and(A.sub(p.get(p.descriptor), p.get(1)), A.const((groupSize - 1) * ahead.bytes));
  return A.add(A.add(p.get(p.context), place), A.const(records));
}

function find(p: Pipe, table: TableLayout, index: number, s: ApplyStmt, words: Limbs): Ref {
  const nowMs = (): Ref => (table.spec.ageing === 'autoDelete' ? p.nowMs() : p.m.i32.const(0));
  const args = words.map((word) => word());
  const plain = (): Ref => p.m.call(exactLookup(p.unit, index), [...words.map((word) => word()), nowMs()], i32);
  const computed = p.aheads.find((a) => a.apply === s);
  if (computed) {
    // Where nothing is computed ahead, the record may hold a key with the hash of no key.
    const withRecord = p.m.call(exactLookup(p.unit, index, true), [...args, nowMs(), aheadRecord(p, computed)], i32);
    return p.m.if(p.get(computed.isOn), withRecord, plain());
  }
  if (!table.isMasked) return plain();
  const ranges = s.keys.flatMap((key, i) => (table.ranges[i] ? evaluateLimbs(p, key) : [])).map((limb) => limb());
  // An empty table costs a test.
  const tuples = p.m.i32.load(table.header + tableHeader.tuples, p.m.i32.const(0));
  return p.m.if(tuples, p.m.call(maskedLookup(p.unit, index), [...args, nowMs(), ...ranges], i32), p.m.i32.const(0));
}

/** Sets `member` to the address of the member that the entry, or the group that it names, stands for; `entry` becomes 0 if there is none. */
function resolveMember(
  p: Pipe,
  table: TableLayout,
  entry: number,
  { member, isEmptyGroup }: { readonly member: number; readonly isEmptyGroup: number | undefined },
  selectors: readonly Expr[],
): void {
  const { i32: A, i64: B } = p.m;
  const profile = p.unit.layout.profiles[table.spec.profile!]!;
  const none = (): void => p.set(entry, A.const(0));
  p.if(p.get(entry), () => {
    p.set(member, A.load(table.dataOffset, p.get(entry)));
    const { groups } = profile.spec;
    if (groups) {
      p.if(A.lt_s(p.get(member), A.const(0)), () => {
        const runs = paddedFields(p, selectors);
        const bytes = runs.reduce((sum, run) => sum + run.bytes, 0);
        const seed = A.load(p.unit.layout.hashSeed, A.const(0));
        const hash = hashOfWords(p, toWords(p, runs, Math.ceil(bytes / 8)), Math.ceil(bytes / 4), seed);
        const record = p.local(i32);
        p.set(record, A.shl(A.and(p.get(member), A.const(~groupBit)), A.const(Math.log2(groupRecord.bytes))));
        const slots = (): Ref => A.load(profile.groups + groupRecord.slots, p.get(record));
        const place = A.wrap(B.shr_u(B.mul(B.extend_u(hash), B.extend_u(slots())), B.const(32)));
        const at = A.add(A.load(profile.groups + groupRecord.table, p.get(record)), A.shl(place, A.const(2)));
        // A group without slots reads some slot, and forgets it.
        p.set(member, A.load(profile.maglev, at));
        p.if(A.eqz(slots()), () => {
          none();
          if (isEmptyGroup !== undefined) p.set(isEmptyGroup, A.const(1));
        });
      });
    }
    p.if(p.get(entry), () => {
      p.set(member, A.add(A.const(profile.members), A.mul(p.get(member), A.const(profile.memberBytes))));
      p.if(A.eqz(A.load(0, p.get(member))), none);
    });
  });
}

function directAction(p: Pipe, table: TableLayout, entry: number): Action {
  const index = p.holdI32(p.m.i32.load16_u(entryHead.action, p.get(entry)));
  return { index, base: () => p.get(entry), offset: table.dataOffset, bound: table.slotBytes };
}

function memberAction(p: Pipe, table: TableLayout, entry: number, hit: number, member: number): Action {
  const { i32: A } = p.m;
  const profile = p.unit.layout.profiles[table.spec.profile!]!;
  const index = p.local(i32);
  const base = p.local(i32);
  p.if(
    p.get(hit),
    () => {
      p.set(index, A.load(4, p.get(member)));
      p.set(base, A.add(p.get(member), A.const(profile.memberDataOffset)));
    },
    () => {
      p.set(index, A.load16_u(entryHead.action, p.get(entry)));
      p.set(base, A.add(p.get(entry), A.const(table.dataOffset)));
    },
  );
  return { index: () => p.get(index), base: () => p.get(base), offset: 0, bound: 0 };
}

function runBodies(p: Pipe, s: ApplyStmt, table: TableLayout, action: Action, body: Body): void {
  const before = p.facts;
  const outer = p.hitKnown;
  const { actions } = p.program.tables.find((t) => t.id === s.table)!;
  let after: Facts;
  const run = (index: number): void => {
    p.facts = before;
    const { params, body: list } = s.bodies[index]!;
    params.forEach((id, i) => {
      loadParam(p, id, action, table.params[index]![i]!, action.bound);
    });
    // Whether the entry was found follows from who may name the action.
    const { tableOnly, defaultOnly } = actions[index] ?? { tableOnly: false, defaultOnly: true };
    p.hitKnown = tableOnly || defaultOnly ? { table: s.table, hit: tableOnly } : undefined;
    body(p, list);
    p.hitKnown = outer;
    after = meet(after, p.facts);
  };
  const isEmpty = (index: number): boolean => s.bodies[index]!.body.length === 0 && s.bodies[index]!.params.length === 0;
  const full = s.bodies.flatMap((_, i) => (isEmpty(i) ? [] : [i]));
  if (s.bodies.length === 1) {
    run(0);
  } else if (full.length === 1) {
    p.if(p.m.i32.eq(action.index(), p.m.i32.const(full[0]!)), () => run(full[0]!));
    after = meet(after, before);
  } else if (full.length > 1) {
    branchTable(p, action.index(), s.bodies.length, (i) => full.indexOf(i), [...full.map((i) => () => run(i)), () => {}]);
    after = meet(after, before);
  } else {
    after = before;
  }
  p.facts = after;
}

/** Sets a parameter's variable from the entry or member, of which `bound` bytes from the base may be read. */
export function loadParam(
  p: Pipe,
  id: VarId,
  action: Pick<Action, 'base' | 'offset'>,
  place: { offset: number; width: number },
  bound: number,
): void {
  const bits = { ...paddedPlace(action.base, action.offset + place.offset, place.width), bound };
  const isRaw = p.rawVars.has(id);
  if (isWide(place.width)) {
    if (!isRaw) {
      p.setLimbs(id, place.width, loadWideBits(p, bits));
      return;
    }
    const words = loadRawWords(p, bits);
    for (const [i, local] of p.varLocals(id).entries()) p.set(local, words[i]!());
    return;
  }
  p.set(p.varLocals(id)[0]!, isRaw ? loadRawPlace(p, bits) : loadBits(p, bits));
}

/** What an apply counts of a table. */
export type Outcome = 'hits' | 'misses';

/** Where a table's hits or misses are counted: in its header, or of several workers each in its own counts. */
export function outcomeCell(p: Pipe, index: number, outcome: Outcome): Ref {
  const { i32: A } = p.m;
  if (!p.unit.layout.counts) return A.const(p.unit.layout.tables[index]!.header + tableHeader[outcome]);
  return A.add(A.load(context.counts, p.get(p.context)), A.const(16 * index + (outcome === 'hits' ? 0 : 8)));
}

/** Adds 1 to a u64. */
export function bump(p: Pipe, address: Ref): void {
  const { i64: B } = p.m;
  const at = p.holdI32(address);
  p.emit(B.store(0, at(), B.add(B.load(0, at()), B.const(1))));
}
