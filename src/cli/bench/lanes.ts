/**
 * Lanes: one little network per contender, all alike but for what forwards between the pods. They stand side by side, and only one at a
 * time has traffic, so that contenders can be measured in turn within one run.
 *
 *   LANE-client 10.244.1.10 --+           gateway 169.254.1.1
 *   LANE-server 10.244.1.21 --+-- LANE-node      service 10.96.0.10 -> server, 10.96.0.11 -> sink
 *   LANE-sink   10.244.1.31 --+
 *
 * The interfaces in LANE-node are called client, server and sink. What arrives at the sink is counted by its interface and dropped at its ingress.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { loadAddon } from '../../ports/index.ts';
import { addNamespace, addPod, addTunnelNode, inNamespace, ipWords } from '../sandbox/network.ts';
import { Node } from '../sandbox/node.ts';
import { writeConfiguration } from './configuration.ts';
import { iptablesRules, nftRules } from './kube-proxy.ts';
import { gateway, macOf, mtu, nodeA, nodeB, type Role, remotePod, roles, sites, tunnel } from './sites.ts';

export interface Lane {
  /** `softipu`, or the baseline's name. */
  readonly name: string;
  /** Whether its traffic goes to the service's address; kernel routing knows no services. */
  readonly hasServices: boolean;
  /** Network namespace of a pod, as the addon takes it. */
  netns(role: Role): string;
  /** What forwards, if it is a process. */
  readonly process?: { readonly pid: number; stop(): Promise<void> | void };
}

export const directory = '/run/softipu-bench';

/** The lane of `softipu run`, with a stock node behind a VXLAN tunnel. */
export async function softipuLane(): Promise<Lane> {
  const lane = build('softipu');
  for (const name of [nodeB.name, remotePod.name]) addNamespace(name);
  addTunnelNode({ ...nodeB, peer: nodeA, vxlan: tunnel, pod: remotePod, mtu }, nodeNamespace('softipu'), 'uplink');
  // The node's address is the kernel's, as on a real node: the kernel's vxlan device encapsulates.
  ipWords(`-n ${nodeNamespace('softipu')} address add ${nodeA.address}/24 dev uplink`);
  mkdirSync(directory, { recursive: true });
  const node = new Node(nodeNamespace('softipu'), writeConfiguration(directory));
  await node.ready(60_000);
  return { ...lane, hasServices: true, process: node };
}

/** The kernel's IP stack between pods, without services. */
export function routingLane(name = 'routing'): Lane {
  const lane = build(name);
  const node = nodeNamespace(name);
  for (const role of roles) {
    ipWords(`-n ${node} link set ${role} address ${gateway.mac}`);
    ipWords(`-n ${node} address add ${gateway.address}/32 dev ${role}`);
    ipWords(`-n ${node} route add ${sites[role]}/32 dev ${role}`);
    ipWords(`-n ${node} neighbour replace ${sites[role]} lladdr ${macOf(role)} dev ${role} nud permanent`);
  }
  inNamespace(node, 'sh', '-c', 'echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter; echo 1 > /proc/sys/net/ipv4/ip_forward');
  return { ...lane, hasServices: false };
}

/** Kernel routing with kube-proxy's rules in front; or why not: the program that loads them is not there or refuses. */
export function kubeProxyLane(kind: 'nft' | 'iptables'): Lane | string {
  const [program, args, rules] =
    kind === 'nft' ? (['nft', ['-f', '-'], nftRules()] as const) : (['iptables-restore', [], iptablesRules()] as const);
  if (!isInstalled(program)) return `'${program}' is not installed`;
  const lane = routingLane(kind);
  try {
    execFileSync('ip', ['netns', 'exec', nodeNamespace(kind), program, ...args], {
      input: rules,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
  } catch (error) {
    return `'${program}' refuses: ${String((error as { stderr?: unknown }).stderr).split('\n')[0]}`;
  }
  return { ...lane, hasServices: true };
}

/** Any forwarder: a command that takes the interfaces client, server and sink of its namespace. */
export function commandLane(name: string, command: string): Lane {
  const lane = build(name);
  const child = spawn('ip', ['netns', 'exec', nodeNamespace(name), 'sh', '-c', `exec ${command}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return { ...lane, hasServices: true, process: { pid: child.pid!, stop: () => void child.kill('SIGTERM') } };
}

/** No forwarder at all: packets end right behind the client's interface. What the generator costs by itself. */
export function emptyLane(): Lane {
  const lane = build('empty');
  dropArrivals(nodeNamespace('empty'), 'client');
  return { ...lane, hasServices: true };
}

export function nodeNamespace(lane: string): string {
  return `${lane}-node`;
}

function build(name: string): Lane {
  addNamespace(nodeNamespace(name));
  for (const role of roles) {
    const pod = `${name}-${role}`;
    addNamespace(pod);
    addPod(
      { name: pod, address: sites[role], mac: macOf(role) },
      { node: nodeNamespace(name), port: role, mtu, gateway: gateway.address },
    );
    ipWords(`-n ${pod} neighbour replace ${gateway.address} lladdr ${gateway.mac} dev eth0 nud permanent`);
  }
  inNamespace(`${name}-client`, 'sh', '-c', 'echo 1024 65535 > /proc/sys/net/ipv4/ip_local_port_range');
  dropArrivals(`${name}-sink`, 'eth0');
  return { name, hasServices: false, netns: (role) => `/run/netns/${name}-${role}` };
}

/** Ends packets right behind an interface's counters: by a tcx program, or by nftables where bpf(2) is not permitted. */
function dropArrivals(namespace: string, name: string): void {
  try {
    loadAddon().attachDrop(name, `/run/netns/${namespace}`);
  } catch {
    if (!isInstalled('nft')) throw new Error("a sink needs bpf(2), that is root and Linux 6.6, or 'nft': install nftables");
    const rules = `table netdev sink {
  chain drop-all { type filter hook ingress device "${name}" priority 0; policy drop; }
}
`;
    execFileSync('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], { input: rules, stdio: ['pipe', 'ignore', 'pipe'] });
  }
}

export function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
