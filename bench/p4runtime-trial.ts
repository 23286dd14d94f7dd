/** One trial of the P4Runtime benchmark: prints its figures as JSON. Usage: p4runtime-trial grpc | inside | packets */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askControl } from '../src/cli/control-socket.ts';
import { loadProgram } from '../src/cli/load-program.ts';
import { LiveTarget } from '../src/cli/p4rt-server.ts';
import { packageRoot, protoDir } from '../src/cli/package-root.ts';
import { Runtime } from '../src/cli/runtime.ts';
import { P4RuntimeClient, toElectionId } from '../src/p4runtime/grpc/client.ts';
import { Protocol } from '../src/p4runtime/grpc/proto.ts';
import { Device, EntityBuilder, type Update } from '../src/p4runtime/index.ts';
import { encodeUpdate } from '../src/p4runtime/wire/encode.ts';
import { explicitLong, type Message } from '../src/p4runtime/wire/fields.ts';
import { captureHead, captureRecord } from '../src/ports/pcap-format.ts';
import { packet } from '../src/wire/index.ts';
import type { GrpcTrial, InsideTrial, PacketsTrial } from './p4runtime.ts';

const program = join(packageRoot, 'bench', 'p4runtime', 'table.p4');
const entries = 100_000;
const batch = 100;
/** Requests under way: the client prepares while the server works. */
const depth = 4;

const directory = mkdtempSync(join(tmpdir(), 'softipu-bench-'));
try {
  const kinds: Readonly<Record<string, () => Promise<object>>> = { grpc, inside, packets };
  process.stdout.write(JSON.stringify(await kinds[process.argv[2] ?? '']!()));
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function grpc(): Promise<GrpcTrial> {
  const { client, build, stop } = await startSwitch(['-i', '0@memory']);
  const batches = insertsOf(build).map((updates) => updates.map((update) => encodeUpdate(build.names, update)));
  const started = performance.now();
  await writeAll(client, batches);
  const insertsPerSecond = (entries * 1000) / (performance.now() - started);
  const before = performance.now();
  const answer = await client.read({
    deviceId: explicitLong(1n),
    entities: [{ tableEntry: { tableId: build.names.tables.get('hosts').preamble.id } }],
  });
  const readSeconds = (performance.now() - before) / 1000;
  if (answer.response?.length !== entries) throw new Error(`read ${answer.response?.length} entries: ${answer.message}`);
  await stop();
  return { insertsPerSecond, readSeconds };
}

/** Inserts, modifications and deletions of every entry, three times round: the first one warms up. */
async function inside(): Promise<InsideTrial> {
  const loaded = await loadProgram({ path: program });
  const runtime = await Runtime.start({ program: loaded, ports: [{ number: 0, spec: 'memory', isNet: false }], hashSeed: 0 });
  const device = new Device({
    target: new LiveTarget(runtime, runtime.arena, true),
    p4info: loaded.p4info,
    program: loaded.objects,
  });
  const inserts = insertsOf(new EntityBuilder(loaded.p4info));
  const rounds = (['INSERT', 'MODIFY', 'DELETE'] as const).flatMap((type) =>
    inserts.map((updates) => updates.map((update): Update => ({ ...update, type }))),
  );
  let seconds = 0;
  for (let round = 0; round < 3; round++) {
    const started = performance.now();
    for (const updates of rounds) {
      const bad = device.write(updates, 'CONTINUE_ON_ERROR').find(({ code }) => code !== 'OK');
      if (bad) throw new Error(`${bad.code}: ${bad.message}`);
    }
    if (round > 0) seconds += (performance.now() - started) / 1000;
  }
  await runtime.stop();
  return { updatesPerSecond: (2 * 3 * entries) / seconds };
}

/** Packets in memory at full speed, two seconds without and two with 10,000 updates per second, five times in turn: medians. */
async function packets(): Promise<PacketsTrial> {
  const capture = join(directory, 'flows.pcap');
  const frames = Array.from({ length: 1000 }, (_, n) =>
    packet({
      ip: { source: '10.9.0.1', destination: `10.0.${n >> 8}.${n & 255}` },
      udp: { sourcePort: 1024 + n, destinationPort: 9 },
      payload: Uint8Array.from([0, 0, n >> 8, n & 255]),
    }),
  );
  writeFileSync(capture, Buffer.concat([captureHead(), ...frames.map((frame) => captureRecord(frame, 0, 0))]));
  const { client, build, ask, stop } = await startSwitch(['-i', `0@load:${capture}`, '-i', '1@load:']);
  const [first, ...others] = insertsOf(build, 1).map((updates) => updates.map((update) => encodeUpdate(build.names, update)));
  await writeAll(client, [first!, ...others.slice(0, 9)]);
  const sent = async (): Promise<{ at: number; count: number }> => {
    // The switch asks its ports once a second.
    const rows = (await ask('ports')) as readonly Record<string, number>[];
    return { at: performance.now(), count: Number(rows.find(({ port }) => port === 1)?.txPackets) };
  };
  const rate = async (beside: (end: number) => Promise<number>): Promise<{ packets: number; updates: number }> => {
    let before = await sent();
    for (let now = before; now.count === before.count; now = await sent()) await sleep(5);
    before = await sent();
    const updates = beside(before.at + 1900);
    await sleep(1950);
    let after = await sent();
    const last = after.count;
    while (after.count === last) {
      await sleep(5);
      after = await sent();
    }
    return { packets: (after.count - before.count) / ((after.at - before.at) / 1000), updates: (await updates) / 1.9 };
  };
  await rate(async () => 0);
  const quiet: number[] = [];
  const written: number[] = [];
  const updates: number[] = [];
  for (let turn = 0; turn < 5; turn++) {
    quiet.push((await rate(async () => 0)).packets);
    const beside = await rate((end) => churn(client, others.slice(9), end));
    written.push(beside.packets);
    updates.push(beside.updates);
  }
  await stop();
  return { quiet: median(quiet), written: median(written), updatesPerSecond: median(updates) };
}

/** 10,000 updates per second in batches of 100, until `end`: entries that no packet matches come and go; in the end all have gone. */
async function churn(client: P4RuntimeClient, batches: readonly (readonly Message[])[], end: number): Promise<number> {
  const started = performance.now();
  let written = 0;
  for (let i = 0; performance.now() < end || i % 2 === 1; i++) {
    const updates = batches[(i >> 1) % batches.length]!.map((update) => ({ ...update, type: i % 2 === 0 ? 1 : 3 }));
    await write(client, updates);
    written += updates.length;
    const ahead = started + (written * 1000) / 10_000 - performance.now();
    if (ahead > 0) await sleep(ahead);
  }
  return written;
}

async function writeAll(client: P4RuntimeClient, batches: readonly (readonly Message[])[]): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < batches.length) await write(client, batches[next++]!);
  };
  await Promise.all(Array.from({ length: depth }, worker));
}

