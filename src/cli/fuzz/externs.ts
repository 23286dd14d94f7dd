/** What random programs of several architectures have in common around their random bodies: externs with state, places, checksums. */
import type { Expressions } from './expressions.ts';
import type { ControlExterns, Generator } from './program.ts';
import type { Statements } from './statements.ts';
import { bit, type Place, type Scalar, text } from './types.ts';

export const ports = [0, 1, 2, 3] as const;

export function roots(g: Generator, canWriteHeaders = true): Place[] {
  return [
    { path: 'hdr', type: g.headers, isWritable: canWriteHeaders },
    { path: 'meta', type: g.meta, isWritable: true },
  ];
}

export const reads = (list: readonly (readonly [string, Scalar])[], isWritable = false): Place[] =>
  list.map(([path, type]) => ({ path, type, isWritable }));

/** Registers of several types; their instances, reads and writes. `index`: bits of an index. */
export function registers(
  g: Generator,
  declare: (element: Scalar, index: number, size: number) => string,
  read: 'method' | 'out',
  indexWidths: readonly number[] = [3, 8, 32],
): Pick<ControlExterns, 'declarations' | 'statements'> {
  const { random } = g;
  const all = random.many(0, 2, (i) => ({
    name: `reg${i}`,
    element: bit(random.pick([1, 7, 8, 16, 32, 48, 64, 80, 128])),
    index: random.pick(indexWidths),
    size: random.pick([1, 4, 8]),
  }));
  return {
    declarations: all.map((r) => `${declare(r.element, r.index, r.size)} ${r.name};`),
    statements: all.flatMap((r) => [
      (e: Expressions) => `${r.name}.write(${e.bits(r.index, 1)}, ${e.of(r.element, 2)});`,
      (e: Expressions) => {
        const target = e.place(r.element);
        const index = e.bits(r.index, 1);
        if (target === undefined) return `${r.name}.write(${index}, ${e.of(r.element, 1)});`;
        return read === 'out' ? `${r.name}.read(${target}, ${index});` : `${target} = ${r.name}.read(${index});`;
      },
    ]),
  };
}

// ---------------------------------------------------------------- v1model

/** A table with a direct meter, which only its own actions may execute. `read`: what one of them does with it. */
export function meteredTable(
  make: Statements,
  names: { readonly declaration: string; readonly property: string; readonly read: string },
): { declarations: readonly string[]; apply: readonly (() => string)[] } {
  const { random, expr } = make;
  if (random.oneIn(2)) return { declarations: [], apply: [] };
  const keys = make.scope.scalars().filter((p) => p.type.kind === 'bit' && p.path.startsWith('hdr'));
  const key = keys.length > 0 ? random.pick(keys).path : 'meta.m';
  return {
    declarations: [
      `${names.declaration} dm;`,
      'action metered(bit<8> d) {',
      names.read,
      ...make.body({ kind: 'action' }, 0, 2),
      '}',
      'table meters {',
      `key = { ${key}: ${random.pick(['exact', 'ternary', 'lpm'])} @name("m"); ${random.oneIn(2) ? `${expr.bits(8, 1)}: exact @name("n");` : ''} }`,
      'actions = { metered; @defaultonly NoAction; }',
      `${names.property} = dm;`,
      'size = 16;',
      '}',
    ],
    apply: [() => 'meters.apply();'],
  };
}

/** A statement that needs a place of a type; counts in a variable of its own if there is none. */
export function withPlace(e: Expressions, type: Scalar, make: (place: string, type: Scalar) => string): string {
  const place = e.place(type);
  return place === undefined || place.includes('[')
    ? `{ ${text(type)} tmp = ${e.literal(type)};\n${make('tmp', type)}\nmeta.m = meta.m ^ (bit<16>)tmp; }`
    : make(place, type);
}

export function subControl(g: Generator): string[] {
  return g.control({ name: 'Sub', parameters: 'inout Headers hdr, inout Meta meta', roots: roots(g), depth: 1 });
}

// ---------------------------------------------------------------- PNA

export function deparserChecksum(e: Expressions): string[] {
  const place = e.place(bit(16));
  if (place === undefined || place.includes('[') || e.random.oneIn(2)) return [];
  return [...checksumSteps(e, 'ck'), `${place} = ck.${e.random.pick(['get', 'get', 'get_state'])}();`];
}

export function checksumSteps(e: Expressions, name: string): string[] {
  const { random } = e;
  const step = (): string => `${name}.${random.pick(['add', 'subtract'])}(${e.list(1, 3, 1, 16)});`;
  const lines = [`${name}.clear();`, ...random.many(1, 3, step)];
  if (random.oneIn(3)) lines.push(`if (${e.condition(1)}) {`, step(), '}');
  if (random.oneIn(4)) lines.push(`${name}.set_state(${e.bits(16, 1)});`, step());
  return lines;
}

// ---------------------------------------------------------------- PSA
