/**
 * Computes once what is computed twice: an expression whose value an earlier statement on the way there has already found is read from a variable,
 *
 *   if (hash(a, b) == 1) { x = hash(a, b); }     ->     $c = hash(a, b); if ($c == 1) { x = $c; }
 *
 * Only what costs more than a variable does: hashes, checksums, arithmetic and concatenation of more than 64 bits, division, comparisons of varbit fields, value
 * sets. For the rest the engine's own compiler sees to it, and a field that is read twice is read raw where that is cheaper.
 *
 * Precondition of each replacement: the first statement dominates the second (it stands in front of it in the same list or in a list around it, and no
 * loop leads from the second back to it past a write), computes the expression whatever the values are, and nothing on the way between writes what
 * the expression reads. Expressions have no effects and raise nothing, so that is all.
 *
 * Runs behind propagate-values, which makes equal expressions equal, and in front of remove-dead-variables.
 */
import { noSpan, type Span } from '../../diag/index.ts';
import { rebuild } from '../ir/build.ts';
import type { Expr, Intrinsic, Pipeline, Program, Stmt, Var, VarId } from '../ir/ir.ts';
import {
  bodiesOf,
  childrenOf,
  expressionsOf,
  forEachExpr,
  forEachStmt,
  mapBodies,
  mapExpressions,
  writtenBy,
} from '../ir/walk.ts';

/** Operations, about, that a variable has to save. */
const leastCost = 12;

/** An expression that a statement computes. */
interface Found {
  readonly expr: Expr;
  readonly reads: ReadonlySet<string>;
  /** The variable that the statement itself puts it into. */
  readonly holder: VarId | undefined;
  readonly site: Stmt;
  isUsed: boolean;
}

type Available = ReadonlyMap<string, Found>;

export function commonExpressions(program: Program): Program {
  let next = program.vars.reduce((most, v) => Math.max(most, v.id), -1) + 1;
  const added: Var[] = [];
  const newVar = (width: number): VarId => {
    added.push({ id: next, name: '$common', width });
    return next++;
  };
  const pipelines = program.pipelines.map((p): Pipeline => {
    const repeating = repeatingIn(p.body);
    if (repeating.size === 0) return p;
    const search = new Search(p.body, repeating);
    return search.uses.size === 0 ? p : { ...p, body: new Replacement(search, newVar).list(p.body) };
  });
  return pipelines.every((p, i) => p === program.pipelines[i])
    ? program
    : { ...program, vars: [...program.vars, ...added], pipelines };
}

/** Statements that compute something dear which others compute, too. */
function repeatingIn(body: readonly Stmt[]): ReadonlySet<Stmt> {
  const seen = new Set<Stmt>();
  // One that stands in several places, where different things may be known, is left alone.
  const shared = new Set<Stmt>();
  const places = new Map<string, Stmt[]>();
  forEachStmt(body, (s) => {
    if (seen.has(s)) shared.add(s);
    else seen.add(s);
    const look = (e: Expr): void => {
      if (childrenOf(e).length === 0) return;
      const cost = costOf(e);
      if (cost >= leastCost) {
        const key = keyOf(e);
        places.set(key, [...(places.get(key) ?? []), s]);
      }
      // Parts of what cannot be kept may be.
      if (cost >= leastCost || cost < 0) childrenOf(e).forEach(look);
    };
    expressionsOf(s).forEach(look);
  });
  const repeating = [...places.values()].filter((stmts) => stmts.length > 1).flat();
  return new Set(repeating.filter((s) => !shared.has(s)));
}

class Search {
  /** By statement: the expressions that it reads from a variable, by their key. */
  readonly uses = new Map<Stmt, Map<string, Found>>();
  /** By statement: what it computes that others use. */
  readonly sites = new Map<Stmt, Found[]>();
  readonly #repeating: ReadonlySet<Stmt>;

