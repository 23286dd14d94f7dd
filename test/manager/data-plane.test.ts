/**
 * The manager's entries in the real program: what the tables of flows.test.ts promise, packet by packet.
 *
 *        +-------- node-a --------+
 *   11 --| a 10.1.0.1   (app=a)   |-- 1   192.168.50.1 === VXLAN === 192.168.50.2   node-b, pod c 10.2.0.3
 *   12 --| b 10.1.0.2   (app=b)   |
 *   13 --| d 10.1.0.4   (app=b)   |
 *        +------------------------+
 */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Model, NetworkPolicy } from '../../src/manager/index.ts';
import { arp, ethernet, ipv4, packet, packetErrors, summary, tcp } from '../../src/wire/index.ts';
import { makeP4Info } from '../p4runtime/program.ts';
import { type Compiled, compileK8s, type Out, TestNode } from './data-plane.ts';
import { k8sProgram } from './k8s-program.ts';
import { emptyModel, labels, localPod, remotePod, service, slice } from './models.ts';

let compiled: Compiled;
let node: TestNode;

beforeAll(() => {
  compiled = compileK8s();
});

beforeEach(() => {
  node = new TestNode(compiled, [1, 11, 12, 14], [1]);
});

const pods = [
  localPod('a', 1, { app: 'a' }),
  localPod('b', 2, { app: 'b' }),
  localPod('d', 4, { app: 'b' }),
  remotePod('c', '10.2.0.3', { app: 'b' }),
];
const vip = '10.96.0.1';
const base: Model = {
  ...emptyModel,
  pods,
  services: [service('web', vip)],
  remoteNodes: [
    { name: 'node-b', podCIDRs: ['10.2.0.0/24'], vtepAddress: '192.168.50.2', vtepMac: '02:00:00:00:50:02', vni: 4096 },
  ],
  neighbours: [{ address: '192.168.50.2', mac: '02:00:00:00:aa:02', port: 1 }],
};
const withEndpoints = (...addresses: string[]): Model => ({ ...base, endpointSlices: [slice('web', addresses)] });

const fromA = (destination: string, destinationPort: number, sourcePort: number, flags = 'S') => ({
  eth: { source: '02:00:00:00:01:01', destination: '02:00:00:00:00:01' },
  ip: { source: '10.1.0.1', destination },
  tcp: { sourcePort, destinationPort, flags },
});

const text = (out: readonly Out[]): string[] => out.map(({ port, bytes }) => `${port}: ${summary(bytes)}`);
const ipOf = ({ bytes }: Out) => ipv4.get(bytes.subarray(14));
const tcpOf = ({ bytes }: Out) => tcp.get(bytes.subarray(34));

test('the short description that other tests use is that of the program', () => {
  const short = (info: Compiled['p4info']) =>
    info.tables
      .filter((t) => k8sProgram.tables.some((k) => t.preamble.name.endsWith(`.${k.name}`)))
      .map((t) => ({
        name: t.preamble.name.slice(t.preamble.name.lastIndexOf('.') + 1),
        keys: t.matchFields.map((f) => [f.name, f.bitwidth, f.matchType, f.typeName?.name]),
        actions: t.actionRefs
          .map(({ id, scope }) => {
            const { preamble, params } = info.actions.find((a) => a.preamble.id === id)!;
            const name = preamble.name.slice(preamble.name.lastIndexOf('.') + 1);
            return `${scope} ${name}(${params.map((p) => `${p.name}:${p.bitwidth}`).join(', ')})`;
          })
          .sort(),
      }))
      .sort((x, y) => (x.name < y.name ? -1 : 1));
  expect(short(compiled.p4info)).toEqual(short(makeP4Info(k8sProgram)));
});

