/** Statements (P4-16 §12), except transitions of a parser. */
import type * as ast from '../../syntax/ast.ts';
import type { Type } from '../../types/types.ts';
import { assertNever, isConst, not } from '../build.ts';
import type * as ir from '../ir.ts';
import { assign } from './assign.ts';
import { lower, lowerBool, lowerOperation, lowerScalar, operate } from './expressions.ts';
import { declareVariable } from './inline.ts';
import { declareInstance } from './instantiate.ts';
import { lowerFor, lowerForIn } from './loops.ts';
import type { Frame, Lowering } from './lowering.ts';
import { lowerApply, tableOf } from './tables.ts';

export function lowerStatements(lw: Lowering, statements: readonly ast.Statement[]): void {
  for (const s of statements) {
    lowerStatement(lw, s);
    if (endsHere(lw.out.at(-1))) return; // what follows is never reached
  }
}

function endsHere(s: ir.Stmt | undefined): boolean {
  return s !== undefined && (s.kind === 'break' || s.kind === 'continue' || s.kind === 'goto');
}

export function lowerStatement(lw: Lowering, s: ast.Statement): void {
  switch (s.kind) {
    case 'block':
      lowerStatements(lw, s.statements);
      return;
    case 'empty':
      return;
    case 'assignment':
      lowerAssignment(lw, s);
      return;
    case 'callStatement':
      lower(lw, s.call);
      return;
    case 'if':
      lowerIf(lw, s);
      return;
    case 'switch':
      lowerSwitch(lw, s);
      return;
    case 'for':
      lowerFor(lw, s);
      return;
    case 'forIn':
      lowerForIn(lw, s);
      return;
    case 'break':
      if (lw.frame.loop) lw.emit(lw.frame.loop.onBreak);
      return;
    case 'continue':
      if (lw.frame.loop) lw.emit(lw.frame.loop.onContinue);
      return;
    case 'exit':
      for (let f: Frame | undefined = lw.frame; f; f = f.caller) f.copyOut();
      lw.onExit.used = true;
      jump(lw, 'break', lw.onExit.label);
      return;
    case 'return': {
      const { onReturn } = lw.frame;
      if (s.value && onReturn.result) assign(lw, onReturn.result, lower(lw, s.value, returnType(lw, s.value)), s.span);
      onReturn.used = true;
      jump(lw, 'break', onReturn.label);
      return;
    }
    case 'declarationStatement':
      lowerDeclaration(lw, s.declaration);
      return;
    default:
      assertNever(s);
      return;
  }
}

function jump(lw: Lowering, kind: 'break' | 'continue', label: ir.Label | undefined): void {
  if (label !== undefined) lw.emit({ kind, label });
}

/** Type to give to a returned literal: that of the variable for the result. */
function returnType(lw: Lowering, value: ast.Expression): Type {
  return lw.frame.returnType ?? lw.typeOf(value);
}

function lowerDeclaration(lw: Lowering, d: ast.DeclarationStatement['declaration']): void {
  switch (d.kind) {
    case 'variable':
      declareVariable(lw, d);
      return;
    case 'constant':
      lw.frame.bindings.set(d, lower(lw, d.initializer, lw.typeOfDeclaration(d)));
      return;
    case 'instantiation':
      declareInstance(lw, d);
      return;
    default:
      assertNever(d);
      return;
  }
}

function lowerAssignment(lw: Lowering, s: ast.AssignmentStatement): void {
  const type = lw.typeOf(s.left);
  const { operator } = s;
  if (operator === undefined) {
    // The left side first: `hdr.stack[i] = f()` uses i as it was before the call.
    const target = lower(lw, s.left);
    assign(lw, target, lower(lw, s.right, type), s.span);
    return;
  }
  if (operator === '&&' || operator === '||' || operator === 'in') {
    assign(lw, lower(lw, s.left), lowerOperation(lw, operator, s.left, s.right, type, s.span), s.span);
    return;
  }
  const target = lower(lw, s.left);
  const isShift = operator === '<<' || operator === '>>';
  const right = lower(lw, s.right, isShift ? lw.typeOf(s.right) : type);
  assign(lw, target, operate(lw, operator, target, right, type, s.span), s.span);
}

