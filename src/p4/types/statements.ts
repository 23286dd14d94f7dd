/**
 * Statements (P4-16 §12): assignments, conditions, switch, loops, returns, and the declarations among them.
 */
import type * as ast from '../syntax/ast.ts';
import { coerce } from './coerce.ts';
import { equalValues, evaluate } from './constants.ts';
import { checkInstantiation } from './constructors.ts';
import { type Context, declaredHere, didYouMean } from './context.ts';
import { checkConstant, checkVariable } from './declarations.ts';
import { checkAgainst, checkCondition, checkExpression } from './expressions.ts';
import { checkLvalue } from './members.ts';
import { binaryType } from './operators.ts';
import { assertNever, poisonType, printType } from './relations.ts';
import { findAction } from './tables.ts';
import { describeType } from './typerefs.ts';
import type { Type } from './types.ts';

/** Statements of a block, in a scope of their own. */
export function checkBlock(cx: Context, block: ast.BlockStatement): void {
  cx.inScope(() => checkStatements(cx, block.statements));
}

export function checkStatements(cx: Context, statements: readonly ast.Statement[]): void {
  for (const s of statements) checkStatement(cx, s);
}

export function checkStatement(cx: Context, s: ast.Statement): void {
  cx.nested(s.span, undefined, () => dispatch(cx, s));
}

function dispatch(cx: Context, s: ast.Statement): void {
  switch (s.kind) {
    case 'block':
      checkBlock(cx, s);
      break;
    case 'empty':
      return;
    case 'assignment':
      checkAssignment(cx, s);
      break;
    case 'callStatement':
      checkExpression(cx, s.call);
      return;
    case 'if':
      checkCondition(cx, s.condition, "condition of 'if'");
      cx.inScope(() => checkStatement(cx, s.thenBranch));
      if (s.elseBranch) {
        const { elseBranch } = s;
        cx.inScope(() => checkStatement(cx, elseBranch));
      }
      return;
    case 'switch':
      checkSwitch(cx, s);
      break;
    case 'for':
      cx.inScope(() => checkFor(cx, s));
      break;
    case 'forIn':
      cx.inScope(() => checkForIn(cx, s));
      break;
    case 'break':
    case 'continue':
      if (!cx.place.inLoop) cx.error('outside-loop', s.span, `'${s.kind}' can only be used in a loop`);
      return;
    case 'exit':
      if (cx.place.kind === 'state' || cx.place.kind === 'function') {
        cx.error('exit-not-allowed', s.span, `'exit' cannot be used in a ${cx.place.kind === 'state' ? 'parser' : 'function'}`);
      }
      return;
    case 'return':
      checkReturn(cx, s);
      break;
    case 'declarationStatement':
      checkDeclarationStatement(cx, s.declaration);
      break;
    default:
      assertNever(s);
  }
}

function checkDeclarationStatement(cx: Context, d: ast.DeclarationStatement['declaration']): void {
  switch (d.kind) {
    case 'variable':
      checkVariable(cx, d);
      break;
    case 'constant':
      checkConstant(cx, d);
      break;
    case 'instantiation':
      checkInstantiation(cx, d);
      break;
    default:
      assertNever(d);
  }
}

function checkAssignment(cx: Context, s: ast.AssignmentStatement): void {
  const left = checkExpression(cx, s.left);
  const right = checkExpression(cx, s.right);
  if (!checkLvalue(cx, s.left, 'be assigned to')) return;
  if (left.kind === 'poison' || right.kind === 'poison') return;
  if (left.kind === 'extern' || left.kind === 'block' || left.kind === 'table' || left.kind === 'function') {
    cx.error('not-an-lvalue', s.left.span, `${describeType(left)} cannot be assigned to`);
    return;
  }
  if (!s.operator) {
    coerce(cx, s.right, left, 'assigned value');
    return;
  }
  const type = binaryType(cx, s.operator, s.left, s.right, s);
  if (type.kind === 'poison' || type.kind === left.kind) {
    if (type.kind === 'bits' && left.kind === 'bits' && type.width !== left.width)
      cx.typeMismatch(s.span, `result of '${s.operator}='`, left, type);
    return;
  }
  cx.typeMismatch(s.span, `result of '${s.operator}='`, left, type);
}

