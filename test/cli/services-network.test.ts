/**
 * Services with the kernel's own sockets at both ends: `softipu run` between namespaces, IPv4 and IPv6.
 *
 *   client 10.244.1.10 --+                                                    a router, where everything outside is:
 *   web-1  10.244.1.21 --+-- softipu run, 192.168.50.1, fd00:50::1 ---------- 192.168.50.254, 203.0.113.9
 *   web-2  10.244.1.22 --+                                                    fd00:50::fe, 2001:db8:9::9
 *
 * A server says its name and whom it sees as its client.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { askControl } from '../../src/cli/control-socket.ts';
import { Namespaces, run, runNode, whyNotPrivileged } from '../ports/netns.ts';
import { Talker } from '../ports/talker.ts';

const main = join(import.meta.dirname, '../../dist/cli/main.js');
const reason = whyNotPrivileged() ?? (existsSync(main) ? undefined : 'needs a build: npm run build');

const gatewayMac = '02:00:00:00:00:01';
const pods = [
  { name: 'client', last: 10 },
  { name: 'web-1', last: 21 },
  { name: 'web-2', last: 22 },
].map(({ name, last }) => ({
  name,
  addresses: [`10.244.1.${last}`, `fd00:244:1::${last}`] as const,
  mac: `02:00:00:00:01:${last}`,
}));

const target = { tcp: 8080, udp: 5353 };

interface ServiceLike {
  readonly name: string;
  readonly last: number;
  /** Pods; `{...}` behind a name: more of the endpoint. */
  readonly endpoints: readonly string[];
  readonly spec?: string;
  readonly nodePort?: number;
  readonly labels?: string;
  readonly ipMode?: string;
}

const services: readonly ServiceLike[] = [
  { name: 'web', last: 1, endpoints: ['web-1', 'web-2'], nodePort: 30080 },
  { name: 'local', last: 2, endpoints: ['web-1', 'web-2'], nodePort: 30081, spec: 'externalTrafficPolicy: Local' },
  { name: 'self', last: 3, endpoints: ['web-1'] },
  {
    name: 'sticky',
    last: 4,
    endpoints: ['web-1', 'web-2'],
    spec: 'sessionAffinity: ClientIP\n  sessionAffinityConfig: {clientIP: {timeoutSeconds: 100}}',
  },
  {
    name: 'ranges',
    last: 5,
    endpoints: ['web-1'],
    nodePort: 30082,
    spec: 'loadBalancerSourceRanges: [10.9.0.0/16, "fd09::/16"]',
  },
  { name: 'nobody', last: 6, endpoints: [] },
  { name: 'near', last: 7, endpoints: ['web-1 hints: {forZones: [{name: west}]}', 'web-2 hints: {forZones: [{name: east}]}'] },
  { name: 'leaving', last: 8, endpoints: ['web-2 conditions: {ready: false, serving: true, terminating: true}'] },
  {
    name: 'far',
    last: 9,
    endpoints: ['web-1 nodeName: node-b'],
    nodePort: 30083,
    spec: 'externalTrafficPolicy: Local\n  internalTrafficPolicy: Local',
  },
  { name: 'foreign', last: 10, endpoints: ['web-1'], labels: 'service.kubernetes.io/service-proxy-name: other' },
  { name: 'proxied', last: 11, endpoints: ['web-1'], nodePort: 30084, ipMode: 'Proxy' },
];

