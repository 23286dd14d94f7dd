/** The directory watch, on a real directory: one call per change, whatever the editor does. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchDirectory } from '../../src/kubernetes/index.ts';

let directory: string;
let stop: () => void = () => {};
const seen: string[][] = [];
const errors: string[] = [];

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'manifests-')), 'd');
  mkdirSync(directory);
  seen.length = 0;
  errors.length = 0;
});

afterEach(() => {
  stop();
  rmSync(directory, { recursive: true, force: true });
});

function start(): void {
  stop = watchDirectory({
    directory,
    debounceMs: 20,
    pollMs: 50,
    onFiles: (files) => seen.push(files.map((f) => `${basename(f.path)} ${f.text}`)),
    onError: (message) => errors.push(message.replace(directory, 'DIR')),
  });
}

const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
const until = (expected: string[]): Promise<void> => vi.waitFor(() => expect(seen.at(-1)).toEqual(expected), { timeout: 5000 });

test('now, and after each change', async () => {
  write('b.yaml', '1');
  write('a.yml', '1');
  write('notes.txt', '1');
  write('.hidden.yaml', '1');
  start();
  expect(seen).toEqual([['a.yml 1', 'b.yaml 1']]);
  write('b.yaml', '2');
  await until(['a.yml 1', 'b.yaml 2']);
  write('b.yaml.new', '3');
  renameSync(join(directory, 'b.yaml.new'), join(directory, 'b.yaml'));
  await until(['a.yml 1', 'b.yaml 3']);
  rmSync(join(directory, 'a.yml'));
  await until(['b.yaml 3']);
  expect(errors).toEqual([]);
});

test('a directory that is gone, and back', async () => {
  write('a.yaml', '1');
  start();
  rmSync(directory, { recursive: true });
  await vi.waitFor(() => expect(errors.length).toBe(1), { timeout: 5000 });
  expect(errors[0]).toMatch(/^cannot read manifests in 'DIR': ENOENT/);
  expect(seen).toEqual([['a.yaml 1']]);
  mkdirSync(directory);
  write('a.yaml', '2');
  await until(['a.yaml 2']);
});
