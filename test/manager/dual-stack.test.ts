/** Both families through the manager and the real program: what is promised of one family holds for the other. The scene is in dual-stack-scene.ts. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  ethernet,
  icmpv6,
  icmpv6Types,
  neighbourTarget,
  type PacketSpec,
  packet,
  packetErrors,
  parseIpv6,
  parseMac,
  tcp,
  udp,
} from '../../src/wire/index.ts';
import { type Compiled, compileK8s, TestNode } from './data-plane.ts';
import { families, fromA, ipAt, macs, model, overlays, underlays } from './dual-stack-scene.ts';
import { gatewayMac } from './models.ts';

let compiled: Compiled;
let node: TestNode;

beforeAll(() => {
  compiled = compileK8s();
});

beforeEach(() => {
  node = new TestNode(compiled, [1, 11, 12], [1]);
});

describe.each(families)('IPv%i', (family) => {
  const { a, b, c, vip } = overlays[family];

  test('pod to pod', () => {
    node.setModel(model(4));
    const [out] = node.send(11, fromA(a, b, { udp: { sourcePort: 5000, destinationPort: 53 }, payload: 11 }));
    expect(out!.port).toBe(12);
    expect(ethernet.get(out!.bytes)).toMatchObject({ source: gatewayMac, destination: macs.b });
    expect(ipAt(out!.bytes)).toMatchObject({ source: a, destination: b, ttl: 63 });
    expect(packetErrors(out!.bytes)).toEqual([]);
  });

  test('echo', () => {
    node.setModel(model(4));
    const echo = family === 4 ? { icmp: { type: 8, identifier: 9 } } : { icmpv6: { type: 128, identifier: 9 } };
    const [there] = node.send(11, fromA(a, b, { ...echo, payload: 8 }));
    expect([there!.port, packetErrors(there!.bytes)]).toEqual([12, []]);
    expect(node.flowCount).toBe(2);
  });

  test('through a service and back', () => {
    node.setModel(model(4));
    const [there] = node.send(11, fromA(a, vip, { tcp: { sourcePort: 1000, destinationPort: 80, flags: 'S' } }));
    const ip = ipAt(there!.bytes);
    expect([there!.port, ip.destination, tcp.get(there!.bytes.subarray(ip.l4)).destinationPort]).toEqual([12, b, 8080]);
    expect(packetErrors(there!.bytes)).toEqual([]);
    const [back] = node.send(12, {
      eth: { source: macs.b },
      ip: { source: b, destination: a },
      tcp: { sourcePort: 8080, destinationPort: 1000, flags: 'SA' },
    });
    expect([back!.port, ipAt(back!.bytes).source]).toEqual([11, vip]);
    expect(packetErrors(back!.bytes)).toEqual([]);
  });

  test('a hop limit that runs out, multicast, an address that is not the pod’s own', () => {
    node.setModel(model(4));
    const flow = { udp: { sourcePort: 5000, destinationPort: 53 } };
    const last = family === 4 ? { ttl: 1 } : { hopLimit: 1 };
    node.send(11, { ...fromA(a, b, flow), ip: { source: a, destination: b, ...last } });
    expect(node.outcome(4)).toBe(1);
    expect(node.send(11, fromA(a, family === 4 ? '224.0.0.251' : 'ff02::fb', flow))).toEqual([]);
    expect(node.outcome(13)).toBe(1);
    expect(node.send(11, fromA(c, b, flow))).toEqual([]);
    expect(node.outcome(14)).toBe(1);
  });

  test.each(families)('through a tunnel over IPv%i, and back', (underlay) => {
    node.setModel(model(underlay, 'c'));
    const { ours, theirs } = underlays[underlay];
    const [there] = node.send(11, fromA(a, vip, { tcp: { sourcePort: 1000, destinationPort: 80, flags: 'S' }, payload: 7 }));
    expect([there!.port, packetErrors(there!.bytes)]).toEqual([1, []]);
    const outer = ipAt(there!.bytes);
    expect(outer).toMatchObject({ source: ours, destination: theirs, ttl: 64 });
    expect(udp.get(there!.bytes.subarray(outer.l4)).checksum === 0).toBe(underlay === 4);
    expect(ipAt(there!.bytes, outer.l4 + 30)).toMatchObject({ source: a, destination: c, ttl: 63 });
    const [back] = node.send(1, {
      eth: { source: macs.nodeB, destination: macs.us },
      ip: { source: theirs, destination: ours },
      udp: { sourcePort: 50000 },
      vxlan: { vni: 4096 },
      inner: {
        eth: { source: '02:00:00:00:50:02', destination: '02:00:00:00:50:01' },
        ip: { source: c, destination: a },
        tcp: { sourcePort: 8080, destinationPort: 1000, flags: 'SA' },
      },
    });
    expect([back!.port, ipAt(back!.bytes).source]).toEqual([11, vip]);
    expect(packetErrors(back!.bytes)).toEqual([]);
  });

  test.each([
    ['UDP', { udp: { sourcePort: 5000, destinationPort: 53 }, payload: 9 }],
    ['UDP without data', { udp: { sourcePort: 5000, destinationPort: 53 } }],
    ['an echo', family === 4 ? { icmp: { type: 8, identifier: 3 }, payload: 21 } : { icmpv6: { type: 128 }, payload: 21 }],
  ] as const)('the checksum of a tunnel over IPv6 around %s', (_, inner) => {
    node.setModel(model(6));
    const [out] = node.send(11, fromA(a, c, inner));
    expect(udp.get(out!.bytes.subarray(54)).checksum).not.toBe(0);
    expect(packetErrors(out!.bytes)).toEqual([]);
  });

  test('none around a protocol that has none itself', () => {
    node.setModel(model(6));
    const [out] = node.send(11, fromA(a, c, { payload: 9 }));
    expect(udp.get(out!.bytes.subarray(54)).checksum).toBe(0);
  });
});

describe('extension headers', () => {
  const { a, b, vip } = overlays[6];
  const tcpBytes = packet({
    ip: { source: a, destination: vip },
    tcp: { sourcePort: 1000, destinationPort: 80, flags: 'S' },
  }).subarray(54);
  /** `headers`: hex of extension headers, each with the type of the next; `first`: the type of the first. */
  const withExtensions = (first: number, headers: string, behind: Uint8Array = tcpBytes): PacketSpec => ({
    eth: { source: macs.a },
    ip: { source: a, destination: vip, nextHeader: first },
    payload: Uint8Array.from([...Buffer.from(headers, 'hex'), ...behind]),
  });
  const options = (next: number, length = 0): string =>
    Buffer.from([next, length, 1, 4 + 8 * length, ...new Array<number>(4 + 8 * length).fill(0)]).toString('hex');

  beforeEach(() => node.setModel(model(4)));

  test.each([
    ['hop-by-hop options', 0, options(6)],
    ['256 bytes of destination options', 60, options(6, 31)],
    ['four of them', 0, options(60) + options(60) + options(60) + options(6)],
    ['a routing header that is used up', 43, `0600040000000000`],
    ['a fragment that is whole', 44, `0600000012345678`],
  ])('%s', (_, first, headers) => {
    const [out] = node.send(11, withExtensions(first, headers));
    expect([out?.port, ipAt(out!.bytes).destination]).toEqual([12, b]);
    // What stands between the headers is as it was.
    const size = headers.length / 2;
    expect(Buffer.from(out!.bytes.subarray(54, 54 + size)).toString('hex')).toBe(headers);
    const plain = packet({ ip: { source: a, destination: b }, tcp: { sourcePort: 1000, destinationPort: 8080, flags: 'S' } });
    expect(out!.bytes.subarray(54 + size)).toEqual(plain.subarray(54));
  });

  test.each([
    ['five of them', 0, options(60) + options(60) + options(60) + options(60) + options(6), 1],
    ['one that is longer than 256 bytes', 60, options(6, 32), 1],
    ['one that ends behind the packet', 60, '0610010400000000', 1],
    ['a routing header that is not used up: no port is known, no service is meant', 43, '0600040100000000', 15],
  ])('not %s', (_, first, headers, outcome) => {
    const behind = outcome === 1 && headers.length === 16 ? new Uint8Array() : tcpBytes;
    const out = node.send(11, withExtensions(first, headers, behind));
    expect(out.filter(({ port }) => port !== 11)).toEqual([]);
    expect(node.outcome(outcome)).toBe(1);
  });

  test('fragments follow the first one', () => {
    const first = node.send(11, withExtensions(44, '0600000112345678'));
    expect(ipAt(first[0]!.bytes).destination).toBe(b);
    const later = node.send(11, withExtensions(44, '0600002812345678', Uint8Array.of(1, 2, 3, 4)));
    expect(ipAt(later[0]!.bytes).destination).toBe(b);
    expect(node.send(11, withExtensions(44, '0600002812345679', Uint8Array.of(1, 2, 3, 4)))).toEqual([]);
    expect(node.outcome(10)).toBe(1);
  });
});