function lowerIf(lw: Lowering, s: ast.IfStatement): void {
  const condition = lowerBool(lw, s.condition);
  if (isConst(condition)) {
    if (condition.value) lowerStatement(lw, s.thenBranch);
    else if (s.elseBranch) lowerStatement(lw, s.elseBranch);
    return;
  }
  const then = lw.collect(() => lowerStatement(lw, s.thenBranch));
  const otherwise = lw.collect(() => s.elseBranch && lowerStatement(lw, s.elseBranch));
  if (then.length === 0 && otherwise.length === 0) return;
  const unlikely = unlikelyBranch(s);
  if (then.length > 0) {
    lw.emit({ kind: 'if', condition, then, else: otherwise, ...(unlikely && { unlikely }), span: s.span });
    return;
  }
  const opposite = unlikely && (unlikely === 'then' ? 'else' : 'then');
  lw.emit({
    kind: 'if',
    condition: not(condition),
    then: otherwise,
    else: [],
    ...(opposite && { unlikely: opposite }),
    span: s.span,
  });
}

/** The branch that is annotated `@unlikely`, or whose other one is `@likely`. */
function unlikelyBranch(s: ast.IfStatement): 'then' | 'else' | undefined {
  const has = (branch: ast.Statement | undefined, name: string): boolean =>
    branch?.kind === 'block' && branch.annotations.some((a) => a.name === name);
  if (has(s.thenBranch, 'unlikely') || has(s.elseBranch, 'likely')) return 'then';
  if (has(s.elseBranch, 'unlikely') || has(s.thenBranch, 'likely')) return 'else';
  return undefined;
}

interface Group {
  readonly labels: ast.SwitchCase['label'][];
  readonly body: ast.BlockStatement | undefined;
}

/** Labels without a body share the next one (fall through). */
function groupsOf(cases: readonly ast.SwitchCase[]): Group[] {
  const groups: Group[] = [];
  let labels: ast.SwitchCase['label'][] = [];
  for (const c of cases) {
    labels.push(c.label);
    if (!c.body) continue;
    groups.push({ labels, body: c.body });
    labels = [];
  }
  return groups;
}

function lowerSwitch(lw: Lowering, s: ast.SwitchStatement): void {
  const type = lw.typeOf(s.expression);
  const isActionRun = type.kind === 'actionRun' && s.expression.kind === 'member';
  let value: ir.Expr;
  let labelValue: (label: ast.Expression) => bigint | undefined;
  if (isActionRun && s.expression.kind === 'member' && s.expression.object.kind === 'call') {
    const table = tableOf(lw, type.declaration);
    const actionRun = lw.newVar('$action_run', 16);
    lowerApply(lw, type.declaration, { actionRun: actionRun.id }, s.expression.span);
    value = actionRun;
    labelValue = (label) => {
      const referent = label.kind === 'path' ? lw.checked.referentOf(label) : undefined;
      const index = table?.actions.findIndex((a) => a.declaration === referent) ?? -1;
      return index < 0 ? undefined : BigInt(index);
    };
  } else {
    value = lowerScalar(lw, s.expression, type);
    labelValue = (label) => {
      const v = lowerScalar(lw, label, type);
      return isConst(v) ? v.value : undefined;
    };
  }
  const cases: { values: bigint[]; body: readonly ir.Stmt[] }[] = [];
  let otherwise: readonly ir.Stmt[] = [];
  for (const group of groupsOf(s.cases)) {
    const { body } = group;
    const stmts = lw.collect(() => body && lowerStatement(lw, body));
    const values = group.labels.flatMap((l) => (l.kind === 'default' ? [] : [labelValue(l)])).filter((v) => v !== undefined);
    if (group.labels.some((l) => l.kind === 'default')) otherwise = stmts;
    if (values.length) cases.push({ values, body: stmts });
  }
  const needed = cases.filter((c) => c.body.length > 0 || otherwise.length > 0);
  if (needed.length === 0 && otherwise.length === 0) return;
  lw.emit({ kind: 'switch', value, cases: needed, default: otherwise, span: s.span });
}
