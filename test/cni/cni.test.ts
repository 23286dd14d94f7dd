/**
 * The CNI plugin on a running node, in network namespaces of the test: the native client, `softipu run`, pods that talk by service.
 *
 *   node namespace: softipu run (no configured port) --- veth --- pod a, pod b, ...
 *
 * Needs root, `ip`, and the built command and client; skipped with a reason otherwise.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { codes } from '../../src/cni/index.ts';
import { type Answer, fakeIpam, Runner, wrongIpams } from './runner.ts';

const root = resolve(import.meta.dirname, '../..');
const main = join(root, 'dist/cli/main.js');
const client = join(root, 'build/native/Release/softipu-cni');
const hostLocal = '/usr/lib/cni/host-local';
const why =
  process.getuid?.() !== 0
    ? 'needs root'
    : !existsSync(join(root, 'dist/cli/cni-node.js'))
      ? 'needs the built command: npm run build'
      : existsSync(client)
        ? undefined
        : 'needs the native client: npm run build:native';

const prefix = `sut${process.pid}`;
const nodeNs = `${prefix}-node`;
const vip = '10.96.0.10';
let directory: string;
let leases: string;
let runner: Runner;
let node: ChildProcess | undefined;
let messages = '';
const namespaces: string[] = [];
const children: ChildProcess[] = [];

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const inside = (namespace: string, ...command: string[]): string => ip('netns', 'exec', namespace, ...command);

/** What `from` gets over HTTP from a service whose only endpoint is `server`. */
async function servedBy(from: string, server: string, address: string): Promise<string> {
  writeFileSync(
    join(directory, 'm/web.yaml'),
    `apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: ${vip}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: "", port: 8080}]
endpoints: [{addresses: [${address}]}]
`,
  );
  const listen = "require('node:http').createServer((q, r) => r.end('hello')).listen(8080, '0.0.0.0', () => console.log('up'))";
  const child = spawn('ip', ['netns', 'exec', `${prefix}-${server}`, process.execPath, '-e', listen], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await new Promise((done) => child.stdout!.once('data', done));
  const fetchIt = `const get = (left) => fetch('http://${vip}/', {signal: AbortSignal.timeout(2000)}).then(r => r.text())
    .then(t => console.log(t), e => left > 0 ? setTimeout(get, 200, left - 1) : console.log(String(e.cause ?? e)));
    get(20)`;
  const text = inside(`${prefix}-${from}`, process.execPath, '-e', fetchIt).trim();
  child.kill('SIGKILL');
  return text;
}

/** Whether a pod's kernel answers another pod: a port that nobody has refuses the connection. */
function reaches(from: string, address: string): boolean {
  const script = `require('node:net').connect({ port: 9, host: '${address}', timeout: 10000 })
    .on('error', (e) => console.log(e.code)).on('timeout', function () { this.destroy(); })`;
  return inside(`${prefix}-${from}`, process.execPath, '-e', script).trim() === 'ECONNREFUSED';
}

function addNamespace(name: string): string {
  ip('netns', 'add', name);
  namespaces.push(name);
  return `/var/run/netns/${name}`;
}

async function startNode(): Promise<void> {
  node = spawn('ip', ['netns', 'exec', nodeNs, process.execPath, main, 'run', join(directory, 'node.yaml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  node.stderr!.on('data', (text: Buffer) => {
    messages += text.toString();
  });
  await vi.waitFor(() => expect(existsSync(join(directory, 'c.sock')), messages).toBe(true), { timeout: 60_000, interval: 50 });
}

async function stopNode(signal: NodeJS.Signals): Promise<void> {
  const stopped = new Promise((done) => node!.once('close', done));
  // `ip netns exec` has become the node itself.
  node!.kill(signal);
  await stopped;
  rmSync(join(directory, 'c.sock'), { force: true });
}

/** Prints `up`, and a second after the first datagram how many came. */
const countDatagrams = `let n = 0; const s = require('node:dgram').createSocket('udp4');
  s.on('message', () => { if (n++ === 0) setTimeout(() => { console.log(n); process.exit(); }, 1000); });
  s.bind(7000, () => console.log('up'));`;
const sendDatagrams = (to: string, count: number): string => `const s = require('node:dgram').createSocket('udp4');
  let left = ${count}; for (let i = 0; i < ${count}; i++) s.send(Buffer.alloc(1000), 7000, '${to}', () => { if (--left === 0) s.close(); });`;

const config = (more: object = {}): object => ({
  cniVersion: '1.1.0',
  name: 'pods',
  type: 'softipu-cni',
  socket: join(directory, 'cni.sock'),
  ipam: { type: 'fake-ipam' },
  ...more,
});
const add = (name: string, more: object = {}): Promise<Answer> =>
  runner.call({ command: 'ADD', containerId: name, netns: `/var/run/netns/${prefix}-${name}`, pod: name, config: config(more) });
const del = (name: string, more: object = {}): Promise<Answer> =>
  runner.call({ command: 'DEL', containerId: name, netns: `/var/run/netns/${prefix}-${name}`, pod: name, config: config(more) });
const check = (name: string, more: object = {}): Promise<Answer> =>
  runner.call({
    command: 'CHECK',
    containerId: name,
    netns: `/var/run/netns/${prefix}-${name}`,
    pod: name,
    config: config(more),
  });
const addressOf = (answer: Answer): string => (answer.json!.ips as { address: string }[])[0]!.address.split('/')[0]!;
const linksOfNode = (): string[] =>
  (JSON.parse(ip('-n', nodeNs, '-json', 'link')) as { ifname: string }[]).map((l) => l.ifname).filter((n) => n.startsWith('su'));

beforeAll(async () => {
  if (why !== undefined) {
    console.warn(`CNI tests are skipped: ${why}`);
    return;
  }
  directory = mkdtempSync(join(tmpdir(), 'softipu-cni-'));
  leases = join(directory, 'leases');
  mkdirSync(leases);
  mkdirSync(join(directory, 'bin'));
  mkdirSync(join(directory, 'm'));
  writeFileSync(join(directory, 'bin/fake-ipam'), fakeIpam(leases), { mode: 0o755 });
  for (const [name, script] of Object.entries(wrongIpams)) writeFileSync(join(directory, 'bin', name), script, { mode: 0o755 });
  runner = new Runner(client, `${join(directory, 'bin')}:/usr/lib/cni`);
  writeFileSync(
    join(directory, 'node.yaml'),
    `node: {name: node-a, addresses: [192.168.50.1]}
gateway: {addresses: [169.254.1.1], mac: "02:00:00:00:00:01"}
podCIDR: 10.88.0.0/24
manifests: ./m
control: ./c.sock
cni: {socket: ./cni.sock, state: ./cni.json}
ports: []
`,
  );
  addNamespace(nodeNs);
  ip('-n', nodeNs, 'link', 'set', 'lo', 'up');
  for (const name of ['a', 'b', 'c']) addNamespace(`${prefix}-${name}`);
  await startNode();
}, 60_000);

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  if (node && node.exitCode === null) await stopNode('SIGKILL');
  for (const name of namespaces) ip('netns', 'delete', name);
  if (directory) rmSync(directory, { recursive: true, force: true });
}, 30_000);

