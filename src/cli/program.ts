/**
 * From a P4 file to something that runs: compiled, or taken from the cache on disk.
 *
 * A cache entry names the source files that went into it with their hashes: it is good while they, the macros and our version are the same.
 * The cache lies in the package (build/programs, filled at install for the shipped program) or, where that cannot be written, in the
 * user's cache directory.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { printDiagnostics } from '../diag/index.ts';
import type { ProgramObjects } from '../engine/start.ts';
import { type CompileOptions, compileToIr } from '../p4/compile.ts';
import type { Program } from '../p4/ir/ir.ts';
import type { P4Info } from '../p4/p4info/p4info.ts';
import { type Artifact, compileToWasm } from '../p4/wasm/index.ts';
import { maxWorkers } from './config.ts';
import { UserError } from './errors.ts';
import { includeDir, packageRoot } from './package-root.ts';

export interface LoadedProgram {
  readonly artifact: Artifact;
  readonly objects: ProgramObjects;
  readonly p4info: P4Info;
  /** Paths of the files that it was compiled from. */
  readonly sources: readonly string[];
  /** Where it came from: for messages and for those who measure. */
  readonly isFromCache: boolean;
}

export interface SourceOptions {
  readonly path: string;
  readonly includeDirs?: readonly string[];
  /** `NAME=VALUE` or `NAME`. */
  readonly defines?: readonly string[];
  readonly afterPass?: CompileOptions['afterPass'];
}

interface CacheEntry {
  readonly sources: readonly { readonly path: string; readonly hash: string }[];
  readonly artifact: Artifact;
  readonly objects: ProgramObjects;
  readonly p4info: P4Info;
}

/** Reads a file; undefined if it cannot be read. */
export function readSource(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** `NAME=VALUE` strings as a record; `NAME` alone is 1. */
export function parseDefines(defines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    defines.map((text) => {
      const at = text.indexOf('=');
      return at < 0 ? [text, '1'] : [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/** Compiles to IR, keeping the list of files that were read. */
export function compileSource(options: SourceOptions): { result: ReturnType<typeof compileToIr>; sources: string[] } {
  const sources = new Set<string>();
  if (readSource(options.path) === undefined)
    throw new UserError('unreadable-program', `cannot read '${options.path}'`, 'is the path right?');
  const result = compileToIr({
    path: options.path,
    readFile: (path) => {
      const text = readSource(path);
      if (text !== undefined) sources.add(resolve(path));
      return text;
    },
    includeDirs: [...(options.includeDirs ?? []), includeDir],
    defines: parseDefines(options.defines ?? []),
    afterPass: options.afterPass,
  });
  return { result, sources: [...sources] };
}

/** The program ready to run; throws a UserError with all diagnostics when it does not compile. */
export function loadProgram(options: SourceOptions): LoadedProgram {
  const file = `${cacheKey(options)}.v8`;
  for (const dir of cacheDirs()) {
    const cached = readCache(join(dir, file));
    if (cached) return loaded(cached, true);
  }
  const { result, sources } = compileSource(options);
  if (!result.ir || !result.p4info) {
    throw new UserError(
      'program-does-not-compile',
      `'${options.path}' does not compile\n${printDiagnostics(result.diagnostics)}`.trimEnd(),
    );
  }
  const entry: CacheEntry = {
    sources: sources.map((path) => ({ path, hash: hashFile(path) ?? '' })),
    artifact: compileToWasm(result.ir, { workers: maxWorkers }),
    objects: objectsOf(result.ir),
    p4info: result.p4info,
  };
  for (const dir of cacheDirs()) {
    if (writeCache(dir, file, entry)) break;
  }
  return loaded(entry, false);
}

function loaded({ sources, artifact, objects, p4info }: CacheEntry, isFromCache: boolean): LoadedProgram {
  return { artifact, objects, p4info, sources: sources.map(({ path }) => path), isFromCache };
}

/** What start and control need of a program; source spans stay behind. */
export function objectsOf(ir: Program): ProgramObjects {
  const withoutSpans = <T extends { readonly span: unknown }>(items: readonly T[]): T[] =>
    items.map((item) => ({ ...item, span: undefined }));
  return {
    architecture: ir.architecture,
    errors: ir.errors,
    externs: ir.externs,
    actions: withoutSpans(ir.actions),
    tables: withoutSpans(ir.tables),
  };
}

function cacheDirs(): string[] {
  return [join(packageRoot, 'build', 'programs'), join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'softipu')];
}

/** Over everything but the sources: path, include path, macros, and our own code (version, and the compiler's files when run from a tree). */
function cacheKey(options: SourceOptions): string {
  const hash = createHash('sha256');
  hash.update(readFileSync(join(packageRoot, 'package.json')));
  hash.update(JSON.stringify([resolve(options.path), options.includeDirs ?? [], options.defines ?? [], maxWorkers]));
  return hash.digest('hex').slice(0, 32);
}

function readCache(path: string): CacheEntry | undefined {
  try {
    const entry = deserialize(readFileSync(path)) as CacheEntry;
    return entry.sources.every((source) => hashFile(source.path) === source.hash) ? entry : undefined;
  } catch {
    return undefined;
  }
}

function writeCache(dir: string, file: string, entry: CacheEntry): boolean {
  try {
    mkdirSync(dir, { recursive: true });
    const temporary = join(dir, `${file}.${process.pid}`);
    writeFileSync(temporary, serialize(entry));
    renameSync(temporary, join(dir, file));
    return true;
  } catch {
    return false;
  }
}

function hashFile(path: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return undefined;
  }
}
