/** From a P4 file to the IR: the compiler with Node's files, and the include path of the package. */
import { resolve } from 'node:path';
import type { ProgramObjects } from '../engine/start.ts';
import { type CompileOptions, compileToIr } from '../p4/compile.ts';
import type { Program } from '../p4/ir/ir.ts';
import { UserError } from './errors.ts';
import { includeDir } from './package-root.ts';
import { readSource } from './read-source.ts';

export interface SourceOptions {
  readonly path: string;
  readonly includeDirs?: readonly string[];
  /** `NAME=VALUE` or `NAME`. */
  readonly defines?: readonly string[];
  readonly passes?: CompileOptions['passes'];
  readonly afterPass?: CompileOptions['afterPass'];
  /** The main file's text as it shall be taken, from what it is. */
  readonly change?: (text: string) => string;
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
      return text !== undefined && options.change && path === options.path ? options.change(text) : text;
    },
    includeDirs: [...(options.includeDirs ?? []), includeDir],
    defines: parseDefines(options.defines ?? []),
    passes: options.passes,
    afterPass: options.afterPass,
  });
  return { result, sources: [...sources] };
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
