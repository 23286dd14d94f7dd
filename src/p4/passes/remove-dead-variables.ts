/**
 * Removes assignments whose value nobody reads any more, optional results that nobody wants, blocks and branches that have become empty, and in the end
 * variables that nothing mentions. Expressions have no effects, so nothing else is lost.
 *
 * Follows the control flow backwards. Of a loop, and of a parser, it only knows what is read anywhere inside. Ids of variables stay.
 */
import type { Expr, Label, Pipeline, Program, Stmt, VarId } from '../ir/ir.ts';
import { bodiesOf, childrenOf, expressionsOf, mapBodies, writtenBy } from '../ir/walk.ts';
import { type ReadonlyVarSet, VarSet } from './var-set.ts';

type Live = VarSet;

export function removeDeadVariables(program: Program): Program {
  // A pipeline may find what the one before it left.
  const shared = new VarSet();
  if (program.pipelines.length > 1) for (const p of program.pipelines) readsOfAll(p.body, shared);
  const pipelines = program.pipelines.map((p): Pipeline => ({ ...p, body: new Sweep().list(p.body, shared).stmts }));
  const read = new VarSet();
  const written = new Set<string>();
  for (const { body } of pipelines) {
    readsOfAll(body, read);
    writtenBy(body, written);
  }
  const targets = new Set(copyTargets(pipelines.flatMap((p) => p.body)));
  const vars = program.vars.filter(({ id }) => read.has(id) || written.has(`v${id}`) || targets.has(id));
  return { ...program, vars, pipelines };
}

/** Statements without bodies, of which there are many. */
const changesLittle: ReadonlySet<Stmt['kind']> = new Set<Stmt['kind']>(['assign', 'assignSlice', 'addEntry', 'meter']);

/** Visits every statement with the variables whose values may be read from there on, those that it reads included. */
export function forEachLive(body: readonly Stmt[], visit: (s: Stmt, live: ReadonlyVarSet) => void): void {
  new Sweep(visit).list(body, new VarSet());
}

class Sweep {
  readonly #visit: (s: Stmt, live: Live) => void;
  /** Variables that are read where a `break` or `continue` lands, by label. */
  readonly #breaks = new Map<Label, Live>();
  readonly #continues = new Map<Label, Live>();
  #states: Live = new VarSet();

  constructor(visit: (s: Stmt, live: Live) => void = () => {}) {
    this.#visit = visit;
  }

  /** The list without what is dead, and what is read in front of it; `live` is read behind it. */
  list(stmts: readonly Stmt[], live: Live): { stmts: Stmt[]; live: Live } {
    const kept: Stmt[] = [];
    let now = live;
    // A set that nobody else has: statements without bodies change it in place.
    let own: VarSet | undefined;
    for (let i = stmts.length - 1; i >= 0; i--) {
      const s = stmts[i]!;
      if (changesLittle.has(s.kind)) own ??= new VarSet(now);
      else own = undefined;
      const swept = this.#statement(s, own ?? now, own);
      if (swept.stmt) kept.push(swept.stmt);
      now = swept.live;
      this.#visit(s, now);
    }
    return { stmts: kept.reverse(), live: now };
  }

