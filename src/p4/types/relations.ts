/**
 * Relations between types: equality, substitution, printing, width (P4-16 §7.2).
 *
 * Structs, headers, enums, externs and newtypes are equal by declaration (and type arguments); tuples, stacks and bits by structure.
 * Walks that enter fields keep a memo, so a type that shares its parts many times costs no more than its parts.
 */
import type * as ast from '../syntax/ast.ts';
import type { BlockType, Field, HeaderType, HeaderUnionType, StructType, Type } from './types.ts';

/** Bits as the target of a conversion. */
export type BitsType = Type & { kind: 'bits' };
export type Aggregate = HeaderType | HeaderUnionType | StructType;
export type Substitution = ReadonlyMap<ast.TypeParameter, Type>;

export const boolType: Type = { kind: 'bool' };
export const stringType: Type = { kind: 'string' };
export const errorType: Type = { kind: 'error' };
export const matchKindType: Type = { kind: 'matchKind' };
export const voidType: Type = { kind: 'void' };
export const stateType: Type = { kind: 'state' };
export const infintType: Type = { kind: 'infint' };
export const poisonType: Type = { kind: 'poison' };
export const dontcareType: Type = { kind: 'dontcare' };

/** `bit<width>`, or `int<width>` if signed. */
export function bitsType(width: number, signed = false): BitsType {
  return { kind: 'bits', width, signed };
}

