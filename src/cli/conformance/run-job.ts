/** Does one job in this process. An exception is an outcome: finding those is one of the measures. */
import { readFileSync } from 'node:fs';
import { type Diagnostic, lineAndColumn, printDiagnostics } from '../../diag/index.ts';
import { printEntries, printP4Info } from '../../p4/p4info/index.ts';
import { compileToWasm } from '../../p4/wasm/index.ts';
import { compileSource } from '../program.ts';
import { Programs, runTest } from '../stf/index.ts';
import type {
  Complaint,
  Job,
  MutantJob,
  MutantOutcome,
  Outcome,
  ProgramJob,
  ProgramOutcome,
  StfJob,
  StfOutcome,
} from './jobs.ts';
import { mutate } from './mutate.ts';
import { differences } from './text-proto.ts';

export function runJob(job: Job): Outcome {
  try {
    return job.kind === 'program' ? runProgram(job) : job.kind === 'stf' ? runStf(job) : runMutant(job);
  } catch (error) {
    return { kind: 'crash', reason: `uncaught exception: ${error instanceof Error ? firstLines(error) : String(error)}` };
  }
}

function runProgram(job: ProgramJob): ProgramOutcome {
  const start = performance.now();
  const { result } = compileSource({ path: job.file });
  if (result.ir && job.isSample) compileToWasm(result.ir);
  const ms = performance.now() - start;
  const of = (severity: Diagnostic['severity']): Complaint[] =>
    result.diagnostics.filter((d) => d.severity === severity).map(complaint);
  const errors = of('error');
  const why = (): string => (errors[0] ? `does not compile: ${describe(errors[0])}` : 'there is none');
  const compare = (reference: string | undefined, found: string | undefined): string | undefined => {
    if (reference === undefined) return undefined;
    if (found === undefined) return why();
    return differences(readFileSync(reference, 'utf8'), found).join(', ') || undefined;
  };
  const { p4info, described } = result;
  return {
    kind: 'program',
    isAccepted: result.isChecked,
    errors,
    warnings: of('warning'),
    ms,
    p4infoDifference: compare(job.p4info, p4info && printP4Info(p4info)),
    entriesDifference: compare(job.entries, p4info && printEntries(described ?? { tables: [], actions: [] }, p4info)),
  };
}

function runMutant({ file, seed }: MutantJob): MutantOutcome {
  const { result } = compileSource({ path: file, change: (text) => mutate(text, seed) });
  printDiagnostics(result.diagnostics);
  if (result.ir) compileToWasm(result.ir);
  return { kind: 'mutant' };
}

function runStf(job: StfJob): StfOutcome {
  const programs = new Programs();
  const problems = runTest({ stf: job.file, program: job.program, defines: [] }, 'both', programs);
  return {
    kind: 'stf',
    problems: problems.map(
      ({ span, message, detail }) =>
        `line ${lineAndColumn(span.file, span.start).line}: ${message}${detail === undefined ? '' : `: ${detail.trim().split('\n')[0]}`}`,
    ),
    isDisagreement: problems.some((p) => p.message.startsWith('the backends disagree')),
  };
}

function complaint(d: Diagnostic): Complaint {
  return {
    code: d.code,
    file: d.span.file.path,
    line: lineAndColumn(d.span.file, d.span.start).line,
    message: d.message,
  };
}

export function describe(c: Complaint): string {
  return `line ${c.line}: [${c.code}] ${c.message}`;
}

function firstLines(error: Error): string {
  return (error.stack ?? error.message)
    .split('\n')
    .slice(0, 3)
    .map((line) => line.trim())
    .join(' ');
}
