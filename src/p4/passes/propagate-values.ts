/**
 * Puts constants and copies in place of the variables that hold them, folds what follows, and leaves out branches that are never taken: inlined controls
 * and actions get their arguments this way, and a call for one purpose loses what it does for others.
 *
 * What is known follows the control flow: a branch knows its condition, a join what all ways to it know, a loop's body only what it does not write. A
 * parser's states are not followed: inside, and behind it, variables that any state writes are unknown.
 */
import { constant, rebuild } from '../ir/build.ts';
import type { Expr, Label, Pipeline, Program, Stmt, Table, VarId } from '../ir/ir.ts';
import { mapBodies, mapExpressions, someStmt, writtenBy } from '../ir/walk.ts';

/** Constants, and variables that hold the same; undefined where nothing gets to. */
type Known = ReadonlyMap<VarId, Expr> | undefined;

export function propagateValues(program: Program): Program {
  const tables = new Map(program.tables.map((t) => [t.id, t]));
  const change = (pipeline: Pipeline): Pipeline => ({ ...pipeline, body: new Propagation(tables).list(pipeline.body) });
  return { ...program, pipelines: program.pipelines.map(change) };
}

/** The same for a part of a pipeline, of which nothing is known in front. */
export function propagateIn(tables: ReadonlyMap<number, Table>, stmts: readonly Stmt[]): Stmt[] {
  return new Propagation(tables).list(stmts);
}

class Propagation {
  readonly #tables: ReadonlyMap<number, Table>;
  #known: Known = new Map();
  /** Nobody else has the map: it may be changed. */
  #isOwn = false;
  /** Variables that something may be a copy of. */
  readonly #sources = new Set<VarId>();
  /** What holds where a `break` lands, by label. */
  readonly #breaks = new Map<Label, Known>();

  constructor(tables: ReadonlyMap<number, Table>) {
    this.#tables = tables;
  }

