/**
 * The compiler's front door: from a path to the IR and P4Info. Imports nothing from Node: files are read through `readFile`.
 */
import { type Diagnostic, Diagnostics, makeSource, noSpan } from '../diag/index.ts';
import type { Program } from './ir/ir.ts';
import { lowerProgram } from './ir/lower/index.ts';
import { buildP4Info, emptyP4Info } from './p4info/build.ts';
import type { P4Info } from './p4info/p4info.ts';
import { type Pass, runPasses } from './passes/index.ts';
import { parseProgram } from './syntax/index.ts';
import { checkProgram } from './types/index.ts';

export interface CompileOptions {
  /** The main source file, as messages should name it. */
  readonly path: string;
  /** Text of a file, undefined if there is none. */
  readonly readFile: (path: string) => string | undefined;
  /** Where `#include <…>` looks, in order. */
  readonly includeDirs: readonly string[];
  /** Macros defined before the first line. */
  readonly defines?: Readonly<Record<string, string>>;
  /** Passes over the IR; all by default. */
  readonly passes?: readonly Pass[];
  /** Sees the program behind lowering (`lower`) and behind each pass. */
  readonly afterPass?: (name: string, program: Program) => void;
}

export interface CompileResult {
  /** The front end, which knows no architecture, found no mistake. */
  readonly isChecked: boolean;
  /** Absent if there are errors. */
  readonly ir?: Program;
  /** Also present if the only errors are things that softipu does not do. */
  readonly p4info?: P4Info;
  /** What `p4info` is of, the program as it was lowered, in front of all passes; good for nothing but its entries if `ir` is absent. */
  readonly described?: Program;
  readonly diagnostics: readonly Diagnostic[];
}

/** Compiles a program as far as the IR. Never throws on a mistake in it: all mistakes are in `diagnostics`. */
export function compileToIr(options: CompileOptions): CompileResult {
  const diag = new Diagnostics();
  const refused = (isChecked: boolean): CompileResult => ({ isChecked, diagnostics: diag.all });
  const text = options.readFile(options.path);
  if (text === undefined) {
    diag.error('no-file', { ...noSpan, file: { path: options.path, text: '' } }, `cannot read '${options.path}'`);
    return refused(false);
  }
  const program = parseProgram(makeSource(options.path, text), options, diag);
  if (diag.hasErrors) return refused(false);
  const checked = checkProgram(program, diag);
  if (diag.hasErrors) return refused(false);
  const lowered = lowerProgram(checked, diag);
  if (!lowered) return checked.main ? refused(true) : { ...refused(true), p4info: emptyP4Info };
  // What softipu cannot run it may still describe.
  if (diag.all.some((d) => d.severity === 'error' && d.code !== 'unsupported')) return refused(true);
  const p4info = buildP4Info(lowered, checked, diag);
  const described = lowered.program;
  if (diag.hasErrors) return { ...refused(true), p4info, described };
  options.afterPass?.('lower', described);
  const ir = runPasses(described, options.passes, (pass, program) => options.afterPass?.(pass.name, program));
  return { isChecked: true, ir, p4info, described, diagnostics: diag.all };
}
