/** `softipu stf`: packet tests of P4 programs; without files, the ones that come with softipu. What they may say: docs/stf.md. */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Diagnostics, lineAndColumn, makeSource } from '../../diag/index.ts';
import { UserError } from '../errors.ts';
import { packageRoot } from '../package-root.ts';
import { type BackendName, Programs } from './load.ts';
import { parseStf } from './parse.ts';
import { printProblem, runStf, type StfProblem } from './run.ts';
import { describeTest, findStfFiles, hasProgram, type StfTest } from './suite.ts';

export { type BackendName, Programs } from './load.ts';
export type { StfProblem } from './run.ts';
export { describeTest, findStfFiles, type StfTest } from './suite.ts';

export interface StfOptions {
  readonly backend: BackendName;
  readonly json?: boolean;
}

/** Runs `FILE.p4 FILE.stf..`, or STF files that name their program, or the whole suite. Exit code 0 only if all pass. */
export function stfCommand(files: readonly string[], options: StfOptions): number {
  const programs = new Programs();
  const results = testsFor(files).map((test) => {
    const problems = runTest(test, options.backend, programs);
    if (!options.json) process.stdout.write(printResult(test, problems));
    return { test, problems };
  });
  const failed = results.filter((r) => r.problems.length > 0).length;
  const passed = results.length - failed;
  if (options.json) {
    const tests = results.map(({ test, problems }) => ({
      file: shown(test.stf),
      program: shown(test.program),
      ok: problems.length === 0,
      problems: problems.map(toJson),
    }));
    process.stdout.write(`${JSON.stringify({ ok: failed === 0, backend: options.backend, passed, failed, tests })}\n`);
  } else {
    process.stdout.write(`${passed} passed, ${failed} failed\n`);
  }
  return failed === 0 ? 0 : 1;
}

/** Runs one test file with fresh tables. A program that does not compile is a problem, too. */
export function runTest(test: StfTest, backend: BackendName, programs: Programs): StfProblem[] {
  const source = makeSource(shown(test.stf), readFileSync(test.stf, 'utf8'));
  const whole = { file: source, start: 0, end: 0 };
  const diagnostics = new Diagnostics();
  const statements = parseStf(source, diagnostics);
  if (diagnostics.hasErrors) return diagnostics.all.map(({ span, message }) => ({ span, message }));
  if (!hasProgram(test)) return [{ span: whole, message: `there is no program '${shown(test.program)}'` }];
  const compiled = programs.compile(test.program, test.defines);
  if ('messages' in compiled) {
    const detail = compiled.messages.replace(/^(?=.)/gm, '  ');
    return [{ span: whole, message: `'${shown(test.program)}' does not compile`, detail }];
  }
  return runStf(statements, programs.backend(compiled.ir, backend));
}

function testsFor(files: readonly string[]): StfTest[] {
  if (files.length === 0) return suite();
  const programs = files.filter((f) => f.endsWith('.p4'));
  const stfs = files.filter((f) => f.endsWith('.stf'));
  const other = files.find((f) => !f.endsWith('.p4') && !f.endsWith('.stf'));
  if (other !== undefined) throw new UserError('wrong-file', `'${other}' is neither a .p4 nor a .stf file`);
  if (programs.length > 1) throw new UserError('wrong-file', `${programs.length} programs given, expected one`);
  if (stfs.length === 0) throw new UserError('wrong-file', 'no .stf file given', 'softipu stf FILE.p4 FILE.stf');
  for (const file of files)
    if (!existsSync(file)) throw new UserError('unreadable-file', `cannot read '${file}'`, 'is the path right?');
  return stfs.map((file) => {
    const test = describeTest(file, readFileSync(file, 'utf8'));
    return programs[0] === undefined ? test : { ...test, program: programs[0] };
  });
}

function suite(): StfTest[] {
  const directory = join(packageRoot, 'test', 'stf');
  if (!existsSync(directory)) {
    throw new UserError(
      'no-suite',
      `the tests are not in this installation: no '${directory}'`,
      'name the files: softipu stf FILE.p4 FILE.stf',
    );
  }
  return findStfFiles(directory).map((file) => describeTest(file, readFileSync(file, 'utf8')));
}

function printResult(test: StfTest, problems: readonly StfProblem[]): string {
  const head = `${problems.length === 0 ? 'ok  ' : 'FAIL'} ${shown(test.stf)}\n`;
  return head + problems.map((p) => printProblem(p).replace(/^(?=.)/gm, '     ')).join('');
}

function toJson({ span, message, detail }: StfProblem): object {
  return { line: lineAndColumn(span.file, span.start).line, message, detail };
}

/** As short as it can be named from here. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
