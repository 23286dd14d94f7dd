/** The grammar: whole programs, and the readings of its ambiguous beginnings. */
import { describe, expect, it } from 'vitest';
import type { ast } from '../../../src/p4/syntax/index.ts';
import { printExpression, printKeyset, printTypeRef } from '../../../src/p4/syntax/index.ts';
import { allPrograms, parse } from './programs.ts';

/** The statements of an action that is declared behind `before`. */
function statements(body: string, before = ''): readonly ast.Statement[] {
  const { program, messages } = parse(`${before}\naction act() { ${body} }`);
  expect(messages).toBe('');
  const action = program.declarations.at(-1);
  if (action?.kind !== 'action') throw new Error('no action');
  return action.body.statements;
}

/** `variable bit<8> x`, `call f(x)`, …: what a statement was read as. */
function describeStatement(s: ast.Statement): string {
  switch (s.kind) {
    case 'declarationStatement':
      return `${s.declaration.kind} ${printTypeRef(s.declaration.type)} ${s.declaration.name.name}`;
    case 'assignment':
      return `assign ${printExpression(s.left)} ${s.operator ?? ''}= ${s.right.kind} ${printExpression(s.right)}`;
    case 'callStatement':
      return `call ${printExpression(s.call)}`;
    default:
      return s.kind;
  }
}

describe('whole programs', () => {
  it.each(Object.entries(allPrograms))('%s', (_name, text) => {
    expect(parse(text).messages).toBe('');
  });

  it('keeps kinds, names and order of the declarations', () => {
    const { program } = parse(allPrograms.typesProgram);
    expect(program.declarations.map((d) => `${d.kind} ${d.name.name}`)).toEqual([
      'constant limit',
      'constant big',
      'typedef mac_t',
      'typedef wide_t',
      'typedef pairs_t',
      'newtype port_t',
      'errorDeclaration error',
      'matchKindDeclaration match_kind',
      'headerType eth_t',
      'headerType opts_t',
      'headerType vlan_t',
      'headerUnion l3_t',
      'struct empty_t',
      'struct box_t',
      'struct old_t',
      'enum color_t',
      'enum code_t',
      'externFunction log',
      'externFunction pick',
      'extern Sum',
      'packageType Pipe',
      'parserType P_t',
      'controlType C_t',
      'function plus',
      'function nothing',
      'function same',
    ]);
  });
});

describe('statements', () => {
  it.each([
    ['T x;', 'T', 'variable T x'],
    ['T x = 1;', '', 'variable T x'],
    ['T[4] x;', '', 'variable T[4] x'],
    ['T<bit<8>> x;', '', 'variable T<bit<8>> x'],
    ['bit<8> x[2];', '', 'variable bit<8>[2] x'],
    ['T(1) x;', 'T', 'instantiation T x'],
    ['T(1) x;', '', 'instantiation T x'],
    ['T(1);', '', 'call T(1)'],
    ['T[1] = 2;', '', 'assign T[1] = integer 2'],
    ['T.apply(x);', 'T', 'call T.apply(x)'],
    ['x = (T) - 1;', 'T', 'assign x = cast (T)-1'],
    ['x = (T) - 1;', '', 'assign x = binary T - 1'],
    ['x = (T) y;', '', 'assign x = cast (T)y'],
    ['x = (T) { 1 };', '', 'assign x = cast (T){ 1 }'],
    ['x = (T)(y);', 'T', 'assign x = cast (T)y'],
    ['x = (T)(y);', '', 'assign x = call T(y)'],
    ['x = f<T>(y);', 'T', 'assign x = call f<T>(y)'],
    ['x = f < y > (z);', 'y()', 'assign x = binary f < y > z'],
    ['x = y >> 1;', '', 'assign x = binary y >> 1'],
    ['x = (bit<8>) y >> 1;', '', 'assign x = binary (bit<8>)y >> 1'],
  ])('%s (known: %s) is %s', (text, known, expected) => {
    const before = known === '' ? '' : known.endsWith('()') ? `action ${known} {}` : `struct ${known} {}`;
    expect(describeStatement(statements(text, before)[0]!)).toBe(expected);
  });

  it('lets a local name hide a type', () => {
    const [, second] = statements('bit<8> T = 1; x = (T) - 1;', 'struct T {}');
    expect(describeStatement(second!)).toBe('assign x = binary T - 1');
  });

  it('gives else to the nearest if', () => {
    const [outer] = statements('if (a) if (b) f(); else g();');
    expect(outer).toMatchObject({ kind: 'if', thenBranch: { kind: 'if', elseBranch: { kind: 'callStatement' } } });
    expect(outer).not.toHaveProperty('elseBranch');
  });
});