async function write(client: P4RuntimeClient, updates: readonly Message[]): Promise<void> {
  const { code, message } = await client.write({ deviceId: explicitLong(1n), electionId: toElectionId(1n), updates });
  if (code !== 'OK') throw new Error(`${code}: ${message}`);
}

/** Batches of inserts; `port`: where all go, or one of seven. */
function insertsOf(build: EntityBuilder, port?: number): Update[][] {
  return Array.from({ length: entries / batch }, (_, b) =>
    Array.from({ length: batch }, (_, i): Update => {
      const n = b * batch + i;
      const tableEntry = build.tableEntry({
        table: 'hosts',
        match: { address: 0x0a00_0000 + n },
        action: 'to_port',
        params: { port: port ?? n % 7, mac: 0x02_00_00_00_00_00 + n },
      });
      return { type: 'INSERT', entity: { tableEntry } };
    }),
  );
}

async function startSwitch(ports: readonly string[]) {
  const tcp = `127.0.0.1:${20_000 + (process.pid % 20_000)}`;
  const socket = join(directory, 'control.sock');
  const main = join(packageRoot, 'dist', 'cli', 'main.js');
  const child: ChildProcess = spawn(process.execPath, [main, 'switch', program, ...ports, '--p4runtime', tcp, '-s', socket], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // Whatever goes wrong here, nobody is left behind who takes a processor.
  process.once('exit', () => child.kill());
  await new Promise<void>((done, failed) => {
    let text = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('P4Runtime at')) done();
    });
    child.once('exit', () => failed(new Error(`the switch ended: ${text}`)));
  });
  const { p4info } = await loadProgram({ path: program });
  const client = new P4RuntimeClient(Protocol.load(protoDir), tcp);
  await new Promise<void>((done) => {
    const stream = client.stream({ onMessage: () => done(), onEnd: () => {} });
    stream.send({ arbitration: { deviceId: explicitLong(1n), electionId: toElectionId(1n) } });
  });
  return {
    client,
    build: new EntityBuilder(p4info),
    ask: (op: string) => askControl(socket, { op }),
    stop: async (): Promise<void> => {
      client.close();
      const ended = new Promise((done) => child.once('close', done));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
