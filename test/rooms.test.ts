/**
 * The room table: which room of src/ may import which. An arrow that the table lacks fails here; so does a Node API in a room that shall
 * also run in a browser.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const src = resolve(import.meta.dirname, '../src');

/** room -> rooms that it may import. `cli` wires rooms together and may import all. */
const table: Readonly<Record<string, readonly string[]>> = {
  diag: [],
  wire: [],
  maglev: [],
  // The memory layout and the hash are written once: compiled code has their offsets and constants in it.
  p4: ['diag', 'arena'],
  arena: ['maglev'],
  interp: ['p4', 'arena', 'diag'],
  engine: ['p4', 'arena', 'interp'],
  ports: ['engine', 'arena', 'wire'],
  p4runtime: ['p4', 'arena', 'engine', 'wire'],
  manager: ['p4runtime', 'p4', 'wire'],
  kubernetes: ['manager', 'wire'],
};

/** Of another room only these may be imported (paths below src/, `*` at the end for all below). */
const doors: Readonly<Record<string, readonly string[]>> = {
  'p4 -> arena': ['arena/layout.ts', 'arena/place.ts', 'arena/hash.ts', 'arena/meter.ts', 'arena/toeplitz.ts'],
  'p4runtime -> p4': ['p4/p4info/*', 'p4/ir/*'],
  'manager -> p4': ['p4/p4info/*'],
  'engine -> p4': ['p4/wasm/*', 'p4/ir/*', 'p4/p4info/*'],
  'interp -> p4': ['p4/ir/*', 'p4/wasm/*'],
};

const browserRooms = ['diag', 'wire', 'maglev', 'p4', 'arena', 'interp', 'engine', 'p4runtime', 'manager'];

interface Import {
  readonly from: string;
  readonly to: string;
}

function* files(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts')) yield path;
  }
}

/** Every import of the sources: paths relative to src/, or the package's name. */
const imports: Import[] = [...files(src)].flatMap((file) => {
  const text = readFileSync(file, 'utf8');
  return [
    ...text.matchAll(
      /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm,
    ),
  ].map((match) => {
    const to = match[1] ?? match[2] ?? match[3]!;
    return { from: relative(src, file), to: to.startsWith('.') ? relative(src, resolve(dirname(file), to)) : to };
  });
});

const room = (path: string): string => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '');
const isOurs = (path: string): boolean => path.endsWith('.ts') && !path.startsWith('node:');

describe('rooms', () => {
  test('every room is in the table', () => {
    const rooms = readdirSync(src, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? [e.name] : []));
    expect(rooms.filter((r) => !(r in table) && r !== 'cli' && r !== 'cni')).toEqual([]);
  });

  test('imports follow the table', () => {
    const wrong = imports
      .filter(({ from, to }) => isOurs(to) && room(from) in table && room(to) !== room(from))
      .filter(({ from, to }) => !table[room(from)]!.includes(room(to)))
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(wrong).toEqual([]);
  });

  test('imports go through the doors', () => {
    const wrong = imports
      .filter(({ from, to }) => {
        const door = doors[`${room(from)} -> ${room(to)}`];
        return isOurs(to) && door && !door.some((d) => (d.endsWith('*') ? to.startsWith(d.slice(0, -1)) : to === d));
      })
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(wrong).toEqual([]);
  });

  test('no Node API in the core', () => {
    expect(
      imports
        .filter(({ from, to }) => to.startsWith('node:') && browserRooms.includes(room(from)))
        .map((i) => `${i.from} imports ${i.to}`),
    ).toEqual([]);
  });

  test('the check sees imports', () => {
    expect(imports.length).toBeGreaterThan(100);
    expect(imports).toContainEqual({ from: 'diag/print.ts', to: 'diag/source.ts' });
  });
});
