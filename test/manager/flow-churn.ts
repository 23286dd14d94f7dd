/**
 * Random flows through a node whose services, endpoints, policies and labels change all the time, against a plain model of what should happen: which
 * endpoints a flow may land at, that it stays there, that answers come from whom the client asked, that policy holds for every packet, that two flows never
 * share a masqueraded port, and that nothing is left when all of it has expired. The clock is the test's.
 */
import type { ClusterNetworkPolicy, Endpoint, Labels, Model, NetworkPolicy } from '../../src/manager/index.ts';
import { printEntity } from '../../src/p4runtime/index.ts';
import { icmpv6Types, type PacketSpec, packetErrors } from '../../src/wire/index.ts';
import type { Out, TestNode } from './data-plane.ts';
import { emptyModel, labels, localPod, remotePod, service } from './models.ts';
import { naivelyAllowed } from './naive-policy.ts';
import { randomOf } from './random-model.ts';
import { fourOf, sixOf, toSix } from './six.ts';

export interface ChurnOptions {
  readonly node: TestNode;
  /** What the packets and the node's model are in; the plain model thinks in IPv4. */
  readonly family: 4 | 6;
  readonly seed: number;
  readonly flows: number;
  /** One change of the model in so many events. */
  readonly changeEvery: number;
}

export interface ChurnResult {
  readonly flows: number;
  readonly packets: number;
  readonly changes: number;
  readonly delivered: number;
  readonly denied: number;
  readonly rejected: number;
  readonly masqueraded: number;
  /** Packets of flows that a policy had withdrawn, and flows that went on afterwards. */
  readonly withdrawn: number;
  readonly resumed: number;
  /** After everything has expired. */
  readonly entriesLeft: number;
}

/** Ports that TestNode needs, net ports among them. */
export const churnPorts = { all: [1, 11, 12, 13, 14, 15, 16, 17, 18, 19], net: [1] };

const protocols = { tcp: 6, udp: 17, icmp: 1 };
const icmpv6 = 58;
const nodeAddress = '192.168.50.1';
const locals = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((host) => `10.1.0.${host}`);
const remotes = [1, 2, 3, 4].map((host) => `10.2.0.${host}`);
const outsiders = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];
const clients = [...locals, ...outsiders];
const targetPort = 8080;
/** Of the expire-time profiles SYN, established, closing, UDP, ICMP, other, fragments. */
const timeoutsMs = [2000, 10_000, 1000, 5000, 2000, 5000, 1000];

interface Ends {
  readonly address: string;
  readonly port: number;
}

interface Flow {
  readonly protocol: number;
  readonly client: Ends;
  /** What the client asks for. */
  readonly asked: Ends;
  readonly endpoint: Ends;
  /** What the endpoint takes for the client. */
  readonly seen: Ends;
  readonly service: number;
  readonly timeoutMs: number;
  safeUntilMs: number;
  wasWithdrawn: boolean;
}

interface World {
  readonly endpoints: Endpoint[][];
  readonly policies: boolean[];
  readonly clusterPolicies: boolean[];
  readonly labels: Map<string, Labels>;
  /** Takes the last change of policy back: what it withdrew may go on. */
  undo: (() => void) | undefined;
}

