/** What a checked program answers to those who lower it. */
import { describe, expect, test } from 'vitest';
import type { ast } from '../../../src/p4/syntax/index.ts';
import { type CheckedProgram, printType } from '../../../src/p4/types/index.ts';
import { checkText } from './helpers.ts';

function accept(text: string): { checked: CheckedProgram; program: ast.Program } {
  const { checked, program, printed } = checkText(text);
  expect(printed.replace(/^.*warning[\s\S]*$/, '')).toBe('');
  return { checked: checked!, program };
}

function find<K extends ast.Declaration['kind']>(
  list: readonly ast.Declaration[],
  kind: K,
  name: string,
): ast.Declaration & { kind: K } {
  const found = list.find((d) => d.kind === kind && d.name.name === name);
  if (!found) throw new Error(`no ${kind} ${name}`);
  return found as ast.Declaration & { kind: K };
}

describe('constants', () => {
  const rows: [type: string, expression: string, value: bigint | boolean | string][] = [
    ['int', '1 + 2 * 3', 7n],
    ['bit<8>', '255 + 8w1', 0n],
    ['bit<8>', '-1', 255n],
    ['int<8>', '(int<8>)8w255', -1n],
    ['int<8>', '8s127 + 1', -128n],
    ['bit<8>', '8w250 |+| 10', 255n],
    ['bit<8>', '8w3 |-| 10', 0n],
    ['bit<8>', '~8w0x0f', 0xf0n],
    ['bit<16>', '8w1 ++ 8w2', 0x102n],
    ['bit<4>', '8w0xab[7:4]', 10n],
    ['int', '1 << 70', 1n << 70n],
    ['int<8>', '-8s4 >> 1', -2n],
    ['bool', '3 < 4 && !false', true],
    ['string', '"a" ++ "b"', 'ab'],
    ['bit<8>', 'true ? 8w1 : 2', 1n],
    ['bit<32>', '(bit<32>)proto.udp', 17n],
    ['bool', 'kind.a == kind.b', false],
    ['bit<8>', 'both.second', 4n],
    ['int', 'eth.minSizeInBytes()', 14n],
  ];
  test.each(rows)('%s %s', (type, expression, value) => {
    const { checked, program } = accept(`
      enum bit<32> proto { tcp = 6, udp = 17 }
      enum kind { a, b }
      struct pair { bit<8> first; bit<8> second; }
      header eth { bit<48> dst; bit<48> src; bit<16> type; }
      const pair both = { second = 4, first = 3 };
      const ${type} x = ${expression};
      const ${type} y = x;`);
    const { initializer } = find(program.declarations, 'constant', 'y');
    expect(checked.constantOf(initializer)).toMatchObject({ value });
  });

  test('a constructor parameter has no value', () => {
    const { checked, program } = accept('control c()(bit<8> n) { const bit<8> m = n + 1; apply { } }');
    const { initializer } = find(find(program.declarations, 'control', 'c').locals, 'constant', 'm');
    expect(checked.constantOf(initializer)).toBeUndefined();
  });
});

test('errors and match kinds keep the order of their declarations', () => {
  const { checked } = accept('error { A, B } match_kind { exact } error { C } match_kind { lpm }');
  expect(checked.errors).toEqual(['A', 'B', 'C']);
  expect(checked.matchKinds).toEqual(['exact', 'lpm']);
});

test('main knows the types that its package was inferred with', () => {
  const { checked } = accept(`
    struct headers_t { bit<8> a; }
    control Pipe<H>(inout H hdr);
    package Top<H>(Pipe<H> pipe, bit<8> size);
    control generic<T>(inout T hdr) { apply { } }
    control mine(inout headers_t hdr) { apply { } }
    Top<headers_t>(generic(), 3) other;
    Top(size = 4, pipe = mine()) main;`);
  const call = checked.callOf(checked.main!);
  if (call.kind !== 'constructor') throw new Error(call.kind);
  expect([...call.typeArgs.values()].map((t) => printType(t))).toEqual(['headers_t']);
  expect(call.args.map((a) => a.parameter.name.name)).toEqual(['pipe', 'size']);
  expect(checked.program.declarations).toContain(checked.main);
});

