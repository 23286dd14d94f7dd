/**
 * Which compiler this is: a hash over the files that decide what a program becomes. It is part of the key of the program cache, so that no program
 * runs that another compiler made. Built files have it written beside them (scripts/finish-build.mjs); sources that run as they are, in tests
 * and benchmarks, are hashed when they are asked.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const code = fileURLToPath(new URL('..', import.meta.url));

export const compilerFile = join(code, 'compiler.sha256');

/** The rooms whose code or layout is in a compiled program. */
const rooms = ['p4', 'arena', 'diag'];

let known: string | undefined;

export function compilerId(): string {
  known ??= written() ?? hashCompiler();
  return known;
}

/** Reads all files of the compiler below `directory`: some milliseconds. */
export function hashCompiler(directory = code): string {
  const hash = createHash('sha256');
  for (const file of rooms.flatMap((room) => scriptsOf(directory, room)))
    hash.update(file).update(readFileSync(join(directory, file)));
  return hash.digest('hex');
}

function written(): string | undefined {
  try {
    return readFileSync(compilerFile, 'utf8');
  } catch {
    return undefined;
  }
}

/** Scripts below a room, relative to `directory`, in a fixed order. */
function scriptsOf(directory: string, room: string): string[] {
  return readdirSync(join(directory, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?<!\.d)\.[jt]s$/.test(name))
    .sort()
    .map((name) => join(room, name));
}
