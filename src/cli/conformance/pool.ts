/**
 * Jobs over a few processes. A process that gives no answer in time is killed and replaced, and so is one that dies: either is the
 * outcome of the job that it had. Processes are renewed now and then, so that one program's memory is not another's.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { CrashOutcome } from './jobs.ts';

export interface PoolOptions<J, O> {
  /** Script of the worker process: sends 'ready' once, then one outcome per job. */
  readonly script: string;
  readonly processes: number;
  /** From the sending of a job to its outcome, ms. The start of a process does not count. */
  readonly timeLimitMs: number;
  /** After so many jobs a process is replaced. */
  readonly jobsPerProcess?: number;
  readonly onOutcome?: (job: J, outcome: O | CrashOutcome) => void;
}

/** Does all jobs; outcomes in the order of the jobs. */
export async function runPool<J, O>(jobs: readonly J[], options: PoolOptions<J, O>): Promise<(O | CrashOutcome)[]> {
  const outcomes: (O | CrashOutcome)[] = new Array(jobs.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    let child: Worker<J, O> | undefined;
    let done = 0;
    while (next < jobs.length) {
      const index = next++;
      child ??= await Worker.start<J, O>(options.script);
      const outcome = await child.do(jobs[index]!, options.timeLimitMs);
      outcomes[index] = outcome;
      options.onOutcome?.(jobs[index]!, outcome);
      if (!child.isAlive || ++done >= (options.jobsPerProcess ?? 200)) {
        child.stop();
        child = undefined;
        done = 0;
      }
    }
    child?.stop();
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(options.processes, jobs.length)) }, lane));
  return outcomes;
}

class Worker<J, O> {
  isAlive = true;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  static async start<J, O>(script: string): Promise<Worker<J, O>> {
    const child = fork(script, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' });
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve());
      child.once('exit', (code) => reject(new Error(`the worker process ended with ${code} before it was ready`)));
    });
    return new Worker(child);
  }

  do(job: J, limitMs: number): Promise<O | CrashOutcome> {
    const { child } = this;
    return new Promise((resolve) => {
      const finish = (outcome: O | CrashOutcome, isAlive: boolean): void => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
        this.isAlive = isAlive;
        if (!isAlive) child.kill('SIGKILL');
        resolve(outcome);
      };
      const onMessage = (outcome: unknown): void => finish(outcome as O, true);
      const onExit = (code: number | null, signal: string | null): void =>
        finish({ kind: 'crash', reason: `the process ended with ${signal ?? code}` }, false);
      const timer = setTimeout(() => finish({ kind: 'crash', reason: `no answer after ${limitMs / 1000} s` }, false), limitMs);
      child.on('message', onMessage);
      child.on('exit', onExit);
      child.send(job as object);
    });
  }

  stop(): void {
    if (this.child.connected) this.child.disconnect();
  }
}