/** Throws with seed and event at the first packet that is not where it should be. */
export function churnFlows({ node, family, seed, flows: flowLimit, changeEvery }: ChurnOptions): ChurnResult {
  const random = randomOf(seed);
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!;
  const world = firstWorld(random);
  const setModel = (given: Model): void => {
    node.setModel(family === 4 ? given : toSix(given));
  };
  let model = toModel(world);
  setModel(model);
  for (const [profile, ms] of timeoutsMs.entries()) node.arena.setExpireProfile(profile, ms);
  const live: Flow[] = [];
  const seenBy = new Map<string, Flow>();
  const ports = new Map(clients.map((client) => [client, 10_000]));
  const count = {
    flows: 0,
    packets: 0,
    changes: 0,
    delivered: 0,
    denied: 0,
    rejected: 0,
    masqueraded: 0,
    withdrawn: 0,
    resumed: 0,
  };
  let event = 0;

  const fail = (what: string): never => {
    throw new Error(`seed ${seed}, event ${event}: ${what}`);
  };
  const send = (from: Ends, to: Ends, protocol: number, flags = 'A', isAnswer = false): Out[] => {
    count.packets++;
    const out = node.send(portOf(from.address), toSpec(family, from, to, protocol, flags, isAnswer));
    if (count.packets % 64 === 0) {
      for (const { bytes } of out) if (packetErrors(bytes).length > 0) fail(`wrong packet: ${packetErrors(bytes).join()}`);
    }
    return out;
  };
  /** What came out that is no refusal to the sender. */
  const deliveredOf = (out: readonly Out[], sender: Ends, asked: Ends): Arrived | undefined => {
    const others = out.map(arrived).filter((packet) => {
      const isRefusal =
        packet.to.address === sender.address && (packet.protocol === protocols.icmp || packet.from.address === asked.address);
      return !isRefusal || asked.address === sender.address;
    });
    if (others.length > 1) fail(`${others.length} packets came out of one`);
    return others[0];
  };
  const forget = (index: number): void => {
    live[index] = live.at(-1)!;
    live.pop();
  };
  const check = (packet: Arrived | undefined, from: Ends, to: Ends, what: string): void => {
    const text = packet ? `${print(packet.from)} > ${print(packet.to)} at port ${packet.port}` : 'nothing';
    const isRight = packet && same(packet.from, from) && same(packet.to, to) && packet.port === portOf(to.address);
    if (!isRight) fail(`${what}: expected ${print(from)} > ${print(to)} at port ${portOf(to.address)}, got ${text}`);
  };

  const begin = (): void => {
    count.flows++;
    const address = pick(clients);
    const port = ports.get(address)!;
    ports.set(address, port === 60_000 ? 10_000 : port + 1);
    const client = { address, port };
    const kind = random(10);
    const serviceIndex = kind < 7 ? random(world.endpoints.length) : -1;
    const protocol =
      serviceIndex >= 0 ? protocolOf(serviceIndex) : kind === 9 ? protocols.icmp : pick([protocols.tcp, protocols.udp]);
    const direct = pick(locals.filter((a) => a !== address));
    const asked =
      serviceIndex >= 0
        ? { address: vip(serviceIndex), port: 80 }
        : { address: direct, port: protocol === 1 ? port : targetPort };
    const eligible =
      serviceIndex >= 0 ? eligibleOf(world.endpoints[serviceIndex]!).map((a) => ({ address: a, port: targetPort })) : [asked];
    const allowed = eligible.filter((e) => naivelyAllowed(model, address, e.address, protocol === 1 ? 0 : e.port, protocol));
    const out = send(client, asked, protocol, 'S');
    const packet = deliveredOf(out, client, asked);
    if (!packet) {
      if (allowed.length > 0 && allowed.length === eligible.length)
        fail(`${print(client)} > ${print(asked)}/${protocol} was dropped`);
      if (eligible.length === 0) count.rejected++;
      else count.denied++;
      return;
    }
    count.delivered++;
    const endpoint = allowed.find((e) => same(e, packet.to));
    if (!endpoint)
      fail(
        `${print(client)} > ${print(asked)}/${protocol} went to ${print(packet.to)}, which is not one of ${allowed.map(print).join()}`,
      );
    check(packet, packet.from, endpoint!, 'first packet');
    const isMasqueraded = serviceIndex >= 0 && (endpoint!.address === address || outsiders.includes(address));
    if (isMasqueraded) count.masqueraded++;
    if (packet.from.address !== (isMasqueraded ? nodeAddress : address)) fail(`the source is ${print(packet.from)}`);
    const key = `${protocol} ${print(packet.from)} ${print(endpoint!)}`;
    const other = seenBy.get(key);
    if (other && other.safeUntilMs > node.nowMs) fail(`two flows are ${key}`);
    const timeoutMs = protocol === protocols.tcp ? timeoutsMs[1]! : protocol === protocols.udp ? timeoutsMs[3]! : timeoutsMs[4]!;
    const flow: Flow = {
      protocol,
      client,
      asked,
      endpoint: endpoint!,
      seen: packet.from,
      service: serviceIndex,
      timeoutMs,
      safeUntilMs: node.nowMs + timeoutMs / 2,
      wasWithdrawn: false,
    };
    seenBy.set(key, flow);
    answer(flow, 'SA');
    if (protocol === protocols.tcp) ask(flow, 'A');
    live.push(flow);
  };
  const ask = (flow: Flow, flags: string): void => {
    const packet = deliveredOf(send(flow.client, flow.asked, flow.protocol, flags), flow.client, flow.asked);
    check(packet, flow.seen, flow.endpoint, 'a later packet');
  };
  const answer = (flow: Flow, flags: string): void => {
    const out = send(flow.endpoint, flow.seen, flow.protocol, flags, true).map(arrived);
    check(out[0], flow.asked, flow.client, 'an answer');
  };
  const goOn = (): void => {
    const index = random(live.length);
    const flow = live[index]!;
    if (node.nowMs >= flow.safeUntilMs) {
      forget(index);
      return;
    }
    const port = flow.protocol === protocols.icmp ? 0 : flow.endpoint.port;
    if (!naivelyAllowed(model, flow.client.address, flow.endpoint.address, port, flow.protocol)) {
      const out = [...send(flow.client, flow.asked, flow.protocol), ...send(flow.endpoint, flow.seen, flow.protocol, 'A', true)];
      if (out.length > 0) fail(`a withdrawn flow passed: ${print(flow.client)} > ${print(flow.asked)}/${flow.protocol}`);
      count.withdrawn++;
      flow.wasWithdrawn = true;
      return;
    }
    if (flow.wasWithdrawn) count.resumed++;
    flow.wasWithdrawn = false;
    const isLast = flow.protocol === protocols.tcp && random(4) === 0;
    if (random(2) === 0) ask(flow, isLast ? pick(['R', 'FA']) : 'A');
    else answer(flow, isLast ? pick(['R', 'FA']) : 'A');
    flow.safeUntilMs = node.nowMs + flow.timeoutMs / 2;
    if (isLast) {
      flow.safeUntilMs = 0;
      forget(index);
    }
  };
  const change = (): void => {
    count.changes++;
    changeWorld(world, random);
    model = toModel(world);
    setModel(model);
    // UDP flows leave endpoints that serve no more, if there are others
    for (let i = live.length - 1; i >= 0; i--) {
      const { protocol, service: at, endpoint } = live[i]!;
      if (protocol !== protocols.udp || at < 0) continue;
      const serving = world.endpoints[at]!.filter((e) => e.serving).map((e) => e.addresses[0]!);
      if (serving.length > 0 && !serving.includes(endpoint.address)) {
        live[i]!.safeUntilMs = 0;
        forget(i);
      }
    }
  };

  while (count.flows < flowLimit) {
    event++;
    node.nowMs += 1 + random(19);
    if (random(changeEvery) === 0) change();
    else if (live.length > 0 && random(10) < 4) goOn();
    else begin();
    if (event % 32 === 0) for (let i = live.length - 1; i >= 0; i--) if (live[i]!.safeUntilMs <= node.nowMs) forget(i);
    if (event % 512 === 0) node.sweep();
    if (event % 65_536 === 0) for (const [key, flow] of seenBy) if (flow.safeUntilMs <= node.nowMs) seenBy.delete(key);
  }
  node.nowMs += 2 * Math.max(...timeoutsMs);
  node.sweep();
  const text = (entities: Parameters<typeof printEntity>[1][]): string =>
    entities
      .map((e) => printEntity(node.manager.names, e))
      .sort()
      .join('\n');
  if (text([...node.manager.installed]) !== text(node.device.readInstalled()))
    fail('the manager is wrong about what is installed');
  return { ...count, entriesLeft: node.flowCount };
}