describe('neighbour discovery', () => {
  const sourceOption = (mac: string): number[] => [1, 1, ...parseMac(mac)!];
  const solicitation = (target: string, source: string, mac: string): PacketSpec => ({
    eth: { source: mac, destination: '33:33:ff:00:00:01' },
    ip: { source, destination: 'ff02::1:ff00:1', hopLimit: 255 },
    icmpv6: { type: icmpv6Types.neighbourSolicitation },
    payload: Uint8Array.from([...parseIpv6(target)!, ...(source === '::' ? [] : sourceOption(mac))]),
  });

  beforeEach(() => node.setModel(model(4)));

  test.each([
    ['the gateway', 'fe80::1'],
    ['another pod', overlays[6].b],
  ])('the data plane answers for %s', (_, target) => {
    const [out] = node.send(11, solicitation(target, overlays[6].a, macs.a));
    expect(out!.port).toBe(11);
    expect(ethernet.get(out!.bytes)).toMatchObject({ source: gatewayMac, destination: macs.a });
    expect(ipAt(out!.bytes)).toMatchObject({ source: target, destination: overlays[6].a, ttl: 255 });
    expect(packetErrors(out!.bytes)).toEqual([]);
    const message = out!.bytes.subarray(54);
    expect([message.length, neighbourTarget(message)]).toEqual([32, target]);
    expect(icmpv6.get(message)).toMatchObject({ type: 136, code: 0, identifier: 0xe000 });
    expect([...message.subarray(24)]).toEqual([2, 1, ...parseMac(gatewayMac)!]);
  });

  test('whether an address is taken: by others it is, by the one who asks it is not', () => {
    const [out] = node.send(11, solicitation(overlays[6].b, '::', macs.a));
    expect(ethernet.get(out!.bytes).destination).toBe('33:33:00:00:00:01');
    expect(ipAt(out!.bytes)).toMatchObject({ source: overlays[6].b, destination: 'ff02::1' });
    expect(icmpv6.get(out!.bytes.subarray(54)).identifier).toBe(0xa000);
    expect(packetErrors(out!.bytes)).toEqual([]);
    expect(node.send(11, solicitation(overlays[6].a, '::', macs.a))).toEqual([]);
  });

  test('not from behind a router', () => {
    const far = solicitation('fe80::1', overlays[6].a, macs.a);
    expect(node.send(11, { ...far, ip: { ...far.ip, hopLimit: 254 } })).toEqual([]);
    expect(node.outcome(1)).toBe(1);
  });

  test('the manager asks for whom it needs, and learns the answer', () => {
    const unknown = { ...model(6), neighbours: [] };
    const [question] = node.setModel(unknown);
    expect(question!.port).toBe(1);
    expect(packetErrors(question!.bytes)).toEqual([]);
    expect(ethernet.get(question!.bytes)).toMatchObject({ source: macs.us, destination: '33:33:ff:00:00:02' });
    expect(ipAt(question!.bytes)).toMatchObject({ source: 'fd00:50::1', destination: 'ff02::1:ff00:2', ttl: 255 });
    expect(neighbourTarget(question!.bytes.subarray(54))).toBe('fd00:50::2');
    const probe = fromA(overlays[6].a, overlays[6].c, { udp: { sourcePort: 1, destinationPort: 2 } });
    expect(node.send(11, probe).map(({ port }) => port)).toEqual([11]);
    node.send(1, {
      eth: { source: macs.nodeB, destination: macs.us },
      ip: { source: 'fd00:50::2', destination: 'fd00:50::1', hopLimit: 255 },
      icmpv6: { type: icmpv6Types.neighbourAdvertisement, identifier: 0x6000 },
      payload: Uint8Array.from([...parseIpv6('fd00:50::2')!, 2, 1, ...parseMac(macs.nodeB)!]),
    });
    const [out] = node.send(11, probe);
    expect([out?.port, ethernet.get(out!.bytes).destination]).toEqual([1, macs.nodeB]);
  });

  test('a question from the network teaches, too', () => {
    node.setModel({ ...model(6), neighbours: [] });
    node.send(1, solicitation('fd00:50::77', 'fd00:50::2', macs.nodeB));
    expect(node.manager.neighbours).toMatchObject([{ address: 'fd00:50::2', mac: macs.nodeB, port: 1 }]);
  });
});
