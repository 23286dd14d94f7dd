/**
 * The measures: each says which files it counts and when one of them passes. A bar is the number that must pass.
 */
import type { CorpusFile } from './corpus.ts';
import type { Outcome, ProgramOutcome } from './jobs.ts';
import { describe } from './run-job.ts';

export interface Failure {
  readonly file: string;
  readonly reason: string;
}

export interface MeasureResult {
  readonly name: string;
  readonly passed: number;
  readonly total: number;
  readonly bar: number;
  readonly ok: boolean;
  readonly failures: readonly Failure[];
}

export interface Result {
  readonly file: CorpusFile;
  readonly outcome: Outcome;
}

export interface Measure {
  readonly name: string;
  /** What must pass, given how many there are. */
  readonly bar: (total: number) => number;
  readonly counts: (file: CorpusFile) => boolean;
  /** Why the file fails; undefined if it passes. */
  readonly judge: (result: Result) => string | undefined;
}

const all = (total: number): number => total;

/**
 * `bar` of the `of` that p4c's tree has: as many may fail where a few files are not there (links into other parts of the tree). Of a part of
 * the corpus all must pass.
 */
const atLeast =
  (bar: number, of: number) =>
  (total: number): number =>
    total >= of ? bar : total < 0.7 * of ? total : total - (of - bar);

/** Reasons that are not about the program's rightness: it needs something that softipu does not do. */
const notRefusals = new Set(['unsupported', 'no-main']);

/** How fast a program must compile: half of all within the first, all within the second, ms. */
const timeBounds = { median: 1000, maximum: 10_000 } as const;

export const measures: readonly Measure[] = [
  {
    name: 'accepted',
    bar: atLeast(1290, 1302),
    counts: (file) => file.group === 'sample',
    judge: program((outcome) => (outcome.isAccepted ? undefined : firstComplaint(outcome))),
  },
  {
    name: 'accepted-nested',
    bar: all,
    counts: (file) => file.group === 'nested',
    judge: program((outcome) => (outcome.isAccepted ? undefined : firstComplaint(outcome))),
  },
  {
    name: 'refused',
    bar: atLeast(560, 584),
    counts: (file) => file.group === 'error',
    judge: program((outcome) => (refusal(outcome) ? undefined : 'accepted')),
  },
  {
    name: 'refused-line',
    bar: atLeast(500, 553),
    counts: (file) => file.firstError !== undefined,
    judge: program((outcome, { firstError, job }) => {
      const { line, text } = firstError!;
      const found = refusal(outcome);
      if (found && found.line === line && found.file === job.file) return undefined;
      return `expected line ${line} (${text}), found ${found ? describe(found) : 'nothing'}`;
    }),
  },
  {
    name: 'p4info',
    bar: atLeast(620, 640),
    counts: ({ job }) => job.kind === 'program' && job.p4info !== undefined,
    judge: program((outcome) => outcome.p4infoDifference),
  },
  {
    name: 'entries',
    bar: atLeast(620, 640),
    counts: ({ job }) => job.kind === 'program' && job.entries !== undefined,
    judge: program((outcome) => outcome.entriesDifference),
  },
  stf('stf-v1model', 'v1model', 197, 204),
  stf('stf-p4tc', 'tc', 10, 10),
  stf('stf-psa', 'psa', 24, 26),
  stf('stf-ebpf', 'ebpf_model', 15, 17),
  stf('stf-ubpf', 'ubpf_model', 13, 15),
  {
    name: 'backends-agree',
    bar: all,
    counts: (file) => file.group === 'stf',
    judge: ({ outcome }) => (outcome.kind === 'stf' && outcome.isDisagreement ? outcome.problems[0] : undefined),
  },
  {
    name: 'no-crash',
    bar: all,
    counts: (file) => file.group !== 'mutant',
    judge: ({ outcome }) => (outcome.kind === 'crash' ? outcome.reason : undefined),
  },
  {
    name: 'mutants-no-crash',
    bar: all,
    counts: (file) => file.group === 'mutant',
    judge: ({ outcome }) => (outcome.kind === 'crash' ? outcome.reason : undefined),
  },
  {
    name: 'compile-time-median',
    bar: (total) => Math.ceil(total / 2),
    counts: (file) => file.group === 'sample',
    judge: slowerThan(timeBounds.median),
  },
  {
    name: 'compile-time-maximum',
    bar: all,
    counts: (file) => file.group === 'sample',
    judge: slowerThan(timeBounds.maximum),
  },
];

/** Counts one measure over the results. */
export function evaluate(measure: Measure, results: readonly Result[]): MeasureResult {
  const counted = results.filter((r) => measure.counts(r.file));
  const failures = counted.flatMap((result) => {
    const reason = measure.judge(result);
    return reason === undefined ? [] : [{ file: result.file.name, reason }];
  });
  const total = counted.length;
  const passed = total - failures.length;
  const bar = measure.bar(total);
  return { name: measure.name, passed, total, bar, ok: passed >= bar, failures };
}

function stf(name: string, architecture: string, bar: number, of: number): Measure {
  return {
    name,
    bar: atLeast(bar, of),
    counts: (file) => file.architecture === architecture,
    judge: ({ outcome }) => {
      if (outcome.kind === 'crash') return outcome.reason;
      return outcome.kind === 'stf' ? outcome.problems[0] : undefined;
    },
  };
}

function program(judge: (outcome: ProgramOutcome, file: CorpusFile) => string | undefined): Measure['judge'] {
  return ({ outcome, file }) => {
    if (outcome.kind === 'crash') return outcome.reason;
    return outcome.kind === 'program' ? judge(outcome, file) : undefined;
  };
}

function slowerThan(boundMs: number): Measure['judge'] {
  return program(({ ms }) => (ms > boundMs ? `${Math.round(ms)} ms, expected at most ${boundMs} ms` : undefined));
}

/** The first error that says that the program is wrong. */
function refusal({ errors }: ProgramOutcome): ProgramOutcome['errors'][number] | undefined {
  return errors.find((e) => !notRefusals.has(e.code));
}

function firstComplaint({ errors }: ProgramOutcome): string {
  return errors[0] ? describe(errors[0]) : 'refused without a reason';
}
