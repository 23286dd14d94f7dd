/**
 * Walks over the IR: the expressions and bodies directly below a node, and everything below it. What the analyses before code generation share.
 */
import type { Expr, Program, Stmt } from '../ir/ir.ts';
import { assertNever } from './bug.ts';

/** Operands of an expression. */
export function operandsOf(e: Expr): readonly Expr[] {
  switch (e.kind) {
    case 'const':
    case 'var':
    case 'field':
    case 'valid':
    case 'intrinsic':
    case 'varbitSum':
    case 'varbitEqual':
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
      return e.parts.map((part) => part.value);
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

/** Expressions that a statement evaluates itself, not those of its bodies. */
export function expressionsOf(s: Stmt): readonly Expr[] {
  const some = (...list: (Expr | undefined)[]): Expr[] => list.filter((e) => e !== undefined);
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
      return some(s.varbitBits);
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
      return some(s.index, s.increment);
    case 'meter':
      return some(s.index, s.color, s.length);
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

/** Statement lists inside a statement. */
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
      return s.states.map((state) => state.body);
    default:
      return [];
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
  for (const operand of operandsOf(e)) forEachExpr(operand, visit);
}

/** Visits every statement and expression of a program. */
export function walkProgram(program: Program, onStmt: (s: Stmt) => void, onExpr: (e: Expr) => void): void {
  for (const pipeline of program.pipelines) {
    forEachStmt(pipeline.body, (s) => {
      onStmt(s);
      for (const e of expressionsOf(s)) forEachExpr(e, onExpr);
    });
  }
}
