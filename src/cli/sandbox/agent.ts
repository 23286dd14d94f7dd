/** An agent, a process of ours in a network namespace, as seen from outside: starts it, asks it, stops it (rpc.ts is its side). */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Params } from './rpc.ts';

/** The script `agents/NAME` beside the module with the given URL; built or not, it has that one's ending. */
export function agentScript(moduleUrl: string, name: string): URL {
  return new URL(`./agents/${name}${moduleUrl.slice(moduleUrl.lastIndexOf('.'))}`, moduleUrl);
}

export class Agent {
  readonly namespace: string;
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, { done: (result: unknown) => void; failed: (error: Error) => void }>();
  private requests = 0;

  /** Starts a script in a network namespace. `prefix`: a command in front of it, such as taskset's. */
  constructor(namespace: string, script: URL, args: readonly string[] = [], prefix: readonly string[] = []) {
    this.namespace = namespace;
    const command = [...prefix, process.execPath, fileURLToPath(script), ...args];
    this.child = spawn('ip', ['netns', 'exec', namespace, ...command], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.receive(line));
    this.child.once('close', () => this.fail(new Error(`the agent in '${namespace}' has ended`)));
    this.child.once('error', (error) => this.fail(error));
    this.child.stdin!.on('error', () => {});
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** The answer to one operation. Rejects when the agent says so, ends, or is silent for `deadlineMs`. */
  ask<T>(op: string, params: Params = {}, deadlineMs = 30_000): Promise<T> {
    const id = ++this.requests;
    return new Promise<T>((done, failed) => {
      const timer = setTimeout(
        () => settle(() => failed(new Error(`'${op}' in '${this.namespace}' took longer than ${deadlineMs} ms`))),
        deadlineMs,
      );
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.waiting.delete(id);
        finish();
      };
      this.waiting.set(id, {
        done: (result) => settle(() => done(result as T)),
        failed: (error) => settle(() => failed(error)),
      });
      this.child.stdin!.write(`${JSON.stringify({ ...params, id, op })}\n`);
    });
  }

  stop(): void {
    this.child.stdin!.end();
  }

  private receive(line: string): void {
    const { id, result, error } = JSON.parse(line) as { id: number; result?: unknown; error?: string };
    if (error === undefined) this.waiting.get(id)?.done(result);
    else this.waiting.get(id)?.failed(new Error(error));
  }

  private fail(error: Error): void {
    for (const { failed } of [...this.waiting.values()]) failed(error);
  }
}
