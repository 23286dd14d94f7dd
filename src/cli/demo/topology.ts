/**
 * The demo's network, in namespaces that exist only inside the demo's own mount, network and process namespaces:
 *
 *   shop/client    10.244.1.10 --+                                  the node's pods have the gateway 169.254.1.1,
 *   shop/intruder  10.244.1.11 --+                                  which only the data plane knows
 *   shop/web-1     10.244.1.21 --+-- ipu --------------- node-b --- shop/web-remote 10.244.2.21
 *   shop/web-2     10.244.1.22 --+   softipu run         a stock Linux node: ip_forward and a vxlan device
 *   shop/web-3     10.244.1.23 --+   192.168.50.1        192.168.50.2
 *
 * Every line is a veth pair; the ends in `ipu` have no address. All offloads stay as the kernel sets them.
 */
import { execFileSync } from 'node:child_process';

export interface PodSite {
  readonly name: string;
  readonly address: string;
  readonly mac: string;
  readonly labels: Readonly<Record<string, string>>;
}

const pod = (name: string, last: number, labels: Readonly<Record<string, string>>): PodSite => ({
  name,
  address: `10.244.1.${last}`,
  mac: `02:00:00:00:01:${last.toString(16).padStart(2, '0')}`,
  labels,
});

export const client = pod('client', 10, { role: 'frontend' });
export const intruder = pod('intruder', 11, { role: 'batch' });
export const backends: readonly PodSite[] = [21, 22, 23].map((last, i) => pod(`web-${i + 1}`, last, { app: 'web' }));
export const localPods: readonly PodSite[] = [client, intruder, ...backends];
export const remotePod: PodSite = {
  name: 'web-remote',
  address: '10.244.2.21',
  mac: '02:00:00:00:02:15',
  labels: { app: 'web-remote' },
};

export const podNamespace = 'shop';
export const gateway = { address: '169.254.1.1', mac: '02:00:00:00:00:01' };
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
export const service = { name: 'web', address: '10.96.0.10', tcpPort: 80, udpPort: 53 };
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

/** Builds everything. Must run in namespaces of its own; takes about half a second. */
export function buildTopology(): void {
  for (const name of [ipu, nodeB.name, remotePod.name, ...localPods.map((p) => p.name)]) {
    ip('netns', 'add', name);
    // No neighbour discovery of IPv6 between the packets. Where it cannot be switched off it does no harm.
    inNamespace(
      name,
      'sh',
      '-c',
      'for f in all default; do echo 1 > /proc/sys/net/ipv6/conf/$f/disable_ipv6; done 2>/dev/null; true',
    );
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  for (const site of localPods) buildPod(site);
  buildRemoteNode();
}

/** Runs a command in a namespace and waits for it. Throws with its messages if it fails. */
export function inNamespace(name: string, ...command: readonly string[]): void {
  ip('netns', 'exec', name, ...command);
}

function buildPod({ name, address, mac }: PodSite): void {
  const port = `veth-${name}`;
  ip(
    'link',
    'add',
    port,
    'netns',
    ipu,
    'mtu',
    `${podMtu}`,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    name,
    'address',
    mac,
    'mtu',
    `${podMtu}`,
  );
  ip('-n', ipu, 'link', 'set', port, 'up');
  ip('-n', name, 'link', 'set', 'eth0', 'up');
  ip('-n', name, 'address', 'add', `${address}/32`, 'dev', 'eth0');
  ip('-n', name, 'route', 'add', gateway.address, 'dev', 'eth0', 'scope', 'link');
  ip('-n', name, 'route', 'add', 'default', 'via', gateway.address, 'dev', 'eth0');
}

/** A node as flannel would set it up: static neighbour and forwarding entries instead of learning. */
function buildRemoteNode(): void {
  const { name, address, mac, vtepMac } = nodeB;
  ip('link', 'add', netPort, 'netns', ipu, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name, 'address', mac);
  ip('-n', ipu, 'link', 'set', netPort, 'up');
  ip('-n', name, 'link', 'set', 'eth0', 'up');
  ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 'eth0');
  const tunnel = [
    'type',
    'vxlan',
    'id',
    `${vxlan.vni}`,
    'dstport',
    `${vxlan.port}`,
    'local',
    address,
    'dev',
    'eth0',
    'nolearning',
  ];
  ip('-n', name, 'link', 'add', 'vxlan0', 'address', vtepMac, 'mtu', `${podMtu}`, ...tunnel);
  ip('-n', name, 'link', 'set', 'vxlan0', 'up');
  const peer = '10.244.1.0';
  ip('-n', name, 'address', 'add', '10.244.2.0/32', 'dev', 'vxlan0');
  ip('-n', name, 'neighbour', 'add', peer, 'lladdr', nodeA.mac, 'dev', 'vxlan0', 'nud', 'permanent');
  bridgeAppend(name, nodeA.mac, nodeA.address);
  ip('-n', name, 'route', 'add', nodeA.podCidr, 'via', peer, 'dev', 'vxlan0', 'onlink');
  inNamespace(name, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  buildRemotePod(name);
}

function buildRemotePod(node: string): void {
  const { name, address, mac } = remotePod;
  ip(
    'link',
    'add',
    'veth-pod',
    'netns',
    node,
    'mtu',
    `${podMtu}`,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    name,
    'address',
    mac,
    'mtu',
    `${podMtu}`,
  );
  ip('-n', node, 'link', 'set', 'veth-pod', 'up');
  ip('-n', name, 'link', 'set', 'eth0', 'up');
  ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 'eth0');
  ip('-n', node, 'address', 'add', '10.244.2.1/24', 'dev', 'veth-pod');
  ip('-n', name, 'route', 'add', 'default', 'via', '10.244.2.1');
}

function bridgeAppend(namespace: string, mac: string, vtep: string): void {
  inNamespace(namespace, 'bridge', 'fdb', 'append', mac, 'dev', 'vxlan0', 'dst', vtep);
}

function ip(...args: readonly string[]): void {
  try {
    execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const messages = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new Error(`'ip ${args.join(' ')}' failed: ${messages}`);
  }
}
