/**
 * The words and signs of P4-16 as data: keywords, punctuation, operators with their precedence (P4-16 §6.4 and appendix "P4 grammar").
 *
 * A token's `kind` is its text for keywords and punctuation, so that the parser says `at('header')`.
 * `>>` and `>>=` are not tokens: in `list<bit<8>>` the two signs close two brackets. The parser joins `>` with an adjacent `>` or `>=`
 * (`spaceBefore` is false) where an operator is expected.
 */
import type { Span } from '../../diag/index.ts';
import type { BinaryOperator } from './ast.ts';

/** Reserved everywhere. `_` is the don't-care. */
export const reservedWords = [
  'abstract',
  'action',
  'bit',
  'bool',
  'break',
  'const',
  'continue',
  'control',
  'default',
  'else',
  'enum',
  'error',
  'exit',
  'extern',
  'false',
  'for',
  'header',
  'header_union',
  'if',
  'in',
  'inout',
  'int',
  'match_kind',
  'out',
  'package',
  'parser',
  'return',
  'select',
  'string',
  'struct',
  'switch',
  'table',
  'this',
  'transition',
  'true',
  'tuple',
  'typedef',
  'value_set',
  'varbit',
  'void',
  '_',
] as const;

/** Keywords that are also names (grammar: nonTypeName, name). */
export const contextualWords = ['actions', 'apply', 'entries', 'key', 'list', 'priority', 'state', 'type'] as const;

export const punctuation = [
  '|+|=',
  '|-|=',
  '<<=',
  '&&&',
  '|+|',
  '|-|',
  '...',
  '{#}',
  '&&',
  '||',
  '<<',
  '<=',
  '>=',
  '==',
  '!=',
  '++',
  '..',
  '##',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '&=',
  '|=',
  '^=',
  '+',
  '-',
  '*',
  '/',
  '%',
  '&',
  '|',
  '^',
  '~',
  '!',
  '<',
  '>',
  '=',
  '?',
  ':',
  ',',
  ';',
  '.',
  '@',
  '#',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
] as const;

export type Keyword = (typeof reservedWords)[number] | (typeof contextualWords)[number];
export type Punctuation = (typeof punctuation)[number];

/** `unknown`: a character that P4 has no use for; `openString`: a string whose closing quote is missing; `end`: after the last token. */
export type TokenKind = Keyword | Punctuation | 'identifier' | 'integer' | 'string' | 'unknown' | 'openString' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As written, quotes and escapes of strings included. */
  readonly text: string;
  /** Where the user wrote it; for a token out of a macro's body, where the macro is used. */
  readonly span: Span;
  /** White space or a comment stands before it. */
  readonly spaceBefore: boolean;
  /** It is the first of its line. */
  readonly lineStart: boolean;
}

/** Binary operators, weakest first; all associate to the left (P4-16 §8). `>>` is spelt as two tokens. */
export const binaryPrecedence: readonly (readonly BinaryOperator[])[] = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>'],
  ['++', '+', '-', '|+|', '|-|'],
  ['*', '/', '%'],
];

/** Operators of compound assignment: `a op= b`. */
export const compoundOperators: readonly BinaryOperator[] = ['*', '/', '%', '+', '-', '|+|', '|-|', '<<', '>>', '&', '|', '^'];

const contextual: ReadonlySet<string> = new Set(contextualWords);
const keywords: ReadonlyMap<string, Keyword> = new Map([...reservedWords, ...contextualWords].map((word) => [word, word]));

/** The kind of a word: its keyword, or `identifier`. */
export function wordKind(text: string): TokenKind {
  return keywords.get(text) ?? 'identifier';
}

/** Whether a token of this kind may stand where the grammar says `name`. */
export function isNameKind(kind: TokenKind): boolean {
  return kind === 'identifier' || contextual.has(kind);
}

/** Whether the token is a word in the preprocessor's eyes: identifier or any keyword. */
export function isWord(token: Token): boolean {
  return token.kind === 'identifier' || keywords.has(token.kind);
}

/** How a message names the token that was found. */
export function describeToken(token: Token): string {
  if (token.kind === 'end') return 'the end of the file';
  if (token.kind === 'string') return token.text.length > 40 ? 'a string' : `the string ${token.text.replace(/\s+/g, ' ')}`;
  if (keywords.has(token.kind) && !isNameKind(token.kind) && token.kind !== '_') return `keyword '${token.text}'`;
  return `'${token.text}'`;
}
