/** Network namespaces, veth pairs and a tunnel, by `ip`: the building blocks of the demo's and the benchmarks' little clusters. */
import { execFileSync } from 'node:child_process';

/** A pod: a namespace with one interface and one address. */
export interface PodSite {
  /** Name of its network namespace. */
  readonly name: string;
  readonly address: string;
  readonly ipv6?: string;
  readonly mac: string;
}

/** How pods hang on their node. */
export interface PodLink {
  /** Network namespace of the node's end, and that end's name. */
  readonly node: string;
  readonly port: string;
  readonly mtu: number;
  /** Default gateway of the pod, on its link. */
  readonly gateway: string;
  /** The same for pods with an IPv6 address. */
  readonly gateway6?: string;
}

/** A node that ends our tunnel with a stock vxlan device. */
export interface TunnelNode {
  readonly name: string;
  readonly address: string;
  readonly mac: string;
  /** Of its vxlan device: the inner destination of tunnelled frames. */
  readonly vtepMac: string;
  /** The node at our end: its address, MAC address and pods. */
  readonly peer: { readonly address: string; readonly mac: string; readonly podCidr: string };
  readonly vxlan: { readonly vni: number; readonly port: number };
  /** Its one pod and the MTU of the tunnel. */
  readonly pod: PodSite;
  readonly mtu: number;
}

export function ip(...args: readonly string[]): void {
  try {
    execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const messages = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new Error(`'ip ${args.join(' ')}' failed: ${messages}`);
  }
}

/** `ip` with its arguments as one text. */
export function ipWords(words: string): void {
  ip(...words.split(/\s+/));
}

/** Runs a command in a namespace and waits for it. Throws with its messages if it fails. */
export function inNamespace(name: string, ...command: readonly string[]): void {
  ip('netns', 'exec', name, ...command);
}

export function addNamespace(name: string): void {
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

/** Joins a pod's namespace to its node's by a veth pair; the node's end has no address. */
export function addPod({ name, address, ipv6, mac }: PodSite, { node, port, mtu, gateway, gateway6 }: PodLink): void {
  ipWords(`link add ${port} netns ${node} mtu ${mtu} type veth peer name eth0 netns ${name} address ${mac} mtu ${mtu}`);
  ipWords(`-n ${node} link set ${port} up`);
  ipWords(`-n ${name} link set eth0 up`);
  ipWords(`-n ${name} address add ${address}/32 dev eth0`);
  ipWords(`-n ${name} route add ${gateway} dev eth0 scope link`);
  ipWords(`-n ${name} route add default via ${gateway} dev eth0`);
  if (ipv6 === undefined || gateway6 === undefined) return;
  inNamespace(name, 'sh', '-c', 'echo 0 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6');
  ipWords(`-n ${name} -6 address add ${ipv6}/128 dev eth0 nodad`);
  ipWords(`-n ${name} -6 route add default via ${gateway6} dev eth0`);
}

/**
 * A node as flannel would set it up: ip_forward, a vxlan device, static neighbour and forwarding entries instead of learning. `node` and
 * `port`: the namespace and name of the other end of its uplink.
 */
export function addTunnelNode(
  { name, address, mac, vtepMac, peer, vxlan, pod, mtu }: TunnelNode,
  node: string,
  port: string,
): void {
  ipWords(`link add ${port} netns ${node} type veth peer name eth0 netns ${name} address ${mac}`);
  ipWords(`-n ${node} link set ${port} up`);
  ipWords(`-n ${name} link set eth0 up`);
  ipWords(`-n ${name} address add ${address}/24 dev eth0`);
  ipWords(
    `-n ${name} link add vxlan0 address ${vtepMac} mtu ${mtu} type vxlan id ${vxlan.vni} dstport ${vxlan.port} local ${address} dev eth0 nolearning`,
  );
  ipWords(`-n ${name} link set vxlan0 up`);
  const network = (cidr: string): string => cidr.slice(0, cidr.indexOf('/'));
  const podNetwork = pod.address.replace(/\.\d+$/, '.0');
  ipWords(`-n ${name} address add ${podNetwork}/32 dev vxlan0`);
  ipWords(`-n ${name} neighbour add ${network(peer.podCidr)} lladdr ${peer.mac} dev vxlan0 nud permanent`);
  inNamespace(name, 'bridge', 'fdb', 'append', peer.mac, 'dev', 'vxlan0', 'dst', peer.address);
  ipWords(`-n ${name} route add ${peer.podCidr} via ${network(peer.podCidr)} dev vxlan0 onlink`);
  inNamespace(name, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  const gateway = pod.address.replace(/\.\d+$/, '.1');
  ipWords(`link add veth-pod netns ${name} mtu ${mtu} type veth peer name eth0 netns ${pod.name} address ${pod.mac} mtu ${mtu}`);
  ipWords(`-n ${name} link set veth-pod up`);
  ipWords(`-n ${pod.name} link set eth0 up`);
  ipWords(`-n ${pod.name} address add ${pod.address}/24 dev eth0`);
  ipWords(`-n ${name} address add ${gateway}/24 dev veth-pod`);
  ipWords(`-n ${pod.name} route add default via ${gateway}`);
}
