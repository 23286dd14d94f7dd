/** `softipu compile`: checks a P4 program, and writes the form that was asked for. */
import { writeFileSync } from 'node:fs';
import { type Diagnostic, Diagnostics, lineAndColumn, makeSource, printDiagnostics, type Span } from '../diag/index.ts';
import type { CompileResult } from '../p4/compile.ts';
import { printProgram } from '../p4/ir/index.ts';
import type { Program } from '../p4/ir/ir.ts';
import { type P4Info, printEntries, printP4Info } from '../p4/p4info/index.ts';
import { passes } from '../p4/passes/index.ts';
import { preprocess } from '../p4/syntax/index.ts';
import { toWat } from '../p4/wasm/index.ts';
import { Protocol } from '../p4runtime/grpc/proto.ts';
import { UserError } from './errors.ts';
import { packProgram } from './p4rt-program.ts';
import { includeDir, protoDir } from './package-root.ts';
import { compileSource, parseDefines } from './program.ts';
import { readSource } from './read-source.ts';

export const forms = ['wasm', 'wat', 'ir', 'p4info', 'entries', 'none'] as const;

export interface CompileOptions {
  readonly I: readonly string[];
  readonly D: readonly string[];
  readonly emit: (typeof forms)[number];
  /** Of P4Info. */
  readonly format: 'text' | 'binary';
  readonly std: string;
  readonly dumpAfter: readonly string[];
  readonly E?: boolean;
  readonly o?: string;
  readonly json?: boolean;
}

export function compileCommand(path: string, options: CompileOptions): number {
  if (options.E) return preprocessOnly(path, options);
  const wrong = wrongOptions(options);
  if (wrong !== undefined) {
    process.stderr.write(`softipu: ${wrong}\n`);
    return 2;
  }
  const afterPass = (name: string, program: Program): void => {
    if (options.dumpAfter.includes(name)) process.stdout.write(`// after ${name}\n${printProgram(program)}\n`);
  };
  const { result } = compileSource({ path, includeDirs: options.I, defines: options.D, afterPass });
  const runs = options.emit === 'wasm' || options.emit === 'wat' || options.emit === 'ir';
  const diagnostics = runs ? result.diagnostics : result.diagnostics.map(lessThanRunning);
  const isFine = !diagnostics.some((d) => d.severity === 'error');
  if (options.json) process.stdout.write(`${JSON.stringify({ ok: isFine, diagnostics: diagnostics.map(toJson) })}\n`);
  else process.stderr.write(printDiagnostics(diagnostics));
  if (!isFine) return 1;
  return options.emit === 'none' ? 0 : emit(options, result);
}

function wrongOptions({ std, dumpAfter, format, emit }: CompileOptions): string | undefined {
  if (!/^p4[-_]?16$/i.test(std)) return `--std ${std}: expected p4-16, the one language that softipu compiles`;
  if (format === 'binary' && emit !== 'p4info') return '--format binary is for --emit p4info';
  const known = ['lower', ...passes.map((p) => p.name)];
  const unknown = dumpAfter.find((name) => !known.includes(name));
  return unknown === undefined
    ? undefined
    : `--dump-after ${unknown}: there is no such pass, expected one of ${known.join(', ')}`;
}

/** What only matters to who runs the program: a warning for somebody who has it checked or described. */
function lessThanRunning(d: Diagnostic): Diagnostic {
  return d.code === 'unsupported' || d.code === 'no-main' ? { ...d, severity: 'warning' } : d;
}

function emit(options: CompileOptions, { ir, p4info, described }: CompileResult): number {
  if (options.emit === 'p4info' || options.emit === 'entries') {
    if (!p4info) return 1;
    if (options.emit === 'entries') return write(options, printEntries(described ?? { tables: [], actions: [] }, p4info));
    return write(options, options.format === 'text' ? printP4Info(p4info) : encodeP4Info(options, p4info));
  }
  if (!ir || !p4info) return 1;
  switch (options.emit) {
    case 'ir':
      return write(options, printProgram(ir));
    case 'wat':
      return write(options, toWat(ir));
    default:
      refuseTerminal(options, 'WebAssembly');
      return write(options, packProgram(ir, p4info));
  }
}

function encodeP4Info(options: CompileOptions, p4info: P4Info): Uint8Array {
  refuseTerminal(options, 'this form');
  const protocol = Protocol.load(protoDir);
  return protocol.encode('p4.config.v1.P4Info', protocol.p4infoMessage(p4info));
}

function refuseTerminal(options: CompileOptions, what: string): void {
  if (options.o === undefined && process.stdout.isTTY)
    throw new UserError('binary-to-terminal', `${what} is binary`, 'name a file with -o');
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
  if (options.json)
    process.stdout.write(`${JSON.stringify({ ok: !diagnostics.hasErrors, diagnostics: diagnostics.all.map(toJson) })}\n`);
  else process.stderr.write(printDiagnostics(diagnostics.all));
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
    ...toPlace(d.span),
    help: d.help,
    notes: (d.notes ?? []).map((n) => ({
      message: n.message,
      ...(n.span ? toPlace(n.span) : {}),
    })),
  };
}

/** Lines and columns from 1; the end is behind the last character. */
function toPlace({ file, start, end }: Span): object {
  const last = lineAndColumn(file, end);
  return { file: file.path, ...lineAndColumn(file, start), endLine: last.line, endColumn: last.column };
}
