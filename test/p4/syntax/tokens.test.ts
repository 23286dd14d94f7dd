/** One test per row of the token and precedence tables. */
import { describe, expect, it } from 'vitest';
import { Diagnostics, makeSource } from '../../../src/diag/index.ts';
import type { ast } from '../../../src/p4/syntax/index.ts';
import { printExpression } from '../../../src/p4/syntax/index.ts';
import { Lexer } from '../../../src/p4/syntax/lex.ts';
import { integerValue, stringValue } from '../../../src/p4/syntax/literals.ts';
import {
  binaryPrecedence,
  compoundOperators,
  contextualWords,
  punctuation,
  reservedWords,
  type Token,
} from '../../../src/p4/syntax/tokens.ts';
import { parse } from './programs.ts';

function lex(text: string): Token[] {
  const lexer = new Lexer(makeSource('t.p4', text), new Diagnostics());
  const tokens: Token[] = [];
  for (let token = lexer.next(); token.kind !== 'end'; token = lexer.next()) tokens.push(token);
  return tokens;
}

function expression(text: string): ast.Expression {
  const { program, messages } = parse(`const int x = ${text};`);
  expect(messages).toBe('');
  const declaration = program.declarations[0];
  if (declaration?.kind !== 'constant') throw new Error('no constant');
  return declaration.initializer;
}

/** The tree in full parentheses. */
function grouped(e: ast.Expression): string {
  if (e.kind === 'binary') return `(${grouped(e.left)} ${e.operator} ${grouped(e.right)})`;
  if (e.kind === 'unary') return `(${e.operator}${grouped(e.operand)})`;
  if (e.kind === 'conditional') return `(${grouped(e.condition)} ? ${grouped(e.whenTrue)} : ${grouped(e.whenFalse)})`;
  return printExpression(e);
}

describe('lexer', () => {
  it.each([...reservedWords, ...contextualWords, ...punctuation])('reads %s as one token', (text) => {
    expect(lex(`a ${text} b`).map((t) => [t.kind, t.text])).toEqual([
      ['identifier', 'a'],
      [text, text],
      ['identifier', 'b'],
    ]);
  });

  it.each(contextualWords)('lets a field be called %s', (word) => {
    expect(parse(`struct s { bit<8> ${word}; } const int ${word} = x.${word} + ${word};`).messages).toBe('');
  });

  it('splits >> so that brackets close, and keeps the spans', () => {
    const tokens = lex('a >> b > > c >>= d');
    expect(tokens.map((t) => `${t.spaceBefore ? '_' : ''}${t.text}`)).toEqual([
      '_a',
      '_>',
      '>',
      '_b',
      '_>',
      '_>',
      '_c',
      '_>',
      '>=',
      '_d',
    ]);
    expect(tokens[1]?.span).toMatchObject({ start: 2, end: 3 });
  });

  it('joins lines that end in a backslash and drops comments', () => {
    expect(lex('a\\\nb // c \\\n d\ne /* f \n g */ h').map((t) => [t.text, t.lineStart])).toEqual([
      ['a', true],
      ['b', false],
      ['e', true],
      ['h', false],
    ]);
  });
});

describe('numbers', () => {
  it.each([
    ['0', 0n, undefined, false, 10],
    ['255', 255n, undefined, false, 10],
    ['1_000', 1000n, undefined, false, 10],
    ['0xFf', 255n, undefined, false, 16],
    ['0b1010_1010', 170n, undefined, false, 2],
    ['0o17', 15n, undefined, false, 8],
    ['0d19', 19n, undefined, false, 10],
    ['8w255', 255n, 8, false, 10],
    ['4s7', 7n, 4, true, 10],
    ['48w0x_6A_F3', 0x6af3n, 48, false, 16],
    ['16W0B11', 3n, 16, false, 2],
    ['010', 10n, undefined, false, 10],
  ] as const)('%s', (text, value, width, signed, base) => {
    expect(integerValue(text)).toEqual({ value, signed, base, ...(width !== undefined && { width }) });
  });

  it.each(['8w', '0x', '12ab', '0b12', '0o8', '8w0xG', '9999999999w1', '5x3'])('%s is refused', (text) => {
    expect(parse(`const int x = ${text};`).codes).toEqual(['invalid-number']);
  });

  it('resolves escapes in strings', () => {
    expect(stringValue(String.raw`"a\"b\\c\nd\qe"`)).toBe('a"b\\c\nd\\qe');
  });
});

describe('precedence', () => {
  const rows = binaryPrecedence.map((operators, level) => ({ operators, level }));

  it.each(rows.flatMap(({ operators }) => operators.map((op) => [op])))('%s associates to the left', (op) => {
    expect(grouped(expression(`a ${op} b ${op} c`))).toBe(`((a ${op} b) ${op} c)`);
  });

  it.each(rows.slice(1).map(({ operators, level }) => [rows[level - 1]!.operators[0]!, operators[0]!]))(
    '%s binds weaker than %s',
    (weak, strong) => {
      expect(grouped(expression(`a ${weak} b ${strong} c`))).toBe(`(a ${weak} (b ${strong} c))`);
      expect(grouped(expression(`a ${strong} b ${weak} c`))).toBe(`((a ${strong} b) ${weak} c)`);
    },
  );

  it.each([
    ['-a + !b', '((-a) + (!b))'],
    ['-a.b[1]', '(-a.b[1])'],
    ['a ? b : c ? d : e', '(a ? b : (c ? d : e))'],
    ['a || b ? c : d', '((a || b) ? c : d)'],
    ['(a - b) - (c - d)', '((a - b) - (c - d))'],
  ])('%s', (text, tree) => {
    expect(grouped(expression(text))).toBe(tree);
  });

  it.each(compoundOperators)('reads %s= as a compound assignment', (op) => {
    const { program, messages } = parse(`action a() { x ${op}= 1; }`);
    expect(messages).toBe('');
    const action = program.declarations[0];
    expect(action?.kind === 'action' && action.body.statements[0]).toMatchObject({ kind: 'assignment', operator: op });
  });
});

describe('printing', () => {
  it.each([
    '(a + b) * c',
    'a + b * c',
    'a - (b - c)',
    '!(a && b)',
    '--a',
    '+ +a',
    '(bit<8>)a + 1',
    '(bit<(n + 1)>)(a + b)',
    'a[7:0] ++ b[3+:4]',
    'f<bit<8>, _>(a, b = _)',
    '{ a, { b, c }, ... }',
    '{ x = 1, y = 8w0xFF, ... }',
    '{}',
    '{#}',
    'a ? b : c ? d : e',
    '(a ? b : c) ? d : e',
    'error.Odd',
    '.a.b',
    'a >> 1 > 2',
    '"a\\"b\\n"',
    'true || false',
    '4s0b101 + 0o17',
  ])('%s survives', (text) => {
    expect(printExpression(expression(text))).toBe(text);
  });
});