describe.skipIf(why !== undefined)('a node', { timeout: 30_000 }, () => {
  test('VERSION and STATUS', async () => {
    const version = await runner.call({ command: 'VERSION', config: { cniVersion: '1.1.0' } });
    expect(version.json).toMatchObject({ supportedVersions: ['0.4.0', '1.0.0', '1.1.0'] });
    expect(await runner.call({ command: 'STATUS', config: config() })).toMatchObject({ status: 0, json: undefined });
    writeFileSync(`${leases}.full`, '');
    expect(await runner.call({ command: 'STATUS', config: config() })).toMatchObject({ status: 1, json: { code: 50 } });
    rmSync(`${leases}.full`);
  });

  test('ADD, traffic by service, CHECK, DEL', async () => {
    const a = await add('a');
    expect(a.json, messages).toMatchObject({
      cniVersion: '1.1.0',
      interfaces: [{}, { name: 'eth0', mtu: 1450, sandbox: `/var/run/netns/${prefix}-a` }],
      ips: [{ gateway: '169.254.1.1', interface: 1 }],
    });
    const b = await add('b');
    expect(addressOf(b)).not.toBe(addressOf(a));
    expect(await servedBy('a', 'b', addressOf(b))).toBe('hello');
    expect(await check('a', { prevResult: a.json })).toMatchObject({ status: 0 });
    expect(await add('a')).toMatchObject({ status: 1, json: { code: codes.badEnvironment } });
    expect(await del('a')).toMatchObject({ status: 0, json: undefined });
    expect(await del('a')).toMatchObject({ status: 0 });
    expect(await check('a')).toMatchObject({ status: 1, json: { code: codes.containerUnknown } });
    await del('b');
    expect(readdirSync(leases)).toEqual([]);
    expect(linksOfNode()).toEqual([]);
  }, 60_000);

  test("a pod that the data plane refuses: the address is another one's", async () => {
    expect(await add('a', { ipam: { type: 'same' } })).toMatchObject({ status: 0 });
    expect(await add('b', { ipam: { type: 'same' } })).toMatchObject({ status: 1, json: { code: codes.refused } });
    expect(await del('a', { ipam: { type: 'same' } })).toMatchObject({ status: 0 });
    expect(linksOfNode()).toEqual([]);
  });

  test('CHECK sees what was changed', async () => {
    const a = await add('a');
    inside(`${prefix}-a`, 'ip', 'address', 'flush', 'dev', 'eth0');
    expect((await check('a', { prevResult: a.json })).json).toMatchObject({
      code: codes.checkFailed,
      msg: expect.stringMatching(/has not the address/),
    });
    await del('a');
  });

  test.each([
    ['another version', { cniVersion: '9.0.0' }, codes.incompatibleVersion],
    ['no IPAM plugin', { ipam: {} }, codes.badConfig],
    ['an IPAM plugin that is not there', { ipam: { type: 'nothing' } }, codes.badConfig],
    ['a capability that we lack', { runtimeConfig: { portMappings: [] } }, codes.unsupportedField],
    ['a rate that is none', { runtimeConfig: { bandwidth: { ingressRate: 'fast' } } }, codes.badConfig],
    ['a burst that no frame fits', { runtimeConfig: { bandwidth: { egressRate: 1e6, egressBurst: 1000 } } }, codes.badConfig],
    ['an unknown kind of interface', { interface: 'vf' }, codes.badConfig],
    ['an MTU that is none', { mtu: 20 }, codes.badConfig],
    ['no name', { name: '' }, codes.badConfig],
    ['an IPAM plugin of another time', { ipam: { type: 'old' } }, codes.incompatibleVersion],
    ['an IPAM plugin that prints no JSON', { ipam: { type: 'garbage' } }, codes.decodeFailure],
    ['an IPAM plugin that breaks without a word', { ipam: { type: 'broken' } }, codes.ioFailure],
    ['an IPAM plugin that says why: its code', { ipam: { type: 'full' } }, 109],
    ['an IPAM plugin without address', { ipam: { type: 'empty' } }, codes.badConfig],
    ['an address of a family that has no gateway', { ipam: { type: 'other' } }, codes.badConfig],
  ])('ADD with %s', async (_, more, code) => {
    expect(await add('a', more)).toMatchObject({ status: 1, json: { code } });
    expect(readdirSync(leases)).toEqual([]);
  });

  test.each([
    ['no container', { containerId: '' }, codes.badEnvironment],
    ['a container id that is none', { containerId: '../a' }, codes.badEnvironment],
    ['no interface', { ifname: '' }, codes.badEnvironment],
    ['an interface name that is none', { ifname: 'a/b' }, codes.badEnvironment],
    ['no namespace', { netns: '' }, codes.badEnvironment],
    ['a namespace that is no path', { netns: 'somewhere' }, codes.badEnvironment],
    ['a command that nobody knows', { command: 'FROB' }, codes.badEnvironment],
    ['a namespace that is not there: nothing is to be cleaned up', { netns: '/var/run/netns/none' }, codes.containerUnknown],
    ['a configuration that is no JSON', { config: '{' }, codes.decodeFailure],
  ] as const)('%s', async (_, more, code) => {
    const call = { command: 'ADD', containerId: 'x', netns: `/var/run/netns/${prefix}-a`, pod: 'x', config: config(), ...more };
    const broken = typeof call.config === 'string' ? `{"socket": "${join(directory, 'cni.sock')}",` : call.config;
    expect(await runner.call({ ...call, config: broken })).toMatchObject({
      status: 1,
      json: { code, msg: expect.stringMatching(/./) },
    });
    expect(readdirSync(leases)).toEqual([]);
    expect(linksOfNode()).toEqual([]);
  });

  test.each(['adi', 'cdq'])(
    'an interface of that name is there already: %s gives the address back and leaves it alone',
    async (kind) => {
      inside(`${prefix}-a`, 'ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'other');
      const taken = await add('a', { interface: kind });
      expect(taken).toMatchObject({
        status: 1,
        json: { code: codes.badEnvironment, msg: expect.stringMatching(/exists already/) },
      });
      inside(`${prefix}-a`, 'ip', 'link', 'delete', 'eth0');
      expect(readdirSync(leases)).toEqual([]);
      expect(linksOfNode()).toEqual([]);
    },
  );

  test('which interface a pod gets: its arguments, its annotation, the network, and adi otherwise', async () => {
    const pod = (name: string, annotation: string): string =>
      `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, annotations: {softipu.io/interface: ${annotation}}}, spec: {nodeName: node-a}}`;
    writeFileSync(join(directory, 'm/pods.yaml'), [pod('dense', 'cdq'), pod('wrong', 'vf')].join('\n---\n'));
    const call = (name: string, more: object = {}, args?: string): Promise<Answer> =>
      runner.call({
        command: 'ADD',
        containerId: 'a',
        netns: `/var/run/netns/${prefix}-a`,
        pod: name,
        config: config(more),
        ...(args !== undefined && { args }),
      });
    const kindOf = async (answer: Promise<Answer>): Promise<string> => {
      const { json } = await answer;
      await del('a');
      return (json!.interfaces as { name: string }[])[0]!.name.startsWith('suq') ? 'cdq' : 'adi';
    };
    // Until the node has read the file
    await vi.waitFor(
      async () => {
        const answer = await call('wrong');
        if (answer.status === 0) await del('a');
        expect(answer).toMatchObject({
          status: 1,
          json: { code: codes.badConfig, msg: expect.stringMatching(/interface 'vf'/) },
        });
      },
      { timeout: 10_000, interval: 200 },
    );
    expect([
      await kindOf(call('a')),
      await kindOf(call('a', { interface: 'cdq' })),
      await kindOf(call('dense', { interface: 'adi' })),
      await kindOf(call('dense', {}, 'SOFTIPU_INTERFACE=adi')),
    ]).toEqual(['adi', 'cdq', 'cdq', 'adi']);
    rmSync(join(directory, 'm/pods.yaml'));
    expect(linksOfNode()).toEqual([]);
  });

  test('policy is in force when ADD answers', async () => {
    const policy = join(directory, 'm/policy.yaml');
    writeFileSync(
      policy,
      '{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: none}, spec: {podSelector: {}, policyTypes: [Ingress]}}',
    );
    await add('a');
    const tries = (to: string): string =>
      inside(
        `${prefix}-a`,
        process.execPath,
        '-e',
        `require('node:net').connect({ port: 9, host: '${to}', timeout: 700 }).on('error', (e) => console.log(e.code))
          .on('timeout', function () { console.log('timeout'); this.destroy(); })`,
      ).trim();
    // Until the node has read the file: from then on each new pod is closed from its first packet on
    await vi.waitFor(async () => {
      const b = await add('b');
      const answer = tries(addressOf(b));
      await del('b');
      expect(answer).toBe('timeout');
    }, 10_000);
    for (const kind of ['adi', 'cdq']) {
      const c = await add('c', { interface: kind });
      expect(tries(addressOf(c)), kind).toBe('timeout');
      await del('c');
    }
    rmSync(policy);
    const b = await add('b');
    await vi.waitFor(() => expect(tries(addressOf(b))).toBe('ECONNREFUSED'), 10_000);
    await del('a');
    await del('b');
    expect(linksOfNode()).toEqual([]);
  });

  test('GC takes what the runtime does not name', async () => {
    await Promise.all([add('a'), add('b'), add('c')]);
    const valid = { 'cni.dev/valid-attachments': [{ containerID: 'b', ifname: 'eth0' }] };
    expect(await runner.call({ command: 'GC', config: config(valid) })).toMatchObject({ status: 0 });
    expect(readdirSync(leases).length).toBe(1);
    expect(linksOfNode().length).toBe(1);
    await del('b');
  });

  test('pods that share a device; one with a rate limit', async () => {
    const limit = { runtimeConfig: { bandwidth: { ingressRate: 8e6, ingressBurst: 8 * 65_536 } } };
    const [a, b, c] = [await add('a', { interface: 'cdq' }), await add('b', { interface: 'cdq', ...limit }), await add('c')];
    expect(b.json, messages).toMatchObject({ interfaces: [{ name: expect.stringMatching(/^suq/) }, { name: 'eth0' }] });
    expect(linksOfNode().length).toBe(3);
    for (const [from, to] of [
      ['a', b],
      ['b', a],
      ['a', c],
      ['c', b],
    ] as const) {
      expect(reaches(from, addressOf(to)), `${from} to ${addressOf(to)}`).toBe(true);
    }
    // 65,536 bytes at once and 1,000 a millisecond afterwards: of 400 packets of 1,028 bytes within 10 ms, about 75 pass.
    const sink = spawn('ip', ['netns', 'exec', `${prefix}-b`, process.execPath, '-e', countDatagrams], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(sink);
    await new Promise((done) => sink.stdout!.once('data', done));
    const counted = new Promise<number>((done) => sink.stdout!.once('data', (text: Buffer) => done(Number(text.toString()))));
    inside(`${prefix}-a`, process.execPath, '-e', sendDatagrams(addressOf(b), 400));
    const arrived = await counted;
    expect(arrived).toBeGreaterThanOrEqual(60);
    expect(arrived).toBeLessThan(380);
    expect(await check('b', { interface: 'cdq', prevResult: b.json })).toMatchObject({ status: 0 });
    for (const name of ['a', 'b', 'c']) expect(await del(name)).toMatchObject({ status: 0 });
    expect(linksOfNode()).toEqual([]);
    expect(readdirSync(leases)).toEqual([]);
  }, 60_000);

  test('a hundred pods at once, ninety of them with a device of their own', async () => {
    const names = Array.from({ length: 100 }, (_, i) => `p${i}`);
    for (const name of names) addNamespace(`${prefix}-${name}`);
    // More with a device of their own than a node of the usual size has pods
    const kind = (name: string): object => ({ interface: Number(name.slice(1)) % 10 === 0 ? 'cdq' : 'adi' });
    const answers = await Promise.all(names.map((name) => add(name, kind(name))));
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 0));
    expect(new Set(answers.map(addressOf)).size).toBe(100);
    for (const [from, to] of [
      [0, 98],
      [1, 99],
      [2, 97],
    ] as const) {
      expect(reaches(`p${from}`, addressOf(answers[to]!))).toBe(true);
    }
    expect(await servedBy('p1', 'p98', addressOf(answers[98]!))).toBe('hello');
    expect(await servedBy('p2', 'p99', addressOf(answers[99]!))).toBe('hello');
    expect((await Promise.all(names.map((name) => check(name)))).map(({ status }) => status)).toEqual(names.map(() => 0));
    const valid = { 'cni.dev/valid-attachments': names.slice(0, 60).map((containerID) => ({ containerID, ifname: 'eth0' })) };
    expect(await runner.call({ command: 'GC', config: config(valid) })).toMatchObject({ status: 0 });
    expect(readdirSync(leases).length).toBe(60);
    expect((await Promise.all(names.map((name) => del(name)))).map(({ status }) => status)).toEqual(names.map(() => 0));
    expect(readdirSync(leases)).toEqual([]);
    expect(linksOfNode()).toEqual([]);
  }, 300_000);

  test('the node dies in the middle of ADDs: they fail cleanly, DEL succeeds, nothing is left', async () => {
    const names = Array.from({ length: 16 }, (_, i) => `p${i}`);
    const adding = Promise.all(names.map((name, i) => add(name, { interface: i % 2 === 0 ? 'adi' : 'cdq' })));
    await vi.waitFor(() => expect(readdirSync(leases).length).toBeGreaterThan(2), { timeout: 10_000, interval: 5 });
    await stopNode('SIGKILL');
    for (const { status, json } of await adding) {
      expect(status === 0 || json?.code === codes.tryAgainLater || json?.code === codes.ioFailure).toBe(true);
    }
    for (const answer of await Promise.all(names.map((name) => del(name)))) expect(answer).toMatchObject({ status: 0 });
    await startNode();
    expect(readdirSync(leases)).toEqual([]);
    expect(linksOfNode()).toEqual([]);
    for (const name of names) expect(inside(`${prefix}-${name}`, 'ip', '-br', 'link')).not.toContain('eth0');
  }, 300_000);

  test('a restart: pods go on; what happened meanwhile is caught up', async () => {
    const [a, b] = [await add('a'), await add('b')];
    await stopNode('SIGKILL');
    expect(await add('c')).toMatchObject({ status: 1, json: { code: codes.tryAgainLater } });
    expect(await runner.call({ command: 'STATUS', config: config() })).toMatchObject({
      json: { code: codes.notAvailableAndLimited },
    });
    expect(await del('b')).toMatchObject({ status: 0 });
    await startNode();
    expect(await check('a', { prevResult: a.json })).toMatchObject({ status: 0 });
    expect(await check('b', { prevResult: b.json })).toMatchObject({ status: 1 });
    expect(readdirSync(leases)).toEqual([addressOf(a)]);
    const c = await add('c');
    expect(reaches('a', addressOf(c))).toBe(true);
    await del('c');
    await del('a');
    expect(linksOfNode()).toEqual([]);
  }, 60_000);

  test('the client costs less than 15 ms', async () => {
    const times: number[] = [];
    for (let i = 0; i < 20; i++) times.push((await runner.call({ command: 'VERSION', config: { cniVersion: '1.1.0' } })).ms);
    expect(Math.min(...times)).toBeLessThan(15);
  });

  test.skipIf(!existsSync(hostLocal))('host-local of Debian, which knows 1.0.0 at most', async () => {
    const ipam = { type: 'host-local', ranges: [[{ subnet: '10.88.0.0/24' }]], dataDir: join(directory, 'host-local') };
    const a = await add('a', { ipam });
    expect(a.json, messages).toMatchObject({
      cniVersion: '1.1.0',
      ips: [{ address: expect.stringMatching(/^10\.88\.0\.\d+\/32$/) }],
    });
    expect(await check('a', { ipam, prevResult: a.json })).toMatchObject({ status: 0 });
    expect(await del('a', { ipam })).toMatchObject({ status: 0 });
    expect(readdirSync(join(directory, 'host-local/pods')).filter((name) => name.startsWith('10.'))).toEqual([]);
  });
});
