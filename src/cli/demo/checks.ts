/**
 * What the demo promises, one function per promise, in the order in which they run: real sockets in, what came out.
 *
 * A check returns what it saw, or throws `Failed` with it. Everything a check needs is in `Scene`; only `endpoints` edits the cluster.
 */
import type { Agent } from '../sandbox/agent.ts';
import type { NodeUnderTest, Row } from '../sandbox/node.ts';
import { now, sleep, until } from '../sandbox/time.ts';
import type { Answers } from './agents/client.ts';
import { udpTimeoutMs, writeEndpoints } from './manifests.ts';
import {
  backends,
  client,
  gateway,
  intruder,
  intruderRate,
  nodeA,
  type PodSite,
  remotePod,
  remoteService,
  service,
  stickyService,
  target,
} from './topology.ts';

export interface Scene {
  /** Of node.yaml and the manifests. */
  readonly directory: string;
  readonly node: NodeUnderTest;
  readonly client: Agent;
  readonly intruder: Agent;
  /** On the other node itself, outside of the cluster's pods. */
  readonly outside: Agent;
  readonly ping: Agent;
  /** By pod name, the remote one among them. */
  readonly servers: ReadonlyMap<string, Agent>;
  /** Bytes of the bulk transfer. */
  readonly bulkBytes: number;
}

export class Failed extends Error {}

export interface Check {
  readonly name: string;
  run(scene: Scene): Promise<string>;
}

interface Report {
  readonly tcp: readonly string[];
  readonly udp: readonly string[];
  readonly clients: readonly string[];
}

/** More than the 1,200 that the check promises: the spread's own chance is then far from the limit. */
const connections = 1800;
/** Two thirds of them are to the backends that stay: more than the 50 that the check promises. */
const heldConnections = 120;
const tcp = { address: service.address, port: service.tcpPort, timeoutMs: 3000 };
const udp = { address: service.address, port: service.udpPort, timeoutMs: 3000 };

export const checks: readonly Check[] = [
  { name: 'icmp-echo', run: icmpEcho },
  { name: 'tcp-service', run: (scene) => serviceSpread(scene, 'tcp') },
  { name: 'udp-service', run: (scene) => serviceSpread(scene, 'udp') },
  { name: 'ipv6-service', run: ipv6Service },
  { name: 'node-port', run: nodePort },
  { name: 'session-affinity', run: sessionAffinity },
  { name: 'bulk-transfer', run: bulkTransfer },
  { name: 'endpoint-removed', run: endpointRemoved },
  { name: 'endpoint-added', run: endpointAdded },
  { name: 'network-policy', run: networkPolicy },
  { name: 'rate-limit', run: rateLimit },
  { name: 'remote-node', run: remoteNode },
  { name: 'idle-flow', run: idleFlow },
];

async function icmpEcho({ ping }: Scene): Promise<string> {
  const echo = { sourceMac: client.mac, source: client.address, gatewayMac: gateway.mac, count: 5, timeoutMs: 1000 };
  const details: string[] = [];
  for (const to of [intruder, remotePod]) {
    const { replies, problems } = await ping.ask<{ replies: number; problems: string[] }>('echo', {
      ...echo,
      destination: to.address,
    });
    details.push(`${to.name} ${replies}/5`);
    require(replies === 5, `${to.name} answered ${replies} of 5 requests: ${problems[0]}`);
  }
  return `client to ${details.join(', ')} replies`;
}

