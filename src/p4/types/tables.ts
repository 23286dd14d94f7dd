/**
 * Tables (P4-16 §14.2): keys and match kinds, the action list with the arguments it binds, default action, entries, size. What an
 * architecture allows beyond that (custom properties) is its own affair: other properties are only typed.
 */
import type * as ast from '../syntax/ast.ts';
import { actionCall, type ListedAction, listAction } from './actionrefs.ts';
import { isCompileTime } from './compiletime.ts';
import { integerConstant } from './constants.ts';
import { type Context, didYouMean } from './context.ts';
import { checkExpression } from './expressions.ts';
import { checkKeysets, isSelectable, isWildcard } from './keysets.ts';
import { printType } from './relations.ts';
import type { Type } from './types.ts';

interface Key {
  readonly type: Type;
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
    if (p.kind === 'keyProperty') keys ??= p.elements.map((e) => checkKey(cx, e));
    else if (p.kind === 'actionsProperty') listed ??= checkActions(cx, p);
  }
  if (!listed) cx.error('missing-actions', table.name.span, `table '${table.name.name}' has no 'actions'`);
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

function checkKey(cx: Context, element: ast.KeyElement): Key {
  const type = checkExpression(cx, element.expression);
  const { name, span } = element.matchKind;
  const member = cx.matchKindMembers.get(name);
  if (member) cx.referents.set(element.matchKind, member);
  else cx.error('unknown-match-kind', span, `match kind '${name}' is not declared`, didYouMean(name, cx.matchKindMembers.keys()));
  if (type.kind === 'poison') return { type, matchKind: name };
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

// ---------------------------------------------------------------- entries

function checkEntries(
  cx: Context,
  table: ast.TableDeclaration,
  property: ast.EntriesProperty,
  keys: readonly Key[] | undefined,
  listed: readonly ListedAction[],
): void {
  if (!keys || keys.length === 0) {
    if (property.entries.length === 0) return;
    cx.error('entries-without-key', property.span, `table '${table.name.name}' has entries but no key`);
    return;
  }
  checkPriorities(cx, property, keys);
  for (const entry of property.entries) {
    if (entry.priority) checkPriority(cx, property, entry.priority);
    const span = entry.keysets.length === 1 ? entry.keysets[0]!.span : entry.span;
    const fine = checkKeysets(
      cx,
      entry.keysets,
      keys.map((k) => k.type),
      span,
    );
    if (fine) checkMatchKinds(cx, entry.keysets, keys);
    actionCall(cx, table, entry.action, entry.action.path, entry.action.args ?? [], listed, { isDefault: false });
  }
}

/** Priorities are for keys that several entries can match; either the first entry has one or none has. */
function checkPriorities(cx: Context, property: ast.EntriesProperty, keys: readonly Key[]): void {
  const given = property.entries.find((e) => e.priority);
  if (!given?.priority || property.isConst) return;
  if (keys.every((k) => k.matchKind === 'exact' || k.matchKind === 'lpm')) {
    cx.error('unexpected-priority', given.priority.span, "entries have no priority when all keys are 'exact' or 'lpm'");
  } else if (given !== property.entries[0]) {
    cx.error('missing-priority', property.entries[0]!.span, 'the first entry needs a priority because a later one has one', {
      notes: [{ message: 'a priority is given here', span: given.priority.span }],
    });
  }
}

function checkPriority(cx: Context, property: ast.EntriesProperty, priority: ast.Expression): void {
  const type = checkExpression(cx, priority);
  if (type.kind === 'poison') return;
  if (property.isConst) cx.error('unexpected-priority', priority.span, "'const entries' take their priority from their order");
  else if (integerConstant(cx, priority) === undefined)
    cx.error('not-constant', priority.span, 'a priority must be an integer known at compile time');
}

/** Which keysets a match kind can hold, as far as the core library defines it. */
function checkMatchKinds(cx: Context, keysets: readonly ast.Keyset[], keys: readonly Key[]): void {
  if (keysets.length !== keys.length) return;
  for (const [i, keyset] of keysets.entries()) {
    const { matchKind } = keys[i]!;
    if (keyset.kind === 'mask' && (matchKind === 'exact' || matchKind === 'optional' || matchKind === 'range')) {
      cx.error('bad-keyset', keyset.span, `a key of match kind '${matchKind}' cannot have a mask`);
    } else if (keyset.kind === 'range' && matchKind !== 'range' && ['exact', 'lpm', 'ternary', 'optional'].includes(matchKind)) {
      cx.error('bad-keyset', keyset.span, `a key of match kind '${matchKind}' cannot have a range`);
    } else if (isWildcard(keyset) && matchKind === 'exact') {
      cx.error(
        'bad-keyset',
        keyset.span,
        `a key of match kind 'exact' needs a value, found '${keyset.kind === 'default' ? 'default' : '_'}'`,
      );
    } else if (keyset.kind === 'mask' && matchKind === 'lpm') checkPrefix(cx, keyset, keys[i]!.type);
    if (!isWildcard(keyset) && !isCompileTime(cx, keyset)) {
      cx.error('not-constant', keyset.span, 'the keys of an entry must be known at compile time');
    }
  }
}

/** The mask of an lpm key is ones followed by zeros. */
function checkPrefix(cx: Context, keyset: ast.MaskExpression, type: Type): void {
  const mask = integerConstant(cx, keyset.mask);
  if (mask === undefined || mask < 0n || type.kind !== 'bits') return;
  const hole = ((1n << BigInt(type.width)) - 1n) ^ BigInt.asUintN(type.width, mask);
  if ((hole & (hole + 1n)) !== 0n)
    cx.error('bad-keyset', keyset.mask.span, "the mask of an 'lpm' key must be ones followed by zeros");
}
