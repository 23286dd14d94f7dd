/** Declarations of types (P4-16 §7.2; grammar: derivedTypeDeclaration, typedefDeclaration, errorDeclaration, matchKindDeclaration). */
import type {
  Annotation,
  Declaration,
  EnumDeclaration,
  EnumMember,
  ErrorDeclaration,
  HeaderTypeDeclaration,
  HeaderUnionDeclaration,
  Identifier,
  MatchKindDeclaration,
  NewtypeDeclaration,
  StructDeclaration,
  StructField,
  TypedefDeclaration,
} from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parseAnnotations } from './parse-annotations.ts';
import { parseExpression } from './parse-expressions.ts';
import { parseArraySuffix, parseTypeParameters, parseTypeRef } from './parse-types.ts';
import { describeToken } from './tokens.ts';

const aggregateKinds = { header: 'headerType', header_union: 'headerUnion', struct: 'struct' } as const;
const noStarters: ReadonlySet<string> = new Set();

export function startsDerivedType(p: Cursor): boolean {
  return p.at('header') || p.at('header_union') || p.at('struct') || p.at('enum');
}

/** grammar: derivedTypeDeclaration */
export function parseDerivedType(
  p: Cursor,
  annotations: readonly Annotation[],
  start: number,
): HeaderTypeDeclaration | HeaderUnionDeclaration | StructDeclaration | EnumDeclaration {
  const { kind } = p.token;
  return kind === 'header' || kind === 'header_union' || kind === 'struct'
    ? parseAggregate(p, aggregateKinds[kind], annotations, start)
    : parseEnum(p, annotations, start);
}

function parseAggregate(
  p: Cursor,
  kind: (typeof aggregateKinds)[keyof typeof aggregateKinds],
  annotations: readonly Annotation[],
  start: number,
): HeaderTypeDeclaration | HeaderUnionDeclaration | StructDeclaration {
  const word = p.advance().text;
  const name = p.expectName(`a name for the ${word.replace('_', ' ')}`);
  p.declareType(name);
  p.pushScope();
  const typeParameters = parseTypeParameters(p);
  const open = p.pos;
  p.expect('{');
  const fields: StructField[] = [];
  while (!p.atListEnd()) {
    const field = p.recovering(() => parseField(p), noStarters);
    if (field) fields.push(field);
  }
  p.popScope();
  p.expectClosing('}', open);
  return { kind, annotations, name, typeParameters, fields, span: p.spanFrom(start) };
}

/** grammar: structField */
function parseField(p: Cursor): StructField {
  const start = p.pos;
  const annotations = parseAnnotations(p);
  const element = parseTypeRef(p);
  const name = p.expectName('a field name');
  const type = parseArraySuffix(p, element, start);
  p.expectSemicolon();
  return { kind: 'structField', annotations, type, name, span: p.spanFrom(start) };
}

/** grammar: enumDeclaration */
function parseEnum(p: Cursor, annotations: readonly Annotation[], start: number): EnumDeclaration {
  p.expect('enum');
  const isPlain = p.atName() && p.peek(1).kind === '{';
  const underlyingType = isPlain ? undefined : parseTypeRef(p);
  const name = p.expectName('an enum name');
  p.declareType(name);
  const open = p.pos;
  p.expect('{');
  const members: EnumMember[] = [];
  do {
    if (p.at('}') && members.length > 0) break;
    const memberStart = p.pos;
    const memberAnnotations = parseAnnotations(p);
    const memberName = p.expectName('an enum member');
    if (underlyingType && !p.at('=')) p.fail(`'=' and the value of '${memberName.name}'`);
    const value = underlyingType && p.accept('=') ? parseExpression(p) : undefined;
    const head = { kind: 'enumMember', annotations: memberAnnotations, name: memberName } as const;
    members.push({ ...head, ...(value && { value }), span: p.spanFrom(memberStart) });
  } while (p.accept(','));
  p.expectClosing('}', open);
  return { kind: 'enum', annotations, name, ...(underlyingType && { underlyingType }), members, span: p.spanFrom(start) };
}

/** grammar: errorDeclaration, matchKindDeclaration */
export function parseErrorOrMatchKind(
  p: Cursor,
  annotations: readonly Annotation[],
  start: number,
): ErrorDeclaration | MatchKindDeclaration {
  const keyword = p.advance();
  const name: Identifier = { kind: 'identifier', name: keyword.text, span: keyword.span };
  const open = p.pos;
  p.expect('{');
  const members: Identifier[] = [];
  while (!p.at('}')) {
    members.push(p.expectName(keyword.kind === 'error' ? 'an error name' : 'a match kind'));
    if (!p.accept(',')) break;
  }
  p.expectClosing('}', open);
  const kind = keyword.kind === 'error' ? 'errorDeclaration' : 'matchKindDeclaration';
  return { kind, annotations, name, members, span: p.spanFrom(start) };
}

/** grammar: typedefDeclaration ";" */
export function parseTypedefOrNewtype(
  p: Cursor,
  annotations: readonly Annotation[],
  start: number,
): TypedefDeclaration | NewtypeDeclaration {
  const isTypedef = p.advance().kind === 'typedef';
  const typeStart = p.pos;
  const typeAnnotations = isTypedef ? parseAnnotations(p) : [];
  const isDerived = startsDerivedType(p);
  if (isDerived && !isTypedef)
    p.report(p.token.span, `expected a type, found ${describeToken(p.token)}`, { help: "'typedef' takes declarations" });
  if (!isDerived && typeAnnotations.length > 0) p.fail("'header', 'header_union', 'struct' or 'enum' after the annotation");
  const derived: Declaration | undefined = isDerived ? parseDerivedType(p, typeAnnotations, typeStart) : undefined;
  const plain = derived ? undefined : parseTypeRef(p);
  const name = p.expectName('a type name');
  p.declareType(name);
  p.expectSemicolon();
  const span = p.spanFrom(start);
  return plain && !isTypedef
    ? { kind: 'newtype', annotations, type: plain, name, span }
    : { kind: 'typedef', annotations, type: (derived ?? plain)!, name, span };
}
