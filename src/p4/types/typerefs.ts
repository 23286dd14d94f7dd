/**
 * From a type as written to a type (P4-16 §7): names, widths, sizes, type arguments, and which types may contain which (§7.2.9).
 *
 * Alias names vanish here. A generic type must be given all its arguments, except where `openType` is used: the callee of a
 * constructor call, whose arguments can be inferred.
 */
import type { Span } from '../../diag/index.ts';
import type * as ast from '../syntax/ast.ts';
import { integerConstant } from './constants.ts';
import { type Context, declaredHere } from './context.ts';
import { checkExpression } from './expressions.ts';
import {
  anyPart,
  assertNever,
  bitsType,
  blockWord,
  boolType,
  composedOf,
  dontcareType,
  errorType,
  infintType,
  matchKindType,
  poisonType,
  printType,
  stringType,
  substitute,
  typeParametersOf,
  voidType,
  zipSubstitution,
} from './relations.ts';
import { isTypeReferent } from './scope.ts';
import type { Type } from './types.ts';

/** Widest `bit<W>` and longest header stack that we accept. */
export const maxWidth = 65_535;
const maxStackSize = 65_536;

const scalarKinds: readonly Type['kind'][] = ['bool', 'bits', 'serEnum', 'newtype', 'typeVar', 'poison'];
const headerFieldKinds = new Set<Type['kind']>([...scalarKinds, 'struct', 'stack']);
const storableKinds = new Set<Type['kind']>([...headerFieldKinds, 'error', 'enum', 'varbit', 'header', 'headerUnion', 'tuple']);
const elementKinds = new Set<Type['kind']>([...storableKinds, 'infint', 'string', 'list', 'matchKind', 'dontcare']);

/** The type that a reference stands for; reports what is wrong with it and then is `poison`. */
export function resolveType(cx: Context, ref: ast.TypeRef): Type {
  const known = cx.refTypes.get(ref);
  if (known) return known;
  const { type, isOpen } = openType(cx, ref);
  if (isOpen) {
    const parameters = typeParametersOf(type);
    const result = cx.fail(
      'type-argument-count',
      ref.span,
      `generic type '${nameOfRef(ref)}' needs ${count(parameters.length, 'type argument')}: '${printType(type)}'`,
    );
    cx.refTypes.set(ref, result);
    return result;
  }
  return type;
}

/** Like `resolveType`, but a generic type may come without arguments: then `isOpen`, and its own type variables stand for them. */
export function openType(cx: Context, ref: ast.TypeRef): { type: Type; isOpen: boolean } {
  const type = cx.nested(ref.span, poisonType, () => typeOf(cx, ref));
  cx.refTypes.set(ref, type);
  const isOpen = ref.kind === 'namedType' && isGeneric(cx, ref);
  return { type, isOpen };
}

function isGeneric(cx: Context, ref: ast.TypeRef & { kind: 'namedType' }): boolean {
  const referent = cx.referents.get(ref);
  return (
    referent !== undefined && 'typeParameters' in referent && referent.typeParameters.length > 0 && referent.kind !== 'function'
  );
}

function typeOf(cx: Context, ref: ast.TypeRef): Type {
  switch (ref.kind) {
    case 'boolType':
      return boolType;
    case 'errorType':
      if (cx.errorMembers.size > 0) return errorType;
      return cx.fail('unknown-name', ref.span, "no 'error' is declared, so nothing can have this type", {
        help: 'is core.p4 included?',
      });
    case 'matchKindType':
      return matchKindType;
    case 'stringType':
      return stringType;
    case 'intType':
      return infintType;
    case 'voidType':
      return voidType;
    case 'bitType':
    case 'signedType':
    case 'varbitType':
      return sizedType(cx, ref);
    case 'namedType':
      return namedType(cx, ref);
    case 'specializedType':
      return specializedType(cx, ref);
    case 'stackType':
      return stackType(cx, ref);
    case 'tupleType':
      return { kind: 'tuple', elements: ref.elements.map((e) => elementType(cx, e, 'tuple')) };
    case 'listType':
      return { kind: 'list', element: elementType(cx, ref.element, 'list') };
    case 'dontcareType':
      return dontcareType;
    default:
      return assertNever(ref);
  }
}

