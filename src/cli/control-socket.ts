/**
 * The control socket of a running node: one JSON object per line in, one per line out, over a unix socket of mode 0600.
 *
 *   {"op": "flows"}  ->  {"ok": true, "result": ...}  or  {"ok": false, "error": "..."}
 */
import { existsSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { UserError } from './errors.ts';

export type Handler = (request: Record<string, unknown>) => unknown;

/** Listens at `path`; throws a UserError when another node answers there. A socket file that nobody answers on is replaced. */
export async function serveControl(path: string, handlers: Readonly<Record<string, Handler>>): Promise<Server> {
  if (existsSync(path)) {
    if (await answers(path)) {
      throw new UserError(
        'control-socket-in-use',
        `another softipu answers on '${path}'`,
        'stop it, or set a different `control` in the configuration',
      );
    }
    rmSync(path, { force: true });
  }
  const server = createServer((socket) => serve(socket, handlers));
  await new Promise<void>((done, failed) => {
    server.once('error', (error) =>
      failed(
        new UserError('control-socket', `cannot listen on '${path}': ${error.message}`, 'is its directory there and writable?'),
      ),
    );
    const mask = process.umask(0o177);
    server.listen(path, done);
    process.umask(mask);
  });
  return server;
}

/** Asks a running node; throws a UserError when nobody is there or the node refuses. */
export async function askControl(path: string, request: Record<string, unknown>, timeoutMs = 10_000): Promise<unknown> {
  const socket = createConnection(path);
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)));
  try {
    const line = await new Promise<string>((done, failed) => {
      socket.on('error', failed);
      createInterface({ input: socket })
        .on('error', failed)
        .once('line', done)
        .once('close', () => failed(new Error('the connection was closed')));
      socket.write(`${JSON.stringify(request)}\n`);
    });
    const answer = JSON.parse(line) as { ok: boolean; result?: unknown; error?: string };
    if (!answer.ok) throw new UserError('refused', answer.error ?? 'refused');
    return answer.result;
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      'no-node',
      `cannot ask the node at '${path}': ${reason}`,
      'is `softipu run` running, and is this its control socket?',
    );
  } finally {
    socket.destroy();
  }
}

function serve(socket: Socket, handlers: Readonly<Record<string, Handler>>): void {
  socket.on('error', () => socket.destroy());
  createInterface({ input: socket }).on('line', (line) => {
    socket.write(`${JSON.stringify(answer(line, handlers))}\n`);
  });
}

function answer(line: string, handlers: Readonly<Record<string, Handler>>): { ok: boolean; result?: unknown; error?: string } {
  let request: Record<string, unknown>;
  try {
    request = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { ok: false, error: 'expected one JSON object per line' };
  }
  const op = typeof request.op === 'string' ? request.op : '';
  if (!Object.hasOwn(handlers, op))
    return { ok: false, error: `unknown op '${op}'; known are ${Object.keys(handlers).join(', ')}` };
  try {
    return { ok: true, result: handlers[op]!(request) };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const probe = createConnection(path);
    probe.once('connect', () => {
      probe.destroy();
      done(true);
    });
    probe.once('error', () => done(false));
  });
}
