/**
 * A client of the demo, in its pod's namespace: opens connections and sends datagrams as it is told, and says who answered.
 *
 * Tokens are unique per request: an answer counts only if it carries the token that was sent and comes from the address that was asked.
 */
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { number, type Params, serveAgent, text } from '../../sandbox/rpc.ts';

/** Who answered which token; what failed, and why. */
export interface Answers {
  readonly answers: readonly (readonly [token: string, name: string])[];
  readonly failures: readonly string[];
}

const held: Socket[] = [];
let tokens = 0;

serveAgent({
  /** `count` connections one after the other, `concurrency` at a time: one question each. */
  connections: (p) => gather(p, (token) => askOnce(p, token)),
  /** `count` datagrams, each from a socket, so a flow, of its own. */
  datagrams: (p) => gather(p, (token) => datagram(p, token)),
  /** Opens `count` connections and keeps them; the names that answered. */
  hold: async (p) => {
    const opened = await gather(p, async (token) => {
      const socket = await open(p);
      held.push(socket);
      return ask(socket, token, number(p, 'timeoutMs'));
    });
    return opened;
  },
  /** One question on every held connection, in the order of their opening; a name or what went wrong for each. */
  poke: (p) =>
    Promise.all(
      held.map((socket) => ask(socket, nextToken(), number(p, 'timeoutMs')).catch((error: Error) => `(${error.message})`)),
    ),
  /** Who is at the other end of the held connections. */
  release: () => {
    for (const socket of held.splice(0)) socket.destroy();
  },
  /** Whether a connection can be opened: `connected`, or why not. */
  attempt: async (p) => {
    try {
      (await open(p)).destroy();
      return 'connected';
    } catch (error) {
      return (error as Error).message;
    }
  },
  /** Sends `bytes` bytes; the hash of what was sent and the one that the receiver found. */
  send: bulk,
});

/** Runs `one` for `count` tokens, `concurrency` at a time. */
async function gather(p: Params, one: (token: string) => Promise<string>): Promise<Answers> {
  const answers: [string, string][] = [];
  const failures: string[] = [];
  let left = number(p, 'count');
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const token = nextToken();
      try {
        answers.push([token, await one(token)]);
      } catch (error) {
        failures.push(`${token}: ${(error as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: number(p, 'concurrency') }, worker));
  return { answers, failures };
}

function nextToken(): string {
  return `t${process.pid}-${tokens++}`;
}

function open(p: Params): Promise<Socket> {
  const address = text(p, 'address');
  return new Promise((done, failed) => {
    const socket = connect({ host: address, port: number(p, 'port'), noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error('timeout')), number(p, 'timeoutMs'));
    socket.once('connect', () => {
      clearTimeout(timer);
      if (socket.remoteAddress === address) done(socket);
      else socket.destroy(new Error(`answered from ${socket.remoteAddress}`));
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      failed(new Error(error.code === 'ECONNREFUSED' ? 'refused' : error.message));
    });
  });
}

async function askOnce(p: Params, token: string): Promise<string> {
  const socket = await open(p);
  try {
    return await ask(socket, token, number(p, 'timeoutMs'));
  } finally {
    socket.end();
  }
}

/** The name that answers `ask TOKEN` on an open connection. */
async function ask(socket: Socket, token: string, timeoutMs: number): Promise<string> {
  const answer = line(socket, timeoutMs);
  socket.write(`ask ${token}\n`);
  const [name, echoed] = (await answer).split(' ');
  if (echoed !== token) throw new Error(`answer '${name} ${echoed}' to ${token}`);
  return name!;
}

/** The next line that arrives. */
function line(socket: Socket, timeoutMs: number): Promise<string> {
  return new Promise((done, failed) => {
    let got = '';
    const finish = (error?: Error): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('error', finish).off('close', onClose);
      if (error) failed(error);
      else done(got.slice(0, got.indexOf('\n')));
    };
    const onData = (chunk: Buffer): void => {
      got += chunk.toString('latin1');
      if (got.includes('\n')) finish();
    };
    const onClose = (): void => finish(new Error('connection closed'));
    const timer = setTimeout(() => finish(new Error('no answer')), timeoutMs);
    socket.on('data', onData).once('error', finish).once('close', onClose);
    if (socket.destroyed) onClose();
  });
}

/** The name that answers a datagram. A lost one is sent again twice, from the same socket. */
function datagram(p: Params, token: string): Promise<string> {
  const [address, port] = [text(p, 'address'), number(p, 'port')];
  return new Promise((done, failed) => {
    const socket = createSocket('udp4');
    let sent = 0;
    const send = (): void => {
      if (sent++ === 3) finish(new Error('no answer'));
      else socket.send(token, port, address);
    };
    const timer = setInterval(send, number(p, 'timeoutMs') / 3);
    const finish = (error?: Error, name = ''): void => {
      clearInterval(timer);
      socket.close();
      if (error) failed(error);
      else done(name);
    };
    socket.once('error', finish);
    socket.once('message', (message, from) => {
      const [name, echoed] = message.toString().split(' ');
      const isRight = echoed === token && from.address === address && from.port === port;
      finish(isRight ? undefined : new Error(`answer '${message}' from ${from.address}:${from.port}`), name);
    });
    socket.bind(p.localPort === undefined ? 0 : number(p, 'localPort'), send);
  });
}

/** Sends a stream of bytes that never repeats: blocks of pseudo-random data with their number in front. */
async function bulk(p: Params): Promise<{ sent: string; received: string; name: string; seconds: number }> {
  const socket = await open(p);
  const bytes = number(p, 'bytes');
  const hash = createHash('sha256');
  const pattern = Buffer.alloc(256 * 1024);
  for (let i = 0, x = 0x2545f491; i < pattern.length; i += 4) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    pattern.writeInt32LE(x, i);
  }
  const started = process.hrtime.bigint();
  const answer = line(socket, number(p, 'timeoutMs'));
  socket.write(`sink ${bytes}\n`);
  for (let at = 0; at < bytes; at += pattern.length) {
    const block = Buffer.from(pattern.subarray(0, Math.min(pattern.length, bytes - at)));
    block.writeUInt32LE(at / pattern.length, 0);
    hash.update(block);
    if (!socket.write(block)) await drained(socket);
  }
  const [name, , received] = (await answer).split(' ');
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  socket.destroy();
  return { sent: hash.digest('hex'), received: received ?? '', name: name!, seconds };
}

function drained(socket: Socket): Promise<void> {
  return new Promise((done, failed) => {
    const finish = (error?: Error): void => {
      socket.off('drain', onDrain).off('close', onClose);
      if (error) failed(error);
      else done();
    };
    const onDrain = (): void => finish();
    const onClose = (): void => finish(new Error('connection closed'));
    socket.once('drain', onDrain).once('close', onClose);
  });
}
