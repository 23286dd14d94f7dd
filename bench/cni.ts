/**
 * What does a call of the CNI plugin's client cost beside what the node does for it? The client is run as a container runtime runs it, against a socket that
 * answers at once; the baseline is a process that does nothing, and beside it a Node that does nothing, which a plugin in Node would have to start.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atMost, type Measure, measure } from '../src/cli/bench/measure.ts';

const callsPerRun = 100;
/** From build/bench/bench. */
const client = fileURLToPath(new URL('../../native/Release/softipu-cni', import.meta.url));
const result = JSON.stringify({ cniVersion: '1.1.0', interfaces: [], ips: [{ address: '10.88.0.2/32' }] });

export async function cniBench(runs: number): Promise<Measure[]> {
  if (!existsSync(client)) throw new Error('the native client is not built: npm run build:native');
  const directory = mkdtempSync(join(tmpdir(), 'softipu-bench-cni-'));
  const socket = join(directory, 's');
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    connection.resume().on('end', () => connection.end(`0\n${result}\n`));
  });
  await new Promise<void>((done) => server.listen(socket, done));
  try {
    const config = JSON.stringify({
      cniVersion: '1.1.0',
      name: 'pods',
      type: 'softipu-cni',
      socket,
      ipam: { type: 'host-local' },
    });
    const environment = {
      CNI_COMMAND: 'ADD',
      CNI_CONTAINERID: 'c',
      CNI_NETNS: '/var/run/netns/c',
      CNI_IFNAME: 'eth0',
      CNI_PATH: '/opt/cni/bin',
    };
    const clientMs: { value: number; baseline: number }[] = [];
    const nodeMs: { value: number; baseline: number }[] = [];
    for (let run = 0; run < runs; run++) {
      const baseline = await median(callsPerRun, () => timed('/bin/true', [], {}, ''));
      clientMs.push({ value: await median(callsPerRun, () => timed(client, [], environment, config)), baseline });
      nodeMs.push({ value: await median(10, () => timed(process.execPath, ['-e', '0'], {}, '')), baseline });
    }
    return [measure('a call of the CNI client', 'ms', clientMs, atMost(15)), measure('a Node that does nothing', 'ms', nodeMs)];
  } finally {
    await closed(server);
    rmSync(directory, { recursive: true, force: true });
  }
}

async function median(count: number, once: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) times.push(await once());
  return times.sort((a, b) => a - b)[count >> 1]!;
}

/** Milliseconds from the start of a process to its end. Throws if it fails. */
function timed(program: string, args: readonly string[], env: Record<string, string>, stdin: string): Promise<number> {
  const startMs = performance.now();
  return new Promise((done, failed) => {
    const child = spawn(program, args, { env, stdio: ['pipe', 'ignore', 'inherit'] });
    child.on('error', failed);
    child.on('close', (code) => {
      if (code === 0) done(performance.now() - startMs);
      else failed(new Error(`'${program}' ended with ${code}`));
    });
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((done) => server.close(() => done()));
}
