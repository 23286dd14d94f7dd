/** Rate limits of pods and pods that share a port, through the real program. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Model, Pod } from '../../src/manager/index.ts';
import { ethernet } from '../../src/wire/index.ts';
import { type Compiled, compileK8s, TestNode } from './data-plane.ts';
import { emptyModel, gatewayMac, localPod } from './models.ts';

let compiled: Compiled;
let node: TestNode;

beforeAll(() => {
  compiled = compileK8s();
});

beforeEach(() => {
  node = new TestNode(compiled, [1, 11, 12], [1]);
});

const withPods = (...pods: Pod[]): Model => ({ ...emptyModel, pods });
const rateLimited = 22;
const spoofed = 14;
/** 1,000 bytes with the Ethernet header. */
const datagram = (from: number, to: number, sourceMac = `02:00:00:00:01:0${from}`) => ({
  eth: { source: sourceMac, destination: gatewayMac },
  ip: { source: `10.1.0.${from}`, destination: `10.1.0.${to}` },
  udp: { sourcePort: 5000, destinationPort: 6000 },
  payload: new Uint8Array(958),
});

describe('rate limits', () => {
  // A megabit a second is 125 bytes a millisecond; the burst lets 4 packets through at once.
  const slow = { bitsPerSecond: 1e6, burstBits: 32_000 };
  const count = (from: number, to: number, packets: number): number => {
    let arrived = 0;
    for (let i = 0; i < packets; i++) arrived += node.send(10 + from, datagram(from, to)).length;
    return arrived;
  };

  test.each([
    ['egress', localPod('a', 1, {}, { bandwidth: { number: 1, egress: slow } }), localPod('b', 2)],
    ['ingress', localPod('a', 1), localPod('b', 2, {}, { bandwidth: { number: 2, ingress: slow } })],
  ])('%s: burst, then the rate', (_, a, b) => {
    node.setModel(withPods(a, b));
    expect(count(1, 2, 10)).toBe(4);
    expect(node.outcome(rateLimited)).toBe(6);
    node.nowMs += 8;
    expect(count(1, 2, 10)).toBe(1);
    node.nowMs += 1000;
    expect(count(1, 2, 10)).toBe(4);
    // The other direction is free.
    expect(count(2, 1, 50)).toBe(50);
  });

  test('both: the smaller one counts', () => {
    const [a, b] = [
      localPod('a', 1, {}, { bandwidth: { number: 1, egress: { ...slow, burstBits: 64_000 } } }),
      localPod('b', 2, {}, { bandwidth: { number: 2, ingress: slow } }),
    ];
    node.setModel(withPods(a, b));
    expect(count(1, 2, 10)).toBe(4);
  });

  test('a limit that goes; one that does not change keeps its tokens', () => {
    const limited = localPod('a', 1, {}, { bandwidth: { number: 1, egress: slow } });
    node.setModel(withPods(limited, localPod('b', 2)));
    expect(count(1, 2, 4)).toBe(4);
    node.setModel(withPods(limited, localPod('b', 2), localPod('c', 3)));
    expect(count(1, 2, 4)).toBe(0);
    expect(node.manager.setModel(withPods(limited, localPod('b', 2), localPod('c', 3)), node.nowMs).transaction).toEqual([]);
    node.setModel(withPods(localPod('a', 1), localPod('b', 2)));
    expect(count(1, 2, 20)).toBe(20);
  });
});

describe('pods that share a port', () => {
  const shared = (name: string, host: number): Pod => localPod(name, host, {}, { port: 11, sharesPort: true });

  test('reach each other through it; an address goes with its MAC address', () => {
    node.setModel(withPods(shared('a', 1), shared('b', 2), localPod('d', 4, {}, { port: 12 })));
    const [out] = node.send(11, datagram(1, 2));
    expect(out!.port).toBe(11);
    expect(ethernet.get(out!.bytes)).toMatchObject({ source: gatewayMac, destination: '02:00:00:00:01:02' });
    expect(node.send(11, datagram(1, 2, '02:00:00:00:01:02'))).toEqual([]);
    expect(node.send(11, datagram(3, 2))).toEqual([]);
    expect(node.outcome(spoofed)).toBe(2);
    expect(node.send(11, datagram(2, 4))).toMatchObject([{ port: 12 }]);
    expect(node.send(12, datagram(4, 1))).toMatchObject([{ port: 11 }]);
  });
});
