/** The node under test: softipu as child processes, and questions to their control sockets. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { askControl } from '../control-socket.ts';
import { sleep, until } from './time.ts';

const main = fileURLToPath(new URL(`../main${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url));

export type Row = Readonly<Record<string, unknown>>;

/** A node, of however many processes. */
export interface NodeUnderTest {
  /** Waits until it answers and its ports are open. Throws with its own messages if it ends or takes too long. */
  ready(timeoutMs: number): Promise<void>;
  /** Rows that it answers to `flows`, `services`, `ports`, `tables`, `stats` or `notifications`. */
  ask(op: string): Promise<readonly Row[]>;
  /** What it has printed, at most the last 8000 characters of each process. */
  readonly log: string;
  /** Asks it to end as a person would, and waits. */
  stop(): Promise<void>;
}

/** One softipu process with a control socket. */
export class Child {
  readonly #child: ChildProcess;
  readonly #socket: string;
  readonly #name: string;
  #messages = '';
  #hasEnded = false;

  /** Starts `softipu ARGUMENTS`. `prefix`: a command in front of it, such as that of a network namespace. */
  constructor(arguments_: readonly string[], socket: string, prefix: readonly string[] = []) {
    this.#socket = socket;
    this.#name = `softipu ${arguments_[0]}`;
    const [command, ...rest] = [...prefix, process.execPath, main, ...arguments_];
    this.#child = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer): void => {
      this.#messages = (this.#messages + chunk.toString()).slice(-8000);
    };
    this.#child.stdout!.on('data', keep);
    this.#child.stderr!.on('data', keep);
    this.#child.once('close', () => {
      this.#hasEnded = true;
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Waits until the control socket is there and `isReady` says so. Throws Error with the process's messages. */
  async ready(timeoutMs: number, isReady: () => Promise<boolean>): Promise<void> {
    const inTime = await until(timeoutMs, async () => {
      if (this.#hasEnded) throw new Error(`${this.#name} has ended:\n${this.#messages}`);
      return existsSync(this.#socket) && (await isReady().catch(() => false));
    });
    if (!inTime) throw new Error(`${this.#name} was not ready within ${timeoutMs / 1000} s:\n${this.#messages}`);
  }

  async ask(op: string): Promise<readonly Row[]> {
    const result = await askControl(this.#socket, { op });
    return Array.isArray(result) ? (result as Row[]) : [result as Row];
  }

  get log(): string {
    return this.#messages;
  }

  /** As a crash would end it. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    for (let i = 0; i < 30 && !this.#hasEnded; i++) await sleep(100);
    if (!this.#hasEnded) this.#child.kill('SIGKILL');
  }
}

/** `softipu run`: control and data plane in one process. */
export class Node implements NodeUnderTest {
  readonly #child: Child;

  /** Starts `softipu run CONFIG` in the namespace. `prefix`: a command in front of it, such as taskset's. */
  constructor(namespace: string, config: string, prefix: readonly string[] = []) {
    const socket = join(dirname(config), 'control.sock');
    this.#child = new Child(['run', config], socket, ['ip', 'netns', 'exec', namespace, ...prefix]);
  }

  get pid(): number {
    return this.#child.pid;
  }

  ready(timeoutMs: number): Promise<void> {
    return this.#child.ready(timeoutMs, async () => (await this.ask('ports')).length > 0);
  }

  ask(op: string): Promise<readonly Row[]> {
    return this.#child.ask(op);
  }

  get log(): string {
    return this.#child.log;
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}
