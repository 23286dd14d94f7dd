/**
 * A node whose pods have two addresses, for tests of both families.
 *
 *        +------------ node-a ------------+
 *   11 --| a 10.1.0.1, fd00:1::1           |-- 1   192.168.50.1, fd00:50::1 === VXLAN === node-b, pod c 10.2.0.3, fd00:2::3
 *   12 --| b 10.1.0.2, fd00:1::2           |
 *        +--------------------------------+
 */
import type { Model } from '../../src/manager/index.ts';
import { ipv4, ipv6, type PacketSpec } from '../../src/wire/index.ts';
import { emptyModel, gatewayMac, localPod, netPort, podPort, remotePod, service, slice } from './models.ts';

export const families = [4, 6] as const;

export const macs = { a: '02:00:00:00:01:01', b: '02:00:00:00:01:02', us: '02:00:00:00:aa:01', nodeB: '02:00:00:00:aa:02' };
export const underlays = {
  4: { ours: '192.168.50.1', theirs: '192.168.50.2' },
  6: { ours: 'fd00:50::1', theirs: 'fd00:50::2' },
} as const;
/** Addresses of a family: pods, the pod of the other node, a service. */
export const overlays = {
  4: { a: '10.1.0.1', b: '10.1.0.2', c: '10.2.0.3', vip: '10.96.0.1' },
  6: { a: 'fd00:1::1', b: 'fd00:1::2', c: 'fd00:2::3', vip: 'fd00:96::1' },
} as const;
export type Family = 4 | 6;

export function model(underlay: Family, endpoint: 'b' | 'c' = 'b'): Model {
  const { ours, theirs } = underlays[underlay];
  const both = (name: 'a' | 'b' | 'c'): string[] => [overlays[4][name], overlays[6][name]];
  const gateways = ['169.254.1.1', 'fe80::1'];
  return {
    ...emptyModel,
    node: {
      ...emptyModel.node,
      addresses: ['192.168.50.1', 'fd00:50::1'],
      gateway: { addresses: gateways, mac: gatewayMac },
      podCIDRs: ['10.1.0.0/24', 'fd00:1::/64'],
      tunnel: { address: ours, mac: '02:00:00:00:50:01', vni: 4096, port: 1 },
    },
    ports: [
      { ...netPort, addresses: ['192.168.50.1', 'fd00:50::1'] },
      ...[11, 12].map((n) => ({ ...podPort(n), addresses: gateways })),
    ],
    pods: [
      localPod('a', 1, {}, { addresses: both('a') }),
      localPod('b', 2, {}, { addresses: both('b') }),
      { ...remotePod('c', ''), addresses: both('c') },
    ],
    services: [service('web', overlays[4].vip, 80, { clusterIPs: [overlays[4].vip, overlays[6].vip] })],
    endpointSlices: ([4, 6] as const).map((family) => ({
      ...slice('web', [overlays[family][endpoint]]),
      addressType: `IPv${family}` as const,
    })),
    remoteNodes: [
      {
        name: 'node-b',
        podCIDRs: ['10.2.0.0/24', 'fd00:2::/64'],
        vtepAddress: theirs,
        vtepMac: '02:00:00:00:50:02',
        vni: 4096,
      },
    ],
    neighbours: [{ address: theirs, mac: macs.nodeB, port: 1 }],
  };
}

export const ipAt = (bytes: Uint8Array, at = 14) => {
  if (bytes[at]! >> 4 === 4) {
    const { source, destination, ttl } = ipv4.get(bytes.subarray(at));
    return { source, destination, ttl, l4: at + 20 };
  }
  const { source, destination, hopLimit } = ipv6.get(bytes.subarray(at));
  return { source, destination, ttl: hopLimit, l4: at + 40 };
};
export const fromA = (source: string, destination: string, more: Partial<PacketSpec>): PacketSpec => ({
  eth: { source: macs.a, destination: gatewayMac },
  ip: { source, destination },
  ...more,
});