/** Every request is answered once, by the backend that says it got it, and the backends' shares are even within 15 %. */
async function serviceSpread(scene: Scene, protocol: 'tcp' | 'udp'): Promise<string> {
  await reports(scene); // forget what came before
  const op = protocol === 'tcp' ? 'connections' : 'datagrams';
  const { answers, failures } = await scene.client.ask<Answers>(op, {
    ...(protocol === 'tcp' ? tcp : udp),
    count: connections,
    concurrency: 40,
  });
  require(failures.length === 0, `${failures.length} of ${connections} failed, the first: ${failures[0]}`);
  const seen = await reports(scene);
  const shares = new Map(backends.map((b) => [b.name, 0]));
  for (const [token, name] of answers) {
    require(seen.get(name)?.[protocol].includes(token) ?? false, `'${name}' answered ${token} but has not seen it`);
    shares.set(name, (shares.get(name) ?? 0) + 1);
  }
  const even = connections / backends.length;
  const text = printShares(shares);
  require(shares.size === backends.length, `answers of others than the backends: ${text}`);
  for (const [, share] of shares) require(Math.abs(share - even) <= 0.15 * even, `not within 15 % of ${even}: ${text}`);
  const sources = new Set([...seen.values()].flatMap((r) => r.clients));
  const what = protocol === 'tcp' ? 'connections' : 'flows';
  return `${connections} ${what} to ${service.address} answered from it, by ${text}; the backends saw ${[...sources].join(', ')}`;
}

/** The same service by its other family. */
async function ipv6Service(scene: Scene): Promise<string> {
  const count = 300;
  const shares = await ask(scene.client, count, { ...tcp, address: service.ipv6 });
  for (const { name } of backends) require((shares.get(name) ?? 0) > 50, `uneven: ${printShares(shares)}`);
  return `${count} connections to [${service.ipv6}] answered from it, by ${printShares(shares)}`;
}

/** From outside of the cluster: to the node's own address, where the backends see the node and not the client. */
async function nodePort(scene: Scene): Promise<string> {
  await reports(scene);
  const count = 150;
  const shares = await ask(scene.outside, count, { ...tcp, address: nodeA.address, port: service.nodePort });
  for (const { name } of backends) require((shares.get(name) ?? 0) > 20, `uneven: ${printShares(shares)}`);
  const sources = new Set([...(await reports(scene)).values()].flatMap((r) => r.clients));
  require(sources.size === 1 && sources.has(nodeA.address), `the backends saw ${[...sources].join(', ')}, not the node`);
  return `${count} connections from node-b to ${nodeA.address}:${service.nodePort}: ${printShares(shares)}; the backends saw ${nodeA.address}`;
}

/** A client stays with its backend; another client has one of its own. */
async function sessionAffinity(scene: Scene): Promise<string> {
  const count = 60;
  const shares = await ask(scene.client, count, { ...tcp, address: stickyService.address });
  require(shares.size === 1, `one client was sent to ${printShares(shares)}`);
  return `${count} connections of one client to ${stickyService.address}: ${printShares(shares)}`;
}

/** A pod with an annotation for its bandwidth sends no faster: a second's worth at once, then the rate. */
async function rateLimit({ intruder: agent }: Scene): Promise<string> {
  const bytes = 2 ** 23;
  type Result = { sent: string; received: string; seconds: number };
  const bulk = { ...tcp, address: remoteService.address, bytes, timeoutMs: 30_000 };
  const { sent, received, seconds } = await agent.ask<Result>('send', bulk, 35_000);
  require(sent === received, 'what was received is not what was sent');
  const megabits = (bytes * 8) / 1e6;
  const fastest = megabits / (intruderRate.bitsPerSecond / 1e6) - 1;
  require(seconds >
    0.9 *
      fastest, `${megabits.toFixed(0)} Mbit took ${seconds.toFixed(1)} s, ${fastest.toFixed(1)} s at least at ${intruderRate.quantity}bit/s`);
  return `${intruder.name}, limited to ${intruderRate.quantity}bit/s, sent ${megabits.toFixed(0)} Mbit in ${seconds.toFixed(1)} s`;
}

async function bulkTransfer({ client, bulkBytes }: Scene): Promise<string> {
  type Result = { sent: string; received: string; name: string; seconds: number };
  const result = await client.ask<Result>('send', { ...tcp, bytes: bulkBytes, timeoutMs: 40_000 }, 45_000);
  const { sent, received, name, seconds } = result;
  require(sent === received, `SHA-256 of what '${name}' received is ${received}, of what was sent ${sent}`);
  const gigabits = ((bulkBytes * 8) / 1e9 / seconds).toFixed(2);
  return `${bulkBytes / 2 ** 20} MiB to ${name} in ${seconds.toFixed(1)} s (${gigabits} Gbit/s), SHA-256 ${sent.slice(0, 16)}.. on both sides`;
}

