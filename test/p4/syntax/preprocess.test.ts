/** The preprocessor: text in, tokens out (written with one space between them), and its messages. */
import { describe, expect, it } from 'vitest';
import { Diagnostics, makeSource, printDiagnostics } from '../../../src/diag/index.ts';
import { type PreprocessOptions, preprocess } from '../../../src/p4/syntax/index.ts';
import { preprocessTokens } from '../../../src/p4/syntax/preprocess.ts';
import { parse } from './programs.ts';

function run(text: string, options: PreprocessOptions = {}): { tokens: string; messages: string; codes: string[] } {
  const diag = new Diagnostics();
  const tokens = preprocessTokens(makeSource('dir/t.p4', text), options, diag);
  return {
    tokens: tokens
      .slice(0, -1)
      .map((t) => t.text)
      .join(' '),
    messages: printDiagnostics(diag.all),
    codes: diag.all.map((d) => d.code),
  };
}

const files = (content: Record<string, string>): PreprocessOptions['readFile'] => {
  return (path) => (Object.hasOwn(content, path) ? content[path] : undefined);
};

describe('macros', () => {
  it.each([
    ['object', '#define A 1 + 2\nA;', '1 + 2 ;'],
    ['empty', '#define A\n<A>', '< >'],
    ['keyword', '#define table TABLE\ntable', 'TABLE'],
    ['undef', '#define A 1\n#undef A\nA', 'A'],
    ['chain', '#define A B\n#define B C\nA', 'C'],
    ['recursion', '#define A B + A\n#define B A\nA', 'A + A'],
    ['function', '#define F(x, y) y x\nF(1, 2)', '2 1'],
    ['no parentheses, no use', '#define F(x) 1\nF + F (2)', 'F + 1'],
    ['nested parentheses', '#define F(x, y) x|y\nF((1, 2), g(3, 4))', '( 1 , 2 ) | g ( 3 , 4 )'],
    ['empty arguments', '#define F(x, y) [x|y]\nF(,)', '[ | ]'],
    ['no arguments', '#define F() 1\nF()', '1'],
    ['over lines', '#define F(x, y) x y\nF(1,\n  2)', '1 2'],
    ['argument is expanded', '#define A 1\n#define F(x) x\nF(A)', '1'],
    ['stringify', '#define S(x) #x\nS(a  +  "b")', '"a + \\"b\\""'],
    ['stringify does not expand', '#define A 1\n#define S(x) #x\nS(A)', '"A"'],
    ['stringify in two steps', '#define A 1\n#define S(x) #x\n#define T(x) S(x)\nT(A)', '"1"'],
    ['paste', '#define P(a, b) a##b\nP(8, w1) P(x, y) P(, z) P(z, )', '8w1 xy z z'],
    ['paste, object-like', '#define A x ## 1\nA', 'x1'],
    ['paste makes a macro', '#define XY 3\n#define P(a, b) a##b\nP(X, Y)', '3'],
    ['variadic', '#define V(a, ...) a(__VA_ARGS__)\nV(f, 1, 2) V(g)', 'f ( 1 , 2 ) g ( )'],
    ['a function that makes a function', '#define F(x) G\n#define G(x) <x>\nF(1)(2)', '< 2 >'],
    ['continued line', '#define A 1 \\\n  + 2\nA', '1 + 2'],
    ['comment in a definition', '#define A 1 // one\n#define B /* b */ 2 /* over\n lines */ + 3\nA B', '1 2 + 3'],
    ['not in strings', '#define A 1\n"A"', '"A"'],
    ['file and line', '\n__LINE__ __FILE__', '2 "dir/t.p4"'],
  ])('%s', (_name, text, tokens) => {
    expect(run(text)).toEqual({ tokens, messages: '', codes: [] });
  });

  it('takes definitions from outside', () => {
    expect(run('A F(2)', { defines: { A: '7', 'F(x)': 'x' } }).tokens).toBe('7 2');
  });

  it('keeps the span of the use, and of arguments their own', () => {
    const diag = new Diagnostics();
    const tokens = preprocessTokens(makeSource('t.p4', '#define F(x) (x + 1)\n F(ab)'), {}, diag);
    expect(tokens.map((t) => [t.text, t.span.start, t.span.end])).toEqual([
      ['(', 22, 23],
      ['ab', 24, 26],
      ['+', 22, 23],
      ['1', 22, 23],
      [')', 22, 23],
      ['', 27, 27],
    ]);
  });
});

