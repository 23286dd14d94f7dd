/**
 * The demo's network, in namespaces that exist only inside the demo's own mount, network and process namespaces:
 *
 *   shop/client    10.244.1.10 --+                                  the node's pods have the gateways 169.254.1.1 and
 *   shop/intruder  10.244.1.11 --+                                  fe80::1, which only the data plane knows
 *   shop/web-1     10.244.1.21 --+-- ipu --------------- node-b --- shop/web-remote 10.244.2.21
 *   shop/web-2     10.244.1.22 --+   softipu run         a stock Linux node: ip_forward and a vxlan device
 *   shop/web-3     10.244.1.23 --+   192.168.50.1        192.168.50.2
 *
 * Every line is a veth pair; the ends in `ipu` have no address. All offloads stay as the kernel sets them.
 */
import { addNamespace, addPod, addTunnelNode, ipWords, type PodSite as Site } from '../sandbox/network.ts';

export interface PodSite extends Site {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const pod = (name: string, last: number, labels: Readonly<Record<string, string>>): PodSite => ({
  name,
  address: `10.244.1.${last}`,
  ipv6: `fd00:10:244:1::${last}`,
  mac: `02:00:00:00:01:${last.toString(16).padStart(2, '0')}`,
  labels,
});

export const client = pod('client', 10, { role: 'frontend' });
/** Its egress rate, which a check measures. */
export const intruderRate = { bitsPerSecond: 20e6, quantity: '20M' };
export const intruder: PodSite = {
  ...pod('intruder', 11, { role: 'batch' }),
  annotations: { 'kubernetes.io/egress-bandwidth': intruderRate.quantity },
};
export const backends: readonly PodSite[] = [21, 22, 23].map((last, i) => pod(`web-${i + 1}`, last, { app: 'web' }));
export const localPods: readonly PodSite[] = [client, intruder, ...backends];
export const remotePod: PodSite = {
  name: 'web-remote',
  address: '10.244.2.21',
  mac: '02:00:00:00:02:15',
  labels: { app: 'web-remote' },
};

export const podNamespace = 'shop';
export const gateway = { address: '169.254.1.1', ipv6: 'fe80::1', mac: '02:00:00:00:00:01' };
export const vxlan = { vni: 4096, port: 4789 };
export const nodeA = { name: 'node-a', podCidr: '10.244.1.0/24', address: '192.168.50.1', mac: '02:00:00:00:50:01' };
export const nodeB = {
  name: 'node-b',
  podCidr: '10.244.2.0/24',
  address: '192.168.50.2',
  mac: '02:00:00:00:50:02',
  /** Of its vxlan device: the inner destination of tunnelled frames. */
  vtepMac: '02:00:00:00:51:02',
};
export const service = {
  name: 'web',
  address: '10.96.0.10',
  ipv6: 'fd00:10:96::10',
  tcpPort: 80,
  udpPort: 53,
  nodePort: 30080,
  udpNodePort: 30053,
};
/** The same backends; a client stays with the one that it met first. */
export const stickyService = { name: 'web-sticky', address: '10.96.0.30', tcpPort: 80, udpPort: 53 };
/** Backed by the remote pod only: what the policy does not concern. */
export const remoteService = { name: 'web-remote', address: '10.96.0.20', tcpPort: 80, udpPort: 53 };
export const target = { tcpPort: 8080, udpPort: 5353 };

/** Name of the network namespace in which softipu runs. */
export const ipu = 'ipu';
/** Pods' MTU: Ethernet's less 50 bytes of tunnel headers. */
const podMtu = 1450;

/** Interface of a pod in the ipu's namespace. */
export function portOf(site: PodSite): string {
  return `veth-${site.name}`;
}
export const netPort = 'veth-net';
/** Given, so that a manager that cannot see the interface knows it. */
export const netPortMac = '02:00:00:00:50:0a';

/** Builds everything. Must run in namespaces of its own; takes about half a second. */
export function buildTopology(): void {
  for (const name of [ipu, nodeB.name, remotePod.name, ...localPods.map((p) => p.name)]) addNamespace(name);
  for (const site of localPods)
    addPod(site, { node: ipu, port: portOf(site), mtu: podMtu, gateway: gateway.address, gateway6: gateway.ipv6 });
  addTunnelNode({ ...nodeB, peer: nodeA, vxlan, pod: remotePod, mtu: podMtu }, ipu, netPort);
  ipWords(`-n ${ipu} link set ${netPort} address ${netPortMac}`);
}