/** The names behind the held connections; `endpointAdded` goes on with them. */
let owners: readonly string[] = [];

/** Takes the last backend away: held connections to the others stay, new ones avoid it. */
async function endpointRemoved(scene: Scene): Promise<string> {
  const gone = backends.at(-1)!;
  const { answers, failures } = await scene.client.ask<Answers>('hold', { ...tcp, count: heldConnections, concurrency: 1 });
  require(failures.length === 0, `opening ${heldConnections} connections failed: ${failures[0]}`);
  owners = answers.map(([, name]) => name);
  const staying = owners.filter((name) => name !== gone.name).length;
  require(staying >= 50, `only ${staying} of ${heldConnections} connections are to the backends that stay`);
  writeEndpoints(scene.directory, service.name, backends.slice(0, -1));
  const elapsed = await settled(scene, (names) => !names.has(gone.name), `new connections still reach '${gone.name}'`);
  await sameOwners(scene, (name) => name !== gone.name);
  const fresh = await ask(scene.client, 300);
  require(!fresh.has(gone.name), `${fresh.get(gone.name)} of 300 new connections reached '${gone.name}'`);
  return `${gone.name} removed in ${elapsed} ms: ${staying} open connections to the others stay, 300 new ones: ${printShares(fresh)}`;
}

async function endpointAdded(scene: Scene): Promise<string> {
  const back = backends.at(-1)!;
  writeEndpoints(scene.directory, service.name, backends);
  const elapsed = await settled(scene, (names) => names.has(back.name), `no new connection reaches '${back.name}'`);
  await sameOwners(scene, (name) => name !== back.name);
  const fresh = await ask(scene.client, 300);
  for (const { name } of backends) require((fresh.get(name) ?? 0) > 50, `uneven: ${printShares(fresh)}`);
  await scene.client.ask('release');
  const staying = owners.filter((name) => name !== back.name).length;
  return `${back.name} back in ${elapsed} ms: ${staying} open connections stay, 300 new ones: ${printShares(fresh)}`;
}

async function networkPolicy(scene: Scene): Promise<string> {
  const allowed = await scene.client.ask<string>('attempt', tcp);
  require(allowed === 'connected', `client (role: frontend): ${allowed}`);
  const web = backends[0]!;
  const [denied, direct] = await Promise.all([
    scene.intruder.ask<string>('attempt', { ...tcp, timeoutMs: 1500 }),
    scene.intruder.ask<string>('attempt', { address: web.address, port: target.tcpPort, timeoutMs: 1500 }),
  ]);
  require(denied !== 'connected', 'intruder (role: batch) was let in by the service address');
  require(direct !== 'connected', "intruder (role: batch) was let in by the pod's address");
  // What stopped it was the policy: a service that none selects lets it in.
  const elsewhere = await scene.intruder.ask<string>('attempt', { ...tcp, address: remoteService.address });
  require(elsewhere === 'connected', `intruder to '${remoteService.name}', which no policy selects: ${elsewhere}`);
  return `client (role: frontend) connected; intruder (role: batch) by service and by pod address: ${denied}, ${direct}; to a service without policy: ${elsewhere}`;
}

/** A pod behind node-b's vxlan device becomes an endpoint of the same service. */
async function remoteNode(scene: Scene): Promise<string> {
  writeEndpoints(scene.directory, service.name, [...backends, remotePod]);
  const elapsed = await settled(scene, (names) => names.has(remotePod.name), `no connection reaches '${remotePod.name}'`);
  const fresh = await ask(scene.client, 400);
  const datagrams = await scene.client.ask<Answers>('datagrams', { ...udp, count: 100, concurrency: 20 });
  require(datagrams.failures.length === 0, `UDP: ${datagrams.failures[0]}`);
  const remoteUdp = datagrams.answers.filter(([, name]) => name === remotePod.name).length;
  require(remoteUdp > 0, 'no datagram of 100 reached it');
  writeEndpoints(scene.directory, service.name, backends);
  return `${remotePod.address} joined in ${elapsed} ms through VXLAN to a Linux vxlan device: ${printShares(fresh)} of 400 connections, ${remoteUdp} of 100 datagrams`;
}