export function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify((value as { kind?: string }).kind)}`);
}

/** Are the two types the same type? `poison` equals only itself here; use `assignable` where it should pass. */
export function equalTypes(a: Type, b: Type): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case 'bool':
    case 'string':
    case 'error':
    case 'matchKind':
    case 'void':
    case 'state':
    case 'infint':
    case 'dontcare':
    case 'poison':
      return a.kind === b.kind;
    case 'bits':
      return b.kind === 'bits' && a.width === b.width && a.signed === b.signed;
    case 'varbit':
      return b.kind === 'varbit' && a.width === b.width;
    case 'header':
    case 'headerUnion':
    case 'struct':
    case 'extern':
    case 'block':
      return b.kind === a.kind && a.declaration === b.declaration && equalLists(a.typeArgs, b.typeArgs);
    case 'enum':
    case 'serEnum':
    case 'newtype':
    case 'table':
    case 'applyResult':
    case 'actionRun':
      return b.kind === a.kind && a.declaration === b.declaration;
    case 'stack':
      return b.kind === 'stack' && a.size === b.size && equalTypes(a.element, b.element);
    case 'tuple':
      return b.kind === 'tuple' && equalLists(a.elements, b.elements);
    case 'list':
    case 'set':
      return b.kind === a.kind && equalTypes(a.element, b.element);
    case 'function':
      return b.kind === 'function' && a.declarations[0] === b.declarations[0];
    case 'typeVar':
      return b.kind === 'typeVar' && a.parameter === b.parameter;
    case 'unknownStruct':
      return b.kind === 'unknownStruct' && a.names?.join() === b.names?.join() && equalLists(a.elements, b.elements);
    default:
      return assertNever(a);
  }
}

function equalLists(a: readonly Type[], b: readonly Type[]): boolean {
  return a.length === b.length && a.every((t, i) => equalTypes(t, b[i]!));
}

/** Does the type mention a type variable anywhere (fields of a specialized struct count through its arguments)? */
export function mentionsTypeVar(type: Type, wanted?: (p: ast.TypeParameter) => boolean, seen: Set<Type> = new Set()): boolean {
  if (seen.has(type)) return false;
  seen.add(type);
  switch (type.kind) {
    case 'typeVar':
      return wanted ? wanted(type.parameter) : true;
    case 'header':
    case 'headerUnion':
    case 'struct':
    case 'extern':
    case 'block':
      return type.typeArgs.some((t) => mentionsTypeVar(t, wanted, seen));
    case 'stack':
    case 'list':
    case 'set':
      return mentionsTypeVar(type.element, wanted, seen);
    case 'tuple':
    case 'unknownStruct':
      return type.elements.some((t) => mentionsTypeVar(t, wanted, seen));
    case 'newtype':
      return mentionsTypeVar(type.underlying, wanted, seen);
    default:
      return false;
  }
}

/** Replaces type variables by what `map` says; the others stay. */
export function substitute(type: Type, map: Substitution): Type {
  if (map.size === 0 || !mentionsTypeVar(type)) return type;
  const memo = new Map<Type, Type>();
  const walk = (t: Type): Type => {
    const known = memo.get(t);
    if (known) return known;
    const result = replaceParts(t, map, walk);
    memo.set(t, result);
    return result;
  };
  return walk(type);
}

function replaceParts(t: Type, map: Substitution, walk: (t: Type) => Type): Type {
  switch (t.kind) {
    case 'typeVar':
      return map.get(t.parameter) ?? t;
    case 'header':
    case 'headerUnion':
    case 'struct': {
      if (!mentionsTypeVar(t)) return t;
      const fields: Field[] = t.fields.map((f) => ({ ...f, type: walk(f.type) }));
      return { ...t, fields, typeArgs: t.typeArgs.map(walk) } as Type;
    }
    case 'extern':
    case 'block':
      return t.typeArgs.length === 0 ? t : { ...t, typeArgs: t.typeArgs.map(walk) };
    case 'stack':
    case 'list':
    case 'set':
      return { ...t, element: walk(t.element) };
    case 'tuple':
    case 'unknownStruct':
      return { ...t, elements: t.elements.map(walk) };
    default:
      return t;
  }
}

/** The substitution that gives `args` to `parameters`, in order. */
export function zipSubstitution(parameters: readonly ast.TypeParameter[], args: readonly Type[]): Map<ast.TypeParameter, Type> {
  const map = new Map<ast.TypeParameter, Type>();
  parameters.forEach((p, i) => {
    const arg = args[i];
    if (arg) map.set(p, arg);
  });
  return map;
}

/** Type parameters of the declaration a type belongs to; empty where it has none. */
export function typeParametersOf(type: Type): readonly ast.TypeParameter[] {
  switch (type.kind) {
    case 'header':
    case 'headerUnion':
    case 'struct':
    case 'extern':
    case 'block':
      return type.declaration.typeParameters;
    default:
      return [];
  }
}

/** The type as a user would write it. Deep nesting is cut with `…`. */
export function printType(type: Type, depth = 0): string {
  if (depth > 5) return '…';
  const inner = (t: Type): string => printType(t, depth + 1);
  const applied = (name: string, args: readonly Type[]): string =>
    args.length ? `${name}<${args.map(inner).join(', ')}>` : name;
  switch (type.kind) {
    case 'bool':
    case 'string':
    case 'error':
    case 'void':
    case 'state':
      return type.kind;
    case 'matchKind':
      return 'match_kind';
    case 'infint':
      return 'int';
    case 'bits':
      return `${type.signed ? 'int' : 'bit'}<${type.width}>`;
    case 'varbit':
      return `varbit<${type.width}>`;
    case 'header':
    case 'headerUnion':
    case 'struct':
      return applied(type.name, type.typeArgs);
    case 'enum':
    case 'serEnum':
    case 'newtype':
      return type.name;
    case 'stack':
      return `${inner(type.element)}[${type.size}]`;
    case 'tuple':
      return `tuple<${type.elements.map(inner).join(', ')}>`;
    case 'list':
      return `list<${inner(type.element)}>`;
    case 'set':
      return `set<${inner(type.element)}>`;
    case 'extern':
      return applied(type.declaration.name.name, type.typeArgs);
    case 'block':
      return applied(`${blockWord(type)} ${type.declaration.name.name}`, type.typeArgs);
    case 'table':
      return `table ${type.declaration.name.name}`;
    case 'applyResult':
      return `result of ${type.declaration.name.name}.apply()`;
    case 'actionRun':
      return `action_run of ${type.declaration.name.name}`;
    case 'function':
      return `${type.declarations[0]?.kind === 'action' ? 'action' : 'function'} ${type.declarations[0]?.name.name ?? ''}`;
    case 'typeVar':
      return type.parameter.name.name;
    case 'unknownStruct': {
      const names = type.names;
      if (type.elements.length === 0) return '{}';
      return `{ ${type.elements.map((t, i) => (names ? `${names[i]} = ${inner(t)}` : inner(t))).join(', ')} }`;
    }
    case 'dontcare':
      return '_';
    case 'poison':
      return '?';
    default:
      return assertNever(type);
  }
}

/** `parser`, `control` or `package`. */
export function blockWord(type: BlockType): 'parser' | 'control' | 'package' {
  switch (type.declaration.kind) {
    case 'parser':
    case 'parserType':
      return 'parser';
    case 'control':
    case 'controlType':
      return 'control';
    case 'packageType':
      return 'package';
    default:
      return assertNever(type.declaration);
  }
}

/** Smallest and largest number of bits that a value of the type takes when serialized (P4-16 §9); undefined if it has no such size. */
export function sizeRange(
  type: Type,
  memo: Map<Type, { min: number; max: number } | undefined> = new Map(),
): { min: number; max: number } | undefined {
  if (memo.has(type)) return memo.get(type);
  const result = sizeRangeOf(type, memo);
  memo.set(type, result);
  return result;
}

function sizeRangeOf(
  type: Type,
  memo: Map<Type, { min: number; max: number } | undefined>,
): { min: number; max: number } | undefined {
  switch (type.kind) {
    case 'bool':
      return { min: 1, max: 1 };
    case 'bits':
      return { min: type.width, max: type.width };
    case 'varbit':
      return { min: 0, max: type.width };
    case 'serEnum':
    case 'newtype':
      return sizeRange(type.underlying, memo);
    case 'stack': {
      const one = sizeRange(type.element, memo);
      return one && { min: one.min * type.size, max: one.max * type.size };
    }
    case 'header':
    case 'struct':
    case 'tuple': {
      const parts = type.kind === 'tuple' ? type.elements : type.fields.map((f) => f.type);
      const sum = { min: 0, max: 0 };
      for (const part of parts) {
        const one = sizeRange(part, memo);
        if (!one) return undefined;
        sum.min += one.min;
        sum.max += one.max;
      }
      return sum;
    }
    case 'headerUnion': {
      const sum = { min: 0, max: 0 };
      for (const [i, f] of type.fields.entries()) {
        const one = sizeRange(f.type, memo);
        if (!one) return undefined;
        sum.min = i === 0 ? one.min : Math.min(sum.min, one.min);
        sum.max = Math.max(sum.max, one.max);
      }
      return sum;
    }
    default:
      return undefined;
  }
}

/** Number of bits of a type whose values all have the same size; undefined otherwise (varbit, externs, type variables …). */
export function widthOf(type: Type): number | undefined {
  const range = sizeRange(type);
  return range && range.min === range.max ? range.min : undefined;
}

/** A serializable enum stands for its representation; every other type for itself. */
export function decay(type: Type): Type {
  return type.kind === 'serEnum' ? type.underlying : type;
}

/** Does `contains` hold for the type or any type inside it? Cost: O(number of distinct parts). */
export function anyPart(type: Type, contains: (t: Type) => boolean, seen: Set<Type> = new Set()): boolean {
  if (seen.has(type)) return false;
  seen.add(type);
  if (contains(type)) return true;
  switch (type.kind) {
    case 'header':
    case 'headerUnion':
    case 'struct':
      return type.fields.some((f) => anyPart(f.type, contains, seen));
    case 'stack':
    case 'list':
    case 'set':
      return anyPart(type.element, contains, seen);
    case 'tuple':
    case 'unknownStruct':
      return type.elements.some((t) => anyPart(t, contains, seen));
    default:
      return false;
  }
}

/** Is the type, with everything inside it, made of the given kinds only? */
export function composedOf(type: Type, kinds: ReadonlySet<Type['kind']>): boolean {
  return !anyPart(type, (t) => !kinds.has(t.kind));
}
