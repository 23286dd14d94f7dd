/**
 * Exit and restart leave the host as it was: interfaces with their flags and queues, addresses, routes, settings and listening ports, after a signal that asks and
 * after one that does not. A node that starts after a killed one works.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { askControl } from '../../src/cli/control-socket.ts';
import { Namespaces, run, whyNotPrivileged } from '../ports/netns.ts';

const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
const whyNot = existsSync(resolve(main, '../health-checks/checker.js')) ? whyNotPrivileged() : 'needs `npm run build`';

let directory: string;
let namespaces: Namespaces;
let ns: string;
let node: ChildProcess | undefined;
let messages = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'softipu-exit-'));
  namespaces = new Namespaces();
  messages = '';
});

afterEach(() => {
  node?.kill('SIGKILL');
  namespaces.remove();
  rmSync(directory, { recursive: true, force: true });
});

const inside = (command: string): string => run(`ip netns exec ${ns} ${command}`);

/** What a person would look at. */
function host(): string {
  const settings = /\.v0\.|ip_forward|forwarding/;
  return [
    inside('ip -d link show'),
    inside('ip -o -4 addr show'),
    inside('ip route show table all'),
    inside('sysctl -a')
      .split('\n')
      .filter((line) => settings.test(line))
      .join('\n'),
    inside('ss -Hltun'),
  ].join('\n');
}

async function start(): Promise<void> {
  const child = spawn('ip', ['netns', 'exec', ns, process.execPath, main, 'run', join(directory, 'node.yaml')]);
  node = child;
  child.stderr.on('data', (text: Buffer) => {
    messages += text.toString();
  });
  const ask = async () => (await askControl(join(directory, 'c.sock'), { op: 'services' })) as { service: string }[];
  await vi.waitFor(
    async () =>
      expect(
        (await ask()).map((row) => row.service),
        messages,
      ).toContain('web'),
    { timeout: 40_000, interval: 100 },
  );
  expect(inside('ss -Hltn')).toContain(':31234');
}

async function end(signal: NodeJS.Signals): Promise<void> {
  const child = node!;
  const ended = new Promise((done) => child.once('close', done));
  child.kill(signal);
  await ended;
  node = undefined;
}

test.skipIf(whyNot !== undefined)(
  `SIGTERM, SIGKILL, and again${whyNot ? ` (skipped: ${whyNot})` : ''}`,
  { timeout: 180_000 },
  async () => {
    ns = namespaces.add('exit');
    inside('ip link add v0 type veth peer name v1');
    for (const name of ['lo', 'v0', 'v1']) inside(`ip link set ${name} up`);
    inside('ip addr add 192.168.50.1/24 dev v0');
    mkdirSync(join(directory, 'manifests'));
    writeFileSync(
      join(directory, 'manifests', 'web.yaml'),
      `apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, clusterIP: 10.96.0.1, externalTrafficPolicy: Local, healthCheckNodePort: 31234, ports: [{port: 80, nodePort: 30080}]}
`,
    );
    writeFileSync(
      join(directory, 'node.yaml'),
      `node: {name: node-a, addresses: [192.168.50.1]}
control: ./c.sock
manifests: ./manifests
health: {address: 127.0.0.1:10256}
metrics: {address: 127.0.0.1:10249}
ports: [{interface: v0, kind: net}]
`,
    );
    const before = host();
    for (const signal of ['SIGTERM', 'SIGKILL', 'SIGINT'] as const) {
      await start();
      await end(signal);
      await vi.waitFor(() => expect(host(), signal).toBe(before), { timeout: 10_000 });
    }
    expect(existsSync(join(directory, 'c.sock'))).toBe(false);
  },
);
