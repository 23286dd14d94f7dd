/**
 * Walks over IR expressions and statements: children of a node, and questions answered with them.
 */
import { assertNever } from '../build.ts';
import type { Expr, Stmt } from '../ir.ts';

/** Direct subexpressions. */
export function childrenOf(e: Expr): readonly Expr[] {
  switch (e.kind) {
    case 'const':
    case 'var':
    case 'field':
    case 'valid':
    case 'intrinsic':
      return [];
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

/** Does the expression read a variable (`v` and id) or header (`h` and id) of the set? */
export function reads(e: Expr, written: ReadonlySet<string>): boolean {
  if (e.kind === 'var') return written.has(`v${e.id}`);
  if (e.kind === 'field' || e.kind === 'valid') return written.has(`h${e.header}`);
  if (e.kind === 'intrinsic') return e.name === 'parserError' && written.has('parserError');
  return childrenOf(e).some((c) => reads(c, written));
}

/** Is the value the same whatever runs in between? */
export function isFixed(e: Expr): boolean {
  if (e.kind === 'const') return true;
  if (e.kind === 'intrinsic') return e.name !== 'parserError';
  if (e.kind === 'var' || e.kind === 'field' || e.kind === 'valid' || e.kind === 'inValueSet') return false;
  return childrenOf(e).every(isFixed);
}

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
      return [];
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
      case 'lookahead':
      case 'random':
      case 'allocateFlowId':
      case 'getEntryExpireTime':
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
