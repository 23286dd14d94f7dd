/** The demo's end of an agent: starts it in a namespace, asks it, stops it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Params } from './agents/rpc.ts';

/** Built or not, agents have the ending that this file has. */
const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

export class Agent {
  readonly namespace: string;
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, { done: (result: unknown) => void; failed: (error: Error) => void }>();
  private requests = 0;

  /** Starts `agents/SCRIPT` in a network namespace. */
  constructor(namespace: string, script: 'client' | 'server' | 'ping', args: readonly string[] = []) {
    this.namespace = namespace;
    const file = fileURLToPath(new URL(`./agents/${script}${ending}`, import.meta.url));
    this.child = spawn('ip', ['netns', 'exec', namespace, process.execPath, file, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.receive(line));
    this.child.once('close', () => this.fail(new Error(`the agent in '${namespace}' has ended`)));
    this.child.once('error', (error) => this.fail(error));
    this.child.stdin!.on('error', () => {});
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