describe('conditions', () => {
  it.each([
    ['1', true],
    ['0', false],
    ['UNKNOWN', false],
    ['TEN == 10 && defined(TEN) && defined TEN', true],
    ['!defined(TEN) || TEN < 10', false],
    ['(1 + 2) * 3 == 9 ? 1 : 0', true],
    ['1 << 4 >> 2 == 4', true],
    ['7 / 2 == 3 && 7 % 2 == 1', true],
    ['0 && 1 / 0', false],
    ['-1 < 0', true],
    ['~0 == -1', true],
    ['0x10 == 16 && 20200408L >= 20200408', true],
    ['TWICE(5) == TEN', true],
  ])('#if %s', (condition, holds) => {
    const text = `#define TEN 10\n#define TWICE(x) (2 * (x))\n#if ${condition}\nyes\n#else\nno\n#endif`;
    expect(run(text)).toEqual({ tokens: holds ? 'yes' : 'no', messages: '', codes: [] });
  });

  it('takes the first branch that holds', () => {
    const branches = '#if A == 1\none\n#elif A == 2\ntwo\n#elif A\nmore\n#else\nnone\n#endif';
    const taken = ['1', '2', '3', '0'].map((value) => run(branches, { defines: { A: value } }).tokens);
    expect(taken).toEqual(['one', 'two', 'more', 'none']);
  });

  it('skips whatever stands in skipped text', () => {
    const text = '#if 0\ndon\'t "stop # ` \n#if 1\nx\n#else\n#error no\n#endif\n#include <none>\n/* #endif */\n#else\ny\n#endif';
    expect(run(text)).toEqual({ tokens: 'y', messages: '', codes: [] });
  });

  it('knows ifdef and ifndef', () => {
    expect(run('#define A\n#ifdef A\n1\n#endif\n#ifndef A\n2\n#endif\n#ifndef B\n3\n#endif').tokens).toBe('1 3');
  });
});

describe('includes', () => {
  it('looks for quoted files beside the including file, then in the include folders', () => {
    const readFile = files({
      'dir/a.p4': 'beside',
      'inc/a.p4': 'system',
      'inc/sub/b.p4': '#include "c.p4"',
      'inc/sub/c.p4': 'c',
    });
    const options = { readFile, includeDirs: ['other', 'inc/'] };
    expect(run('#include "a.p4"\n#include <a.p4>\n#include <sub/b.p4>', options)).toEqual({
      tokens: 'beside system c',
      messages: '',
      codes: [],
    });
  });

  it('expands macros in an include line', () => {
    const options = { readFile: files({ 'dir/a.p4': 'a', 'inc/b.p4': 'b' }), includeDirs: ['inc'] };
    expect(run('#define A "a.p4"\n#define B <b.p4>\n#include A\n#include B', options).tokens).toBe('a b');
  });

  it('points into the included file', () => {
    const { messages } = parse('#include "a.p4"\nconst int y = 1;', { readFile: files({ 'a.p4': '\nconst int x = ;\n' }) });
    expect(messages).toBe(
      [
        "a.p4:2:15: error[syntax]: expected an expression, found ';'",
        '    2 | const int x = ;',
        '      |               ^',
        '',
      ].join('\n'),
    );
  });

  it('stops at include loops, direct and through others', () => {
    expect(run('x', { readFile: () => undefined }).codes).toEqual([]);
    expect(run('#include "a.p4"', { readFile: () => '#include "a.p4"\n#include "a.p4"' }).codes).toEqual(['include-depth']);
    const guarded = files({ 'dir/a.p4': '#ifndef A\n#define A\n#include "b.p4"\na\n#endif', 'dir/b.p4': '#include "a.p4"\nb' });
    expect(run('#include "a.p4"\n#include "a.p4"', { readFile: guarded })).toEqual({ tokens: 'b a', messages: '', codes: [] });
  });
});