  /** `own`: `live`, if it may be changed. */
  #statement(s: Stmt, live: Live, own?: VarSet): { stmt?: Stmt; live: Live } {
    const ifRead = (id: VarId | undefined): VarId | undefined => (id !== undefined && live.has(id) ? id : undefined);
    switch (s.kind) {
      case 'assign':
        if (s.target.kind === 'var' && !live.has(s.target.id)) return { live };
        return { stmt: s, live: before(s, live, s.target.kind === 'var' ? [s.target.id] : [], own) };
      case 'assignSlice':
        if (s.target.kind === 'var' && !live.has(s.target.id)) return { live };
        return { stmt: s, live: before(s, live, [], own) };
      case 'addEntry':
      case 'meter': {
        const target = ifRead(s.target);
        return { stmt: { ...s, target }, live: before(s, live, target === undefined ? [] : [target], own) };
      }
      case 'if': {
        const [then, otherwise] = [this.list(s.then, live), this.list(s.else, live)];
        if (then.stmts.length + otherwise.stmts.length === 0) return { live };
        return {
          stmt: { ...s, then: then.stmts, else: otherwise.stmts },
          live: before(s, union(then.live, otherwise.live), []),
        };
      }
      case 'switch': {
        const cases = s.cases.map((c) => ({ values: c.values, swept: this.list(c.body, live) }));
        const otherwise = this.list(s.default, live);
        const all = [...cases.map((c) => c.swept), otherwise];
        if (all.every(({ stmts }) => stmts.length === 0)) return { live };
        return {
          stmt: {
            ...s,
            cases: cases.map(({ values, swept }) => ({ values, body: swept.stmts })),
            default: otherwise.stmts,
          },
          live: before(s, union(otherwise.live, ...all.map((a) => a.live)), []),
        };
      }
      case 'block': {
        this.#breaks.set(s.label, live);
        const swept = this.list(s.body, live);
        return { stmt: swept.stmts.length > 0 ? { ...s, body: swept.stmts } : undefined, live: swept.live };
      }
      case 'loop': {
        const head = new VarSet(live);
        readsOfAll(s.body, head);
        this.#breaks.set(s.label, live);
        this.#continues.set(s.label, head);
        return { stmt: { ...s, body: this.list(s.body, head).stmts }, live: head };
      }
      case 'break':
      case 'continue': {
        const to = (s.kind === 'break' ? this.#breaks : this.#continues).get(s.label);
        if (!to) throw new Error(`${s.kind} ${s.label} outside`);
        return { stmt: s, live: to };
      }
      case 'goto':
        return { stmt: s, live: this.#states };
      case 'parser': {
        const states = new VarSet(live);
        readsOfAll([s], states);
        this.#states = states;
        return { stmt: mapBodies(s, (body) => this.list(body, states).stmts), live: states };
      }
      case 'apply': {
        const bodies = s.bodies.map(({ params, body }) => ({ params, swept: this.list(body, live) }));
        const inside = bodies.map(({ params, swept }) => without(swept.live, params));
        const behind = union(live, ...inside);
        const [hit, actionRun] = [s.hit, s.actionRun].map((id) => (id !== undefined && behind.has(id) ? id : undefined));
        const results = [hit, actionRun].filter((id) => id !== undefined);
        return {
          stmt: { ...s, hit, actionRun, bodies: bodies.map(({ params, swept }) => ({ params, body: swept.stmts })) },
          live: before(s, behind, results),
        };
      }
      case 'deparse': {
        const swept = this.list(s.body, live);
        return { stmt: { ...s, body: swept.stmts }, live: swept.live };
      }
      default: {
        const written = [...writtenBy([s])].filter((name) => name.startsWith('v')).map((name) => Number(name.slice(1)));
        return { stmt: s, live: before(s, live, written) };
      }
    }
  }
}

/** What is read in front of a statement that writes `written`, of whose bodies `live` is known. */
function before(s: Stmt, live: Live, written: readonly VarId[], own?: VarSet): Live {
  const expressions = expressionsOf(s);
  if (written.length === 0 && expressions.every((e) => e.kind === 'const')) return live;
  const result = own ?? new VarSet(live);
  for (const id of written) result.delete(id);
  for (const e of expressions) readsOf(e, result);
  return result;
}

function union(first: Live, ...others: readonly Live[]): Live {
  const different = others.filter((other) => other !== first);
  if (different.length === 0) return first;
  const all = new VarSet(first);
  for (const other of different) all.addAll(other);
  return all;
}

function without(live: Live, ids: readonly VarId[]): Live {
  if (!ids.some((id) => live.has(id))) return live;
  const rest = new VarSet(live);
  for (const id of ids) rest.delete(id);
  return rest;
}

function readsOfAll(stmts: readonly Stmt[], into: VarSet): void {
  for (const s of stmts) {
    for (const e of expressionsOf(s)) readsOf(e, into);
    // Its other bits are kept.
    if (s.kind === 'assignSlice' && s.target.kind === 'var') into.add(s.target.id);
    for (const body of bodiesOf(s)) readsOfAll(body, into);
  }
}

function readsOf(e: Expr, into: VarSet): void {
  if (e.kind === 'var') into.add(e.id);
  for (const part of childrenOf(e)) readsOf(part, into);
}

/** Variables that copies of the packet start with. */
function copyTargets(stmts: readonly Stmt[]): VarId[] {
  return stmts.flatMap((s) =>
    s.kind === 'copy' ? s.fields.map((f) => f.target) : bodiesOf(s).flatMap((body) => copyTargets(body)),
  );
}
