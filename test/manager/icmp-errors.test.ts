/** ICMP errors of both families: those that the data plane makes, and those about packets of translated flows. The scene is in dual-stack-scene.ts. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Model } from '../../src/manager/index.ts';
import {
  internetChecksum,
  l4Checksum,
  type PacketSpec,
  packet,
  packetErrors,
  parseAddress,
  tcp,
  udp,
} from '../../src/wire/index.ts';
import { type Compiled, compileK8s, type Out, TestNode } from './data-plane.ts';
import { families, fromA, ipAt, macs, model, overlays } from './dual-stack-scene.ts';

let compiled: Compiled;

beforeAll(() => {
  compiled = compileK8s();
});

const kinds = {
  4: {
    echo: { icmp: { type: 8, identifier: 3 } },
    unreachable: [3, 0],
    port: [3, 3],
    tooBig: [3, 4],
    time: [11, 0],
    limit: 548,
    ip: 20,
  },
  6: {
    echo: { icmpv6: { type: 128, identifier: 3 } },
    unreachable: [1, 0],
    port: [1, 4],
    tooBig: [2, 0],
    time: [3, 0],
    limit: 1232,
    ip: 40,
  },
} as const;
const gateways = { 4: '169.254.1.1', 6: 'fe80::1' } as const;

/** What an error says: from whom, type and code, MTU, and what it quotes. Throws if its checksums are wrong. */
function errorOf(out: Out, at = 14) {
  expect(packetErrors(out.bytes)).toEqual([]);
  const ip = ipAt(out.bytes, at);
  const message = out.bytes.subarray(ip.l4);
  const view = new DataView(message.buffer, message.byteOffset);
  return {
    from: ip.source,
    to: ip.destination,
    kind: [message[0], message[1]],
    mtu: view.getUint32(4),
    quoted: message.subarray(8),
  };
}

/** The quoted packet as it would be behind an Ethernet header. */
const framed = (quoted: Uint8Array): Uint8Array => Uint8Array.from([...new Uint8Array(14), ...quoted]);

