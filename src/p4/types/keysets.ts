/**
 * Keysets of select expressions and table entries against the keys they are matched with (P4-16 §8.16, §13.6, §14.2.1.4).
 */
import type * as ast from '../syntax/ast.ts';
import { coerce } from './coerce.ts';
import type { Context } from './context.ts';
import { checkExpression } from './expressions.ts';
import { composedOf, printType } from './relations.ts';
import { count } from './typerefs.ts';
import type { Type } from './types.ts';

/** `default` or `_`. */
export function isWildcard(keyset: ast.Keyset): keyset is Exclude<ast.Keyset, ast.Expression> {
  return keyset.kind === 'default' || keyset.kind === 'dontcare';
}

/** Checks one keyset tuple against the types of all keys; reports wrong number and types. */
export function checkKeysets(
  cx: Context,
  keysets: readonly ast.Keyset[],
  keys: readonly Type[],
  span: ast.Expression['span'],
): boolean {
  const [only] = keysets;
  if (keysets.length === 1 && keys.length !== 1 && only) {
    if (isWildcard(only)) return true;
    const type = checkExpression(cx, only);
    if (type.kind === 'poison' || keys.some((k) => k.kind === 'poison')) return true;
    // A value set, or a list, stands for all keys at once.
    const whole: Type = { kind: 'tuple', elements: keys };
    if (type.kind === 'set' && partsOf(type.element)) return checkParts(cx, only, partsOf(type.element)!, keys);
    if (type.kind === 'unknownStruct' || type.kind === 'tuple') return coerce(cx, only, whole, 'keyset');
  }
  if (keysets.length !== keys.length) {
    for (const k of keysets) if (!isWildcard(k)) checkExpression(cx, k);
    if (!keys.some((k) => k.kind === 'poison')) {
      cx.error('keyset-count', span, `${count(keys.length, 'keyset')} expected, one per key, found ${keysets.length}`);
    }
    return false;
  }
  return keysets.map((k, i) => checkKeyset(cx, k, keys[i]!)).every((ok) => ok);
}

function checkKeyset(cx: Context, keyset: ast.Keyset, key: Type): boolean {
  if (isWildcard(keyset)) return true;
  const type = checkExpression(cx, keyset);
  if (type.kind === 'poison' || key.kind === 'poison') return true;
  if (keyset.kind === 'mask' && type.kind === 'set') return coerceBoth(cx, keyset.value, keyset.mask, key);
  if (keyset.kind === 'range' && type.kind === 'set') return coerceBoth(cx, keyset.low, keyset.high, key);
  if (type.kind === 'set') {
    const parts = partsOf(type.element);
    return (
      coerce(cx, keyset, { kind: 'set', element: parts?.length === 1 && !partsOf(key) ? type.element : key }, 'keyset') &&
      (parts?.length !== 1 || checkParts(cx, keyset, parts, [key]))
    );
  }
  if (key.kind === 'serEnum' && (type.kind === 'infint' || type.kind === 'bits'))
    return coerce(cx, keyset, key.underlying, 'keyset');
  if (type.kind === 'unknownStruct' && type.elements.length === 1 && keyset.kind === 'list' && !partsOf(key))
    return coerce(cx, keyset.elements[0]!, key, 'keyset');
  return coerce(cx, keyset, key, 'keyset');
}

function coerceBoth(cx: Context, a: ast.Expression, b: ast.Expression, key: Type): boolean {
  const target = (e: ast.Expression): Type =>
    key.kind === 'serEnum' && cx.types.get(e)?.kind !== 'serEnum' ? key.underlying : key;
  return coerce(cx, a, target(a), 'keyset') && coerce(cx, b, target(b), 'keyset');
}

/** Types of the parts of a struct or tuple; undefined for a scalar. */
function partsOf(type: Type): readonly Type[] | undefined {
  if (type.kind === 'tuple') return type.elements;
  return type.kind === 'struct' ? type.fields.flatMap((f) => partsOf(f.type) ?? [f.type]) : undefined;
}

function checkParts(cx: Context, keyset: ast.Expression, parts: readonly Type[], keys: readonly Type[]): boolean {
  const show = (types: readonly Type[]): string => types.map((t) => printType(t)).join(', ');
  if (show(parts) === show(keys) || keys.some((k) => k.kind === 'poison')) return true;
  cx.error('type-mismatch', keyset.span, `value set: expected elements of '${show(keys)}', found '${show(parts)}'`);
  return false;
}

const selectableKinds = new Set<Type['kind']>([
  'bits',
  'bool',
  'enum',
  'serEnum',
  'error',
  'newtype',
  'poison',
  'typeVar',
  'tuple',
  'unknownStruct',
]);

/** May a `select` have a key of this type? */
export function isSelectable(type: Type): boolean {
  const isEmpty = (type.kind === 'tuple' || type.kind === 'unknownStruct') && type.elements.length === 0;
  return !isEmpty && composedOf(type, selectableKinds);
}