  constructor(body: readonly Stmt[], repeating: ReadonlySet<Stmt>) {
    this.#repeating = repeating;
    this.#list(body, new Map());
  }

  /** Goes through a list in front of which `available` holds; what holds behind it, if its end is reached. */
  #list(stmts: readonly Stmt[], available: Available): Available {
    return stmts.reduce((now, s) => this.#statement(s, now), available);
  }

  #statement(s: Stmt, before: Available): Available {
    let now = before;
    if (this.#repeating.has(s)) {
      const more = new Map(before);
      for (const e of expressionsOf(s)) this.#expression(e, s, more, true);
      now = more;
    }
    // Parsing and deparsing touch all headers.
    if (s.kind === 'parser' || s.kind === 'deparse') {
      for (const body of bodiesOf(s)) this.#list(body, new Map());
      return new Map();
    }
    const bodies = bodiesOf(s);
    if (now.size === 0) {
      for (const body of bodies) this.#list(body, now);
      return now;
    }
    const written = s.kind === 'assign' && s.target.kind === 'field' ? new Set([fieldName(s.target)]) : writtenBy([s]);
    if (bodies.length > 0) {
      // A loop comes back to what it has written.
      const inside = without(now, s.kind === 'loop' ? written : writtenBy([mapBodies(s, () => [])]));
      for (const body of bodies) this.#list(body, inside);
    }
    return without(now, written, s);
  }

  #expression(e: Expr, s: Stmt, available: Map<string, Found>, isCertain: boolean): void {
    if (costOf(e) >= leastCost) {
      const key = keyOf(e);
      const found = available.get(key);
      if (found) {
        this.#use(found, key, s);
        return;
      }
      if (isCertain) {
        const holder = s.kind === 'assign' && s.value === e && s.target.kind === 'var' ? s.target.id : undefined;
        available.set(key, { expr: e, reads: readsOf(e), holder, site: s, isUsed: false });
      }
    }
    childrenOf(e).forEach((part, i) => {
      const isOptional = (e.kind === 'logical' && i > 0) || (e.kind === 'mux' && i > 0);
      this.#expression(part, s, available, isCertain && !isOptional);
    });
  }

  #use(found: Found, key: string, s: Stmt): void {
    // Twice in one statement: computed in front of it.
    const here = this.uses.get(s) ?? new Map<string, Found>();
    this.uses.set(s, here.set(key, found));
    if (found.isUsed) return;
    found.isUsed = true;
    this.sites.set(found.site, [...(this.sites.get(found.site) ?? []), found]);
  }
}

class Replacement {
  readonly #search: Search;
  readonly #newVar: (width: number) => VarId;
  readonly #variables = new Map<Found, Expr>();

  constructor(search: Search, newVar: (width: number) => VarId) {
    this.#search = search;
    this.#newVar = newVar;
  }

