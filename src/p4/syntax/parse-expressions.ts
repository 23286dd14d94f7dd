/** Expressions, arguments and keysets (P4-16 §8; grammar: expression, argumentList, keysetExpression). Precedence climbing over ./tokens.ts. */
import type {
  Argument,
  BinaryOperator,
  Expression,
  Identifier,
  IntegerLiteral,
  Keyset,
  StructExpression,
  TypeRef,
  UnaryOperator,
} from './ast.ts';
import { type Cursor, coverSpans } from './cursor.ts';
import { integerValue, stringValue } from './literals.ts';
import { parseNamedType, parseTypeArguments, parseTypeRef } from './parse-types.ts';
import { isLikelyType, skipType, skipTypeArguments } from './scan.ts';
import { binaryPrecedence, isNameKind, type TokenKind } from './tokens.ts';

const precedenceOf: ReadonlyMap<string, number> = new Map(
  binaryPrecedence.flatMap((row, level) => row.map((op) => [op, level] as const)),
);

/** grammar: expression */
export function parseExpression(p: Cursor): Expression {
  p.enter();
  const condition = parseBinary(p, 0);
  let result = condition;
  if (p.accept('?')) {
    const whenTrue = parseExpression(p);
    p.expect(':');
    const whenFalse = parseExpression(p);
    result = { kind: 'conditional', condition, whenTrue, whenFalse, span: coverSpans(condition.span, whenFalse.span) };
  }
  p.leave();
  return result;
}

/** The binary operator at the current token and how many tokens it takes. */
function binaryOperatorAt(p: Cursor): { operator: BinaryOperator; length: number } | undefined {
  const { kind } = p.token;
  const after = p.peek(1);
  if (p.pos === p.widthEnd) return undefined;
  if (kind === '>' && !after.spaceBefore) {
    if (after.kind === '>') return { operator: '>>', length: 2 };
    if (after.kind === '>=') return undefined;
  }
  // `e[low +: width]`
  if (kind === '+' && after.kind === ':') return undefined;
  return precedenceOf.has(kind) ? { operator: kind as BinaryOperator, length: 1 } : undefined;
}

function parseBinary(p: Cursor, weakest: number): Expression {
  let left = parseUnary(p);
  for (let chain = 1; ; chain++) {
    const found = binaryOperatorAt(p);
    if (!found) return left;
    const precedence = precedenceOf.get(found.operator)!;
    if (precedence < weakest) return left;
    p.checkChain(chain);
    p.pos += found.length;
    const right = parseBinary(p, precedence + 1);
    left = { kind: 'binary', operator: found.operator, left, right, span: coverSpans(left.span, right.span) };
  }
}

function parseUnary(p: Cursor): Expression {
  const start = p.pos;
  const { kind } = p.token;
  if (kind === '!' || kind === '~' || kind === '-' || kind === '+') {
    p.enter();
    p.advance();
    const operand = parseUnary(p);
    p.leave();
    return { kind: 'unary', operator: kind as UnaryOperator, operand, span: p.spanFrom(start) };
  }
  if (kind === '(' && isCast(p)) {
    p.enter();
    p.advance();
    const type = parseTypeRef(p);
    p.expect(')');
    const operand = parseUnary(p);
    p.leave();
    return { kind: 'cast', type, operand, span: p.spanFrom(start) };
  }
  return parsePostfix(p);
}

const operandStarts: ReadonlySet<TokenKind> = new Set([
  'identifier',
  'integer',
  'string',
  'true',
  'false',
  'this',
  'error',
  '{',
  '{#}',
]);

/** Whether `(` at the current token opens a cast. */
function isCast(p: Cursor): boolean {
  const first = p.pos + 1;
  const end = skipType(p, first);
  if (end < 0 || p.tokens[end]?.kind !== ')') return false;
  const token = p.tokens[first]!;
  const isName = isNameKind(token.kind) || token.kind === '.';
  if (!isName || (token.kind === 'list' && p.tokens[first + 1]?.kind === '<')) return true;
  const known = token.kind === '.' ? p.lookup(p.tokens[first + 1]!.text, true) : p.lookup(token.text);
  // An undeclared name: two operands in a row make no expression, so what precedes the second is meant as a type.
  return known === 'type' || (known === undefined && operandStarts.has(p.tokens[end + 1]?.kind ?? 'end'));
}

/**
 * Primary expression with what may follow it: `.member`, `[index]`, `[high:low]`, `<types>(args)`, `(args)`.
 * With `untilCall` it ends behind the first call: what a statement may begin with (grammar: lvalue, and a call of one).
 */
