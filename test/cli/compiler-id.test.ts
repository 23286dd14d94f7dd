/** The program cache's key: it changes with every file of the compiler, and with nothing else. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { hashCompiler } from '../../src/cli/compiler-id.ts';

const directory = mkdtempSync(join(tmpdir(), 'softipu-compiler-'));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('the key of the program cache follows the files of the compiler', () => {
  for (const room of ['p4', 'arena', 'diag', 'cli']) mkdirSync(join(directory, room, 'inner'), { recursive: true });
  const write = (file: string, text: string): string => {
    writeFileSync(join(directory, file), text);
    return hashCompiler(directory);
  };
  const first = write('p4/inner/emit.js', 'old');
  expect(write('cli/demo.js', 'anything')).toBe(first);
  expect(write('p4/emit.d.ts', 'declare')).toBe(first);
  const others = [write('p4/inner/emit.js', 'new'), write('arena/layout.js', 'x'), write('p4/more.js', '')];
  expect(new Set([first, ...others]).size).toBe(4);
  expect(write('p4/inner/emit.js', 'old')).not.toBe(first);
});

test('built files and a copy of them are one compiler', () => {
  const source = join(import.meta.dirname, '../../src');
  for (const room of ['p4', 'arena', 'diag']) cpSync(join(source, room), join(directory, room), { recursive: true });
  expect(hashCompiler(directory)).toBe(hashCompiler());
});