// ---------------------------------------------------------------- the world

const poolOf = (index: number): string[] => {
  const all = [...locals.slice(3), ...remotes];
  return all.filter((_, i) => (i + index) % 2 === 0);
};
const vip = (index: number): string => `10.96.0.${index + 1}`;
const protocolOf = (index: number): number => (index % 2 === 0 ? protocols.tcp : protocols.udp);

function firstWorld(random: (below: number) => number): World {
  const endpoint = (address: string): Endpoint => ({ addresses: [address], ready: true, serving: true, terminating: false });
  return {
    endpoints: Array.from({ length: 6 }, (_, i) =>
      poolOf(i)
        .filter(() => random(2) === 0)
        .map(endpoint),
    ),
    policies: policyPool.map(() => random(3) === 0),
    clusterPolicies: clusterPool.map(() => random(4) === 0),
    labels: new Map(locals.map((address, i) => [address, { app: `a${i % 3}` }])),
    undo: undefined,
  };
}

function changeWorld(world: World, random: (below: number) => number): void {
  const { undo } = world;
  world.undo = undefined;
  if (undo && random(2) === 0) {
    undo();
    return;
  }
  const flip = (list: boolean[]): void => {
    const i = random(list.length);
    list[i] = !list[i];
    world.undo = () => {
      list[i] = !list[i];
    };
  };
  switch (random(6)) {
    case 0:
      flip(world.policies);
      return;
    case 1:
      flip(world.clusterPolicies);
      return;
    case 2:
      world.labels.set(locals[random(locals.length)]!, { app: `a${random(3)}` });
      return;
    default: {
      const index = random(world.endpoints.length);
      const pool = poolOf(index);
      const address = pool[random(pool.length)]!;
      const rest = world.endpoints[index]!.filter((e) => e.addresses[0] !== address);
      const states = [
        [],
        [{ addresses: [address], ready: true, serving: true, terminating: false }],
        [{ addresses: [address], ready: false, serving: true, terminating: true }],
        [{ addresses: [address], ready: false, serving: false, terminating: false }],
      ];
      world.endpoints[index] = [...rest, ...states[random(states.length)]!];
    }
  }
}