export function parsePostfix(p: Cursor, untilCall = false): Expression {
  const start = p.pos;
  let left = parsePrimary(p);
  for (let chain = 1; ; chain++) {
    if (untilCall && left.kind === 'call') return left;
    p.checkChain(chain);
    if (p.accept('.')) {
      const member = p.expectName('a member name');
      left = { kind: 'member', object: left, member, span: p.spanFrom(start) };
    } else if (p.at('[')) {
      left = parseIndex(p, left, start);
    } else if (p.at('(')) {
      const args = parseArguments(p);
      left = { kind: 'call', callee: left, typeArguments: [], args, span: p.spanFrom(start) };
    } else if (p.at('<') && isGenericCall(p, left)) {
      const typeArguments = parseTypeArguments(p);
      const args = parseArguments(p);
      left = { kind: 'call', callee: left, typeArguments, args, span: p.spanFrom(start) };
    } else {
      return left;
    }
  }
}

/** Whether `<` opens type arguments: types and `>(` follow (grammar: realTypeArgumentList, the first one must be a type). */
function isGenericCall(p: Cursor, callee: Expression): boolean {
  if (callee.kind !== 'path' && callee.kind !== 'member') return false;
  const end = skipTypeArguments(p, p.pos);
  return end > 0 && p.tokens[end]?.kind === '(' && isLikelyType(p, p.pos + 1);
}

function parseIndex(p: Cursor, object: Expression, start: number): Expression {
  const open = p.pos;
  p.expect('[');
  const first = parseExpression(p);
  let result: Expression;
  const isPlus = p.at('+') && p.peek(1).kind === ':';
  if (isPlus) p.advance();
  if (p.accept(':')) {
    const second = parseExpression(p);
    p.expectClosing(']', open);
    const [high, low] = isPlus ? [second, first] : [first, second];
    result = { kind: 'slice', object, high, low, isPlus, span: p.spanFrom(start) };
  } else {
    p.expectClosing(']', open);
    result = { kind: 'index', object, index: first, span: p.spanFrom(start) };
  }
  return result;
}

function parsePrimary(p: Cursor): Expression {
  const { token } = p;
  const { span } = token;
  switch (token.kind) {
    case 'integer':
      return parseInteger(p);
    case 'string':
      p.advance();
      return { kind: 'string', value: stringValue(token.text), span };
    case 'true':
    case 'false':
      p.advance();
      return { kind: 'boolean', value: token.kind === 'true', span };
    case 'this':
      p.advance();
      return { kind: 'this', span };
    case '...':
      p.advance();
      return { kind: 'defaultValue', span };
    case '{#}':
      p.advance();
      return { kind: 'invalid', span };
    case '{':
      return parseBraces(p);
    case '(': {
      const open = p.pos;
      p.advance();
      const inner = parseExpression(p);
      p.expectClosing(')', open);
      return inner;
    }
    case 'error': {
      p.advance();
      if (!p.at('.')) p.fail("'.' after 'error'");
      return { kind: 'typeName', type: { kind: 'errorType', span }, span };
    }
    default:
      return parsePathOrType(p);
  }
}

/** `x`, `.x`, or a type before `.member` or `(args)`. */
function parsePathOrType(p: Cursor): Expression {
  const start = p.pos;
  const isGlobal = p.at('.');
  if (!p.atName(isGlobal ? 1 : 0)) {
    if (isGlobal) p.advance();
    p.fail(isGlobal ? "a name after '.'" : 'an expression');
  }
  const nameToken = p.peek(isGlobal ? 1 : 0);
  const isList = nameToken.kind === 'list' && p.peek(1).kind === '<' && skipTypeArguments(p, p.pos + 1) > 0;
  if (isList || p.lookup(nameToken.text, isGlobal) === 'type') {
    const type = parseTypeInExpression(p, start + (isGlobal ? 2 : 1));
    if (!p.at('.') && !p.at('(')) p.report(type.span, `expected a value, found the type '${nameToken.text}'`);
    return { kind: 'typeName', type, span: type.span };
  }
  if (isGlobal) p.advance();
  const name = p.expectName();
  return { kind: 'path', name, isGlobal, span: p.spanFrom(start) };
}

