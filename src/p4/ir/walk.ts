/**
 * Walks over IR expressions and statements: children of a node, and questions answered with them.
 */
import { assertNever } from './build.ts';
import type { Expr, Intrinsic, Stmt } from './ir.ts';

const noChildren: readonly Expr[] = [];

/** Direct subexpressions. */
export function childrenOf(e: Expr): readonly Expr[] {
  switch (e.kind) {
    case 'const':
    case 'var':
    case 'field':
    case 'valid':
    case 'intrinsic':
    case 'varbitSum':
    case 'varbitEqual':
      return noChildren;
    case 'unary':
    case 'slice':
    case 'resize':
      return [e.operand];
    case 'binary':
    case 'concat':
    case 'logical':
      return [e.left, e.right];
    case 'mux':
      return [e.condition, e.then, e.else];
    case 'onesSum':
      return e.parts.map((p) => p.value);
    case 'hash':
      return e.data;
    case 'isNetPort':
      return [e.port];
    case 'inValueSet':
      return e.keys;
    default:
      return assertNever(e);
  }
}

/** Intrinsics that change where a packet is cut, by `payload`. */
const ofPayload: ReadonlySet<string> = new Set<Intrinsic>(['packetLength', 'payloadLength', 'payloadSum']);

/** Does the expression read a variable (`v` and id) or header (`h` and id) of the set? */
export function reads(e: Expr, written: ReadonlySet<string>): boolean {
  if (e.kind === 'var') return written.has(`v${e.id}`);
  if (e.kind === 'field' || e.kind === 'valid' || e.kind === 'varbitSum') return written.has(`h${e.header}`);
  if (e.kind === 'varbitEqual') return written.has(`h${e.left}`) || written.has(`h${e.right}`);
  if (e.kind === 'intrinsic') {
    if (e.name === 'parserError') return written.has('parserError');
    return ofPayload.has(e.name) && written.has('payload');
  }
  return childrenOf(e).some((c) => reads(c, written));
}

/** Is the value the same whatever runs in between? */
export function isFixed(e: Expr): boolean {
  if (e.kind === 'const') return true;
  if (e.kind === 'intrinsic') return e.name !== 'parserError' && !ofPayload.has(e.name);
  if (
    e.kind === 'var' ||
    e.kind === 'field' ||
    e.kind === 'valid' ||
    e.kind === 'varbitSum' ||
    e.kind === 'varbitEqual' ||
    e.kind === 'inValueSet'
  )
    return false;
  return childrenOf(e).every(isFixed);
}

const noBodies: readonly (readonly Stmt[])[] = [];

/** Statement lists directly inside a statement. */
export function bodiesOf(s: Stmt): readonly (readonly Stmt[])[] {
  switch (s.kind) {
    case 'if':
      return [s.then, s.else];
    case 'switch':
      return [...s.cases.map((c) => c.body), s.default];
    case 'block':
    case 'loop':
    case 'deparse':
      return [s.body];
    case 'apply':
      return s.bodies.map((b) => b.body);
    case 'parser':
      return s.states.map((st) => st.body);
    default:
      return noBodies;
  }
}

/** Storage that the statements may write: `v` and a variable's id, `h` and a header's. */
export function writtenBy(stmts: readonly Stmt[], into: Set<string> = new Set()): Set<string> {
  for (const s of stmts) {
    switch (s.kind) {
      case 'assign':
      case 'assignSlice':
        into.add(s.target.kind === 'var' ? `v${s.target.id}` : `h${s.target.header}`);
        break;
      case 'setValid':
      case 'extract':
        into.add(`h${s.header}`);
        break;
      case 'copyHeader':
      case 'copyVarbit':
        into.add(`h${s.target}`);
        break;
      case 'registerRead':
        for (const t of s.targets) into.add(`v${t}`);
        break;
      case 'apply':
        for (const v of [s.hit, s.actionRun, ...s.bodies.flatMap((b) => b.params)]) if (v !== undefined) into.add(`v${v}`);
        break;
      case 'setParserError':
        into.add('parserError');
        break;
      case 'truncate':
      case 'cutPayload':
        into.add('payload');
        break;
      case 'lookahead':
      case 'random':
      case 'allocateFlowId':
      case 'getEntryExpireTime':
      case 'isFirstHitOfPeriod':
      case 'addEntry':
      case 'meter':
        if (s.target !== undefined) into.add(`v${s.target}`);
        break;
      default:
        break;
    }
    for (const body of bodiesOf(s)) writtenBy(body, into);
  }
  return into;
}

/** Does any statement, however deep, satisfy the predicate? */
export function someStmt(stmts: readonly Stmt[], test: (s: Stmt) => boolean): boolean {
  return stmts.some((s) => test(s) || bodiesOf(s).some((b) => someStmt(b, test)));
}