function manifest({ name, last, endpoints, spec, nodePort, labels = '', ipMode = 'VIP' }: ServiceLike): string {
  const ports = [
    `{name: http, protocol: TCP, port: 80, targetPort: ${target.tcp}${nodePort ? `, nodePort: ${nodePort}` : ''}}`,
    `{name: dns, protocol: UDP, port: 53, targetPort: ${target.udp}${nodePort ? `, nodePort: ${nodePort}` : ''}}`,
  ];
  const slices = ([0, 1] as const).map(
    (family) => `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}-${family}, namespace: default, labels: {kubernetes.io/service-name: ${name}}}
addressType: ${family === 0 ? 'IPv4' : 'IPv6'}
endpoints: [${endpoints
      .map((text) => {
        const [, name, more] = /^(\S+) ?(.*)$/.exec(text)!;
        const address = pods.find((pod) => pod.name === name)!.addresses[family];
        const where = more!.startsWith('nodeName') ? '' : ', nodeName: node-a';
        return `{addresses: ["${address}"]${where}${more === '' ? '' : `, ${more}`}}`;
      })
      .join(', ')}]
ports: [{name: http, protocol: TCP, port: ${target.tcp}}, {name: dns, protocol: UDP, port: ${target.udp}}]
`,
  );
  return `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: default, labels: {${labels}}}
spec:
  type: ${nodePort ? 'LoadBalancer' : 'ClusterIP'}
  ipFamilyPolicy: RequireDualStack
  clusterIPs: [10.96.0.${last}, "fd00:96::${last}"]
  externalIPs: [198.51.100.${last}, "2001:db8:51::${last}"]
  ${spec ?? ''}
  ports: [${ports.join(', ')}]
status: {loadBalancer: {ingress: [{ip: 198.51.101.${last}, ipMode: ${ipMode}}, {ip: "2001:db8:52::${last}", ipMode: ${ipMode}}]}}
${slices.join('')}`;
}

/** A server of TCP and UDP in a pod: `NAME CLIENT-ADDRESS`. */
const server = (name: string): string => `
  const say = (address) => ${JSON.stringify(name)} + ' ' + address.replace('::ffff:', '');
  require('net').createServer((s) => s.on('error', () => {}).end(say(s.remoteAddress))).listen(${target.tcp}, '::');
  const u = require('dgram').createSocket('udp6');
  u.on('message', (m, from) => u.send(say(from.address), from.port, from.address)).bind(${target.udp});
  process.stdin.on('end', () => process.exit(0)).resume();
  console.log('listening');`;

/** Asks \`count\` times, each from a socket of its own; prints the answers, or what went wrong, one a line. */
const tcpAsk = (address: string, port: number, count: number, timeoutMs: number): string => `
  const { connect } = require('net');
  const one = () => new Promise((done) => {
    let got = '';
    const s = connect({ host: '${address}', port: ${port} });
    const timer = setTimeout(() => { s.destroy(); done('timeout'); }, ${timeoutMs});
    const end = (text) => { clearTimeout(timer); done(text); };
    s.on('data', (d) => (got += d)).on('end', () => end(got)).on('error', (e) => end(e.code));
  });
  (async () => { for (let i = 0; i < ${count}; i++) console.log(await one()); process.exit(0); })();`;

const udpAsk = (address: string, port: number, count: number, timeoutMs: number): string => `
  const { createSocket } = require('dgram');
  const one = () => new Promise((done) => {
    const s = createSocket('${address.includes(':') ? 'udp6' : 'udp4'}');
    const end = (text) => { clearTimeout(timer); s.close(); done(text); };
    const timer = setTimeout(() => end('timeout'), ${timeoutMs});
    s.on('message', (m) => end(String(m))).on('error', (e) => end(e.code));
    s.connect(${port}, '${address}', () => s.send('q'));
  });
  (async () => { for (let i = 0; i < ${count}; i++) console.log(await one()); process.exit(0); })();`;

