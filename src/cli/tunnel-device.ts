/**
 * The kernel's vxlan device as a port: the P4 program routes to it with the other node's inner MAC address, the kernel encapsulates. A packet socket cannot
 * say that a GSO frame is inside a tunnel, the device can: whole frames of 64 KiB cross (7.5 to 10 Gbit/s between namespaces, a third of that when
 * the program encapsulates and segments).
 *
 * As flannel sets it up: nothing is learnt or flooded; each other node is a forwarding entry of its inner MAC address to its outer one. A device that is there
 * already is used and left as it is; one that we made goes with us. By iproute2, as the CNI plugin's interfaces.
 */
import { execFileSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { interfaceFacts } from '../ports/index.ts';
import type { NodeConfig } from './config.ts';
import { UserError } from './errors.ts';

/** IP header, UDP, VXLAN and the inner Ethernet header: what a tunnelled packet needs beside itself (RFC 7348). */
export function vxlanOverheadBytes(vtep: string): number {
  return (vtep.includes(':') ? 40 : 20) + 8 + 8 + 14;
}

export interface Peer {
  readonly vtepAddress: string;
  readonly vtepMac: string;
}

export interface TunnelDevice {
  readonly name: string;
  /** Longest packet that the device takes. */
  readonly mtu: number;
  /** Longest packet that fits, with its tunnel headers, the interface that has our outer address; undefined if none has. */
  readonly mtuBelow: number | undefined;
  /** From now on the tunnels go to these nodes and no others. Returns what iproute2 refused. */
  setPeers(peers: readonly Peer[]): string | undefined;
  /** Takes away what `openTunnelDevice` and `setPeers` made. */
  close(): void;
}

/** Whether the kernel is to encapsulate: as configured, or because our tunnel address is the kernel's as well. */
export function wantsTunnelDevice({ vxlan, vtep }: NodeConfig): boolean {
  if (vxlan.encapsulation !== 'auto') return vxlan.encapsulation === 'kernel';
  return vtep !== undefined && interfaceWith(vtep.address) !== undefined;
}

/** Makes the device, or takes the one of that name. Throws a UserError. */
export function openTunnelDevice({ vxlan, vtep }: NodeConfig): TunnelDevice {
  const name = vxlan.device;
  const { address, mac } = vtep!;
  const isOurs = !exists(name);
  if (isOurs) {
    const error = iproute('ip', [
      `link add ${name} address ${mac} type vxlan id ${vxlan.vni} dstport ${vxlan.port} local ${address} nolearning`,
      ...mtuOf(address, name),
      `link set ${name} up`,
    ]);
    if (error !== undefined) {
      if (exists(name)) iproute('ip', [`link delete ${name}`]);
      throw new UserError(
        'tunnel-device',
        `cannot make the vxlan device '${name}': ${error}`,
        "name a device that is there ('vxlan.device: flannel.1'), or let the program encapsulate ('vxlan.encapsulation: program')",
      );
    }
  }
  const entries = new Map<string, string>();
  const change = (verb: 'replace' | 'delete', vtepMac: string, to: string): string =>
    `fdb ${verb} ${vtepMac} dev ${name} dst ${to}`;
  const setPeers = (peers: readonly Peer[]): string | undefined => {
    const wanted = new Map(peers.map((peer) => [peer.vtepMac, peer.vtepAddress]));
    const lines = [
      ...[...entries].flatMap(([peer, to]) => (wanted.get(peer) === to ? [] : [change('delete', peer, to)])),
      ...[...wanted].flatMap(([peer, to]) => (entries.get(peer) === to ? [] : [change('replace', peer, to)])),
    ];
    const error = lines.length === 0 ? undefined : iproute('bridge', lines);
    entries.clear();
    for (const [peer, to] of wanted) entries.set(peer, to);
    return error;
  };
  return {
    name,
    mtu: interfaceFacts(name).mtu,
    mtuBelow: mtuBelow(address),
    setPeers,
    close: () => {
      if (isOurs) iproute('ip', [`link delete ${name}`]);
      else setPeers([]);
    },
  };
}

/** The kernel's default for a device without lower interface is 1500, which the network below may not carry. */
function mtuOf(address: string, name: string): string[] {
  const mtu = mtuBelow(address);
  return mtu === undefined ? [] : [`link set ${name} mtu ${mtu}`];
}

function mtuBelow(address: string): number | undefined {
  const below = interfaceWith(address);
  return below === undefined ? undefined : interfaceFacts(below).mtu - vxlanOverheadBytes(address);
}

function interfaceWith(address: string): string | undefined {
  return Object.entries(networkInterfaces()).find(([, addresses]) => addresses?.some((a) => a.address === address))?.[0];
}

function exists(name: string): boolean {
  try {
    interfaceFacts(name);
    return true;
  } catch {
    return false;
  }
}

/** Runs lines in one process of `ip` or `bridge`. Returns its complaint. */
function iproute(program: 'ip' | 'bridge', lines: readonly string[]): string | undefined {
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
  try {
    execFileSync(program, ['-force', '-batch', '-'], { input: `${lines.join('\n')}\n`, stdio: ['pipe', 'ignore', 'pipe'], env });
    return undefined;
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr ?? error)
      .trim()
      .split('\n')[0];
  }
}