describe('types in expressions', () => {
  it('tells constructors, enum members and values apart', () => {
    const { program } = parse(
      'enum E { A } extern X<T> { X(); } const int a = E.A; const int b = X<bit<8>>(); const int c = v.w;',
    );
    const values = program.declarations.slice(2).map((d) => (d.kind === 'constant' ? d.initializer : undefined));
    expect(values).toMatchObject([
      { kind: 'member', object: { kind: 'typeName', type: { kind: 'namedType' } } },
      { kind: 'call', callee: { kind: 'typeName', type: { kind: 'specializedType' } }, typeArguments: [] },
      { kind: 'member', object: { kind: 'path' } },
    ]);
  });

  it.each(['bit<2 + 2>', 'bit<a < 3 ? 5 : 4>', 'bit<n>', 'bit<(a > b ? 1 : 2)>', 'list<tuple<bit<8>>>'])(
    'reads the type %s',
    (type) => {
      expect(parse(`const ${type} x = 1; action a() { f<${type}>(x); ${type} y; }`).messages).toBe('');
    },
  );
});

describe('parsers and tables', () => {
  const table = (text: string): ast.TableDeclaration => {
    const { program, messages } = parse(`control c() { table t { ${text} } apply {} }`);
    expect(messages).toBe('');
    const control = program.declarations[0];
    const found = control?.kind === 'control' ? control.locals[0] : undefined;
    if (found?.kind !== 'table') throw new Error('no table');
    return found;
  };

  it.each([
    ['5', ['5']],
    ['(5)', ['5']],
    ['(5, _)', ['5', '_']],
    ['(5) &&& (3)', ['5 &&& 3']],
    ['(5 &&& 3)', ['5 &&& 3']],
    ['(a + b) * 2', ['(a + b) * 2']],
    ['(bit<8>) 5', ['(bit<8>)5']],
    ['1 .. 2', ['1 .. 2']],
    ['{ 1, 2 }', ['1', '2']],
    ['_', ['_']],
    ['(default, 4w1 .. 4w2)', ['default', '4w1 .. 4w2']],
  ])('reads the keysets of %s', (text, keysets) => {
    const [entries] = table(`entries = { ${text} : a; }`).properties;
    expect(entries?.kind === 'entriesProperty' && entries.entries[0]!.keysets.map(printKeyset)).toEqual(keysets);
  });

  it('keeps priority, const and annotations of an entry', () => {
    const [entries] = table('@x const entries = { const priority = 3 : (1, 2) : a(1) @y; }').properties;
    expect(entries).toMatchObject({
      isConst: true,
      annotations: [{ name: 'x' }],
      entries: [
        { isConst: true, priority: { value: 3n }, action: { args: [{ value: { value: 1n } }] }, annotations: [{ name: 'y' }] },
      ],
    });
  });

  it('lets a priority be a property and a key too', () => {
    expect(table('key = { priority : exact; } priority = 1;').properties.map((p) => p.kind)).toEqual([
      'keyProperty',
      'expressionProperty',
    ]);
  });
});

describe('annotations', () => {
  it.each([
    ['@a', 'none', [], []],
    ['@a()', 'unstructured', [], []],
    ['@a("x", 1)', 'unstructured', ['"x"', ',', '1'], ['"x"', '1']],
    ['@a(p = 1)', 'unstructured', ['p', '=', '1'], ['1']],
    ['@a(1 ; } (2))', 'unstructured', ['1', ';', '}', '(', '2', ')'], []],
    ['@a[1, x]', 'structured', ['1', ',', 'x'], ['1', 'x']],
    ['@a[k = 1, l = "m",]', 'structured', ['k', '=', '1', ',', 'l', '=', '"m"', ','], ['1', '"m"']],
    ['@pragma a b 1\n', 'unstructured', ['b', '1'], []],
    ['@priority(1)', 'unstructured', ['1'], ['1']],
  ])('%s', (text, form, tokens, args) => {
    const { program, messages } = parse(`${text} const int x = 1;`);
    expect(messages).toBe('');
    const [annotation] = program.declarations[0]!.annotations;
    expect(annotation).toMatchObject({ form, tokens });
    expect(annotation!.args.map((a) => (a.value.kind === 'dontcare' ? '_' : printExpression(a.value)))).toEqual(args);
  });
});