describe('packets', () => {
  test('pod to pod, with the MAC addresses of the route', () => {
    node.setModel(base);
    const [out] = node.send(11, fromA('10.1.0.2', 80, 1000));
    expect(out!.port).toBe(12);
    expect(ethernet.get(out!.bytes)).toMatchObject({ source: '02:00:00:00:00:01', destination: '02:00:00:00:01:02' });
    expect(ipOf(out!)).toMatchObject({ ttl: 63, source: '10.1.0.1' });
    expect(packetErrors(out!.bytes)).toEqual([]);
  });

  test('through a service and back', () => {
    node.setModel(withEndpoints('10.1.0.2'));
    const [there] = node.send(11, fromA(vip, 80, 1000));
    expect([there!.port, ipOf(there!).destination, tcpOf(there!).destinationPort]).toEqual([12, '10.1.0.2', 8080]);
    expect(packetErrors(there!.bytes)).toEqual([]);
    const [back] = node.send(12, {
      eth: { source: '02:00:00:00:01:02' },
      ip: { source: '10.1.0.2', destination: '10.1.0.1' },
      tcp: { sourcePort: 8080, destinationPort: 1000, flags: 'SA' },
    });
    expect([back!.port, ipOf(back!).source, tcpOf(back!).sourcePort]).toEqual([11, vip, 80]);
    expect(packetErrors(back!.bytes)).toEqual([]);
  });

  test('endpoints that come and go move no flow', () => {
    const all = ['10.1.0.2', '10.1.0.4', '10.2.0.3'];
    node.setModel(withEndpoints(...all));
    const ports = Array.from({ length: 60 }, (_, i) => 2000 + i);
    const portOf = (flags: string, sourcePort: number): number => node.send(11, fromA(vip, 80, sourcePort, flags))[0]!.port;
    const before = ports.map((p) => portOf('S', p));
    expect(new Set(before)).toEqual(new Set([12, 14, 1]));
    node.setModel(withEndpoints('10.1.0.2', '10.1.0.4'));
    expect(ports.map((p) => portOf('A', p))).toEqual(before);
    expect(new Set(Array.from({ length: 60 }, (_, i) => portOf('S', 3000 + i)))).toEqual(new Set([12, 14]));
    node.setModel(withEndpoints(...all));
    expect(ports.map((p) => portOf('A', p))).toEqual(before);
  });

  test('UDP flows leave an endpoint that is gone; a service without any keeps them', () => {
    const dns = service('dns', vip, 53, { ports: [{ name: '', protocol: 'UDP', port: 53 }] });
    const model = (...addresses: string[]): Model => ({
      ...base,
      services: [dns],
      endpointSlices: [{ ...slice('dns', addresses), ports: [{ name: '', protocol: 'UDP', port: 5353 }] }],
    });
    const portOf = (sourcePort: number): number | undefined =>
      node.send(11, { ip: { source: '10.1.0.1', destination: vip }, udp: { sourcePort, destinationPort: 53 } })[0]?.port;
    const ports = Array.from({ length: 20 }, (_, i) => 5000 + i);
    node.setModel(model('10.1.0.2', '10.1.0.4'));
    const before = ports.map(portOf);
    expect(node.flowCount).toBe(40);
    node.setModel(model('10.1.0.2'));
    expect(node.flowCount).toBe(2 * before.filter((port) => port === 12).length);
    expect(ports.map(portOf)).toEqual(ports.map(() => 12));
    node.setModel(model());
    expect(ports.map(portOf)).toEqual(ports.map(() => 12));
  });

  test('a service without endpoints', () => {
    node.setModel(base);
    // The answer says so: test/manager/icmp-errors.test.ts.
    expect(node.send(11, fromA(vip, 80, 1000)).map(({ port }) => port)).toEqual([11]);
    expect(node.outcome(6)).toBe(1);
  });

  test('a pod that says it is another one', () => {
    node.setModel(base);
    expect(node.send(11, { ...fromA('10.1.0.2', 80, 1000), ip: { source: '10.1.0.4', destination: '10.1.0.2' } })).toEqual([]);
    expect(node.outcome(14)).toBe(1);
  });

  test('policy: denied, allowed, and replies', () => {
    const policy: NetworkPolicy = {
      namespace: 'default',
      name: 'p',
      podSelector: labels({ app: 'b' }),
      ingress: [
        { peers: [{ kind: 'pods', podSelector: labels({ app: 'a' }) }], ports: [{ protocol: 'TCP', port: 8000, endPort: 8080 }] },
      ],
      egress: [],
    };
    node.setModel({ ...withEndpoints('10.1.0.2'), policies: [policy] });
    expect(node.send(11, fromA(vip, 80, 1000))).toHaveLength(1);
    expect(node.send(11, fromA('10.1.0.2', 8001, 1001))).toHaveLength(1);
    expect(node.send(11, fromA('10.1.0.2', 9000, 1002))).toEqual([]);
    expect(node.outcome(8)).toBe(1);
    const fromB = (destinationPort: number) => ({
      eth: { source: '02:00:00:00:01:02' },
      ip: { source: '10.1.0.2', destination: '10.1.0.1' },
      tcp: { sourcePort: 8080, destinationPort, flags: 'SA' },
    });
    expect(node.send(12, fromB(1000))).toHaveLength(1);
    expect(node.send(12, fromB(4444))).toEqual([]);
    expect(node.outcome(7)).toBe(1);
  });

  test('to a pod on another node, and from it', () => {
    node.setModel(base);
    const [out] = node.send(11, fromA('10.2.0.3', 80, 1000));
    expect(out!.port).toBe(1);
    expect(ethernet.get(out!.bytes)).toMatchObject({ source: '02:00:00:00:aa:01', destination: '02:00:00:00:aa:02' });
    expect(ipOf(out!)).toMatchObject({ source: '192.168.50.1', destination: '192.168.50.2' });
    const inner = out!.bytes.subarray(50);
    expect(ethernet.get(inner)).toMatchObject({ source: '02:00:00:00:50:01', destination: '02:00:00:00:50:02' });
    expect(packetErrors(out!.bytes)).toEqual([]);
    const [back] = node.send(1, {
      eth: { source: '02:00:00:00:aa:02', destination: '02:00:00:00:aa:01' },
      ip: { source: '192.168.50.2', destination: '192.168.50.1' },
      vxlan: { vni: 4096 },
      inner: {
        eth: { source: '02:00:00:00:50:02', destination: '02:00:00:00:50:01' },
        ip: { source: '10.2.0.3', destination: '10.1.0.1' },
        tcp: { sourcePort: 80, destinationPort: 1000, flags: 'SA' },
      },
    });
    expect([back!.port, ipOf(back!).source]).toEqual([11, '10.2.0.3']);
    expect(packetErrors(back!.bytes)).toEqual([]);
  });

  test('ARP for the gateway is answered in the data plane', () => {
    node.setModel(base);
    const ask = packet({
      eth: { source: '02:00:00:00:01:01', destination: 'ff:ff:ff:ff:ff:ff' },
      arp: { operation: 1, senderAddress: '10.1.0.1', targetAddress: '169.254.1.1' },
    });
    const [out] = node.send(11, ask);
    expect(out!.port).toBe(11);
    expect(arp.get(out!.bytes.subarray(14))).toMatchObject({
      operation: 2,
      senderMac: '02:00:00:00:00:01',
      senderAddress: '169.254.1.1',
    });
  });

  test('the manager asks for a neighbour, and its answer makes the route', () => {
    const asked = node.setModel({ ...base, neighbours: [] });
    expect(text(asked)).toEqual([
      '1: 02:00:00:00:aa:01 > ff:ff:ff:ff:ff:ff, arp who-has 192.168.50.2 tell 192.168.50.1, 0 bytes',
    ]);
    expect(node.send(11, fromA('10.2.0.3', 80, 1000)).map(({ port }) => port)).toEqual([11]);
    const answer = packet({
      eth: { source: '02:00:00:00:aa:02', destination: '02:00:00:00:aa:01' },
      arp: { operation: 2, senderAddress: '192.168.50.2', targetAddress: '192.168.50.1', targetMac: '02:00:00:00:aa:01' },
    });
    expect(node.send(1, answer)).toEqual([]);
    expect(node.send(11, fromA('10.2.0.3', 80, 1001))[0]!.port).toBe(1);
  });

  test('an idle flow is gone on time, and the manager knows', () => {
    node.setModel(withEndpoints('10.1.0.2'));
    node.send(11, fromA(vip, 80, 1000));
    expect(node.flowCount).toBe(2);
    node.nowMs += node.arena.expireProfile(0) - 1;
    node.sweep();
    expect(node.flowCount).toBe(2);
    node.nowMs += 1;
    node.sweep();
    expect(node.flowCount).toBe(0);
    expect(node.manager.idle.last.map((r) => r.entry).sort()).toEqual([
      'flows source=10.1.0.1 destination=10.96.0.1 source_port=1000 destination_port=80 protocol=6: translate_destination(address=10.1.0.2, port=8080)',
      'flows source=10.1.0.2 destination=10.1.0.1 source_port=8080 destination_port=1000 protocol=6: translate_source(address=10.96.0.1, port=80)',
    ]);
  });
});