/** `T` or, where `.` or `(` follows the type arguments, `T<args>`; `T < x` stays a comparison. */
function parseTypeInExpression(p: Cursor, behindName: number): TypeRef {
  const end = skipTypeArguments(p, behindName);
  const follows = p.tokens[end]?.kind;
  if (end > 0 && (follows === '(' || follows === '.')) return parseNamedType(p);
  const start = p.pos;
  const isGlobal = p.accept('.');
  const name = p.expectName();
  return { kind: 'namedType', name, isGlobal, span: p.spanFrom(start) };
}

/** A number token; a malformed one is reported and counts as 0. */
export function parseInteger(p: Cursor): IntegerLiteral {
  const { text, span } = p.token;
  const parsed = integerValue(text);
  if ('wrong' in parsed) {
    p.report(span, parsed.wrong, { code: 'invalid-number' });
    p.advance();
    return { kind: 'integer', value: 0n, signed: false, base: 10, span };
  }
  p.advance();
  return { kind: 'integer', ...parsed, span };
}

/** `{ a, b }`, `{ x = a, y = b }`, `{ …, ... }`, `{}`, each with an optional trailing comma. */
function parseBraces(p: Cursor): Expression {
  const open = p.pos;
  p.expect('{');
  if (p.atName() && p.peek(1).kind === '=') return parseStructFields(p, open);
  const elements: Expression[] = [];
  while (!p.at('}')) {
    elements.push(parseExpression(p));
    if (!p.accept(',')) break;
  }
  p.expectClosing('}', open);
  const hasRest = elements.at(-1)?.kind === 'defaultValue';
  if (hasRest) elements.pop();
  return { kind: 'list', elements, hasRest, span: p.spanFrom(open) };
}

function parseStructFields(p: Cursor, open: number): StructExpression {
  const fields: { name: Identifier; value: Expression; span: Expression['span'] }[] = [];
  let hasRest = false;
  while (!p.at('}')) {
    if (p.accept('...')) {
      hasRest = true;
      p.accept(',');
      break;
    }
    const start = p.pos;
    const name = p.expectName('a field name');
    p.expect('=');
    const value = parseExpression(p);
    fields.push({ name, value, span: p.spanFrom(start) });
    if (!p.accept(',')) break;
  }
  p.expectClosing('}', open);
  return { kind: 'structExpression', fields, hasRest, span: p.spanFrom(open) };
}

/** grammar: "(" argumentList ")" */
export function parseArguments(p: Cursor): Argument[] {
  const open = p.pos;
  p.expect('(');
  const args: Argument[] = [];
  if (!p.at(')')) {
    do args.push(parseArgument(p));
    while (p.accept(','));
  }
  p.expectClosing(')', open);
  return args;
}

/** grammar: argument. `e`, `name = e`, `_`, `name = _` */
export function parseArgument(p: Cursor): Argument {
  const start = p.pos;
  let name: Identifier | undefined;
  if (p.atName() && p.peek(1).kind === '=') {
    name = p.expectName();
    p.expect('=');
  }
  const value: Argument['value'] = p.at('_') ? { kind: 'dontcare', span: p.advance().span } : parseExpression(p);
  return { kind: 'argument', ...(name && { name }), value, span: p.spanFrom(start) };
}

/** grammar: keysetExpression. One keyset per key: `x`, `(x, y &&& m, _)`, and `{x, y}`, which is the same; ends before `:`. */
export function parseKeysets(p: Cursor): Keyset[] {
  const open = p.pos;
  const closer = p.at('(') ? p.closers[open]! : -1;
  if (closer < 0 || p.tokens[closer + 1]?.kind !== ':' || isCast(p)) {
    const keyset = parseKeyset(p);
    return keyset.kind === 'list' && !keyset.hasRest ? [...keyset.elements] : [keyset];
  }
  p.expect('(');
  const keysets: Keyset[] = [];
  do keysets.push(parseKeyset(p));
  while (p.accept(','));
  p.expectClosing(')', open);
  return keysets;
}

/** grammar: simpleKeysetExpression */
function parseKeyset(p: Cursor): Keyset {
  const { span } = p.token;
  if (p.accept('default')) return { kind: 'default', span };
  if (p.accept('_')) return { kind: 'dontcare', span };
  return parseMaskOrRange(p);
}

/** `e`, `value &&& mask`, `low .. high` */
export function parseMaskOrRange(p: Cursor): Expression {
  const first = parseExpression(p);
  if (p.accept('&&&')) {
    const mask = parseExpression(p);
    return { kind: 'mask', value: first, mask, span: coverSpans(first.span, mask.span) };
  }
  if (p.accept('..')) {
    const high = parseExpression(p);
    return { kind: 'range', low: first, high, span: coverSpans(first.span, high.span) };
  }
  return first;
}
