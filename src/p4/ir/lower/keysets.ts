/**
 * Keysets (P4-16 §8.16): whether a value is in a set, as a condition. Used by select, by `in`, and (for constants) by table entries.
 */
import type * as ast from '../../syntax/ast.ts';
import type { Type } from '../../types/types.ts';
import { allOf, and, binary, equal, trueExpr } from '../build.ts';
import type * as ir from '../ir.ts';
import { lower, lowerScalar } from './expressions.ts';
import type { Item } from './items.ts';
import type { Lowering } from './lowering.ts';
import { itemsEqual, leaves, read } from './reading.ts';
import { isSigned, scalarWidth } from './scalars.ts';

/** Whether the keyset is an expression, not `default` or `_`. */
export function isExpression(set: ast.Keyset): set is ast.Expression {
  return set.kind !== 'default' && set.kind !== 'dontcare';
}

/** Whether `key`, of type `type`, is in the set. */
export function matchKeyset(lw: Lowering, key: Item, type: Type, set: ast.Keyset): ir.Expr {
  if (!isExpression(set)) return trueExpr;
  const valueSet = valueSetOf(lw, set);
  if (valueSet !== undefined) return { kind: 'inValueSet', width: 1, set: valueSet, keys: leaves(lw, key, set.span) };
  switch (set.kind) {
    case 'mask': {
      const width = scalarWidth(type) ?? 1;
      const mask = lowerScalar(lw, set.mask, type);
      const value = lowerScalar(lw, set.value, type);
      return equal(binary('and', read(lw, key, width, set.span), mask), binary('and', value, mask));
    }
    case 'range': {
      const width = scalarWidth(type) ?? 1;
      const value = read(lw, key, width, set.span);
      const low = lowerScalar(lw, set.low, type);
      const high = lowerScalar(lw, set.high, type);
      return and(binary('le', low, value, isSigned(type)), binary('le', value, high, isSigned(type)));
    }
    case 'list': {
      const parts = key.kind === 'record' ? [...key.fields.values()] : [key];
      const types = partTypes(type);
      return allOf(set.elements.map((e, i) => (parts[i] ? matchKeyset(lw, parts[i], types[i] ?? type, e) : trueExpr)));
    }
    default:
      return itemsEqual(lw, key, lower(lw, set, type), set.span);
  }
}

/** Types of the parts of a struct, tuple or list. */
export function partTypes(type: Type): readonly Type[] {
  switch (type.kind) {
    case 'struct':
    case 'header':
      return type.fields.map((f) => f.type);
    case 'tuple':
    case 'unknownStruct':
      return type.elements;
    case 'stack':
      return Array.from({ length: type.size }, () => type.element);
    default:
      return [type];
  }
}

/** The extern of a parser value set, if that is what the keyset names. */
export function valueSetOf(lw: Lowering, set: ast.Keyset): ir.ExternId | undefined {
  if (set.kind !== 'path') return undefined;
  const referent = lw.checked.referentOf(set);
  if (referent?.kind !== 'valueSet') return undefined;
  return lw.instance?.valueSets.get(referent);
}

/** The single value that the keyset holds, if it is a constant scalar. */
export function constantKey(lw: Lowering, set: ast.Keyset, type: Type): bigint | undefined {
  if (!isExpression(set) || set.kind === 'mask' || set.kind === 'range') return undefined;
  if (valueSetOf(lw, set) !== undefined) return undefined;
  const width = scalarWidth(type);
  const item = width === undefined ? undefined : lower(lw, set, type);
  if (!item || item.kind === 'record') return undefined;
  const value = read(lw, item, width!, set.span);
  return value.kind === 'const' ? value.value : undefined;
}