/** A flow that is used stays beyond its timeout; when it is idle it goes on time, and the control plane hears of it. */
async function idleFlow({ client: agent, node }: Scene): Promise<string> {
  const localPort = 20_001; // below the range that the kernel takes ports from: no other flow has it
  // The port as a column or somewhere in a printed entry, in decimal or hex.
  const port = new RegExp(`\\b(${localPort}|0x0*${localPort.toString(16)})\\b`);
  const isOurs = (row: Row): boolean => port.test(JSON.stringify(row)) && JSON.stringify(row).includes(client.address);
  const use = (): Promise<Answers> =>
    agent.ask<Answers>('datagrams', { ...udp, address: remoteService.address, count: 1, concurrency: 1, localPort });
  const started = now();
  let lastUse = started;
  for (; now() - started < 1.5 * udpTimeoutMs; await sleep(400)) {
    const { failures } = await use();
    require(failures.length === 0, `the flow's datagram was lost: ${failures[0]}`);
    lastUse = now();
  }
  require((await node.ask('flows')).some(isOurs), 'the flow is in use but not in the flow cache');
  const isGone = await until(udpTimeoutMs + 3000, async () => !(await node.ask('flows')).some(isOurs));
  const idle = Math.round(now() - lastUse);
  require(isGone, `the flow is still there after ${idle} ms, its timeout is ${udpTimeoutMs} ms`);
  require(idle > udpTimeoutMs - 100, `the flow went after ${idle} ms already, its timeout is ${udpTimeoutMs} ms`);
  const isTold = await until(1000, async () => (await node.ask('notifications')).some(isOurs));
  require(isTold, 'the flow is gone, but no notification tells of it');
  return `in use it outlived its timeout of ${udpTimeoutMs} ms, idle it was gone after ${idle} ms, and the control plane was told`;
}

// ---------------------------------------------------------------- what checks have in common

function require(condition: boolean, otherwise: string): void {
  if (!condition) throw new Failed(otherwise);
}

/** Who answered so many new connections. */
async function ask(from: Agent, count: number, to: typeof tcp = tcp): Promise<Map<string, number>> {
  const { answers, failures } = await from.ask<Answers>('connections', { ...to, count, concurrency: 20 });
  require(failures.length === 0, `${failures.length} of ${count} new connections failed, the first: ${failures[0]}`);
  const shares = new Map<string, number>();
  for (const [, name] of answers) shares.set(name, (shares.get(name) ?? 0) + 1);
  return shares;
}

/** Waits until 20 new connections in a row look right: the node has read the manifest. Returns the milliseconds. */
async function settled(
  scene: Scene,
  isRight: (names: ReadonlyMap<string, number>) => boolean,
  otherwise: string,
): Promise<number> {
  const started = now();
  require(await until(5000, async () => isRight(await ask(scene.client, 20))), `${otherwise} 5 s after the manifest was changed`);
  return Math.round(now() - started);
}

/** Every held connection still answers with the name that it had, as far as `counts` looks at it. */
async function sameOwners(scene: Scene, counts: (name: string) => boolean): Promise<void> {
  const found = await scene.client.ask<string[]>('poke', { timeoutMs: 3000 });
  const moved = owners.flatMap((name, i) => (counts(name) && found[i] !== name ? [`${name} -> ${found[i]}`] : []));
  require(moved.length === 0, `${moved.length} open connections moved or broke, the first: ${moved[0]}`);
}

async function reports({ servers }: Scene): Promise<Map<string, Report>> {
  const pairs = [...servers].map(async ([name, agent]) => [name, await agent.ask<Report>('report')] as const);
  return new Map(await Promise.all(pairs));
}

function printShares(shares: ReadonlyMap<string, number>): string {
  return [...shares]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, share]) => `${name} ${share}`)
    .join(', ');
}

/** Pods that serve, local and remote. */
export const servingPods: readonly PodSite[] = [...backends, remotePod];