const onApp = (app: string, name: string, more: Partial<NetworkPolicy>): NetworkPolicy => ({
  namespace: 'default',
  name,
  podSelector: labels({ app }),
  ...more,
});
const policyPool: readonly NetworkPolicy[] = [
  onApp('a0', 'only-a1', { ingress: [{ peers: [{ kind: 'pods', podSelector: labels({ app: 'a1' }) }], ports: [] }] }),
  onApp('a1', 'web-only', { ingress: [{ peers: [], ports: [{ protocol: 'TCP', port: 8000, endPort: 8100 }] }] }),
  onApp('a2', 'no-ingress', { ingress: [] }),
  onApp('a1', 'outside', {
    ingress: [{ peers: [{ kind: 'block', cidr: '203.0.113.0/24', except: ['203.0.113.2/32'] }], ports: [] }],
  }),
  onApp('a0', 'to-remote', { egress: [{ peers: [{ kind: 'block', cidr: '10.2.0.0/24', except: ['10.2.0.4/32'] }], ports: [] }] }),
  onApp('a2', 'udp-out', { egress: [{ peers: [], ports: [{ protocol: 'UDP' }] }] }),
];
const clusterPool: readonly ClusterNetworkPolicy[] = [
  {
    name: 'no-ping',
    tier: 'Admin',
    priority: 10,
    subject: { namespaceSelector: [], podSelector: labels({ app: 'a0' }) },
    ingress: [
      { action: 'Pass', peers: [], ports: [{ protocol: 'TCP' }, { protocol: 'UDP' }] },
      { action: 'Deny', peers: [{ kind: 'pods', namespaceSelector: [], podSelector: [] }], ports: [] },
    ],
    egress: [],
  },
  {
    name: 'a2-to-a1',
    tier: 'Admin',
    priority: 5,
    subject: { namespaceSelector: [], podSelector: labels({ app: 'a1' }) },
    ingress: [
      { action: 'Accept', peers: [{ kind: 'pods', namespaceSelector: [], podSelector: labels({ app: 'a2' }) }], ports: [] },
    ],
    egress: [],
  },
  {
    name: 'nothing-outside',
    tier: 'Baseline',
    priority: 1,
    subject: { namespaceSelector: [], podSelector: [] },
    ingress: [],
    egress: [{ action: 'Deny', peers: [{ kind: 'block', cidr: '10.2.0.2/31', except: [] }], ports: [] }],
  },
];