  list(stmts: readonly Stmt[]): Stmt[] {
    const out: Stmt[] = [];
    for (const s of stmts) {
      // Nothing gets here.
      if (!this.#known) break;
      out.push(...this.#statement(s));
    }
    return out;
  }

  #statement(s: Stmt): readonly Stmt[] {
    switch (s.kind) {
      case 'if':
        return this.#if(s);
      case 'switch':
        return this.#switch(s);
      case 'block': {
        const body = this.list(s.body);
        if (!someStmt(body, (inner) => inner.kind === 'break' && inner.label === s.label)) return body;
        this.#goOn(meet(this.#known, this.#breaks.get(s.label)));
        return [{ ...s, body }];
      }
      case 'loop': {
        this.#forget(writtenBy(s.body));
        const body = this.list(s.body);
        this.#goOn(this.#breaks.get(s.label));
        return [{ ...s, body }];
      }
      case 'break':
        this.#breaks.set(s.label, meet(this.#breaks.get(s.label), this.#known));
        this.#known = undefined;
        return [s];
      case 'continue':
      case 'goto':
        this.#known = undefined;
        return [s];
      case 'parser': {
        this.#forget(writtenBy([s]));
        const before = this.#known;
        const parser = mapBodies(s, (body) => {
          this.#goOn(before);
          return this.list(body);
        });
        this.#goOn(before);
        return [parser];
      }
      case 'apply':
        return [this.#apply(s)];
      case 'deparse':
        return [mapBodies(s, (body) => this.list(body))];
      case 'assign': {
        const value = this.#value(s.value);
        if (s.target.kind === 'var') {
          this.#forgetVar(s.target.id);
          this.#learn(s.target.id, value);
        }
        return [{ ...s, value }];
      }
      default: {
        const changed = mapExpressions(s, (e) => this.#value(e));
        this.#forget(writtenBy([s]));
        return [changed];
      }
    }
  }

  #if(s: Extract<Stmt, { kind: 'if' }>): readonly Stmt[] {
    const condition = this.#value(s.condition);
    if (condition.kind === 'const') return this.list(condition.value !== 0n ? s.then : s.else);
    const before = this.#known;
    this.#goOn(before);
    this.#assume(condition, true);
    const then = this.list(s.then);
    const after = this.#known;
    this.#goOn(before);
    this.#assume(condition, false);
    const otherwise = this.list(s.else);
    this.#goOn(meet(after, this.#known));
    return [{ ...s, condition, then, else: otherwise }];
  }

  #switch(s: Extract<Stmt, { kind: 'switch' }>): readonly Stmt[] {
    const value = this.#value(s.value);
    if (value.kind === 'const') return this.list(s.cases.find((c) => c.values.includes(value.value))?.body ?? s.default);
    const before = this.#known;
    let after: Known;
    const branch = (body: readonly Stmt[], only?: bigint): Stmt[] => {
      this.#goOn(before);
      if (only !== undefined && value.kind === 'var') this.#learn(value.id, constant(value.width, only));
      const list = this.list(body);
      after = meet(after, this.#known);
      return list;
    };
    const cases = s.cases.map((c) => ({ ...c, body: branch(c.body, c.values.length === 1 ? c.values[0] : undefined) }));
    const changed: Stmt = { ...s, value, cases, default: branch(s.default) };
    this.#goOn(after);
    return [changed];
  }

  #apply(s: Extract<Stmt, { kind: 'apply' }>): Stmt {
    const keys = s.keys.map((key) => this.#value(key));
    const { actions, emptyGroupAction } = this.#tables.get(s.table)!;
    for (const id of [s.hit, s.actionRun]) if (id !== undefined) this.#forgetVar(id);
    const before = this.#known;
    let after: Known;
    const bodies = s.bodies.map(({ params, body }, i) => {
      this.#goOn(before);
      for (const id of params) this.#forgetVar(id);
      // Whether the entry was found follows from who may name the action.
      const { tableOnly, defaultOnly } = actions[i] ?? { tableOnly: false, defaultOnly: false };
      if (s.hit !== undefined && tableOnly !== defaultOnly && !emptyGroupAction)
        this.#learn(s.hit, constant(1, tableOnly ? 1 : 0));
      const list = this.list(body);
      after = meet(after, this.#known);
      return { params, body: list };
    });
    this.#goOn(after);
    return { ...s, keys, bodies };
  }

  /** The expression with what is known put in. */
  #value(e: Expr): Expr {
    if (e.kind === 'var') return this.#known?.get(e.id) ?? e;
    return rebuild(e, (part) => this.#value(part));
  }

  #learn(id: VarId, value: Expr): void {
    if (value.kind !== 'const' && (value.kind !== 'var' || value.id === id)) return;
    if (value.kind === 'var') this.#sources.add(value.id);
    this.#own().set(id, value);
  }

  /** Goes on with what is known, which somebody else may go on with, too. */
  #goOn(known: Known): void {
    this.#known = known;
    this.#isOwn = false;
  }

  #own(): Map<VarId, Expr> {
    if (!this.#isOwn) this.#known = new Map(this.#known);
    this.#isOwn = true;
    return this.#known as Map<VarId, Expr>;
  }

  /** Forgets variables (`v` and their id) and their copies. */
  #forget(written: ReadonlySet<string>): void {
    for (const name of written) if (name.startsWith('v')) this.#forgetVar(Number(name.slice(1)));
  }

  #forgetVar(id: VarId): void {
    if (this.#known?.has(id)) this.#own().delete(id);
    if (!this.#sources.has(id) || !this.#known) return;
    const copies = [...this.#known].filter(([, value]) => value.kind === 'var' && value.id === id);
    for (const [copy] of copies) this.#own().delete(copy);
  }

  /** What a condition says about variables if it is `outcome`. */
  #assume(e: Expr, outcome: boolean): void {
    if (e.kind === 'var') this.#learn(e.id, constant(1, outcome ? 1 : 0));
    else if (e.kind === 'unary' && e.op === 'not') this.#assume(e.operand, !outcome);
    else if (e.kind === 'logical' && (e.op === 'and') === outcome) {
      this.#assume(e.left, outcome);
      this.#assume(e.right, outcome);
    } else if (e.kind === 'binary' && e.op === (outcome ? 'eq' : 'ne') && e.left.kind === 'var') this.#learn(e.left.id, e.right);
  }
}

/** What holds whichever of two ways was taken. */
function meet(a: Known, b: Known): Known {
  if (!a || !b) return a ?? b;
  if (a === b) return a;
  const isSame = (x: Expr, y: Expr | undefined): boolean =>
    x === y ||
    (x.kind === 'const' && y?.kind === 'const' && x.value === y.value) ||
    (x.kind === 'var' && y?.kind === 'var' && x.id === y.id);
  return new Map([...a].filter(([id, value]) => isSame(value, b.get(id))));
}
