/**
 * Processor time of a benchmark: of all processes in its process namespace, kernel work done in their name included, and of the kernel's
 * ksoftirqd threads, which take over when packets come faster than they are worked off. Others' processes on the machine do not count.
 */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';

/** Clock ticks per second in /proc. */
const ticksPerSecond = 100;

/** Opens the accounts of ksoftirqd, to be handed into the namespace from which they cannot be seen. Empty where we cannot see them either. */
export function openSoftirqAccounts(): number[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      if (!/^\d+$/.test(pid) || !readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('ksoftirqd/')) return [];
      return [openSync(`/proc/${pid}/stat`, 'r')];
    } catch {
      return [];
    }
  });
}

export function closeAccounts(files: readonly number[]): void {
  for (const file of files) closeSync(file);
}

export class CpuMeter {
  readonly #softirqAccounts: readonly number[];
  readonly #buffer = Buffer.alloc(4096);

  /** `softirqAccounts`: open descriptors as `openSoftirqAccounts` makes them. */
  constructor(softirqAccounts: readonly number[]) {
    this.#softirqAccounts = softirqAccounts;
  }

  /** Seconds so far of everybody but this process. A process that has ended takes its seconds with it: measure while all live. */
  seconds(): number {
    let ticks = 0;
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
      try {
        ticks += ticksOf(readFileSync(`/proc/${pid}/stat`, 'latin1'));
      } catch {
        // Ended meanwhile.
      }
    }
    for (const file of this.#softirqAccounts) {
      const bytes = readSync(file, this.#buffer, 0, this.#buffer.length, 0);
      ticks += ticksOf(this.#buffer.toString('latin1', 0, bytes));
    }
    return ticks / ticksPerSecond;
  }

  /** Seconds so far of one process. */
  secondsOf(pid: number): number {
    return ticksOf(readFileSync(`/proc/${pid}/stat`, 'latin1')) / ticksPerSecond;
  }
}

/** utime and stime: fields 14 and 15 of proc(5)'s stat; the name, field 2, may contain anything. */
function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