function checkReturn(cx: Context, s: ast.ReturnStatement): void {
  const value = s.value && checkExpression(cx, s.value);
  const { kind, returnType } = cx.place;
  if (kind === 'state' || kind === 'parser') {
    cx.error('return-not-allowed', s.span, "'return' cannot be used in a parser");
    return;
  }
  const expected: Type = returnType ?? { kind: 'void' };
  if (expected.kind === 'poison') return;
  const where = kind === 'apply' ? 'an apply block' : kind === 'action' ? 'an action' : 'a void function';
  if (s.value && value && expected.kind === 'void') {
    if (value.kind !== 'poison')
      cx.error('unexpected-return-value', s.value.span, `${where} returns no value, found '${printType(value)}'`);
  } else if (s.value) coerce(cx, s.value, expected, 'returned value');
  else if (expected.kind !== 'void')
    cx.error('missing-return-value', s.span, `'return' needs a value of type '${printType(expected)}'`);
}

function checkFor(cx: Context, s: ast.ForStatement): void {
  checkStatements(cx, s.init);
  checkCondition(cx, s.condition, "condition of 'for'");
  cx.at({ inLoop: true }, () => {
    checkStatements(cx, s.update);
    cx.inScope(() => checkStatement(cx, s.body));
  });
}

function checkForIn(cx: Context, s: ast.ForInStatement): void {
  const collection = checkExpression(cx, s.collection);
  const element = elementOf(collection);
  if (!element && collection.kind !== 'poison') {
    cx.error('not-iterable', s.collection.span, `'for' runs over a range, a list or a stack, found '${printType(collection)}'`);
  }
  let type: Type;
  if (s.variable.kind === 'variable') {
    checkVariable(cx, s.variable);
    type = cx.typeOfDeclaration(s.variable);
  } else {
    type = checkExpression(cx, s.variable);
    checkLvalue(cx, s.variable, 'be the variable of a loop');
  }
  if (element) checkElement(cx, s, element, type);
  cx.at({ inLoop: true }, () => cx.inScope(() => checkStatement(cx, s.body)));
}

function elementOf(type: Type): Type | undefined {
  return type.kind === 'set' || type.kind === 'list' || type.kind === 'stack' ? type.element : undefined;
}

function checkElement(cx: Context, s: ast.ForInStatement, element: Type, type: Type): void {
  if (s.collection.kind === 'range') {
    const fine = coerce(cx, s.collection.low, type, 'lower bound');
    if (fine) coerce(cx, s.collection.high, type, 'upper bound');
  } else if (element.kind !== 'infint' || type.kind !== 'bits') {
    if (type.kind !== 'poison' && element.kind !== 'poison' && printType(type) !== printType(element))
      cx.typeMismatch(s.collection.span, 'elements', type, element);
  }
}

// ---------------------------------------------------------------- switch

function checkSwitch(cx: Context, s: ast.SwitchStatement): void {
  const type = checkExpression(cx, s.expression);
  if (cx.place.kind === 'action' && type.kind === 'actionRun')
    cx.error('call-not-allowed', s.expression.span, "'action_run' cannot be used in an action");
  let defaultLabel: ast.SwitchCase['label'] | undefined;
  const seen: ast.Expression[] = [];
  for (const c of s.cases) {
    if (c.label.kind === 'default') {
      if (defaultLabel) {
        cx.error('duplicate-label', c.label.span, "'switch' has two 'default' labels", {
          notes: [{ message: 'the first one is here', span: defaultLabel.span }],
        });
      }
      defaultLabel ??= c.label;
    } else {
      if (defaultLabel) cx.error('label-after-default', c.label.span, "no label can follow 'default' in a 'switch'");
      if (type.kind === 'actionRun') checkActionLabel(cx, c.label, type.declaration, seen);
      else checkValueLabel(cx, c.label, type, seen);
    }
    if (c.body) checkBlock(cx, c.body);
  }
  const last = s.cases.at(-1);
  if (last && !last.body)
    cx.warning('empty-case', last.label.span, 'this is the last label of the switch, and it has no statements');
  if (type.kind !== 'poison' && type.kind !== 'actionRun' && !isSwitchable(type)) {
    cx.error('bad-switch', s.expression.span, `'switch' cannot choose by a value of type '${printType(type)}'`);
  }
}

