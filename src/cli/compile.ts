/** `softipu compile`: checks a P4 program, and writes the form that was asked for. */
import { writeFileSync } from 'node:fs';
import { type Diagnostic, Diagnostics, lineAndColumn, makeSource, printDiagnostics } from '../diag/index.ts';
import { printProgram } from '../p4/ir/index.ts';
import { printP4Info } from '../p4/p4info/index.ts';
import { preprocess } from '../p4/syntax/index.ts';
import { toWat } from '../p4/wasm/index.ts';
import { UserError } from './errors.ts';
import { packProgram } from './p4rt-program.ts';
import { includeDir } from './package-root.ts';
import { compileSource, parseDefines, readSource } from './program.ts';

export interface CompileOptions {
  readonly I: readonly string[];
  readonly D: readonly string[];
  readonly emit: 'wasm' | 'wat' | 'ir' | 'p4info' | 'none';
  readonly E?: boolean;
  readonly o?: string;
  readonly json?: boolean;
}

export function compileCommand(path: string, options: CompileOptions): number {
  if (options.E) return preprocessOnly(path, options);
  const { result } = compileSource({ path, includeDirs: options.I, defines: options.D });
  const errors = result.diagnostics.filter((d) => d.severity === 'error').length;
  if (options.json)
    process.stdout.write(`${JSON.stringify({ ok: errors === 0, diagnostics: result.diagnostics.map(toJson) })}\n`);
  else process.stderr.write(printDiagnostics(result.diagnostics));
  if (errors > 0 || !result.ir || !result.p4info) return 1;
  switch (options.emit) {
    case 'none':
      return 0;
    case 'ir':
      return write(options, printProgram(result.ir));
    case 'p4info':
      return write(options, printP4Info(result.p4info));
    case 'wat':
      return write(options, toWat(result.ir));
    case 'wasm':
      if (options.o === undefined && process.stdout.isTTY)
        throw new UserError('binary-to-terminal', 'WebAssembly is binary', 'name a file with -o');
      return write(options, packProgram(result.ir, result.p4info));
  }
}

function preprocessOnly(path: string, options: CompileOptions): number {
  const text = readSource(path);
  if (text === undefined) throw new UserError('unreadable-program', `cannot read '${path}'`, 'is the path right?');
  const diagnostics = new Diagnostics();
  const preprocessed = preprocess(
    makeSource(path, text),
    { readFile: readSource, includeDirs: [...options.I, includeDir], defines: parseDefines(options.D) },
    diagnostics,
  );
  process.stderr.write(printDiagnostics(diagnostics.all));
  return diagnostics.hasErrors ? 1 : write(options, preprocessed);
}

function write(options: CompileOptions, content: string | Uint8Array): number {
  if (options.o !== undefined) {
    try {
      writeFileSync(options.o, content);
    } catch (error) {
      throw new UserError(
        'unwritable-output',
        `cannot write '${options.o}': ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  } else if (!options.json) {
    process.stdout.write(content);
  }
  return 0;
}

function toJson(d: Diagnostic): object {
  return {
    severity: d.severity,
    code: d.code,
    message: d.message,
    file: d.span.file.path,
    ...lineAndColumn(d.span.file, d.span.start),
    help: d.help,
    notes: (d.notes ?? []).map((n) => ({
      message: n.message,
      ...(n.span ? { file: n.span.file.path, ...lineAndColumn(n.span.file, n.span.start) } : {}),
    })),
  };
}
