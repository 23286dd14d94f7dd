/**
 * `npm run conformance -- DIR`: p4c's own test programs as the measure of the compiler and both back ends. DIR is a checkout of
 * p4lang/p4c: nothing of it belongs to softipu. docs/conformance.md says what each measure counts.
 */
import { fileURLToPath } from 'node:url';
import { UserError } from '../errors.ts';
import { type CorpusFile, readCorpus } from './corpus.ts';
import type { Job, Outcome } from './jobs.ts';
import { evaluate, measures, type Result } from './measures.ts';
import { runPool } from './pool.ts';
import { printMeasure, printTimes, toJson } from './report.ts';

export interface ConformanceOptions {
  readonly json?: boolean;
  /** Only these measures. */
  readonly measure?: readonly string[];
  readonly filter?: string;
  /** Mutants of each program, 1 unless given. */
  readonly mutants?: number;
}

export type Runner = (jobs: readonly Job[], progress: (done: number) => void) => Promise<Outcome[]>;

/** Two processes, 10 s for a file. */
export const inProcesses: Runner = (jobs, progress) => {
  let done = 0;
  return runPool<Job, Outcome>(jobs, {
    script: fileURLToPath(new URL('./worker.js', import.meta.url)),
    processes: 2,
    timeLimitMs: 10_000,
    onOutcome: () => progress(++done),
  });
};

/** Measures the checkout at `directory`, prints, and gives the exit code: 0 only if every bar holds. */
export async function conformance(directory: string, options: ConformanceOptions, run: Runner = inProcesses): Promise<number> {
  const wanted = measures.filter((m) => !options.measure?.length || options.measure.includes(m.name));
  const unknown = options.measure?.find((name) => !measures.some((m) => m.name === name));
  if (unknown !== undefined) {
    throw new UserError(
      'unknown-measure',
      `there is no measure '${unknown}'`,
      `known: ${measures.map((m) => m.name).join(', ')}`,
    );
  }
  const files = readCorpus(directory, options.filter, options.mutants ?? 1).filter((file) => wanted.some((m) => m.counts(file)));
  if (files.length === 0) throw new UserError('nothing-to-measure', `no file of '${directory}' is counted by these measures`);
  const results = await measure(files, run);
  const evaluated = wanted.map((m) => evaluate(m, results));
  process.stdout.write(options.json ? toJson(evaluated) : evaluated.map(printMeasure).join('') + printTimes(results));
  return evaluated.every((m) => m.ok) ? 0 : 1;
}

async function measure(files: readonly CorpusFile[], run: Runner): Promise<Result[]> {
  const isTerminal = process.stderr.isTTY;
  const outcomes = await run(
    files.map((f) => f.job),
    (done) => {
      if (isTerminal) process.stderr.write(`\r${done} of ${files.length} files${done === files.length ? '\n' : ''}`);
    },
  );
  return files.map((file, i) => ({ file, outcome: outcomes[i]! }));
}