function toModel(world: World): Model {
  const services = world.endpoints.map((_, i) =>
    service(`s${i}`, vip(i), 80, { ports: [{ name: '', protocol: protocolOf(i) === protocols.tcp ? 'TCP' : 'UDP', port: 80 }] }),
  );
  return {
    ...emptyModel,
    node: { ...emptyModel.node, clusterCIDRs: ['10.0.0.0/8'] },
    pods: [
      ...locals.map((address, i) => localPod(`l${i}`, i + 1, world.labels.get(address)!)),
      ...remotes.map((address, i) => remotePod(`r${i}`, address, { app: `a${i % 3}` })),
    ],
    services,
    endpointSlices: world.endpoints.map((endpoints, i) => ({
      namespace: 'default',
      service: `s${i}`,
      ports: [{ name: '', protocol: protocolOf(i) === protocols.tcp ? 'TCP' : 'UDP', port: targetPort }],
      endpoints,
    })),
    policies: policyPool.filter((_, i) => world.policies[i]),
    clusterPolicies: clusterPool.filter((_, i) => world.clusterPolicies[i]),
    routes: [{ destination: '0.0.0.0/0', port: 1, via: '192.168.50.254' }],
    neighbours: [{ address: '192.168.50.254', mac: '02:00:00:00:aa:fe', port: 1 }],
  };
}

/** Ready ones; if there are none, those that terminate and still serve. */
function eligibleOf(endpoints: readonly Endpoint[]): string[] {
  const ready = endpoints.filter((e) => e.ready);
  return (ready.length > 0 ? ready : endpoints.filter((e) => e.serving && e.terminating)).map((e) => e.addresses[0]!);
}

// ---------------------------------------------------------------- packets

interface Arrived {
  readonly port: number;
  readonly protocol: number;
  readonly from: Ends;
  readonly to: Ends;
}

function portOf(address: string): number {
  return address.startsWith('10.1.0.') ? 10 + Number(address.slice(7)) : 1;
}

function toSpec(family: 4 | 6, from: Ends, to: Ends, protocol: number, flags: string, isAnswer: boolean): PacketSpec {
  const inFamily = (address: string): string => (family === 4 ? address : sixOf(address));
  const ip = { source: inFamily(from.address), destination: inFamily(to.address) };
  const ends = { sourcePort: from.port, destinationPort: to.port };
  if (protocol === protocols.tcp) return { ip, tcp: { ...ends, flags } };
  if (protocol === protocols.udp) return { ip, udp: ends, payload: 4 };
  if (family === 4) return { ip, icmp: { type: isAnswer ? 0 : 8, identifier: from.port } };
  const type = isAnswer ? icmpv6Types.echoReply : icmpv6Types.echoRequest;
  return { ip, icmpv6: { type, identifier: from.port } };
}

function arrived({ port, bytes }: Out): Arrived {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isIpv6 = view.getUint16(12) === 0x86dd;
  const number = view.getUint8(isIpv6 ? 20 : 23);
  const protocol = number === icmpv6 ? protocols.icmp : number;
  const address = (at: number): string => fourOf(bytes.subarray(at, at + 16)) ?? 'elsewhere';
  const [source, destination] = isIpv6 ? [address(22), address(38)] : [26, 30].map((at) => bytes.subarray(at, at + 4).join('.'));
  const l4 = isIpv6 ? 54 : 14 + 4 * (view.getUint8(14) & 15);
  // The identifier of an echo stands for the port of both sides
  const ends = protocol === protocols.icmp ? [l4 + 4, l4 + 4] : [l4, l4 + 2];
  return {
    port,
    protocol,
    from: { address: source!, port: view.getUint16(ends[0]!) },
    to: { address: destination!, port: view.getUint16(ends[1]!) },
  };
}

function same(a: Ends, b: Ends): boolean {
  return a.address === b.address && a.port === b.port;
}

function print({ address, port }: Ends): string {
  return `${address}:${port}`;
}
