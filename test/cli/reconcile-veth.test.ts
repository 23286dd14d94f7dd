/**
 * RECONCILE_AND_COMMIT between the kernel's own TCP stacks: while iperf3 sends as fast as it can through a service, the program is replaced. Both connections
 * live on, and a second one that sends a few bytes every millisecond sees how long nothing came.
 *
 *   client 10.244.1.10 -- p-client [softipu switch] p-web -- web 10.244.1.21, service 10.96.0.1
 *                                        | P4Runtime, unix socket
 *                                  softipu manager; then we, with a higher election id
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { deviceConfigOf, P4rtConnection } from '../../src/cli/p4rt.ts';
import { shippedProgram } from '../../src/cli/package-root.ts';
import type { SplitNode } from '../../src/cli/sandbox/split-node.ts';
import { sleep } from '../../src/cli/sandbox/time.ts';
import { Namespaces, run, whyNotPrivileged } from '../ports/netns.ts';
import { isBuilt } from './load-scene.ts';

const built = resolve(import.meta.dirname, '../../dist/cli/sandbox/split-node.js');
const reason = whyNotPrivileged() ?? (isBuilt ? undefined : 'needs a build: npm run build') ?? whyNoIperf();
const mostStallMs = 50;
/** The swap lies so long before its answer at most, and what follows from it so long behind. */
const before = 500;
const behind = 1500;

const pods = [
  { name: 'client', last: 10 },
  { name: 'web', last: 21 },
].map(({ name, last }) => ({ name, address: `10.244.1.${last}`, mac: `02:00:00:00:01:${last}` }));
const ports = { iperf: 5201, ticks: 7000 };

/** Prints, when the connection has ended, how, and every pause of 10 ms or more: its end (epoch) and length in ms. */
const listener = `
  const { createServer } = require('net');
  createServer((s) => {
    const pauses = [];
    let last = performance.now();
    s.on('data', () => {
      const now = performance.now();
      if (now - last >= 10) pauses.push([Math.round(performance.timeOrigin + now), now - last]);
      last = now;
    });
    const end = (how) => { console.log(JSON.stringify({ how, pauses })); process.exit(0); };
    s.on('error', (e) => end(e.code)).on('end', () => end('end'));
  }).listen(${ports.ticks}, '0.0.0.0', () => console.log('listening'));`;

/** A few bytes every millisecond until its input ends. */
const ticker = `
  const s = require('net').connect(${ports.ticks}, '10.96.0.1');
  s.setNoDelay(true);
  s.on('error', (e) => { console.log(e.code); process.exit(1); });
  s.on('connect', () => {
    console.log('connected');
    setInterval(() => s.write('tick'), 1);
    process.stdin.on('end', () => s.end(() => process.exit(0))).resume();
  });`;

interface Heard {
  readonly how: string;
  readonly pauses: readonly (readonly [end: number, lengthMs: number])[];
}

