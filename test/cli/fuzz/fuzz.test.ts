/** A short run of the fuzzer, and what the fuzzer itself must be: repeatable, and broad. What it found is in test/stf and test/p4. */
import { describe, expect, test } from 'vitest';
import { architectures, generate } from '../../../src/cli/fuzz/architectures.ts';
import { architectureOf, compileText, fuzz } from '../../../src/cli/fuzz/run.ts';
import type { Expr, Program, Stmt } from '../../../src/p4/ir/ir.ts';

/** A failing test prints the program and the command that makes it again. */
function expectNoDifference(seed: number, packets: number): void {
  const { problem, source, ...outcome } = fuzz({ seed, architecture: architectureOf(seed), packets });
  expect(problem && `npm run fuzz -- --seed ${seed} --programs 1\n${problem}\n${source}`).toBeUndefined();
  expect(outcome.packets).toBeGreaterThanOrEqual(packets);
}

describe('random programs do the same in compiled code and interpreter', () => {
  test.each(Array.from({ length: 8 }, (_, i) => i + 1))('seed %i', (seed) => expectNoDifference(seed, 64));
});

test('a key of zeros in a table that could be, but is not, looked up ahead', () => {
  const { problem } = fuzz({ seed: 50037, architecture: 'pna', packets: 3 });
  expect(problem).toBeUndefined();
});

test('variables that a copy of the packet brings along', () => {
  const { problem } = fuzz({ seed: 70012, architecture: 'v1model', packets: 32 });
  expect(problem).toBeUndefined();
});

test('a seed makes one program', () => {
  for (const name of architectures) {
    expect(generate(77, name)).toBe(generate(77, name));
    expect(generate(77, name)).not.toBe(generate(78, name));
  }
});

test('the programs have in them what they shall test', () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 60; seed++) {
    const { ir } = compileText(generate(seed, architectureOf(seed)));
    if (ir) note(ir, seen);
  }
  const statements: Stmt['kind'][] = ['assignSlice', 'copyHeader', 'switch', 'loop', 'apply', 'extract', 'lookahead', 'advance'];
  const externs: Stmt['kind'][] = ['addEntry', 'setEntryExpireTime', 'count', 'meter', 'registerRead', 'registerWrite', 'random'];
  const ways: Stmt['kind'][] = ['digest', 'mirror', 'copy', 'truncate', 'nextPass', 'setParserError', 'deparse'];
  const expressions: Expr['kind'][] = [
    'concat',
    'slice',
    'resize',
    'mux',
    'onesSum',
    'hash',
    'inValueSet',
    'isNetPort',
    'varbitEqual',
  ];
  const keys = ['exact', 'lpm', 'ternary', 'range', 'optional', 'selector'].map((kind) => `key ${kind}`);
  const wanted = [...statements, ...externs, ...ways, ...expressions, ...keys, 'wide', 'varbit', 'div', 'satAdd', 'shr'];
  expect(wanted.filter((what) => !seen.has(what))).toEqual([]);
}, 120_000);

function note(ir: Program, seen: Set<string>): void {
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { kind, op, width } = node as { kind?: string; op?: string; width?: number };
    if (kind !== undefined) seen.add(kind);
    if (op !== undefined) seen.add(op);
    if ((width ?? 0) > 64) seen.add('wide');
    for (const [key, value] of Object.entries(node)) if (key !== 'span') walk(value);
  };
  walk(ir.pipelines);
  for (const table of ir.tables) for (const key of table.keys) seen.add(`key ${key.matchKind}`);
  if (ir.headerTypes.some((h) => h.varbitField !== undefined)) seen.add('varbit');
}