test('an anonymous generic block takes its type arguments from the parameter it is passed for', () => {
  const { checked, program } = accept(`
    struct headers_t { bit<8> a; }
    control Pipe<H>(inout H hdr);
    package Top<H>(Pipe<H> pipe);
    control generic<T>(inout T hdr) { apply { } }
    Top<headers_t>(generic()) main;`);
  const { args } = find(program.declarations, 'instantiation', 'main');
  const argument = args[0]!.value as ast.CallExpression;
  const call = checked.callOf(argument);
  if (call.kind !== 'constructor') throw new Error(call.kind);
  expect([...call.typeArgs.values()].map((t) => printType(t))).toEqual(['headers_t']);
  expect(printType(checked.typeOf(argument))).toBe('control generic<headers_t>');
});

test('calls know their declaration, type arguments and bound arguments', () => {
  const { checked, program } = accept(`
    extern cell<T> { cell(bit<8> size = 4); void put<U>(in T value, in U key, @optional in bit<8> hint); }
    control c() {
      cell<bit<16>>() one;
      apply { one.put(key = true, value = 3); }
    }`);
  const control = find(program.declarations, 'control', 'c');
  const made = checked.callOf(find(control.locals, 'instantiation', 'one'));
  expect(made.kind === 'constructor' && made.args.map((a) => a.value)).toEqual(['default']);
  const statement = control.apply.statements[0]!;
  if (statement.kind !== 'callStatement') throw new Error(statement.kind);
  const call = checked.callOf(statement.call);
  if (call.kind !== 'method') throw new Error(call.kind);
  expect(call.method.name.name).toBe('put');
  expect([...call.typeArgs].map(([p, t]) => `${p.name.name}=${printType(t)}`)).toEqual(['T=bit<16>', 'U=bool']);
  expect(call.args.map((a) => (typeof a.value === 'string' ? a.value : a.value.kind))).toEqual(['integer', 'boolean', 'omitted']);
});

test('action lists leave control-plane parameters open, entries and the default action bind all', () => {
  const { checked, program } = accept(`
    match_kind { exact }
    control c(inout bit<8> x) {
      action set(inout bit<8> field, bit<8> value) { field = value; }
      action drop() { }
      table t {
        key = { x : exact; }
        actions = { set(x); drop; }
        default_action = drop;
        const entries = { 1 : set(x, 5); 2 : set(6); }
      }
      apply { t.apply(); }
    }`);
  const table = find(find(program.declarations, 'control', 'c').locals, 'table', 't');
  const shown: string[] = [];
  const show = (node: ast.ActionRef | ast.PathExpression): void => {
    const call = checked.callOf(node);
    if (call.kind !== 'action') throw new Error(call.kind);
    const args = call.args.map((a) => (typeof a.value === 'string' ? a.value : a.value.kind));
    shown.push(`${call.declaration.name.name}(${args.join(', ')})`);
  };
  for (const p of table.properties) {
    if (p.kind === 'actionsProperty') p.actions.forEach(show);
    else if (p.kind === 'entriesProperty') for (const e of p.entries) show(e.action);
    else if (p.kind === 'expressionProperty' && p.value.kind === 'path') show(p.value);
  }
  expect(shown).toEqual(['set(path, omitted)', 'drop()', 'drop()', 'set(path, integer)', 'set(path, integer)']);
});

test('names know what they denote', () => {
  const { checked, program } = accept(`
    const bit<8> limit = 3;
    parser p(out bit<8> x) { state start { x = limit; transition last; } state last { transition accept; } }`);
  const [start, last] = find(program.declarations, 'parser', 'p').states;
  const assignment = start!.statements[0]!;
  if (assignment.kind !== 'assignment' || assignment.right.kind !== 'path') throw new Error(assignment.kind);
  expect(checked.referentOf(assignment.right)).toBe(find(program.declarations, 'constant', 'limit'));
  if (start!.transition?.kind !== 'transition') throw new Error('transition');
  expect(checked.referentOf(start!.transition.state)).toBe(last);
});