/** Expressions directly inside a statement (not those of its bodies). */
export function expressionsOf(s: Stmt): readonly Expr[] {
  const given = (...all: readonly (Expr | undefined)[]): Expr[] => all.filter((e) => e !== undefined);
  switch (s.kind) {
    case 'assign':
    case 'assignSlice':
    case 'switch':
      return [s.value];
    case 'if':
      return [s.condition];
    case 'apply':
      return s.keys;
    case 'extract':
      return given(s.varbitBits);
    case 'advance':
      return [s.bits];
    case 'setParserError':
      return [s.error];
    case 'output':
      return [s.port];
    case 'mirror':
      return [s.slot, s.session];
    case 'multicast':
      return [s.group];
    case 'copy':
      return [s.id, ...s.fields.map((f) => f.value)];
    case 'truncate':
    case 'cutPayload':
      return [s.bytes];
    case 'addEntry':
      return [...s.args, s.profile];
    case 'setEntryExpireTime':
      return [s.profile];
    case 'count':
      return given(s.index, s.increment);
    case 'meter':
      return given(s.index, s.color, s.length);
    case 'registerRead':
      return [s.index];
    case 'registerWrite':
      return [s.index, ...s.values];
    case 'random':
      return [s.low, s.high];
    case 'digest':
      return s.fields;
    case 'setValid':
    case 'copyHeader':
    case 'copyVarbit':
    case 'block':
    case 'loop':
    case 'break':
    case 'continue':
    case 'parser':
    case 'goto':
    case 'lookahead':
    case 'deparse':
    case 'emit':
    case 'nextPass':
    case 'drop':
    case 'restartExpireTimer':
    case 'getEntryExpireTime':
    case 'isFirstHitOfPeriod':
    case 'allocateFlowId':
      return [];
    default:
      return assertNever(s);
  }
}

/** The statement with `change` made to every expression directly inside it (see `expressionsOf`). */
export function mapExpressions(s: Stmt, change: (e: Expr) => Expr): Stmt {
  const given = (e: Expr | undefined): Expr | undefined => e && change(e);
  switch (s.kind) {
    case 'assign':
    case 'assignSlice':
    case 'switch':
      return { ...s, value: change(s.value) };
    case 'if':
      return { ...s, condition: change(s.condition) };
    case 'apply':
      return { ...s, keys: s.keys.map(change) };
    case 'extract':
      return { ...s, varbitBits: given(s.varbitBits) };
    case 'advance':
      return { ...s, bits: change(s.bits) };
    case 'setParserError':
      return { ...s, error: change(s.error) };
    case 'output':
      return { ...s, port: change(s.port) };
    case 'mirror':
      return { ...s, slot: change(s.slot), session: change(s.session) };
    case 'multicast':
      return { ...s, group: change(s.group) };
    case 'copy':
      return { ...s, id: change(s.id), fields: s.fields.map((f) => ({ ...f, value: change(f.value) })) };
    case 'truncate':
    case 'cutPayload':
      return { ...s, bytes: change(s.bytes) };
    case 'addEntry':
      return { ...s, args: s.args.map(change), profile: change(s.profile) };
    case 'setEntryExpireTime':
      return { ...s, profile: change(s.profile) };
    case 'count':
      return { ...s, index: given(s.index), increment: given(s.increment) };
    case 'meter':
      return { ...s, index: given(s.index), color: given(s.color), length: given(s.length) };
    case 'registerRead':
      return { ...s, index: change(s.index) };
    case 'registerWrite':
      return { ...s, index: change(s.index), values: s.values.map(change) };
    case 'random':
      return { ...s, low: change(s.low), high: change(s.high) };
    case 'digest':
      return { ...s, fields: s.fields.map(change) };
    default:
      return s;
  }
}

/** The statement with every statement list directly inside it replaced. */
export function mapBodies(s: Stmt, change: (body: readonly Stmt[]) => readonly Stmt[]): Stmt {
  switch (s.kind) {
    case 'if':
      return { ...s, then: change(s.then), else: change(s.else) };
    case 'switch':
      return { ...s, cases: s.cases.map((c) => ({ ...c, body: change(c.body) })), default: change(s.default) };
    case 'block':
    case 'loop':
    case 'deparse':
      return { ...s, body: change(s.body) };
    case 'apply':
      return { ...s, bodies: s.bodies.map((b) => ({ ...b, body: change(b.body) })) };
    case 'parser':
      return { ...s, states: s.states.map((st) => ({ ...st, body: change(st.body) })) };
    default:
      return s;
  }
}

/** Visits every statement, outer before inner. */
export function forEachStmt(body: readonly Stmt[], visit: (s: Stmt) => void): void {
  for (const s of body) {
    visit(s);
    for (const inner of bodiesOf(s)) forEachStmt(inner, visit);
  }
}

/** Visits an expression and all its operands, outer before inner. */
export function forEachExpr(e: Expr, visit: (e: Expr) => void): void {
  visit(e);
  for (const operand of childrenOf(e)) forEachExpr(operand, visit);
}
