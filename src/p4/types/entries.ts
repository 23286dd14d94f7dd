/**
 * Entries in the program's text (P4-16 §14.2.1.4): keys known at compile time, no two alike, and their priorities.
 *
 * Which keysets a match kind can hold (a mask, a range, `_`) is checked where a table is lowered: match kinds belong to architectures.
 */
import type * as ast from '../syntax/ast.ts';
import { actionCall, type ListedAction } from './actionrefs.ts';
import { isCompileTime } from './compiletime.ts';
import { evaluate, integerConstant } from './constants.ts';
import type { Context } from './context.ts';
import { checkExpression } from './expressions.ts';
import { checkKeysets, isWildcard } from './keysets.ts';
import type { Key } from './tables.ts';

/** Checks all entries of a table. `keys` is absent for a table without key. */
export function checkEntries(
  cx: Context,
  table: ast.TableDeclaration,
  property: ast.EntriesProperty,
  keys: readonly Key[] | undefined,
  listed: readonly ListedAction[],
): void {
  if (!keys || keys.length === 0) {
    if (property.entries.length === 0) return;
    cx.error('entries-without-key', table.name.span, `table '${table.name.name}' has entries but no key`, {
      notes: [{ message: 'the entries are here', span: property.span }],
    });
    return;
  }
  checkPriorities(cx, table, property, keys);
  for (const entry of property.entries) {
    if (entry.priority) checkPriority(cx, property, entry.priority);
    const span = entry.keysets.length === 1 ? entry.keysets[0]!.span : entry.span;
    const fine = checkKeysets(
      cx,
      entry.keysets,
      keys.map((k) => k.type),
      span,
    );
    if (fine) checkConstant(cx, entry.keysets);
    actionCall(cx, table, entry.action, entry.action.path, entry.action.args ?? [], listed, { isDefault: false });
  }
  if (keys.every((k) => k.matchKind === 'exact')) reportDuplicates(cx, property);
}

/** Two entries of exact keys with the same values: the second could never match. */
function reportDuplicates(cx: Context, property: ast.EntriesProperty): void {
  const seen = new Map<string, ast.TableEntry>();
  for (const entry of property.entries) {
    const values = entry.keysets.map((k) => (isWildcard(k) ? undefined : integerConstant(cx, k)));
    if (values.includes(undefined)) continue;
    const key = values.join();
    const before = seen.get(key);
    if (before) {
      cx.error('duplicate-entry', entry.span, 'an entry with the same key stands before this one', {
        notes: [{ message: 'it is here', span: before.span }],
      });
    } else seen.set(key, entry);
  }
}

/** Priorities are for keys that several entries can match; either the first entry has one or none has. */
function checkPriorities(cx: Context, table: ast.TableDeclaration, property: ast.EntriesProperty, keys: readonly Key[]): void {
  const given = property.entries.find((e) => e.priority);
  if (!given?.priority || property.isConst) return;
  if (keys.every((k) => k.matchKind === 'exact' || k.matchKind === 'lpm')) {
    cx.error('unexpected-priority', given.priority.span, "entries have no priority when all keys are 'exact' or 'lpm'");
  } else if (given !== property.entries[0]) {
    cx.error('missing-priority', property.entries[0]!.span, 'the first entry needs a priority because a later one has one', {
      notes: [{ message: 'a priority is given here', span: given.priority.span }],
    });
  } else checkComputedPriorities(cx, table, property);
}

const maxPriority = 0x7fff_ffffn;

/** An entry without priority takes that of the entry before, changed by `priority_delta`: the result must be one. */
function checkComputedPriorities(cx: Context, table: ast.TableDeclaration, property: ast.EntriesProperty): void {
  const named = (name: string): ast.Expression | undefined =>
    table.properties.find((p): p is ast.ExpressionProperty => p.kind === 'expressionProperty' && p.name.name === name)?.value;
  const constantOf = (e: ast.Expression | undefined): bigint | undefined => {
    if (e && checkExpression(cx, e).kind !== 'poison') return integerConstant(cx, e);
    return undefined;
  };
  const largest = named('largest_priority_wins');
  const order = largest && checkExpression(cx, largest).kind === 'bool' ? evaluate(cx, largest) : undefined;
  const isDescending = order?.kind !== 'boolean' || order.value;
  const delta = constantOf(named('priority_delta')) ?? 1n;
  let before: bigint | undefined;
  for (const entry of property.entries) {
    const step: bigint | undefined = before === undefined ? undefined : isDescending ? before - delta : before + delta;
    const priority: bigint | undefined = entry.priority ? constantOf(entry.priority) : step;
    if (priority === undefined) return;
    if (priority < 0n || priority > maxPriority) {
      const how = entry.priority ? '' : `: ${before} of the entry before, ${isDescending ? 'less' : 'plus'} ${delta}`;
      cx.error(
        'priority-out-of-range',
        entry.priority?.span ?? entry.span,
        `priority ${priority} of this entry is not between 0 and ${maxPriority}${how}`,
      );
      return;
    }
    before = priority;
  }
}

function checkPriority(cx: Context, property: ast.EntriesProperty, priority: ast.Expression): void {
  const type = checkExpression(cx, priority);
  if (type.kind === 'poison') return;
  if (property.isConst) cx.error('unexpected-priority', priority.span, "'const entries' take their priority from their order");
  else if (integerConstant(cx, priority) === undefined)
    cx.error('not-constant', priority.span, 'a priority must be an integer known at compile time');
}

function checkConstant(cx: Context, keysets: readonly ast.Keyset[]): void {
  for (const keyset of keysets) {
    if (!isWildcard(keyset) && !isCompileTime(cx, keyset))
      cx.error('not-constant', keyset.span, 'the keys of an entry must be known at compile time');
  }
}