describe.skipIf(reason)(`services over the kernel's sockets${reason ? ` (${reason})` : ''}`, () => {
  const namespaces = new Namespaces();
  const directory = mkdtempSync(join(tmpdir(), 'softipu-services-'));
  const netns: Record<string, string> = {};
  const children: ChildProcess[] = [];
  let said = '';

  beforeAll(async () => {
    const ipu = namespaces.add('node');
    netns.node = ipu;
    for (const { name, addresses, mac } of pods) {
      const own = namespaces.add(name);
      netns[name] = own;
      namespaces.veth(own, 'eth0', ipu, `p-${name}`);
      run(`ip -n ${own} link set eth0 address ${mac}`);
      run(`ip -n ${own} addr add ${addresses[0]}/32 dev eth0`);
      run(`ip -n ${own} addr add ${addresses[1]}/128 dev eth0 nodad`);
      run(`ip -n ${own} route add 169.254.1.1 dev eth0 scope link`);
      run(`ip -n ${own} route add default via 169.254.1.1 dev eth0`);
      run(`ip -n ${own} -6 route add default via fe80::1 dev eth0`);
    }
    const outside = namespaces.add('out');
    netns.outside = outside;
    namespaces.veth(outside, 'eth0', ipu, 'net');
    run(`ip -n ${outside} addr add 192.168.50.254/24 dev eth0`);
    run(`ip -n ${outside} addr add fd00:50::fe/64 dev eth0 nodad`);
    run(`ip -n ${outside} addr add 203.0.113.9/32 dev lo`);
    run(`ip -n ${outside} addr add 2001:db8:9::9/128 dev lo`);
    for (const to of ['10.96.0.0/16', '198.51.100.0/24', '198.51.101.0/24']) {
      run(`ip -n ${outside} route add ${to} via 192.168.50.1 src 203.0.113.9`);
    }
    for (const to of ['fd00:96::/64', '2001:db8:51::/64', '2001:db8:52::/64']) {
      run(`ip -n ${outside} -6 route add ${to} via fd00:50::1 src 2001:db8:9::9`);
    }
    mkdirSync(join(directory, 'manifests'));
    const podManifests = pods.map(
      ({ name, addresses }) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: default}
spec: {nodeName: node-a}
status: {phase: Running, podIP: ${addresses[0]}, podIPs: [{ip: ${addresses[0]}}, {ip: "${addresses[1]}"}]}
`,
    );
    writeFileSync(join(directory, 'manifests', 'all.yaml'), [...podManifests, ...services.map(manifest)].join('---\n'));
    writeFileSync(
      join(directory, 'node.yaml'),
      `node: {name: node-a, addresses: [192.168.50.1, "fd00:50::1"], zone: east}
gateway: {addresses: [169.254.1.1, "fe80::1"], mac: "${gatewayMac}"}
podCIDR: [10.244.1.0/24, "fd00:244:1::/64"]
uplink: {gateway: [192.168.50.254, "fd00:50::fe"]}
services: {clusterCIDRs: [10.244.0.0/16, "fd00:244::/32"], serviceCIDRs: [10.96.0.0/16, "fd00:96::/112"]}
manifests: ./manifests
control: ./control.sock
metrics: {address: 127.0.0.1:10249}
ports:
  - {interface: net, kind: net}
${pods.map(({ name, mac }) => `  - {interface: p-${name}, kind: pod, pod: default/${name}, mac: "${mac}"}\n`).join('')}`,
    );
    for (const { name } of pods.slice(1)) {
      const child = spawn('ip', ['netns', 'exec', netns[name]!, process.execPath, '-e', server(name)], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      children.push(child);
      await new Promise((resolve) => child.stdout!.once('data', resolve));
    }
    const node = spawn('ip', ['netns', 'exec', ipu, process.execPath, main, 'run', join(directory, 'node.yaml')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(node);
    for (const stream of [node.stdout!, node.stderr!]) stream.on('data', (data: Buffer) => (said += data.toString()));
    let hasEnded = false;
    node.once('close', () => (hasEnded = true));
    const deadline = Date.now() + 60_000;
    for (;;) {
      if (hasEnded || Date.now() > deadline) throw new Error(`softipu is not ready:\n${said}`);
      const rows = await askControl(join(directory, 'control.sock'), { op: 'services' }).catch(() => []);
      if ((rows as object[]).length > 0) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    // The router is known when it has answered.
    for (const address of ['198.51.101.2', '2001:db8:52::2']) {
      while (!(await ask('outside', address, 80, 'TCP', 1))[0]!.startsWith('web-')) {
        if (Date.now() > deadline) throw new Error(`no answer from ${address}:\n${said}`);
      }
    }
  }, 120_000);

  afterAll(async () => {
    for (const child of children.reverse()) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.stdin?.end();
      child.kill('SIGTERM');
      await ended;
    }
    namespaces.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  async function ask(
    from: string,
    address: string,
    port: number,
    protocol = 'TCP',
    count = 8,
    timeoutMs = 2500,
  ): Promise<string[]> {
    const script = protocol === 'TCP' ? tcpAsk(address, port, count, timeoutMs) : udpAsk(address, port, count, timeoutMs);
    return (await runNode(netns[from]!, script)).trim().split('\n');
  }

  const families = [
    {
      family: 'IPv4',
      i: 0,
      vip: '10.96.0.',
      external: '198.51.100.',
      lb: '198.51.101.',
      node: '192.168.50.1',
      client: '203.0.113.9',
    },
    {
      family: 'IPv6',
      i: 1,
      vip: 'fd00:96::',
      external: '2001:db8:51::',
      lb: '2001:db8:52::',
      node: 'fd00:50::1',
      client: '2001:db8:9::9',
    },
  ] as const;

  describe.each(families)('$family', ({ i, vip, external, lb, node, client }) => {
    const both = (seenAs: string): string[] => [`web-1 ${seenAs}`, `web-2 ${seenAs}`];
    const pod = pods[0]!.addresses[i];

    test.each([
      { name: 'pod to cluster IP', from: 'client', to: `${vip}1`, port: 80, answers: both(pod) },
      { name: 'pod to cluster IP, UDP', from: 'client', to: `${vip}1`, port: 53, protocol: 'UDP', answers: both(pod) },
      { name: 'outside to cluster IP: masqueraded', from: 'outside', to: `${vip}1`, port: 80, answers: both(node) },
      { name: 'outside to external IP: masqueraded', from: 'outside', to: `${external}1`, port: 80, answers: both(node) },
      { name: 'outside to node port: masqueraded', from: 'outside', to: node, port: 30080, answers: both(node) },
      { name: 'outside to node port, UDP', from: 'outside', to: node, port: 30080, protocol: 'UDP', answers: both(node) },
      { name: 'pod to node port: masqueraded', from: 'client', to: node, port: 30080, answers: both(node) },
      { name: 'Local keeps the client', from: 'outside', to: `${lb}2`, port: 80, answers: both(client) },
      { name: 'Local keeps the client, UDP', from: 'outside', to: `${lb}2`, port: 53, protocol: 'UDP', answers: both(client) },
      { name: 'Local, from a pod', from: 'client', to: `${lb}2`, port: 80, answers: both(pod) },
      { name: 'hairpin', from: 'web-1', to: `${vip}3`, port: 80, answers: [`web-1 ${node}`] },
      { name: 'hairpin, UDP', from: 'web-1', to: `${vip}3`, port: 53, protocol: 'UDP', answers: [`web-1 ${node}`] },
      { name: 'nobody there: refused', from: 'client', to: `${vip}6`, port: 80, count: 1, answers: ['ECONNREFUSED'] },
      {
        name: 'nobody there, UDP',
        from: 'client',
        to: `${vip}6`,
        port: 53,
        protocol: 'UDP',
        count: 1,
        answers: ['ECONNREFUSED'],
      },
      { name: 'nobody there, from outside', from: 'outside', to: `${external}6`, port: 80, count: 1, answers: ['ECONNREFUSED'] },
      {
        name: 'a port that the service does not have',
        from: 'client',
        to: `${vip}1`,
        port: 81,
        count: 1,
        answers: ['ECONNREFUSED'],
      },
      {
        name: 'an address that no service has: nothing',
        from: 'client',
        to: `${vip}77`,
        port: 80,
        count: 1,
        answers: ['timeout'],
      },
      { name: 'source ranges: not for us', from: 'outside', to: `${lb}5`, port: 80, count: 1, answers: ['timeout'] },
      { name: 'hints: the endpoint for our zone', from: 'client', to: `${vip}7`, port: 80, answers: [`web-2 ${pod}`] },
      { name: 'an endpoint that drains, where no other is', from: 'client', to: `${vip}8`, port: 80, answers: [`web-2 ${pod}`] },
      { name: 'internal Local, none here', from: 'client', to: `${vip}9`, port: 80, count: 1, answers: ['timeout'] },
      { name: 'external Local, none here', from: 'outside', to: `${lb}9`, port: 80, count: 1, answers: ['timeout'] },
      { name: "another proxy's service", from: 'client', to: `${vip}10`, port: 80, count: 1, answers: ['timeout'] },
      {
        name: 'a load balancer that wants to see the packets',
        from: 'client',
        to: `${lb}11`,
        port: 80,
        count: 1,
        answers: ['timeout'],
      },
      { name: 'and its node port', from: 'outside', to: node, port: 30084, answers: [`web-1 ${node}`] },
      { name: 'source ranges: not asked at the cluster IP', from: 'client', to: `${vip}5`, port: 80, answers: [`web-1 ${pod}`] },
    ])('$name', async ({ from, to, port, protocol, count = 12, answers }) => {
      const timeoutMs = answers[0] === 'timeout' ? 800 : 2500;
      expect([...new Set(await ask(from, to, port, protocol, count, timeoutMs))].sort()).toEqual(answers);
    });

    test('affinity: one endpoint for all of a client', async () => {
      const answers = [
        ...(await ask('client', `${vip}4`, 80)),
        ...(await ask('client', `${external}4`, 80)).map((answer) => answer.replace(node, pod)),
      ];
      expect(new Set(answers).size).toBe(1);
    });
  });

  test('an endpoint goes: connections stay with it, UDP chooses again', { timeout: 60_000 }, async () => {
    const moving: ServiceLike = { name: 'moving', last: 20, endpoints: ['web-1'] };
    const file = join(directory, 'manifests', 'moving.yaml');
    const write = (endpoints: readonly string[]): void =>
      writeFileSync(file, manifest({ ...moving, endpoints }).replaceAll(/port: (8080|5353)/g, 'port: 9000'));
    const [talker, ...servers] = ['client', 'web-1', 'web-2'].map((name) => new Talker(netns[name]!, name));
    try {
      for (const server of servers) for (const protocol of ['tcp', 'udp'] as const) await server.listen(protocol, 9000);
      write(['web-1']);
      const to = `${families[0].vip}20`;
      const settled = (name: string): Promise<void> =>
        vi.waitFor(async () => expect(await talker!.ask({ protocol: 'tcp', to, port: 80, timeoutMs: 300 }), said).toBe(name), {
          timeout: 10_000,
          interval: 100,
        });
      await settled('web-1');
      expect(await talker!.hold({ to, port: 80, timeoutMs: 3000 })).toBe('web-1');
      const datagram = { protocol: 'udp', fromPort: 7777, to, port: 53, timeoutMs: 3000 } as const;
      expect(await talker!.ask(datagram)).toBe('web-1');
      write(['web-2']);
      await settled('web-2');
      expect(await talker!.echo(3000)).toBe('echo');
      // Its flow goes right behind the endpoint; until then somebody who goes on sending is still answered
      await vi.waitFor(async () => expect(await talker!.ask(datagram)).toBe('web-2'), { timeout: 5000, interval: 100 });
    } finally {
      for (const each of [talker!, ...servers]) await each.stop();
      rmSync(file, { force: true });
    }
  });

  test('what was refused and what went through, by service', async () => {
    await ask('client', `${families[0].vip}6`, 80, 'TCP', 1);
    const text = await runNode(
      netns.node!,
      `fetch('http://127.0.0.1:10249/metrics').then((r) => r.text()).then((text) => process.stdout.write(text));`,
    );
    const lines = text.split('\n');
    const of = (name: string, service: string): string => `softipu_service_${name}{namespace="default",service="${service}",`;
    const refused = (service: string, frontend: string, protocol: string, reason: string): string =>
      `${of('refused_packets_total', service)}frontend="${frontend}",protocol="${protocol}",reason="${reason}"}`;
    for (const wanted of [
      refused('nobody', '10.96.0.6:80', 'TCP', 'no_endpoint'),
      refused('nobody', '[fd00:96::6]:53', 'UDP', 'no_endpoint'),
      refused('ranges', '198.51.101.5:80', 'TCP', 'source_range'),
      refused('web', '10.96.0.1', 'TCP', 'wrong_port'),
      `${of('packets_total', 'web')}frontend="10.96.0.1:80",protocol="TCP",endpoint="10.244.1.21:8080",direction="to_endpoint"}`,
      `${of('bytes_total', 'web')}frontend="10.96.0.1:80",protocol="TCP",endpoint="10.244.1.21:8080",direction="from_endpoint"}`,
      `${of('connections_total', 'web')}frontend="10.96.0.1:80",protocol="TCP",endpoint="10.244.1.21:8080"}`,
    ]) {
      const line = lines.find((each) => each.startsWith(wanted));
      expect(Number(line?.slice(wanted.length)), wanted).toBeGreaterThan(0);
    }
  });
});
