/** Types as written, type parameters and arguments (P4-16 §7, grammar: typeRef, typeParameters, typeArgumentList). */
import type { Expression, TypeParameter, TypeRef } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression } from './parse-expressions.ts';
import { findWidthEnd } from './scan.ts';

const plainTypes = {
  bool: 'boolType',
  error: 'errorType',
  match_kind: 'matchKindType',
  string: 'stringType',
  void: 'voidType',
} as const;

const sizedTypes = { bit: 'bitType', int: 'signedType', varbit: 'varbitType' } as const;

/** grammar: typeRef. `void` is refused unless allowed (return types and type arguments). */
export function parseTypeRef(p: Cursor, allowVoid = false): TypeRef {
  p.enter();
  const start = p.pos;
  let type = parseElementType(p, allowVoid);
  for (let open = p.pos; p.accept('['); open = p.pos) {
    const size = parseExpression(p);
    p.expectClosing(']', open);
    type = { kind: 'stackType', element: type, size, span: p.spanFrom(start) };
    p.checkChain(p.pos - start);
  }
  p.leave();
  return type;
}

function parseElementType(p: Cursor, allowVoid: boolean): TypeRef {
  const start = p.pos;
  const { kind } = p.token;
  switch (kind) {
    case 'bool':
    case 'error':
    case 'match_kind':
    case 'string':
      p.advance();
      return { kind: plainTypes[kind], span: p.spanFrom(start) };
    case 'void':
      if (!allowVoid) p.fail('a type');
      p.advance();
      return { kind: 'voidType', span: p.spanFrom(start) };
    case 'bit':
    case 'int':
    case 'varbit': {
      p.advance();
      if (p.at('<')) return { kind: sizedTypes[kind], width: parseWidth(p, kind), span: p.spanFrom(start) };
      if (kind === 'varbit') p.fail("'<' and the maximum width of the varbit");
      return kind === 'int' ? { kind: 'intType', span: p.spanFrom(start) } : { kind: 'bitType', span: p.spanFrom(start) };
    }
    case 'tuple': {
      p.advance();
      const elements = parseTypeArguments(p);
      return { kind: 'tupleType', elements, span: p.spanFrom(start) };
    }
    case 'list':
      if (p.peek(1).kind === '<') {
        p.advance();
        const open = p.pos;
        p.expect('<');
        const element = parseTypeArgument(p);
        p.expectClosing('>', open);
        return { kind: 'listType', element, span: p.spanFrom(start) };
      }
      return parseNamedType(p);
    default:
      return parseNamedType(p);
  }
}

/** grammar: namedType. `T`, `.T`, `T<args>` */
export function parseNamedType(p: Cursor): TypeRef {
  const start = p.pos;
  const isGlobal = p.accept('.');
  const name = p.expectName(isGlobal ? 'a type name' : 'a type');
  const base: TypeRef = { kind: 'namedType', name, isGlobal, span: p.spanFrom(start) };
  if (!p.at('<')) return base;
  const args = parseTypeArguments(p);
  return { kind: 'specializedType', base, args, span: p.spanFrom(start) };
}

/** `<8>`, `<(expression)>`, and any expression without a bare `>` (unreleased addition). */
function parseWidth(p: Cursor, keyword: string): Expression {
  const open = p.pos;
  p.expect('<');
  if (p.at('>')) p.fail(`the width of '${keyword}'`);
  const outer = p.widthEnd;
  p.widthEnd = findWidthEnd(p, open);
  const width = parseExpression(p);
  p.widthEnd = outer;
  p.expectClosing('>', open);
  return width;
}

/** `[size]` behind a declared name: `T name[2][3]` is an array of 2 arrays of 3 `T` (unreleased addition). */
export function parseArraySuffix(p: Cursor, element: TypeRef, start: number): TypeRef {
  const sizes: Expression[] = [];
  for (let open = p.pos; p.accept('['); open = p.pos) {
    sizes.push(parseExpression(p));
    p.expectClosing(']', open);
    p.checkChain(sizes.length);
  }
  const span = p.spanFrom(start);
  return sizes.reduceRight<TypeRef>((type, size) => ({ kind: 'stackType', element: type, size, span }), element);
}

/** grammar: "<" typeArgumentList ">" */
export function parseTypeArguments(p: Cursor): TypeRef[] {
  const open = p.pos;
  p.expect('<');
  const args: TypeRef[] = [];
  if (!p.at('>')) {
    do args.push(parseTypeArgument(p));
    while (p.accept(','));
  }
  p.expectClosing('>', open);
  return args;
}

function parseTypeArgument(p: Cursor): TypeRef {
  if (!p.at('_')) return parseTypeRef(p, true);
  const { span } = p.advance();
  return { kind: 'dontcareType', span };
}

/** grammar: optTypeParameters; the names become types of the current scope. */
export function parseTypeParameters(p: Cursor): TypeParameter[] {
  const parameters: TypeParameter[] = [];
  const open = p.pos;
  if (!p.accept('<')) return parameters;
  do {
    const name = p.expectName('a type parameter');
    p.declareType(name);
    parameters.push({ kind: 'typeParameter', name, span: name.span });
  } while (p.accept(','));
  p.expectClosing('>', open);
  return parameters;
}
