/**
 * Clients that mean no good, or do not know better, against `softipu switch`: the server stays up, its memory bounded, packets flow. Runs the built command;
 * a load port sends 2000 packets per second, all of which the program hands to the controller.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { connect as tcpConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askControl } from '../../src/cli/control-socket.ts';
import { clientOf } from '../../src/cli/p4rt.ts';
import { programFile } from '../../src/cli/p4runtime-conformance/notation.ts';
import { sleep, until } from '../../src/cli/sandbox/time.ts';
import { captureHead, captureRecord } from '../../src/ports/pcap-format.ts';
import { packet } from '../../src/wire/index.ts';

const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
const isBuilt = existsSync(main);
const directory = mkdtempSync(join(tmpdir(), 'softipu-robust-'));
const port = 20_000 + (process.pid % 20_000);
const mebibyte = 2 ** 20;
let child: ChildProcess;

async function startSwitch(name: string, address: string, more: readonly string[] = []): Promise<ChildProcess> {
  const capture = join(directory, 'packets.pcap');
  const frame = packet({ udp: { destinationPort: 9 }, payload: 1000 });
  writeFileSync(capture, Buffer.concat([captureHead(), captureRecord(frame, 0, 0)]));
  const arguments_ = ['switch', programFile, '-i', `0@load:${capture},perSecond=2000`, '-i', '1@memory', '--p4runtime', address];
  const started = spawn(process.execPath, [main, ...arguments_, '-s', join(directory, `${name}.sock`), ...more], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await new Promise<void>((done, failed) => {
    let text = '';
    started.stderr!.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('P4Runtime at')) done();
    });
    started.once('exit', () => failed(new Error(`the switch ended: ${text}`)));
  });
  return started;
}

async function end(process_: ChildProcess | undefined): Promise<void> {
  if (!process_ || process_.exitCode !== null) return;
  const ended = new Promise((done) => process_.once('close', done));
  process_.kill('SIGTERM');
  await ended;
}

/** Resident memory of the switch that is its own: the arena is shared memory. */
function memory(): number {
  const text = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/RssAnon:\s+(\d+)/.exec(text)![1]) * 1024;
}

/** The switch answers, and packets come in. */
async function isWell(): Promise<void> {
  const received = async (): Promise<number> => {
    const rows = (await askControl(join(directory, 'plain.sock'), { op: 'ports' })) as { port: number; rxPackets: number }[];
    return rows.find((row) => row.port === 0)!.rxPackets;
  };
  const before = await received();
  expect(await until(20_000, async () => (await received()) > before)).toBe(true);
  const client = clientOf({ target: `127.0.0.1:${port}` });
  const { code, response } = await client.capabilities({});
  client.close();
  expect([code, response?.p4runtimeApiVersion]).toEqual(['OK', '1.5.0']);
}

const headers = (method: string) => ({
  ':method': 'POST',
  ':path': `/p4.v1.P4Runtime/${method}`,
  'content-type': 'application/grpc',
  te: 'trailers',
});

