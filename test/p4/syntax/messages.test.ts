/** Syntax errors: what is said, where, and how many. */
import { describe, expect, it } from 'vitest';
import { parse } from './programs.ts';

/** `line:column: message` of each diagnostic. */
function messagesOf(text: string): string[] {
  return parse(text)
    .messages.split('\n')
    .filter((line) => line.startsWith('t.p4:'))
    .map((line) => line.slice('t.p4:'.length).replace('error[syntax]: ', ''));
}

const inAction = (body: string): string => `action a() {\n${body}\n}`;

describe('one mistake, one message', () => {
  it.each([
    ['const bit<8> x = 5', "1:18: expected ';' after '5'"],
    ['const bit<8> = 5;', "1:14: expected a constant name, found '='"],
    ['bit<8> x = 5;', '1:1: a variable cannot be declared here'],
    ['const bit<8> x = bit<8>(1);', "1:18: expected an expression, found keyword 'bit'"],
    ['const bit<8 x = 1;', "1:13: expected '>', found 'x'"],
    ['const bit<> x = 1;', "1:11: expected the width of 'bit', found '>'"],
    ['const varbit x = 1;', "1:14: expected '<' and the maximum width of the varbit, found 'x'"],
    ['const table x = 1;', "1:7: expected a type, found keyword 'table'"],
    ['const void x = 1;', "1:7: expected a type, found keyword 'void'"],
    ['header table { }', "1:8: expected a name for the header, found keyword 'table'"],
    ['header h { bit<8> a, bit<8> b; }', "1:20: expected ';', found ','"],
    ['header h { bit<8> a; ', "1:21: expected '}', found the end of the file"],
    ['enum E { }', "1:10: expected an enum member, found '}'"],
    ['enum bit<8> E { A }', "1:19: expected '=' and the value of 'A', found '}'"],
    ['type struct S {} T;', "1:6: expected a type, found keyword 'struct'"],
    ['extern X { m(); }', "1:12: expected a return type before 'm'"],
    ['extern X<T> { X<T>(); }', "1:19: expected a method name, found '('"],
    ['control c() { }', "1:9: control 'c' has no 'apply' block"],
    ['control c { apply {} }', "1:11: expected '(', found '{'"],
    ['control c() { apply {} action a() {} }', "1:24: expected '}' after the 'apply' block, found keyword 'action'"],
    ['control c() { bit<8> f() { return 1; } apply {} }', "1:22: function 'f' cannot be declared here"],
    ['parser p() { }', "1:14: expected a parser state, found '}'"],
    ['parser p() { state start { return; } }', "1:28: 'return' cannot be used in a parser state"],
    ['parser p() { state start { transition accept } }', "1:44: expected ';' after 'accept'"],
    ['table t { }', "1:1: expected a declaration, found keyword 'table'"],
    ['}', "1:1: expected a declaration, found '}'"],
    ['parser start {\n return ingress;\n}', "1:1: error[p4-14]: expected a P4-16 program, found 'parser' as in P4-14"],
    ['struct T {} const bit<8> x = T;', "1:30: expected a value, found the type 'T'"],
    ['const int x = "abc;', '1:15: error[unterminated-string]: string has no closing quote'],
    ['const int x = `1;', "1:15: error[unexpected-character]: unexpected character '`'"],
    ['const int x = \u00a01;', '1:15: error[unexpected-character]: unexpected character U+00A0'],
    ['@a[k = 1, 2] const int x = 1;', "1:11: expected 'key = value' like the others, found an expression"],
    ['@a(( const int x = 1;', "1:22: expected ')', found the end of the file"],
    [inAction('x = 1'), "2:5: expected ';' after '1'"],
    [inAction('f(x)\ng(y);'), "2:4: expected ';' after ')'"],
    [inAction('x y z;'), "2:5: expected ';', found 'z'"],
    [inAction('x = a b;'), "2:7: expected ';', found 'b'"],
    [inAction('x + 1;'), "2:3: expected '=' or '(', found '+'"],
    [inAction('t.apply()();'), "2:10: expected ';', found '('"],
    [inAction('5 = x;'), "2:1: expected a statement, found '5'"],
    [inAction('x = (1;'), "2:7: expected ')', found ';'"],
    [inAction('if x == 1 { }'), "2:4: expected '(', found 'x'"],
    [inAction('if (x) bit<8> y;'), "2:8: expected a statement, found keyword 'bit'"],
    [inAction('@a x = 1;'), "2:4: expected a declaration, a block or 'for' after the annotation, found 'x'"],
    [inAction('for (i in 1 .. 2) { }'), '2:6: expected a type before the loop variable'],
    [inAction('x = 1 > > 2;'), "2:9: expected an expression, found '>'"],
    [inAction('x = { 1, y = 2 };'), "2:12: expected '}', found '='"],
    [inAction('switch (x) { 1 { } }'), "2:16: expected ':', found '{'"],
  ])('%j', (text, message) => {
    expect(messagesOf(text)).toEqual([message]);
  });
});

