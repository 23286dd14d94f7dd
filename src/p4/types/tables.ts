/**
 * Tables (P4-16 §14.2): keys and match kinds, the action list with the arguments it binds, default action, entries, size. What an
 * architecture allows beyond that (custom properties) is its own affair: other properties are only typed.
 */
import type * as ast from '../syntax/ast.ts';
import { actionCall, type ListedAction, listAction } from './actionrefs.ts';
import { isCompileTime } from './compiletime.ts';
import { integerConstant } from './constants.ts';
import { type Context, didYouMean } from './context.ts';
import { checkEntries } from './entries.ts';
import { checkExpression } from './expressions.ts';
import { isSelectable } from './keysets.ts';
import { printType } from './relations.ts';
import { nameOf } from './scope.ts';
import type { Type } from './types.ts';

/** A key of a table: what entries are compared with. */
export interface Key {
  readonly type: Type;
  /** Name of the match kind. */
  readonly matchKind: string;
}

export function checkTable(cx: Context, table: ast.TableDeclaration): void {
  cx.at({ kind: 'table' }, () => checkProperties(cx, table));
  cx.declarationTypes.set(table, { kind: 'table', declaration: table });
  cx.declare(table);
}

function checkProperties(cx: Context, table: ast.TableDeclaration): void {
  reportRepeated(cx, table);
  let keys: Key[] | undefined;
  let listed: ListedAction[] | undefined;
  for (const p of table.properties) {
    if (p.kind === 'keyProperty') keys ??= p.elements.map((e) => checkKey(cx, table, e));
    else if (p.kind === 'actionsProperty') listed ??= checkActions(cx, p);
  }
  if (!listed) cx.error('missing-actions', table.name.span, `table '${table.name.name}' has no 'actions'`);
  if (!table.properties.some((p) => p.kind === 'expressionProperty' && p.name.name === 'default_action'))
    checkNoAction(cx, table);
  let keySeen = false;
  let actionsSeen = false;
  for (const p of table.properties) {
    switch (p.kind) {
      case 'keyProperty':
        keySeen = true;
        break;
      case 'actionsProperty':
        actionsSeen = true;
        break;
      case 'entriesProperty':
        if (keys && !keySeen) cx.error('entries-before-key', p.span, "'entries' must follow 'key'");
        checkEntries(cx, table, p, keys, listed ?? []);
        break;
      case 'expressionProperty':
        if (p.name.name === 'default_action' && listed && !actionsSeen)
          cx.error('property-order', p.span, "'default_action' must follow 'actions'");
        checkProperty(cx, table, p, listed);
        break;
    }
  }
}

/** Without `default_action` a miss runs the core library's `NoAction` (P4-16 §14.2.1.3): something else of that name will not do. */
function checkNoAction(cx: Context, table: ast.TableDeclaration): void {
  const [found] = cx.global.own('NoAction');
  if (!found || (found.kind === 'action' && found.parameters.length === 0) || cx.reported.has(found)) return;
  cx.reported.add(found);
  cx.error('bad-no-action', nameOf(found).span, "'NoAction' must be an action without parameters: a table's miss runs it", {
    help: 'is core.p4 included?',
    notes: [{ message: `table '${table.name.name}' has no 'default_action'`, span: table.name.span }],
  });
}

function reportRepeated(cx: Context, table: ast.TableDeclaration): void {
  const seen = new Map<string, ast.TableProperty>();
  for (const p of table.properties) {
    const name = p.kind === 'expressionProperty' ? p.name.name : p.kind.replace('Property', '');
    const before = seen.get(name);
    if (before)
      cx.error('duplicate-property', p.span, `table '${table.name.name}' has '${name}' twice`, {
        notes: [{ message: 'the first one is here', span: before.span }],
      });
    else seen.set(name, p);
  }
}

// ---------------------------------------------------------------- keys

function checkKey(cx: Context, table: ast.TableDeclaration, element: ast.KeyElement): Key {
  const root = rootOf(element.expression);
  const type =
    root?.name.name === table.name.name && !root.isGlobal
      ? cx.fail('self-reference', root.span, `'${root.name.name}' is the table itself here, and cannot be its key`)
      : checkExpression(cx, element.expression);
  const { name, span } = element.matchKind;
  const member = cx.matchKindMembers.get(name);
  if (member) cx.referents.set(element.matchKind, member);
  else cx.error('unknown-match-kind', span, `match kind '${name}' is not declared`, didYouMean(name, cx.matchKindMembers.keys()));
  if (type.kind === 'poison') return { type, matchKind: name };
  if (isCompileTime(cx, element.expression))
    cx.warning('constant-key', element.expression.span, 'this key has the same value for every packet');
  if (!isKeyType(type)) {
    return {
      type: cx.fail('bad-key-type', element.expression.span, `a table key cannot have type '${printType(type)}'`),
      matchKind: name,
    };
  }
  if ((name === 'lpm' || name === 'range') && !isOrdered(type)) {
    cx.error(
      'bad-key-type',
      element.expression.span,
      `a key of match kind '${name}' must be an integer with a width, found '${printType(type)}'`,
    );
  }
  if (!isNameable(element.expression) && !element.annotations.some((a) => a.name === 'name')) {
    cx.error('unnamed-key', element.expression.span, 'this key needs a name for the control plane', { help: 'add @name("…")' });
  }
  return { type, matchKind: name };
}

