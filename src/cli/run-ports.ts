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

/** Packets of local pods that no tunnel takes would be lost on their way to other nodes: says so before anybody wonders. */
export function warnOfLongPackets(config: NodeConfig, tunnel: TunnelDevice | undefined): void {
  const mtus = (kind: 'net' | 'pod'): { readonly name: string; readonly mtu: number }[] =>
    config.ports.flatMap((port) => {
      const spec = parsePortSpec(port.interface);
      const facts = port.kind === kind && spec.kind === 'packet' ? factsOf(spec) : undefined;
      return facts ? [facts] : [];
    });
  const { vtep } = config;
  const below = vtep ? mtus('net').map(({ mtu }) => mtu - vxlanOverheadBytes(vtep.address)) : [];
  const most = tunnel?.mtu ?? Math.min(...below);
  const long = mtus('pod').filter(({ mtu }) => mtu > most);
  if (long.length === 0) return;
  const names = long.map(({ name }) => `'${name}'`).join(', ');
  say(
    `the tunnel to other nodes takes packets of ${most} bytes, but MTU is more than that at ${names}: set it to ${most} there and in the pods`,
  );
}

/** Undefined for an interface that is not there: opening it says so better. */
function factsOf({ interface: name, netns }: PacketPortOptions): { readonly name: string; readonly mtu: number } | undefined {
  try {
    return { name, mtu: interfaceFacts(name, netns).mtu };
  } catch {
    return undefined;
  }
}
