/** What a figure was measured on: printed above every table. */
import { execFileSync } from 'node:child_process';
import { cpus, release } from 'node:os';
import { packageRoot } from '../package-root.ts';

export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
  readonly commit: string;
}

export function machine(): Machine {
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    kernel: release(),
    node: process.version,
    commit: commit(),
  };
}

/** Of the source tree that we run from, if it is one. */
function commit(): string {
  try {
    return execFileSync('git', ['-C', packageRoot, 'rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}
