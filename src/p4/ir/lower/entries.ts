/**
 * Entries that the program itself puts into a table, and their priorities (P4-16 §14.2.1.4).
 *
 * In the IR the higher priority wins. Const entries take it from their order, first wins; others have their own, or that of the entry before
 * changed by `priority_delta`. Where the program says that the smallest wins, priorities are mirrored. Before entries could have a priority, programs
 * for BMv2 wrote `@priority(n)` behind them: there the smallest wins, and an entry without it has its position, 1 first.
 */
import { annotationInteger } from '../../arch/shared.ts';
import type * as ast from '../../syntax/ast.ts';
import type { Type } from '../../types/types.ts';
import { assertNever, isConst } from '../build.ts';
import type * as ir from '../ir.ts';
import { lower, lowerInteger } from './expressions.ts';
import type { TableInstance } from './items.ts';
import { isExpression } from './keysets.ts';
import type { Lowering } from './lowering.ts';
import { read } from './reading.ts';
import { scalarWidth } from './scalars.ts';
import { constantArguments } from './tables.ts';

export function lowerEntries(
  lw: Lowering,
  table: TableInstance,
  keys: readonly ir.TableKey[],
  property: ast.EntriesProperty,
  order: { readonly largestWins: boolean; readonly delta: bigint },
): ir.Table['entries'] {
  const keyElements = table.declaration.properties.find((p) => p.kind === 'keyProperty')?.elements ?? [];
  const types = keyElements.map((k) => lw.typeOf(k.expression));
  const priorities = prioritiesOf(lw, property, order);
  const entries: ir.Table['entries'][number][] = [];
  property.entries.forEach((entry, i) => {
    const call = lw.checked.callOf(entry.action);
    const action = table.actions.find((a) => call.kind === 'action' && a.declaration === call.declaration);
    if (call.kind !== 'action' || !action) return;
    const keysets = entry.keysets.length === 1 && keys.length > 1 ? spread(entry.keysets[0]!, keys.length) : entry.keysets;
    const matches = keys.map((key, k) => keyMatch(lw, key, types[k]!, keysets[k]!));
    if (matches.includes(undefined)) return;
    entries.push({
      matches: matches as ir.KeyMatch[],
      call: { action: action.id, args: constantArguments(lw, call.args, entry.span) },
      priority: priorities[i]!,
      isConst: property.isConst || entry.isConst,
    });
  });
  return entries;
}

/** A lone `default` or `_` stands for all keys; a list has one keyset per key. */
function spread(set: ast.Keyset, count: number): readonly ast.Keyset[] {
  if (set.kind === 'list') return set.elements;
  return Array.from({ length: count }, () => set);
}

function prioritiesOf(lw: Lowering, property: ast.EntriesProperty, order: { largestWins: boolean; delta: bigint }): number[] {
  const { entries } = property;
  const annotated = entries.map((e) => annotationInteger(lw, e.annotations, 'priority'));
  if (annotated.some((n) => n !== undefined)) {
    const numbers = annotated.map((n, i) => n ?? i + 1);
    const top = Math.max(...numbers);
    return numbers.map((n) => top + 1 - n);
  }
  if (property.isConst || !entries.some((e) => e.priority)) return entries.map((_, i) => entries.length - i);
  const own: bigint[] = [];
  for (const [i, e] of entries.entries()) {
    const given = e.priority && lowerInteger(lw, e.priority);
    const before = own[i - 1] ?? 0n;
    own.push(given ?? (order.largestWins ? before - order.delta : before + order.delta));
  }
  let top = 0n;
  for (const p of own) if (p > top) top = p;
  return own.map((p) => Number(order.largestWins ? p : top + 1n - p));
}

function keyMatch(lw: Lowering, key: ir.TableKey, type: Type, set: ast.Keyset): ir.KeyMatch | undefined {
  const all = (1n << BigInt(key.width)) - 1n;
  const constantValue = (e: ast.Expression): bigint => {
    const expr = read(lw, lower(lw, e, type), scalarWidth(type) ?? 1, e.span);
    if (!isConst(expr)) lw.error('not-constant', e.span, 'the keys of an entry must be known at compile time');
    return isConst(expr) ? expr.value : 0n;
  };
  const refusedForms: readonly string[] = {
    exact: ['range'],
    lpm: ['range'],
    ternary: ['range'],
    optional: ['mask', 'range'],
    range: [],
    selector: [],
  }[key.matchKind];
  if (refusedForms.includes(set.kind)) {
    lw.error('bad-keyset', set.span, `a key of match kind '${key.matchKind}' cannot have a ${set.kind}`);
    return undefined;
  }
  switch (key.matchKind) {
    case 'exact':
      if (!isExpression(set)) {
        const found = set.kind === 'default' ? 'default' : '_';
        lw.error('bad-keyset', set.span, `a key of match kind 'exact' needs a value, found '${found}'`);
        return undefined;
      }
      if (set.kind === 'mask') {
        if (constantValue(set.mask) !== all) lw.error('bad-keyset', set.span, "a key of match kind 'exact' cannot have a mask");
        return { kind: 'exact', value: constantValue(set.value) };
      }
      return { kind: 'exact', value: constantValue(set) };
    case 'lpm': {
      if (!isExpression(set)) return { kind: 'lpm', value: 0n, prefixLength: 0 };
      if (set.kind !== 'mask') return { kind: 'lpm', value: constantValue(set), prefixLength: key.width };
      const mask = constantValue(set.mask);
      const hole = all ^ mask;
      if ((hole & (hole + 1n)) !== 0n) {
        lw.error('bad-keyset', set.mask.span, "the mask of an 'lpm' key must be ones followed by zeros");
      }
      return {
        kind: 'lpm',
        value: constantValue(set.value) & mask,
        prefixLength: hole === 0n ? key.width : key.width - hole.toString(2).length,
      };
    }
    case 'ternary': {
      if (!isExpression(set)) return { kind: 'ternary', value: 0n, mask: 0n };
      if (set.kind !== 'mask') return { kind: 'ternary', value: constantValue(set), mask: all };
      const mask = constantValue(set.mask);
      return { kind: 'ternary', value: constantValue(set.value) & mask, mask };
    }
    case 'range':
      if (!isExpression(set)) return { kind: 'range', low: 0n, high: all };
      if (set.kind === 'range') return { kind: 'range', low: constantValue(set.low), high: constantValue(set.high) };
      if (set.kind === 'mask') return maskedRange(lw, set, constantValue(set.value), constantValue(set.mask), all);
      return { kind: 'range', low: constantValue(set), high: constantValue(set) };
    case 'optional':
      return isExpression(set) ? { kind: 'optional', value: constantValue(set) } : { kind: 'optional' };
    case 'selector':
      lw.error('bad-keyset', set.span, 'a table with a selector key cannot have entries in the program');
      return undefined;
    default:
      return assertNever(key.matchKind);
  }
}

/** A mask in a range key is fine where it stands for a range. */
function maskedRange(lw: Lowering, set: ast.MaskExpression, value: bigint, mask: bigint, all: bigint): ir.KeyMatch {
  const hole = all ^ mask;
  if ((hole & (hole + 1n)) !== 0n)
    lw.error('bad-keyset', set.span, "this mask is no range: the mask of a 'range' key must be ones followed by zeros");
  return { kind: 'range', low: value & mask, high: (value & mask) | hole };
}
