/**
 * The socket that the native client (native/cni) talks to: one request per connection. Requests that clients left while nobody listened are done
 * first.
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { CniPlugin } from './plugin.ts';
import { CniError, codes, readRequest, splitMessage } from './request.ts';

const maxRequestBytes = 4 << 20;

/** Listens at `path`, for root only. Throws an Error if another process answers there. */
export async function serveCni(path: string, plugin: CniPlugin, say: (message: string) => void): Promise<Server> {
  mkdirSync(dirname(path), { recursive: true });
  if (await answers(path)) throw new Error(`another process answers on '${path}'`);
  rmSync(path, { force: true });
  await doPending(`${path}.pending`, plugin, say);
  const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket, plugin, say));
  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen(path, done);
  });
  chmodSync(path, 0o600);
  return server;
}

async function doPending(directory: string, plugin: CniPlugin, say: (message: string) => void): Promise<void> {
  let names: string[] = [];
  try {
    names = readdirSync(directory);
  } catch {
    return;
  }
  for (const name of names) {
    const { code, body } = await answer(readFileSync(join(directory, name)), plugin, say);
    if (code !== 0) say(`CNI, left from before: ${body.trim()}`);
    rmSync(join(directory, name), { force: true });
  }
}

function serve(socket: Socket, plugin: CniPlugin, say: (message: string) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    size += chunk.length;
    if (size > maxRequestBytes) socket.destroy();
    else chunks.push(chunk);
  });
  socket.on('end', () => {
    void answer(Buffer.concat(chunks), plugin, say).then(({ code, body }) => socket.end(`${code}\n${body}`));
  });
}

async function answer(
  message: Uint8Array,
  plugin: CniPlugin,
  say: (message: string) => void,
): Promise<{ code: number; body: string }> {
  let version = '1.1.0';
  try {
    const { environment, config } = splitMessage(message);
    const request = readRequest(environment, config);
    version = request.config.cniVersion;
    const result = await plugin.call(request);
    return { code: 0, body: result === undefined ? '' : `${JSON.stringify(result)}\n` };
  } catch (error) {
    const known =
      error instanceof CniError ? error : new CniError(codes.ioFailure, error instanceof Error ? error.message : String(error));
    if (!(error instanceof CniError)) say(`CNI: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    const { code, message: msg, details } = known;
    return { code: 1, body: `${JSON.stringify({ cniVersion: version, code, msg, details })}\n` };
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