function sizedType(cx: Context, ref: ast.TypeRef & { kind: 'bitType' | 'signedType' | 'varbitType' }): Type {
  const word = ref.kind === 'bitType' ? 'bit' : ref.kind === 'signedType' ? 'int' : 'varbit';
  if (!ref.width) return bitsType(1, ref.kind === 'signedType');
  const value = constantSize(cx, ref.width, `width of '${word}<>'`);
  if (value === undefined) return poisonType;
  const least = ref.kind === 'signedType' ? 1n : 0n;
  if (value < least || value > BigInt(maxWidth)) {
    return cx.fail('bad-width', ref.width.span, `width of '${word}<>' must be between ${least} and ${maxWidth}, found ${value}`);
  }
  const width = Number(value);
  return ref.kind === 'varbitType' ? { kind: 'varbit', width } : bitsType(width, ref.kind === 'signedType');
}

/** Value of a size expression; reports when it is no integer constant. */
export function constantSize(cx: Context, expression: ast.Expression, what: string): bigint | undefined {
  const type = checkExpression(cx, expression);
  if (type.kind === 'poison') return undefined;
  if (type.kind !== 'infint' && type.kind !== 'bits' && type.kind !== 'serEnum') {
    cx.error('type-mismatch', expression.span, `${what} must be an integer, found '${printType(type)}'`);
    return undefined;
  }
  const value = integerConstant(cx, expression);
  if (value === undefined) cx.error('not-constant', expression.span, `${what} must be known at compile time`);
  return value;
}

function namedType(cx: Context, ref: ast.TypeRef & { kind: 'namedType' }): Type {
  const scope = ref.isGlobal ? cx.global : cx.scope;
  const found = scope.lookup(ref.name.name, isTypeReferent)[0];
  if (!found) {
    const other = scope.lookup(ref.name.name)[0];
    if (other) {
      return cx.fail('not-a-type', ref.span, `'${ref.name.name}' is not a type`, { notes: [declaredHere(other)] });
    }
    if (cx.declaring?.name === ref.name.name)
      return cx.fail('recursive-type', ref.span, `type '${ref.name.name}' contains itself`);
    return cx.unknownName(ref.name, 'type', scope.visible(isTypeReferent));
  }
  cx.referents.set(ref, found);
  cx.referents.set(ref.name, found);
  return cx.typeOfDeclaration(found);
}

function specializedType(cx: Context, ref: ast.TypeRef & { kind: 'specializedType' }): Type {
  const { type: base, isOpen } = openType(cx, ref.base);
  const args = ref.args.map((a) => resolveType(cx, a));
  if (base.kind === 'poison' || args.some((a) => a.kind === 'poison')) return poisonType;
  if (!isOpen)
    return cx.fail('type-argument-count', ref.span, `type '${nameOfRef(ref.base)}' is not generic and takes no type arguments`);
  const parameters = typeParametersOf(base);
  if (parameters.length !== args.length) {
    return cx.fail(
      'type-argument-count',
      ref.span,
      `'${nameOfRef(ref.base)}' takes ${count(parameters.length, 'type argument')}, found ${args.length}`,
    );
  }
  for (const [i, arg] of args.entries()) if (!checkTypeArgument(cx, arg, ref.args[i]!.span)) return poisonType;
  const own = ref.args[args.findIndex((a) => mentionsDeclaration(a, base))];
  if (own) return cx.fail('recursive-type', ref.span, `'${nameOfRef(ref.base)}' is an argument of itself`);
  const type = substitute(base, zipSubstitution(parameters, args));
  return checkSpecialized(cx, type, ref.span) ? type : poisonType;
}

/** Is the type, or one of its type arguments at any depth, of the same declaration? */
function mentionsDeclaration(type: Type, base: Type): boolean {
  if (!('typeArgs' in type) || !('typeArgs' in base)) return false;
  return type.declaration === base.declaration || type.typeArgs.some((a) => mentionsDeclaration(a, base));
}

/** Which types may be given for a type parameter: not blocks, tables or package types (externs may). */
export function checkTypeArgument(cx: Context, type: Type, span: Span): boolean {
  if (type.kind !== 'block' && type.kind !== 'table' && type.kind !== 'function') return true;
  cx.error('bad-type-argument', span, `'${printType(type)}' cannot be used as a type argument`);
  return false;
}