describe.skipIf(reason)(`a program takes over under iperf3${reason ? ` (${reason})` : ''}`, () => {
  const namespaces = new Namespaces();
  const directory = mkdtempSync(join(tmpdir(), 'softipu-takeover-'));
  const children: ChildProcess[] = [];
  let node: SplitNode | undefined;

  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await node?.stop();
    namespaces.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  test(`no connection is reset, and none stalls for ${mostStallMs} ms`, { timeout: 400_000 }, async () => {
    const ipu = namespaces.add('node');
    const netns = Object.fromEntries(pods.map(({ name }) => [name, namespaces.add(name)]));
    for (const { name, address, mac } of pods) {
      const own = netns[name]!;
      namespaces.veth(own, 'eth0', ipu, `p-${name}`);
      run(`ip -n ${own} link set eth0 address ${mac}`);
      run(`ip -n ${own} addr add ${address}/32 dev eth0`);
      run(`ip -n ${own} route add 169.254.1.1 dev eth0 scope link`);
      run(`ip -n ${own} route add default via 169.254.1.1 dev eth0`);
    }
    writeConfiguration(directory);
    const { SplitNode: Split } = (await import(built)) as typeof import('../../src/cli/sandbox/split-node.ts');
    node = new Split(join(directory, 'node.yaml'), ipu, shippedProgram);
    await node.ready(120_000);

    // They measure: before others where they may.
    const start = (from: string, ...command: readonly string[]): Spoken => {
      const child = spawn('ip', ['netns', 'exec', netns[from]!, ...command], { stdio: ['pipe', 'pipe', 'inherit'] });
      children.push(child);
      return new Spoken(child);
    };
    const prompt = ['nice', '-n', '-15', process.execPath, '-e'];
    const heard = start('web', ...prompt, listener);
    await heard.says('listening');
    start('web', 'iperf3', '--server', '--one-off', '--port', `${ports.iperf}`);
    const ticks = start('client', ...prompt, ticker);
    await ticks.says('connected');
    await sleep(500);
    const bulk = start('client', 'iperf3', '--client', '10.96.0.1', '--port', `${ports.iperf}`, '--time', '300', '--json');
    const started = Date.now();
    await sleep(3000);

    const connection = new P4rtConnection({ target: node.address, electionId: '1000' });
    await connection.arbitrate();
    const answers: number[] = [];
    for (const defines of [['VXLAN_PORT=4790'], ['SERVICES=2048'], []]) {
      const { deviceConfig, p4info } = deviceConfigOf(shippedProgram, defines);
      const answer = await connection.client.setPipeline({
        ...connection.header,
        action: 5,
        config: { p4info: connection.client.protocol.p4infoMessage(p4info), p4DeviceConfig: deviceConfig },
      });
      answers.push(Date.now());
      expect(answer).toMatchObject({ code: 'OK' });
      await sleep(behind + 500);
    }
    connection.close();
    // iperf3 tells what it has when it is interrupted; an error if its connection is gone.
    bulk.child.kill('SIGINT');
    const report = JSON.parse(await bulk.ended()) as { error?: string; end: { sum_sent: { bytes: number } } };
    expect(report.error).toMatch(/interrupt/);
    expect(report.end.sum_sent.bytes).toBeGreaterThan(1e9);
    ticks.child.stdin!.end();
    const { how, pauses } = JSON.parse((await heard.ended()).split('\n')[1]!) as Heard;
    expect(how).toBe('end');
    const longest = (from: number, to: number): number =>
      Math.max(0, ...pauses.flatMap(([end, lengthMs]) => (end > from && end < to ? [lengthMs] : [])));
    const stalls = answers.map((at) => longest(at - before, at + behind));
    // Where the machine has no processor for us, nothing comes for a while at any time: windows of the same length while nothing is replaced.
    const others: number[] = [];
    for (let at = started; at + before + behind < answers.at(-1)!; at += before + behind) {
      const isFree = answers.every((answer) => answer + behind < at || answer - before > at + before + behind);
      if (isFree) others.push(longest(at, at + before + behind));
    }
    const usual = median(others);
    expect(median(stalls), `stalls ${stalls.map(Math.round)}, otherwise ${others.map(Math.round)}`).toBeLessThan(
      Math.max(mostStallMs, usual),
    );
  });
});

/** A process and what it printed. */
class Spoken {
  readonly child: ChildProcess;
  #text = '';
  readonly #over: Promise<string>;

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout!.on('data', (data: Buffer) => (this.#text += data.toString()));
    this.#over = new Promise((done) => child.once('close', () => done(this.#text)));
  }

  async says(text: string): Promise<void> {
    const deadline = performance.now() + 20_000;
    while (!this.#text.includes(text)) {
      if (performance.now() > deadline || this.child.exitCode !== null) throw new Error(`no '${text}', but '${this.#text}'`);
      await sleep(10);
    }
  }

  /** All that it said. */
  ended(): Promise<string> {
    return this.#over;
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function writeConfiguration(directory: string): void {
  mkdirSync(join(directory, 'manifests'));
  const podManifests = pods.map(
    ({ name, address }) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: default}
spec: {nodeName: node-a}
status: {phase: Running, podIP: ${address}, podIPs: [{ip: ${address}}]}
`,
  );
  const servicePorts = Object.entries(ports).map(([name, port]) => `{name: ${name}, protocol: TCP, port: ${port}}`);
  const service = `apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1], ports: [${servicePorts.join(', ')}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-a, namespace: default, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints: [{addresses: [${pods[1]!.address}], conditions: {ready: true}, nodeName: node-a}]
ports: [${servicePorts.join(', ')}]
`;
  writeFileSync(join(directory, 'manifests', 'all.yaml'), [...podManifests, service].join('---\n'));
  writeFileSync(
    join(directory, 'node.yaml'),
    `node: {name: node-a, addresses: [192.168.50.1]}
gateway: {addresses: [169.254.1.1], mac: "02:00:00:00:00:01"}
podCIDR: 10.244.1.0/24
manifests: ./manifests
control: ./control.sock
ports:
${pods.map(({ name, mac }, i) => `  - {interface: p-${name}, number: ${i + 1}, kind: pod, pod: default/${name}, mac: "${mac}"}\n`).join('')}`,
  );
}

function whyNoIperf(): string | undefined {
  try {
    execFileSync('iperf3', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'needs iperf3';
  }
}
