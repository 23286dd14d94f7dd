/**
 * How the demo and the benchmarks talk with their agents: one JSON object per line, requests on the agent's stdin, answers on its stdout.
 *
 *   {"id": 1, "op": "connect", ...}  ->  {"id": 1, "result": ...}  or  {"id": 1, "error": "..."}
 *
 * An agent ends with its stdin: nothing outlives who started it.
 */
import { createInterface } from 'node:readline';

export type Params = Readonly<Record<string, unknown>>;
export type Operation = (params: Params) => unknown;

/** Serves the operations until stdin ends, then exits. */
export function serveAgent(operations: Readonly<Record<string, Operation>>): void {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => void answer(line, operations));
  lines.on('close', () => process.exit(0));
}

async function answer(line: string, operations: Readonly<Record<string, Operation>>): Promise<void> {
  const request = JSON.parse(line) as { id: number; op: string } & Params;
  let reply: { id: number; result?: unknown; error?: string };
  try {
    reply = { id: request.id, result: (await operations[request.op]!(request)) ?? null };
  } catch (error) {
    reply = { id: request.id, error: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

export function text(params: Params, name: string): string {
  return String(params[name]);
}

export function number(params: Params, name: string): number {
  return Number(params[name]);
}
