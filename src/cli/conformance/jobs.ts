/** What is asked about one file of the corpus, and what comes back. Plain data: jobs and outcomes travel between processes. */

export type Job = ProgramJob | StfJob | MutantJob;

/** Compile a program as far as it goes. */
export interface ProgramJob {
  readonly kind: 'program';
  readonly file: string;
  /** Go on to WebAssembly and compare P4Info: a sample, not a program that is to be refused. */
  readonly isSample: boolean;
  /** Path of the reference P4Info, and of the reference entries. */
  readonly p4info?: string;
  readonly entries?: string;
}

/** Compile what `mutate` makes of a program: nothing is asked of the outcome but that there is one. */
export interface MutantJob {
  readonly kind: 'mutant';
  readonly file: string;
  readonly seed: number;
}

/** Run a packet test on both back ends. */
export interface StfJob {
  readonly kind: 'stf';
  readonly file: string;
  readonly program: string;
}

export interface Complaint {
  readonly code: string;
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface ProgramOutcome {
  readonly kind: 'program';
  /** The front end, which knows no architecture, found nothing wrong. */
  readonly isAccepted: boolean;
  readonly errors: readonly Complaint[];
  readonly warnings: readonly Complaint[];
  /** Time of the whole compilation. */
  readonly ms: number;
  /** Where P4Info and entries differ from the references; absent if they are the same or were not asked for. */
  readonly p4infoDifference?: string;
  readonly entriesDifference?: string;
}

export interface StfOutcome {
  readonly kind: 'stf';
  /** Empty: passed. */
  readonly problems: readonly string[];
  /** The interpreter and the compiled code did not do the same. */
  readonly isDisagreement: boolean;
}

export interface MutantOutcome {
  readonly kind: 'mutant';
}

/** An exception that nobody caught, a process that died, or no answer in time. */
export interface CrashOutcome {
  readonly kind: 'crash';
  readonly reason: string;
}

export type Outcome = ProgramOutcome | StfOutcome | MutantOutcome | CrashOutcome;