describe.each(['wasm', 'interp'] as const)('%s', (runs) => {
  const start = (m: Model): TestNode => {
    const node = new TestNode(compiled, [1, 11, 12], [1], runs);
    node.setModel(m);
    return node;
  };
  const withoutEndpoints = (more: Partial<Model['node']> = {}): Model => {
    const base = model(4);
    return { ...base, endpointSlices: [], node: { ...base.node, ...more } };
  };

  describe.each(families)('IPv%i', (family) => {
    const { a, b, c, vip } = overlays[family];
    const kind = kinds[family];
    const ask = (more: Partial<PacketSpec> = {}): PacketSpec =>
      fromA(a, vip, { tcp: { sourcePort: 1000, destinationPort: 80, flags: 'S' }, ...more });

    test('a service without endpoints: the port is unreachable, says the service', () => {
      const node = start(withoutEndpoints());
      const sent = packet(ask());
      const [out] = node.send(11, sent);
      expect(out?.port).toBe(11);
      const error = errorOf(out!);
      expect(error).toMatchObject({ from: vip, to: a, kind: kind.port, mtu: 0 });
      expect(error.quoted).toEqual(sent.subarray(14));
      expect(node.outcome(6)).toBe(1);
    });

    test('a port that a service does not have, by UDP', () => {
      const sent = packet(fromA(a, vip, { udp: { sourcePort: 1000, destinationPort: 81 }, payload: 13 }));
      const [out] = start(model(4)).send(11, sent);
      expect(errorOf(out!)).toMatchObject({ from: vip, to: a, kind: kind.port, quoted: sent.subarray(14) });
    });

    test('no more than a quote is sent back, without the padding of Ethernet', () => {
      const node = start(withoutEndpoints());
      const long = packet(ask({ payload: 1400 }));
      expect(errorOf(node.send(11, long)[0]!).quoted).toEqual(long.subarray(14, 14 + kind.limit));
      const short = packet(ask());
      const padded = Uint8Array.from([...short, ...new Uint8Array(20)]);
      expect(errorOf(node.send(11, padded)[0]!).quoted).toEqual(short.subarray(14));
    });

    test.each([
      ['a SYN', 'S', 0, { flags: 0x14, sequence: 0, acknowledgment: 101 }],
      ['a FIN with data', 'F', 5, { flags: 0x14, sequence: 0, acknowledgment: 106 }],
      ['an ACK', 'A', 9, { flags: 0x04, sequence: 7, acknowledgment: 0 }],
    ])('where resets are wanted, %s is reset', (_, flags, payload, expected) => {
      const node = start(withoutEndpoints({ rejectWith: 'reset' }));
      const spec = { sourcePort: 1000, destinationPort: 80, sequence: 100, acknowledgment: 7, flags, options: '01010101' };
      const [out] = node.send(11, fromA(a, vip, { tcp: spec, payload }));
      expect(packetErrors(out!.bytes)).toEqual([]);
      const ip = ipAt(out!.bytes);
      expect(ip).toMatchObject({ source: vip, destination: a, ttl: 64 });
      expect(tcp.get(out!.bytes.subarray(ip.l4))).toMatchObject({
        sourcePort: 80,
        destinationPort: 1000,
        dataOffset: 5,
        ...expected,
      });
      expect(out!.bytes.length).toBe(14 + kind.ip + 20);
      expect(node.send(11, fromA(a, vip, { tcp: { ...spec, flags: 'R' } }))).toEqual([]);
    });

    test('time exceeded, no route: from the gateway', () => {
      const node = start(model(4));
      const last = family === 4 ? { ttl: 1 } : { hopLimit: 1 };
      const sent = packet({ ...fromA(a, b, kind.echo), ip: { source: a, destination: b, ...last } });
      expect(errorOf(node.send(11, sent)[0]!)).toMatchObject({
        from: gateways[family],
        kind: kind.time,
        quoted: sent.subarray(14),
      });
      const nowhere = packet(fromA(a, family === 4 ? '203.0.113.9' : '2001:db8::9', kind.echo));
      expect(errorOf(node.send(11, nowhere)[0]!)).toMatchObject({ kind: kind.unreachable, quoted: nowhere.subarray(14) });
    });

    const withMtu = (port: number, mtu: number, endpoint: 'b' | 'c'): Model => {
      const base = model(4, endpoint);
      return { ...base, ports: base.ports.map((p) => (p.number === port ? { ...p, mtu } : p)) };
    };

    test.each([
      ['a pod', 12, 1300, 'b', 1300],
      ['a tunnel', 1, 1400, 'c', 1350],
    ] as const)('too big for %s behind a service: the packet is quoted as it was sent', (_, port, mtu, endpoint, told) => {
      const node = start(withMtu(port, mtu, endpoint));
      const of = (bytes: number, flags: string): Uint8Array =>
        packet(ask({ tcp: { sourcePort: 1000, destinationPort: 80, flags }, payload: bytes - kind.ip - 20 }));
      expect(node.send(11, of(told, 'S')).map((out) => out.port)).toEqual([port]);
      const sent = of(told + 1, 'A');
      const [out] = node.send(11, sent);
      expect([out!.port, node.outcome(20)]).toEqual([11, 1]);
      const error = errorOf(out!);
      expect(error).toMatchObject({ from: gateways[family], to: a, kind: kind.tooBig, mtu: told });
      expect(error.quoted).toEqual(sent.subarray(14, 14 + kind.limit));
    });

    test('a train is as big as its longest segment', () => {
      const node = start(withMtu(12, 1300, 'b'));
      const train = packet(fromA(a, b, { tcp: { sourcePort: 1000, destinationPort: 80, flags: 'A' }, payload: 8000 }));
      const gso = (gsoSize: number) => ({ csumStart: 14 + kind.ip, csumOffset: 16, gsoType: family === 4 ? 1 : 4, gsoSize });
      expect(node.send(11, train, gso(1300 - kind.ip - 20)).map((out) => out.port)).toEqual([12]);
      expect(errorOf(node.send(11, train, gso(1301 - kind.ip - 20))[0]!)).toMatchObject({ kind: kind.tooBig, mtu: 1300 });
    });

    test.each([
      ['an error', family === 4 ? { icmp: { type: 3, code: 1 }, payload: 28 } : { icmpv6: { type: 1 }, payload: 48 }],
      ['an error without a quote', family === 4 ? { icmp: { type: 5 } } : undefined],
    ])('no answer to %s', (_, more) => {
      if (!more) return;
      const node = start(model(4));
      expect(node.send(11, fromA(a, family === 4 ? '203.0.113.9' : '2001:db8::9', more))).toEqual([]);
      expect(node.outcome(5)).toBe(1);
    });

    test('no answer to what was sent to many, or by nobody', () => {
      const node = start(withoutEndpoints());
      expect(node.send(11, ask({ eth: { source: macs.a, destination: 'ff:ff:ff:ff:ff:ff' } }))).toEqual([]);
      const loopback = family === 4 ? '127.0.0.1' : '::1';
      expect(node.send(1, { ...ask(), ip: { source: loopback, destination: vip } })).toEqual([]);
      expect(node.outcome(6)).toBe(2);
    });

    test('no more than the rate', () => {
      const node = start(withoutEndpoints());
      const answers = Array.from({ length: 300 }, () => node.send(11, ask()).length).reduce((x, y) => x + y, 0);
      expect(answers).toBe(100);
      node.nowMs += 50;
      expect(Array.from({ length: 300 }, () => node.send(11, ask()).length).reduce((x, y) => x + y, 0)).toBe(50);
    });

    // -------------------------------------------------------------- errors about flows

    /** An error of this kind about `about` (a whole frame), of which `bytes` are quoted. */
    const errorAbout = (from: string, about: Uint8Array, [type, code]: readonly number[], bytes: number, mtu = 0): PacketSpec => {
      const { source } = ipAt(about);
      const word = { identifier: 0, sequence: mtu };
      return {
        eth: { source: macs.b },
        ip: { source: from, destination: source },
        ...(family === 4 ? { icmp: { type, code, ...word } } : { icmpv6: { type, code, ...word } }),
        payload: about.slice(14, 14 + bytes),
      };
    };

    test.each([
      ['all of it', 100],
      ['the TCP header', kind.ip + 20],
      ['8 bytes', kind.ip + 8],
    ])('what an endpoint says of a TCP packet comes back about the service: %s', (_, bytes) => {
      const node = start(model(4));
      const sent = packet(ask({ payload: 40 }));
      const there = node.send(11, sent)[0]!;
      const [back] = node.send(12, errorAbout(b, there.bytes, kind.port, bytes));
      expect(back?.port).toBe(11);
      const error = errorOf(back!);
      expect(error).toMatchObject({ from: vip, to: a, kind: kind.port });
      // Everything but the hop limit and, over IPv4, the header's checksum, is as it was sent.
      const quoted = framed(error.quoted);
      expect(ipAt(quoted)).toMatchObject({ source: a, destination: vip, ttl: 63 });
      if (family === 4) expect(internetChecksum(quoted.subarray(14, 34))).toBe(0);
      expect(error.quoted.subarray(kind.ip)).toEqual(sent.subarray(14 + kind.ip, 14 + bytes));
    });

    test('and of a UDP packet', () => {
      const base = model(4);
      const udpPort = [{ name: '', protocol: 'UDP' as const, port: 80 }];
      const node = start({
        ...base,
        services: base.services.map((s) => ({ ...s, ports: udpPort })),
        endpointSlices: base.endpointSlices.map((s) => ({ ...s, ports: [{ ...udpPort[0]!, port: 8080 }] })),
      });
      const sent = packet(fromA(a, vip, { udp: { sourcePort: 1000, destinationPort: 80 }, payload: 21 }));
      const there = node.send(11, sent)[0]!;
      const [back] = node.send(12, errorAbout(b, there.bytes, kind.port, kind.ip + 29));
      const error = errorOf(back!);
      expect(error).toMatchObject({ from: vip, to: a });
      expect(error.quoted.subarray(kind.ip)).toEqual(sent.subarray(14 + kind.ip));
      const quoted = error.quoted.slice(kind.ip);
      const checksum = udp.get(quoted).checksum;
      quoted.fill(0, 6, 8);
      expect(l4Checksum(parseAddress(a)!, parseAddress(vip)!, 17, quoted)).toBe(checksum);
    });

    test('what a client’s side says of an answer goes to the endpoint; a router keeps its address', () => {
      const node = start(model(4));
      node.send(11, packet(ask()));
      const answer = packet({
        eth: { source: macs.b },
        ip: { source: b, destination: a },
        tcp: { sourcePort: 8080, destinationPort: 1000, flags: 'SA' },
      });
      const seen = node.send(12, answer)[0]!;
      const router = family === 4 ? '203.0.113.1' : '2001:db8::1';
      const [back] = node.send(1, errorAbout(router, seen.bytes, kind.tooBig, 60, 1280));
      expect(back?.port).toBe(12);
      const error = errorOf(back!);
      expect(error).toMatchObject({ from: router, to: b, kind: kind.tooBig, mtu: 1280 });
      expect(error.quoted.subarray(kind.ip)).toEqual(answer.subarray(14 + kind.ip, 14 + 60));
    });

    test('an error restarts no timer and makes no flow', () => {
      const node = start(model(4));
      const there = node.send(11, packet(ask()))[0]!;
      const flows = node.flowCount;
      node.send(12, errorAbout(b, there.bytes, kind.port, 60));
      node.send(12, errorAbout(b, packet(fromA(a, c, { udp: { sourcePort: 9, destinationPort: 9 } })), kind.port, kind.ip + 8));
      expect(node.flowCount).toBe(flows);
      const counted = node.flowCounters().reduce((sum, { packets }) => sum + Number(packets), 0);
      expect(counted).toBe(0);
    });
  });
});
