/** Names and addresses of the benchmarks' little network, the same in every lane (drawing in lanes.ts). */
import type { PodSite } from '../sandbox/network.ts';

export const gateway = { address: '169.254.1.1', mac: '02:00:00:00:00:01' };
export const ports = { tcp: 80, udp: 53, targetTcp: 8080, targetUdp: 5353 };
export const services = { server: '10.96.0.10', sink: '10.96.0.11', remote: '10.96.0.20' };
/** Services that nobody asks for, in every contender's tables. */
export const fillerServices = 100;
export const mtu = 1450;

export const sites = { client: '10.244.1.10', server: '10.244.1.21', sink: '10.244.1.31' } as const;
export type Role = keyof typeof sites;
export const roles: readonly Role[] = ['client', 'server', 'sink'];
export const macOf = (role: Role): string => `02:00:00:00:01:${Number(sites[role].split('.')[3]).toString(16).padStart(2, '0')}`;

/** Our end of the tunnel and the stock node at the other. */
export const nodeA = { name: 'node-a', address: '192.168.50.1', mac: '02:00:00:00:50:01', podCidr: '10.244.1.0/24' };
export const nodeB = {
  name: 'node-b',
  address: '192.168.50.2',
  mac: '02:00:00:00:50:02',
  vtepMac: '02:00:00:00:51:02',
  podCidr: '10.244.2.0/24',
};
export const tunnel = { vni: 4096, port: 4789 };
export const remotePod: PodSite = { name: 'remote', address: '10.244.2.21', mac: '02:00:00:00:02:15' };