/** After specialization, the fields of a struct or header must still have types that they may have. */
export function checkSpecialized(cx: Context, type: Type, span: Span, seen: Set<Type> = new Set()): boolean {
  if (seen.has(type)) return true;
  seen.add(type);
  if (type.kind !== 'struct' && type.kind !== 'header' && type.kind !== 'headerUnion') return true;
  for (const field of type.fields) {
    if (!mayContain(type.kind, field.type)) {
      cx.error(
        'bad-field-type',
        field.declaration.span,
        `field '${field.name}' of '${printType(type)}' cannot have type '${printType(field.type)}'`,
        { notes: [{ message: 'the type gets its arguments here', span }] },
      );
      return false;
    }
    if (!checkSpecialized(cx, field.type, span, seen)) return false;
  }
  return true;
}

function stackType(cx: Context, ref: ast.TypeRef & { kind: 'stackType' }): Type {
  const element = resolveType(cx, ref.element);
  const size = constantSize(cx, ref.size, 'size of a stack');
  if (element.kind === 'poison' || size === undefined) return poisonType;
  if (!isStackElement(element)) {
    return cx.fail('bad-element-type', ref.element.span, `a stack cannot have elements of type '${printType(element)}'`);
  }
  if (size < 1n || size > BigInt(maxStackSize)) {
    return cx.fail('bad-stack-size', ref.size.span, `size of a stack must be between 1 and ${maxStackSize}, found ${size}`);
  }
  return { kind: 'stack', element, size: Number(size) };
}

function isStackElement(type: Type): boolean {
  return isStorable(type) || type.kind === 'typeVar';
}

function elementType(cx: Context, ref: ast.TypeRef, what: 'tuple' | 'list'): Type {
  const type = resolveType(cx, ref);
  if (type.kind === 'poison') return type;
  return isElement(type)
    ? type
    : cx.fail('bad-element-type', ref.span, `a ${what} cannot have elements of type '${printType(type)}'`);
}

/** Constants may have tuples and lists of things that no variable holds. */
export function isElement(type: Type): boolean {
  return composedOf(type, elementKinds);
}

/** Types of which a variable can hold a value at run time. */
export function isStorable(type: Type): boolean {
  return composedOf(type, storableKinds);
}

/** May a field of the given type stand in this kind of aggregate (P4-16 §7.2.9)? */
export function mayContain(aggregate: 'header' | 'headerUnion' | 'struct', field: Type): boolean {
  if (field.kind === 'poison' || field.kind === 'typeVar') return true;
  switch (aggregate) {
    case 'headerUnion':
      return field.kind === 'header';
    case 'header':
      return isHeaderField(field);
    case 'struct':
      return isStorable(field);
    default:
      return assertNever(aggregate);
  }
}

function isHeaderField(type: Type): boolean {
  return composedOf(type, headerFieldKinds) || type.kind === 'varbit';
}

/** Reports a type with `_` in it, where nothing can be inferred. */
export function checkNoDontcare(cx: Context, type: Type, span: Span): boolean {
  const seen = new Set<Type>();
  const hidden = (t: Type): boolean =>
    t.kind === 'dontcare' || ('typeArgs' in t && t.typeArgs.some((a) => !seen.has(a) && anyPart(a, hidden, seen)));
  if (!anyPart(type, hidden, seen)) return true;
  cx.error('dontcare-type', span, `'_' cannot be used in the type '${printType(type)}' here`);
  return false;
}

/** How a message calls a kind of type that no variable, field or parameter can have. */
export function describeType(type: Type): string {
  if (type.kind === 'extern') return `extern '${printType(type)}'`;
  if (type.kind === 'block') return `${blockWord(type)} '${type.declaration.name.name}'`;
  return `'${printType(type)}'`;
}

function nameOfRef(ref: ast.TypeRef): string {
  if (ref.kind === 'namedType') return ref.name.name;
  if (ref.kind === 'specializedType') return nameOfRef(ref.base);
  return ref.span.file.text.slice(ref.span.start, ref.span.end);
}

export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