describe('recovery', () => {
  it('goes on behind each mistake', () => {
    const text = `
header h { bit<8 a; bit<8> b; bit<> c; }
control c(inout h x) {
  action a( { x.b = 1; }
  action b() { x.b = ; x.b = 2; x.b 3; }
  table t { key = { x.b exact; x.b : exact; } actions = { b; 5; } size = ; }
  apply {
    if (x.b == ) { x.b = 1; }
    for (bit<8> i = 0; i < 3 i = 1) { x.b = 1; }
    t.apply();
    x.b = (1 + ;
  }
}
const bit<8> y = @;
const bit<8> z = 1;
`;
    expect(messagesOf(text).map((m) => m.split(':')[0])).toEqual(['2', '2', '4', '5', '5', '6', '6', '6', '8', '9', '11', '14']);
  });

  it('does not lose the next declaration when a brace is missing', () => {
    const { program, codes } = parse('header h { bit<8> a;\nstruct s { bit<8> b; }\nconst int x = 1;');
    expect(codes).toEqual(['syntax']);
    expect(program.declarations.map((d) => d.name.name)).toEqual(['s', 'x']);
  });

  it('stops after a hundred', () => {
    const { codes } = parse('const int x = ;\n'.repeat(500));
    expect(codes).toHaveLength(101);
    expect(codes.at(-1)).toBe('too-many-errors');
  });

  it('shows where an open bracket stands', () => {
    expect(parse('control c() {\n  apply { x = 1;\n').messages).toContain("t.p4:2:9: note: to close this '{'");
  });
});

describe('limits', () => {
  const deep = 5000;
  it.each([
    ['parentheses', `const int x = ${'('.repeat(deep)}1;`],
    ['prefixes', `const int x = ${'!'.repeat(deep)}1;`],
    ['casts', `const int x = ${'(bit<8>)'.repeat(deep)}1;`],
    ['conditions', `const int x = ${'a ? '.repeat(deep)}1;`],
    ['lists', `const int x = ${'{'.repeat(deep)}1;`],
    ['sums', `const int x = ${'1 + '.repeat(deep)}1;`],
    ['members', `const int x = a${'.b'.repeat(deep)};`],
    ['calls', `const int x = ${'f('.repeat(deep)};`],
    ['comparisons', `const int x = ${'a < '.repeat(deep)}1;`],
    ['types', `const ${'list<'.repeat(deep)} x = 1;`],
    ['stacks', `const T${'[1]'.repeat(deep)} x = 1;`],
    ['blocks', `action a() ${'{'.repeat(deep)}`],
    ['ifs', `action a() { ${'if (a) '.repeat(deep)} }`],
    ['else ifs', `action a() { ${'if (a) {} else '.repeat(deep)} }`],
    ['objects', `X() x = ${'{ X() x = '.repeat(deep)}`],
    ['annotations', `@a${'('.repeat(deep)}1${')'.repeat(deep)} const int x = 1;`],
    ['keysets', `control c() { table t { entries = { ${'('.repeat(deep)} } } apply {} }`],
  ])('%s', (name, text) => {
    const { codes } = parse(text);
    expect(codes).not.toContain('too-many-errors');
    expect(codes).toHaveLength(name === 'annotations' ? 0 : 1);
  });

  it('takes what people write', () => {
    expect(parse(`const int x = ${'1 + '.repeat(500)}1;`).messages).toBe('');
    expect(parse(`action a() { ${'if (a) {} else '.repeat(90)} {} }`).messages).toBe('');
  });
});
