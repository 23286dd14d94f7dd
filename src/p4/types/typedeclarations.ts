/** Declarations of types (P4-16 §7.2, §7.5, §7.6): headers, header unions, structs, enums, typedef, type, error, match_kind. */
import type * as ast from '../syntax/ast.ts';
import { checkAnnotations } from './annotations.ts';
import { isCompileTime } from './compiletime.ts';
import { convert, evaluate } from './constants.ts';
import { type Context, declaredHere } from './context.ts';
import { declareTypeParameters } from './declarations.ts';
import { checkAgainst } from './expressions.ts';
import { errorType, matchKindType, poisonType } from './relations.ts';
import { checkNoDontcare, describeType, mayContain, resolveType } from './typerefs.ts';
import type { Field, Type } from './types.ts';

type AggregateDeclaration = ast.HeaderTypeDeclaration | ast.HeaderUnionDeclaration | ast.StructDeclaration;

export function checkAggregate(cx: Context, d: AggregateDeclaration): void {
  const kind = d.kind === 'headerType' ? 'header' : d.kind;
  const outer = cx.declaring;
  cx.declaring = d.name;
  const fields: Field[] = [];
  cx.inScope(() => {
    declareTypeParameters(cx, d.typeParameters);
    const seen = new Map<string, ast.StructField>();
    for (const f of d.fields) {
      checkAnnotations(cx, f.annotations);
      checkLength(cx, f, seen);
      const type = checkField(cx, d, kind, f);
      const before = seen.get(f.name.name);
      if (before) {
        cx.error('duplicate-declaration', f.name.span, `field '${f.name.name}' is declared twice`, {
          notes: [{ message: 'the first one is here', span: before.name.span }],
        });
        continue;
      }
      seen.set(f.name.name, f);
      fields.push({ name: f.name.name, type, declaration: f });
    }
  });
  cx.declaring = outer;
  const typeArgs = d.typeParameters.map((parameter): Type => ({ kind: 'typeVar', parameter }));
  cx.declarationTypes.set(d, { kind, name: d.name.name, fields, declaration: d, typeArgs } as Type);
  cx.declare(d);
}

/** `@length(other)` names a field that stands before, or something declared outside. */
function checkLength(cx: Context, f: ast.StructField, before: ReadonlyMap<string, unknown>): void {
  const value = f.annotations.find((a) => a.name === 'length')?.args[0]?.value;
  if (value?.kind !== 'path' || before.has(value.name.name) || cx.scope.lookup(value.name.name).length > 0) return;
  cx.unknownName(value.name, 'field', before.keys());
}

function checkField(cx: Context, d: AggregateDeclaration, kind: 'header' | 'headerUnion' | 'struct', f: ast.StructField): Type {
  const type = resolveType(cx, f.type);
  if (type.kind === 'poison' || !checkNoDontcare(cx, type, f.type.span)) return poisonType;
  if (mayContain(kind, type)) return type;
  const word = kind === 'headerUnion' ? 'header union' : kind;
  return cx.fail(
    'bad-field-type',
    f.type.span,
    `field '${f.name.name}' of ${word} '${d.name.name}' cannot have type ${describeType(type)}`,
  );
}

export function checkEnum(cx: Context, d: ast.EnumDeclaration): void {
  const type = d.underlyingType
    ? serializableEnum(cx, d, d.underlyingType)
    : ({ kind: 'enum', name: d.name.name, declaration: d } as const);
  // A value may name the members before it.
  cx.inScope(() => checkMembers(cx, d, type));
  cx.declarationTypes.set(d, type);
  cx.declare(d);
}

function checkMembers(cx: Context, d: ast.EnumDeclaration, type: Type): void {
  const seen = new Map<string, ast.EnumMember>();
  for (const m of d.members) {
    const before = seen.get(m.name.name);
    if (before)
      cx.error('duplicate-declaration', m.name.span, `'${m.name.name}' is declared twice`, { notes: [declaredHere(before)] });
    seen.set(m.name.name, m);
    cx.declarationTypes.set(m, type);
    if (m.value) checkMemberValue(cx, m, m.value, type);
    else if (d.underlyingType)
      cx.error('missing-value', m.name.span, `member '${m.name.name}' of serializable enum '${d.name.name}' needs a value`);
    if (!before && m.value) cx.declare(m);
  }
}