function isSwitchable(type: Type): boolean {
  switch (type.kind) {
    case 'bits':
    case 'bool':
    case 'enum':
    case 'serEnum':
    case 'error':
    case 'infint':
      return true;
    case 'newtype':
      return isSwitchable(type.underlying);
    default:
      return false;
  }
}

function checkActionLabel(cx: Context, label: ast.Expression, table: ast.TableDeclaration, seen: ast.Expression[]): void {
  if (label.kind !== 'path') {
    cx.error('bad-label', label.span, "a label here must be the name of an action or 'default'");
    return;
  }
  const actions = table.properties.flatMap((p) => (p.kind === 'actionsProperty' ? p.actions : []));
  const action = actions.find((a) => a.path.name.name === label.name.name);
  if (!action) {
    cx.error('unknown-action', label.span, `table '${table.name.name}' has no action '${label.name.name}'`, {
      ...didYouMean(
        label.name.name,
        actions.map((a) => a.path.name.name),
      ),
      notes: [declaredHere(table)],
    });
    return;
  }
  const declaration = findAction(cx, action);
  if (declaration) {
    cx.referents.set(label, declaration);
    cx.referents.set(label.name, declaration);
  }
  const before = seen.find((l) => l.kind === 'path' && l.name.name === label.name.name);
  if (before) duplicateLabel(cx, label, before, label.name.name);
  seen.push(label);
}

function checkValueLabel(cx: Context, label: ast.Expression, type: Type, seen: ast.Expression[]): void {
  if (!checkAgainst(cx, label, type, 'label') || (cx.types.get(label) ?? poisonType).kind === 'poison') return;
  const value = evaluate(cx, label);
  if (!value) {
    cx.error('not-constant', label.span, 'a label must be known at compile time');
    return;
  }
  const before = seen.find((l) => {
    const other = evaluate(cx, l);
    return other !== undefined && equalValues(other, value);
  });
  if (before) duplicateLabel(cx, label, before, label.span.file.text.slice(label.span.start, label.span.end));
  seen.push(label);
}

function duplicateLabel(cx: Context, label: ast.Expression, before: ast.Expression, text: string): void {
  cx.error('duplicate-label', label.span, `'switch' has two labels '${text}'`, {
    notes: [{ message: 'the first one is here', span: before.span }],
  });
}

// ---------------------------------------------------------------- ends of control flow

/** Does every path through the statement end in `return` or `exit`? */
export function alwaysReturns(s: ast.Statement): boolean {
  switch (s.kind) {
    case 'return':
    case 'exit':
      return true;
    case 'block':
      return s.statements.some(alwaysReturns);
    case 'if':
      return s.elseBranch !== undefined && alwaysReturns(s.thenBranch) && alwaysReturns(s.elseBranch);
    case 'switch':
      return (
        s.cases.some((c) => c.label.kind === 'default') &&
        s.cases.every((c, i) => (c.body ? alwaysReturns(c.body) : i < s.cases.length - 1))
      );
    case 'empty':
    case 'assignment':
    case 'callStatement':
    case 'for':
    case 'forIn':
    case 'break':
    case 'continue':
    case 'declarationStatement':
      return false;
    default:
      return assertNever(s);
  }
}