  list(stmts: readonly Stmt[]): Stmt[] {
    return stmts.flatMap((s) => this.#statement(s));
  }

  #statement(s: Stmt): Stmt[] {
    const replaced = new Map<string, Expr>();
    const front: Stmt[] = [];
    for (const [key, found] of this.#search.uses.get(s) ?? []) {
      const variable = this.#variables.get(found);
      if (variable) replaced.set(key, variable);
    }
    // Parts in front of what they are parts of.
    const own = (this.#search.sites.get(s) ?? []).toSorted((a, b) => costOf(a.expr) - costOf(b.expr));
    for (const found of own) {
      if (found.holder !== undefined && !(this.#search.uses.get(s)?.has(keyOf(found.expr)) ?? false)) {
        this.#variables.set(found, { kind: 'var', width: found.expr.width, id: found.holder });
        continue;
      }
      const variable: Expr & { kind: 'var' } = { kind: 'var', width: found.expr.width, id: this.#newVar(found.expr.width) };
      front.push({ kind: 'assign', target: variable, value: replace(found.expr, replaced), span: spanOf(s) });
      this.#variables.set(found, variable);
      replaced.set(keyOf(found.expr), variable);
    }
    const changed = replaced.size > 0 ? mapExpressions(s, (e) => replace(e, replaced)) : s;
    return [...front, mapBodies(changed, (body) => this.list(body))];
  }
}

/** What is left behind writes; a statement does not take what it has just found from its own variable. */
function without(available: Available, written: ReadonlySet<string>, by?: Stmt): Available {
  if (written.size === 0) return available;
  const isLost = ({ reads, holder, site }: Found): boolean =>
    [...reads].some((name) => written.has(name)) || (holder !== undefined && site !== by && written.has(`v${holder}`));
  if (![...available.values()].some(isLost)) return available;
  return new Map([...available].filter(([, found]) => !isLost(found)));
}

function replace(e: Expr, by: ReadonlyMap<string, Expr>): Expr {
  return (costOf(e) >= leastCost && by.get(keyOf(e))) || rebuild(e, (part) => replace(part, by));
}

/** What an expression costs, in about the operations that a value of 64 bits takes; 0 where it is cheaper to compute than to keep. */
function costOf(e: Expr): number {
  const limbs = Math.ceil(e.width / 64);
  const parts = childrenOf(e).reduce((sum, part) => sum + costOf(part), 0);
  switch (e.kind) {
    case 'intrinsic':
      // Changes with what the packet goes through.
      return changing.has(e.name) ? -Infinity : 0;
    case 'hash':
      return parts + 12 + 2 * e.data.length;
    case 'onesSum':
      return parts + 3 * e.parts.length;
    case 'varbitSum':
    case 'varbitEqual':
    case 'inValueSet':
      return parts + 16;
    case 'binary': {
      const operandLimbs = Math.ceil(e.left.width / 64);
      if (e.op === 'mul') return parts + 3 * operandLimbs * operandLimbs;
      if (e.op === 'div' || e.op === 'mod') return parts + 12;
      return parts + (operandLimbs > 1 ? 3 * operandLimbs : 1);
    }
    case 'concat':
      return parts + (limbs > 1 ? 3 * limbs : 2);
    case 'unary':
    case 'slice':
    case 'resize':
    case 'mux':
      return parts + limbs;
    default:
      return parts;
  }
}

const changing: ReadonlySet<Intrinsic> = new Set<Intrinsic>([
  'pass',
  'parserError',
  'packetLength',
  'payloadLength',
  'payloadSum',
]);

/** The same for equal expressions, and only for these. */
function keyOf(e: Expr): string {
  switch (e.kind) {
    case 'const':
      return `${e.width}w${e.value}`;
    case 'var':
      return `v${e.id}`;
    case 'field':
      return `h${e.header}.${e.field}`;
    default: {
      const own = Object.entries(e).filter(([, value]) => typeof value !== 'object');
      const negated = e.kind === 'onesSum' ? e.parts.map((p) => (p.negate ? '-' : '+')).join('') : '';
      return `(${own.map(([name, value]) => `${name}=${String(value)}`).join(' ')} ${negated} ${childrenOf(e).map(keyOf).join(', ')})`;
    }
  }
}

/** Variables and headers (`v`, `h` and id), and fields of these, that an expression reads. */
function readsOf(e: Expr): Set<string> {
  const names = new Set<string>();
  forEachExpr(e, (part) => {
    if (part.kind === 'var') names.add(`v${part.id}`);
    else if (part.kind === 'field') names.add(`h${part.header}`).add(fieldName(part));
    else if (part.kind === 'valid' || part.kind === 'varbitSum') names.add(`h${part.header}`);
    else if (part.kind === 'varbitEqual') names.add(`h${part.left}`).add(`h${part.right}`);
  });
  return names;
}

/** What a write of one field alone changes. */
function fieldName({ header, field }: { readonly header: number; readonly field: number }): string {
  return `f${header}.${field}`;
}

function spanOf(s: Stmt): Span {
  return 'span' in s ? s.span : noSpan;
}