/** gRPC's frame: not compressed, length, message. */
function frame(message: Uint8Array, length = message.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

/** `grpc-status` of a call with this body; 'reset' if the connection or stream was ended instead. */
async function statusOf(method: string, body: Uint8Array): Promise<string> {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  try {
    return await new Promise<string>((done) => {
      const stream = session.request(headers(method));
      const from = (fields: Record<string, unknown>): void => {
        if (fields['grpc-status'] !== undefined) done(String(fields['grpc-status']));
      };
      stream.on('response', from);
      stream.on('trailers', from);
      stream.on('error', () => done('reset'));
      stream.on('close', () => done('reset'));
      stream.resume();
      stream.write(body);
      if (method !== 'StreamChannel') stream.end();
    });
  } finally {
    session.destroy();
  }
}

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.skipIf(!isBuilt)('a switch on a TCP port', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    child = await startSwitch('plain', `${port}`);
  }, 120_000);
  afterAll(() => end(child));

  test('it listens on 127.0.0.1 and nowhere else', async () => {
    const reach = (host: string): Promise<string> =>
      new Promise((done) => {
        const socket = tcpConnect(port, host);
        socket.once('connect', () => done('connected'));
        socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'error'));
        socket.once('close', () => socket.destroy());
        setTimeout(() => socket.destroy(), 2000);
      });
    expect([await reach('127.0.0.1'), await reach('127.0.0.2')]).toEqual(['connected', 'ECONNREFUSED']);
  });

  test('bytes that are no HTTP/2, and messages that are no protobuf', async () => {
    const socket = tcpConnect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(Buffer.from('GET / HTTP/1.1\r\n\r\n\0\0\0garbage'));
    await sleep(100);
    socket.destroy();
    const garbage = Buffer.from('ffffffffffffffffffff0a', 'hex');
    for (const method of ['Write', 'Read', 'SetForwardingPipelineConfig', 'GetForwardingPipelineConfig', 'Capabilities']) {
      expect([method, await statusOf(method, frame(garbage))]).toEqual([method, expect.stringMatching(/^(3|13)$/)]);
    }
    expect(await statusOf('StreamChannel', frame(garbage))).toMatch(/^(3|13|reset)$/);
    expect(await statusOf('NoSuchMethod', frame(new Uint8Array()))).toBe('12');
    await isWell();
  });

  test('a message that is too large is refused by its head', async () => {
    const before = memory();
    expect(await statusOf('Write', frame(new Uint8Array(1000), 200 * mebibyte))).toBe('8');
    expect(memory() - before).toBeLessThan(60 * mebibyte);
    await isWell();
  });

  test('1,000 idle streams', async () => {
    const before = memory();
    const sessions: ClientHttp2Session[] = [];
    const streams: ClientHttp2Stream[] = [];
    for (let i = 0; i < 1000; i++) {
      if (i % 50 === 0) {
        const session = connect(`http://127.0.0.1:${port}`);
        session.on('error', () => {});
        sessions.push(session);
      }
      const stream = sessions.at(-1)!.request(headers('StreamChannel'));
      stream.on('error', () => {});
      stream.resume();
      // A MasterArbitrationUpdate of device 1 without an election id: a backup for ever.
      stream.write(frame(Uint8Array.from([0x0a, 2, 0x08, 1])));
      streams.push(stream);
    }
    await sleep(1500);
    await isWell();
    expect(streams.filter((stream) => stream.closed).length).toBe(0);
    expect(memory() - before).toBeLessThan(150 * mebibyte);
    for (const session of sessions) session.destroy();
    await sleep(500);
    await isWell();
  });

  test('a primary that never reads its packets, and a reader that never reads its entries', async () => {
    const session = connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: 1000 } });
    session.on('error', () => {});
    const deaf = session.request(headers('StreamChannel'));
    deaf.on('error', () => {});
    deaf.pause();
    // election_id {low: 5000}
    const id = [0x10, 0x88, 0x27];
    deaf.write(frame(Uint8Array.from([0x0a, 4 + id.length, 0x08, 1, 0x1a, id.length, ...id])));
    const readers = Array.from({ length: 50 }, () => {
      const stream = session.request(headers('Read'));
      stream.on('error', () => {});
      stream.pause();
      // device_id 1, a wildcard table entry
      stream.end(frame(Uint8Array.from([0x08, 1, 0x12, 2, 0x12, 0])));
      return stream;
    });
    await sleep(1000);
    const before = memory();
    await sleep(10_000);
    expect(memory() - before).toBeLessThan(60 * mebibyte);
    await isWell();
    for (const reader of readers) reader.close();
    session.destroy();
    await isWell();
  });
});

describe.skipIf(!isBuilt || !hasOpenssl())('TLS', { timeout: 240_000 }, () => {
  const file = (name: string): string => join(directory, name);
  const tlsPort = port + 1;
  const target = `localhost:${tlsPort}`;
  let secured: ChildProcess | undefined;

  beforeAll(async () => {
    makeCertificates(file);
    secured = await startSwitch('tls', `localhost:${tlsPort}`, [
      '--p4runtime-tls',
      ['server.pem', 'server.key', 'ca.pem'].map(file).join(),
    ]);
  }, 120_000);
  afterAll(() => end(secured));

  const ask = async (tls: string | undefined): Promise<string> => {
    const client = clientOf({ target, ...(tls !== undefined && { tls }) });
    const { code } = await client.capabilities({});
    client.close();
    return code;
  };

  test('who has a certificate comes in, and nobody else', async () => {
    expect(await ask(['ca.pem', 'client.pem', 'client.key'].map(file).join())).toBe('OK');
    expect(await ask(file('ca.pem'))).toBe('UNAVAILABLE');
    expect(await ask(['ca.pem', 'stranger.pem', 'stranger.key'].map(file).join())).toBe('UNAVAILABLE');
    expect(await ask(undefined)).toBe('UNAVAILABLE');
  });
});

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version']);
    return true;
  } catch {
    return false;
  }
}

/** An authority with a server's and a client's certificate, and a stranger who signed his own. */
function makeCertificates(file: (name: string) => string): void {
  const openssl = (...words: string[]): void => void execFileSync('openssl', words, { stdio: 'ignore' });
  const key = (name: string): string[] => [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    file(`${name}.key`),
  ];
  const self = (name: string): void =>
    openssl('req', '-x509', ...key(name), '-out', file(`${name}.pem`), '-days', '2', '-subj', `/CN=${name}`);
  self('ca');
  self('stranger');
  for (const name of ['server', 'client']) {
    openssl('req', ...key(name), '-out', file(`${name}.csr`), '-subj', `/CN=${name}`);
    writeFileSync(file(`${name}.ext`), 'subjectAltName=DNS:localhost');
    const signed = [
      '-CA',
      file('ca.pem'),
      '-CAkey',
      file('ca.key'),
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      file(`${name}.ext`),
    ];
    openssl('x509', '-req', '-in', file(`${name}.csr`), ...signed, '-out', file(`${name}.pem`));
  }
}