describe('messages', () => {
  it.each([
    [
      '#include "x.p4"',
      "dir/t.p4:1:10: error[include-not-found]: cannot find the file 'x.p4'",
      "note: searched in 'dir/', 'inc'",
    ],
    ['#include x', "dir/t.p4:1:1: error[include-syntax]: expected '#include \"file\"' or '#include <file>'"],
    [
      '#define F(x) x\nF(1, 2)',
      "dir/t.p4:2:1: error[macro-arguments]: macro 'F' takes 1 argument, found 2",
      "1:9: note: 'F' is defined here",
    ],
    ['#define F(x) x\nF(1', "error[macro-arguments]: the arguments of macro 'F' have no closing ')'"],
    ['#define P(a, b) a##b\nP(+, 1)', "error[macro-paste]: '+' and '1' do not join to one word or sign"],
    ['#define A ## 1', "error[macro-paste]: '##' stands between two words or signs"],
    ['#define 1', "dir/t.p4:1:9: error[macro-name]: expected a macro name, found '1'"],
    ['#define F(x', "error[macro-parameters]: expected ',' or ')' of macro 'F', found the end of the line"],
    ['#define A 1\n#define A 2', "dir/t.p4:2:9: warning[macro-redefined]: macro 'A' is defined again, differently"],
    ['#error "no way"', 'dir/t.p4:1:1: error[error-directive]: no way'],
    ["#error it is 5 o'clock", "error[error-directive]: it is 5 o'clock"],
    ['#warning careful', 'warning[warning-directive]: careful'],
    ['#if 1', "dir/t.p4:1:1: error[unterminated-if]: '#if' has no matching '#endif'"],
    ['#endif', "error[unmatched-endif]: '#endif' has no matching '#if'"],
    ['#else', "error[unmatched-else]: '#else' has no matching '#if'"],
    ['#if 1\n#else\n#else\n#endif', "error[unmatched-else]: '#else' after '#else'"],
    ['#if 1 +\n#endif', 'error[preprocessor-expression]: expected a number, found the end of the line'],
    ['#if 1 2\n#endif', "error[preprocessor-expression]: expected an operator, found '2'"],
    ['#if 1 / 0\n#endif', 'dir/t.p4:1:7: error[preprocessor-expression]: division by zero'],
    ['#if defined()\n#endif', "error[preprocessor-expression]: expected a macro name after 'defined'"],
    ['#frob', "dir/t.p4:1:1: error[unknown-directive]: unknown preprocessor directive '#frob'"],
    ['x /* y', "dir/t.p4:1:3: error[unterminated-comment]: comment has no closing '*/'"],
  ])('%j', (text, ...wanted) => {
    const { messages } = run(text, { includeDirs: ['inc'] });
    for (const part of wanted) expect(messages).toContain(part);
    expect(messages.match(/error\[|warning\[/g)).toHaveLength(1);
  });

  it('bounds macros that grow without end', () => {
    const lines = Array.from({ length: 40 }, (_, i) => `#define M${i} M${i + 1} M${i + 1}`);
    expect(run(`${lines.join('\n')}\nM0`).codes).toEqual(['macro-expansion-limit']);
    const nested = `#define F(x) x\n${'F('.repeat(500)}1${')'.repeat(500)}`;
    expect(run(nested).codes).toEqual(['macro-expansion-limit']);
    expect(run(`#if ${'('.repeat(9999)}\n#endif`).codes).toEqual(['preprocessor-expression']);
    expect(run(`#if ${'!'.repeat(9999)}1\n#endif`).codes).toEqual(['preprocessor-expression']);
  });

  it.each(['#line 7 "x.p4"', '#pragma once', '# 12 "x.p4"', '#'])('ignores %s', (text) => {
    expect(run(`${text}\nx`)).toEqual({ tokens: 'x', messages: '', codes: [] });
  });
});

describe('preprocess to text', () => {
  it('keeps lines and columns, and marks where it cannot', () => {
    const readFile = files({ 'a.p4': 'const int a = 1;\n' });
    const diag = new Diagnostics();
    const text = '#include "a.p4"\n#define N 8\n// comment\n  bit<N> x;\n';
    const out = preprocess(makeSource('t.p4', text), { readFile }, diag);
    expect(out).toBe('#line 1 "a.p4"\nconst int a = 1;\n#line 4 "t.p4"\n  bit<8> x;\n');
    expect(run(out).codes).toEqual([]);
  });
});
