/**
 * A program that is ready to run: compiled, or taken from the cache on disk.
 *
 * A cache entry names the source files that went into it with their hashes: it is good while they, the macros and the compiler are the same.
 * The cache lies in the package (build/programs, filled at install for the shipped program) or, where that cannot be written, in the
 * user's cache directory.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { ProgramObjects } from '../engine/start.ts';
import type { P4Info } from '../p4/p4info/p4info.ts';
import type { Artifact } from '../p4/wasm/index.ts';
import { compilerId } from './compiler-id.ts';
import { UserError } from './errors.ts';
import { packageRoot } from './package-root.ts';
import type { SourceOptions } from './program.ts';

export interface LoadedProgram {
  readonly artifact: Artifact;
  readonly objects: ProgramObjects;
  readonly p4info: P4Info;
  /** Paths of the files that it was compiled from. */
  readonly sources: readonly string[];
  /** Where it came from: for messages and for those who measure. */
  readonly isFromCache: boolean;
}

/** Most data-plane threads. */
export const maxWorkers = 16;

/** Programs that are kept compiled. */
const maxEntries = 64;

export interface LoadOptions extends SourceOptions {
  /** Data-plane threads that will run it; default 1. */
  readonly workers?: number;
}

/** A program for one thread does without atomic accesses; one for several is compiled for as many as there may be. */
function contextsFor({ workers = 1 }: LoadOptions): number {
  return workers === 1 ? 1 : maxWorkers;
}

interface CacheEntry {
  readonly sources: readonly { readonly path: string; readonly hash: string }[];
  readonly artifact: Artifact;
  readonly objects: ProgramObjects;
  readonly p4info: P4Info;
}

/**
 * The program ready to run; throws a UserError with all diagnostics when it does not compile. The compiler itself is loaded only to compile: that
 * takes longer than everything else that a start from the cache needs.
 */
export async function loadProgram(options: LoadOptions): Promise<LoadedProgram> {
  const file = `${cacheKey(options)}.v8`;
  for (const dir of cacheDirs()) {
    const cached = readCache(join(dir, file));
    if (cached) return loaded(cached, true);
  }
  const [{ compileSource, objectsOf }, { compileToWasm }, { printDiagnostics }] = await Promise.all([
    import('./program.ts'),
    import('../p4/wasm/index.ts'),
    import('../diag/index.ts'),
  ]);
  const { result, sources } = compileSource(options);
  if (!result.ir || !result.p4info) {
    throw new UserError(
      'program-does-not-compile',
      `'${options.path}' does not compile\n${printDiagnostics(result.diagnostics)}`.trimEnd(),
    );
  }
  const entry: CacheEntry = {
    sources: sources.map((path) => ({ path, hash: hashFile(path) ?? '' })),
    artifact: compileToWasm(result.ir, { workers: contextsFor(options) }),
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

function cacheDirs(): string[] {
  return [join(packageRoot, 'build', 'programs'), join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'softipu')];
}

/** Over everything but the sources: path, include path, macros, and the compiler itself. */
function cacheKey(options: LoadOptions): string {
  const hash = createHash('sha256');
  hash.update(compilerId());
  hash.update(JSON.stringify([resolve(options.path), options.includeDirs ?? [], options.defines ?? [], contextsFor(options)]));
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
    forgetOldest(dir);
    return true;
  } catch {
    return false;
  }
}

/** Keeps the newest entries: those of former compilers are never asked for again. */
function forgetOldest(dir: string): void {
  const entries = readdirSync(dir).filter((name) => name.endsWith('.v8'));
  if (entries.length <= maxEntries) return;
  const aged = entries.map((name) => ({ name, ms: statSync(join(dir, name)).mtimeMs })).sort((a, b) => b.ms - a.ms);
  for (const { name } of aged.slice(maxEntries)) rmSync(join(dir, name), { force: true });
}

function hashFile(path: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return undefined;
  }
}
