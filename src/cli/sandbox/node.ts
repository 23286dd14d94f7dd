/** The node under test: `softipu run` as a child process in a network namespace, and questions to its control socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { askControl } from '../control-socket.ts';
import { sleep, until } from './time.ts';

const main = fileURLToPath(new URL(`../main${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url));

export type Row = Readonly<Record<string, unknown>>;

export class Node {
  private readonly child: ChildProcess;
  private readonly socket: string;
  private messages = '';
  private hasEnded = false;

  /** Starts `softipu run CONFIG` in the namespace. `prefix`: a command in front of it, such as taskset's. */
  constructor(namespace: string, config: string, prefix: readonly string[] = []) {
    this.socket = join(dirname(config), 'control.sock');
    this.child = spawn('ip', ['netns', 'exec', namespace, ...prefix, process.execPath, main, 'run', config], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer): void => {
      this.messages = (this.messages + chunk.toString()).slice(-8000);
    };
    this.child.stdout!.on('data', keep);
    this.child.stderr!.on('data', keep);
    this.child.once('close', () => {
      this.hasEnded = true;
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Waits until the node answers and its ports are open. Throws with the node's own messages if it ends or takes too long. */
  async ready(timeoutMs: number): Promise<void> {
    const isReady = await until(timeoutMs, async () => {
      if (this.hasEnded) throw new Error(`softipu run has ended:\n${this.messages}`);
      return existsSync(this.socket) && (await this.ask('ports').catch(() => [])).length > 0;
    });
    if (!isReady) throw new Error(`softipu run was not ready within ${timeoutMs / 1000} s:\n${this.messages}`);
  }

  /** Rows that the running node answers to `flows`, `services`, `ports`, `tables`, `stats` or `notifications`. */
  async ask(op: string): Promise<readonly Row[]> {
    const result = await askControl(this.socket, { op });
    return Array.isArray(result) ? (result as Row[]) : [result as Row];
  }

  /** What the node has printed, at most its last 8000 characters. */
  get log(): string {
    return this.messages;
  }

  /** Asks it to end as a person would, and waits. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    for (let i = 0; i < 30 && !this.hasEnded; i++) await sleep(100);
    if (!this.hasEnded) this.child.kill('SIGKILL');
  }
}
