/** Ports of `softipu run`: those of node.yaml, and the kernel's vxlan device where that encapsulates. */
import { interfaceFacts, type PacketPortOptions, parsePortSpec } from '../ports/index.ts';
import type { NodeConfig } from './config.ts';
import { UserError } from './errors.ts';
import type { RuntimePort } from './runtime.ts';
import { say } from './say.ts';
import { openTunnelDevice, type TunnelDevice, vxlanOverheadBytes, wantsTunnelDevice } from './tunnel-device.ts';

/** Number of the device's port: the highest that the data plane has, where nobody else's is. */
export const devicePort = 2047;

/** The kernel's vxlan device, if it is to encapsulate; where that was our own idea and does not work, the program does. */
export function tunnelDevice(config: NodeConfig): TunnelDevice | undefined {
  if (!wantsTunnelDevice(config)) return undefined;
  try {
    return openTunnelDevice(config);
  } catch (error) {
    if (config.vxlan.encapsulation === 'kernel' || !(error instanceof UserError)) throw error;
    say(`${error.message}; the program encapsulates`);
    return undefined;
  }
}

/** Ports of the data plane. Where the kernel ends tunnels, the network's interfaces leave it their packets. */
export function runtimePorts(config: NodeConfig, tunnel: TunnelDevice | undefined): RuntimePort[] {
  const ports = config.ports.map(({ number, interface: spec, kind }) => {
    const isKept = tunnel !== undefined && kind === 'net' && parsePortSpec(spec).kind === 'packet';
    return { number, spec: isKept ? `${spec},keep=${config.vxlan.port}` : spec, isNet: kind === 'net' };
  });
  return tunnel ? [...ports, { number: devicePort, spec: tunnel.name, isNet: true }] : ports;
}

/** Bytes of the longest packet that fits the tunnels to other nodes; undefined: there are none, or nobody can tell. */
export function tunnelMtu(config: NodeConfig, tunnel: TunnelDevice | undefined): number | undefined {
  if (tunnel) return tunnel.mtu;
  const { vtep } = config;
  const below = mtus(config, 'net').map(({ mtu }) => mtu);
  return vtep && below.length > 0 ? Math.min(...below) - vxlanOverheadBytes(vtep.address) : undefined;
}

/** Packets of local pods that no tunnel takes would be lost on their way to other nodes: says so before anybody wonders. */
export function warnOfLongPackets(config: NodeConfig, tunnel: TunnelDevice | undefined): void {
  if (tunnel?.mtuBelow !== undefined && tunnel.mtu > tunnel.mtuBelow) {
    say(
      `the vxlan device '${tunnel.name}' takes packets of ${tunnel.mtu} bytes, but only ${tunnel.mtuBelow} fit the interface that they leave through: longer ones are fragmented or lost on their way; set its MTU to ${tunnel.mtuBelow}`,
    );
  }
  const most = tunnelMtu(config, tunnel);
  const long = most === undefined ? [] : mtus(config, 'pod').filter(({ mtu }) => mtu > most);
  if (long.length === 0) return;
  const names = long.map(({ name }) => `'${name}'`).join(', ');
  say(
    `the tunnel to other nodes takes packets of ${most} bytes, but MTU is more than that at ${names}: set it to ${most} there and in the pods`,
  );
}

/** Of the interfaces that ports of a kind are. */
function mtus(config: NodeConfig, kind: 'net' | 'pod'): { readonly name: string; readonly mtu: number }[] {
  return config.ports.flatMap((port) => {
    const spec = parsePortSpec(port.interface);
    const facts = port.kind === kind && spec.kind === 'packet' ? factsOf(spec) : undefined;
    return facts ? [facts] : [];
  });
}

/** Undefined for an interface that is not there: opening it says so better. */
function factsOf({ interface: name, netns }: PacketPortOptions): { readonly name: string; readonly mtu: number } | undefined {
  try {
    return { name, mtu: interfaceFacts(name, netns).mtu };
  } catch {
    return undefined;
  }
}