function serializableEnum(cx: Context, d: ast.EnumDeclaration, ref: ast.TypeRef): Type {
  const outer = cx.declaring;
  cx.declaring = d.name;
  const underlying = resolveType(cx, ref);
  cx.declaring = outer;
  if (underlying.kind === 'poison') return underlying;
  if (underlying.kind !== 'bits') {
    return cx.fail(
      'bad-enum-type',
      ref.span,
      `an enum is represented by 'bit<W>' or 'int<W>', found ${describeType(underlying)}`,
    );
  }
  return { kind: 'serEnum', name: d.name.name, underlying, declaration: d };
}

function checkMemberValue(cx: Context, m: ast.EnumMember, value: ast.Expression, type: Type): void {
  if (type.kind === 'enum') {
    cx.error(
      'unexpected-value',
      value.span,
      `enum '${type.name}' has no representation type, so '${m.name.name}' cannot have a value`,
    );
    return;
  }
  const underlying = type.kind === 'serEnum' ? type.underlying : poisonType;
  if (!checkAgainst(cx, value, underlying, `value of '${m.name.name}'`) || type.kind === 'poison') return;
  const constant = evaluate(cx, value);
  if (constant) cx.values.set(m, convert(constant, underlying));
  else if (!isCompileTime(cx, value) || cx.types.get(value)?.kind !== 'poison') {
    cx.error('not-constant', value.span, `value of '${m.name.name}' must be known at compile time`);
  }
}

export function checkErrors(cx: Context, d: ast.ErrorDeclaration): void {
  for (const member of d.members) {
    const before = cx.errorMembers.get(member.name);
    if (before) {
      cx.error('duplicate-declaration', member.span, `error '${member.name}' is declared twice`, {
        notes: [declaredHere(before)],
      });
      continue;
    }
    cx.errorMembers.set(member.name, member);
    cx.declarationTypes.set(member, errorType);
    cx.values.set(member, { kind: 'member', of: 'error', name: member.name });
  }
}

export function checkMatchKinds(cx: Context, d: ast.MatchKindDeclaration): void {
  for (const member of d.members) {
    const before = cx.matchKindMembers.get(member.name);
    if (before) {
      cx.error('duplicate-declaration', member.span, `match kind '${member.name}' is declared twice`, {
        notes: [declaredHere(before)],
      });
      continue;
    }
    cx.matchKindMembers.set(member.name, member);
    cx.declarationTypes.set(member, matchKindType);
    cx.values.set(member, { kind: 'member', of: 'matchKind', name: member.name });
  }
}

/** `typedef T X;`: X is another name for T. */
export function checkTypedef(cx: Context, d: ast.TypedefDeclaration, checkInner: (inner: ast.Declaration) => void): void {
  let type: Type;
  if (isDeclaration(d.type)) {
    checkInner(d.type);
    type = cx.typeOfDeclaration(d.type);
  } else type = resolveType(cx, d.type);
  if (type.kind === 'void') type = cx.fail('bad-typedef', d.type.span, "'void' cannot be given another name");
  cx.declarationTypes.set(d, type);
  cx.declare(d);
}

/** `type T X;`: X is a new type with the representation of T (P4-16 §7.6). */
export function checkNewtype(cx: Context, d: ast.NewtypeDeclaration): void {
  const outer = cx.declaring;
  cx.declaring = d.name;
  let underlying = resolveType(cx, d.type);
  cx.declaring = outer;
  if (!['poison', 'bits', 'bool', 'newtype', 'serEnum'].includes(underlying.kind)) {
    underlying = cx.fail(
      'bad-newtype',
      d.type.span,
      `'type' needs 'bit<W>', 'int<W>' or 'bool', found ${describeType(underlying)}`,
    );
  }
  cx.declarationTypes.set(
    d,
    underlying.kind === 'poison' ? underlying : { kind: 'newtype', name: d.name.name, underlying, declaration: d },
  );
  cx.declare(d);
}

function isDeclaration(d: ast.TypeRef | ast.Declaration): d is ast.Declaration {
  return 'annotations' in d;
}