/** The name that an lvalue begins with. */
function rootOf(e: ast.Expression): ast.PathExpression | undefined {
  if (e.kind === 'path') return e;
  return e.kind === 'member' || e.kind === 'index' || e.kind === 'slice' ? rootOf(e.object) : undefined;
}

function isKeyType(type: Type): boolean {
  return type.kind === 'varbit' || (type.kind !== 'tuple' && type.kind !== 'unknownStruct' && isSelectable(type));
}

function isOrdered(type: Type): boolean {
  if (type.kind === 'newtype' || type.kind === 'serEnum') return isOrdered(type.underlying);
  return type.kind === 'bits' || type.kind === 'varbit' || type.kind === 'typeVar';
}

/** Can the control plane's name of a key be made from the expression (P4-16 §14.2.1.1, §18.3.1.3)? */
function isNameable(e: ast.Expression): boolean {
  switch (e.kind) {
    case 'path':
    case 'integer':
      return true;
    case 'member':
      return isNameable(e.object);
    case 'index':
      return isNameable(e.object);
    case 'slice':
      return isNameable(e.object);
    case 'call':
      return e.callee.kind === 'member' && e.args.length === 0 && isNameable(e.callee.object);
    case 'binary':
      return e.operator === '&' && (isNameable(e.left) || isNameable(e.right));
    case 'cast':
      return isNameable(e.operand);
    default:
      return false;
  }
}

// ---------------------------------------------------------------- actions

function checkActions(cx: Context, property: ast.ActionsProperty): ListedAction[] {
  const listed: ListedAction[] = [];
  for (const ref of property.actions) {
    const entry = listAction(cx, ref);
    if (!entry) continue;
    const before = listed.find((l) => l.declaration === entry.declaration || l.ref.path.name.name === ref.path.name.name);
    if (before)
      cx.error('duplicate-declaration', ref.span, `action '${ref.path.name.name}' is listed twice`, {
        notes: [{ message: 'the first one is here', span: before.ref.span }],
      });
    else listed.push(entry);
  }
  return listed;
}

/** The action an entry of an action list names, if it was found. */
export function findAction(cx: Context, ref: ast.ActionRef): ast.ActionDeclaration | undefined {
  const referent = cx.referents.get(ref);
  return referent?.kind === 'action' ? referent : undefined;
}

function checkProperty(
  cx: Context,
  table: ast.TableDeclaration,
  p: ast.ExpressionProperty,
  listed: ListedAction[] | undefined,
): void {
  if (p.name.name === 'default_action') {
    checkDefaultAction(cx, table, p, listed);
    return;
  }
  const outer = cx.constructing;
  cx.constructing = true;
  const type = checkExpression(cx, p.value);
  cx.constructing = outer;
  if (type.kind === 'poison') return;
  if (p.name.name === 'size') {
    const fine = (type.kind === 'infint' || type.kind === 'bits') && isCompileTime(cx, p.value);
    if (!fine) cx.error('bad-property', p.value.span, `'size' must be an integer known at compile time`);
    else if ((integerConstant(cx, p.value) ?? 1n) < 0n)
      cx.error('bad-property', p.value.span, `'size' cannot be negative, found ${integerConstant(cx, p.value)}`);
  } else if (p.name.name === 'largest_priority_wins') {
    if (type.kind !== 'bool')
      cx.error('bad-property', p.value.span, `'largest_priority_wins' must be of type 'bool', found '${printType(type)}'`);
  } else if (p.name.name === 'priority_delta') {
    const value = integerConstant(cx, p.value);
    if (value === undefined || value <= 0n)
      cx.error('bad-property', p.value.span, "'priority_delta' must be a positive integer known at compile time");
  }
}

function checkDefaultAction(
  cx: Context,
  table: ast.TableDeclaration,
  p: ast.ExpressionProperty,
  listed: ListedAction[] | undefined,
): void {
  const { value } = p;
  const path = value.kind === 'call' ? value.callee : value;
  if (path.kind !== 'path') {
    cx.error('not-an-action', value.span, "'default_action' must name an action");
    return;
  }
  const args = value.kind === 'call' ? value.args : [];
  if (listed) actionCall(cx, table, value, path, args, listed, { isDefault: true });
}
