/** The running node as the CNI plugin sees it: ports that come and go, and pods that are programmed with them. */
import { type CniNode, CniPlugin, type StoredAttachment, serveCni } from '../cni/index.ts';
import type { NodeConfig } from './config.ts';
import { UserError } from './errors.ts';
import type { Runtime } from './runtime.ts';
import { say } from './say.ts';
import type { Sync } from './sync.ts';

/** Receive slots of a pod's port: less than a node's uplink needs. */
const frames = 1024;
/** The specification of a pod's port, by its interface. */
export const podPortSpec = (interfaceName: string): string => `packet:${interfaceName},frames=${frames}`;
/** Pods with a port of their own beside the configured ports, where memory suffices: more than twice what kubelet starts by default. */
export const maxPodPorts = 250;
const podWaitMs = 5000;
const pollMs = 20;

/** Takes up earlier pods, then listens. `mtu`: of pods, the longest packet that reaches other nodes' pods. Returns what ends it. */
export async function startCni(config: NodeConfig, runtime: Runtime, sync: Sync, mtu: number | undefined): Promise<() => void> {
  const { cni } = config;
  if (!cni) return () => {};
  if (config.gateway.addresses.length === 0)
    throw new UserError('no-gateway', "pods need a gateway: 'gateway.addresses' is empty");
  const plugin = new CniPlugin({
    node: cniNode(config, runtime, sync),
    stateFile: cni.state,
    say,
    ...(mtu !== undefined && { mtu }),
  });
  await plugin.restore();
  const server = await serveCni(cni.socket, plugin, say).catch((error: Error) => {
    throw new UserError('cni-socket', `cannot listen for CNI: ${error.message}`);
  });
  return () => server.close();
}

function cniNode(config: NodeConfig, runtime: Runtime, sync: Sync): CniNode {
  const used = new Set(config.ports.map((port) => port.number));
  const attach = ({ pod, link, port, number, bandwidth }: StoredAttachment) => ({
    ...pod,
    addresses: link.addresses.map(({ address }) => address),
    port: {
      number: port,
      interface: link.hostName,
      kind: 'pod' as const,
      pod: `${pod.namespace}/${pod.name}`,
      mac: link.mac,
      isShared: link.kind === 'cdq',
      ...((bandwidth.ingress || bandwidth.egress) && { bandwidth: { number, ...bandwidth } }),
      mtu: link.mtu,
    },
  });
  const find = (namespace: string, name: string) => sync.object(`Pod ${namespace}/${name}`);
  return {
    gateways: config.gateway.addresses,
    fault: () => (sync.lastSyncMs === undefined ? 'services and policies are not known yet' : undefined),
    addPort: async (interfaceName) => {
      let number = 1;
      while (used.has(number)) number++;
      used.add(number);
      try {
        await runtime.addPort({ number, spec: podPortSpec(interfaceName), isNet: false });
      } catch (error) {
        used.delete(number);
        throw error;
      }
      return number;
    },
    removePort: async (number) => {
      await runtime.removePort(number);
      used.delete(number);
    },
    program: (attachments) => sync.setAttachments(attachments.map(attach)),
    waitForPod: async (namespace, name) => {
      // A directory of manifests need not know every pod; the API server does.
      if (!config.kubernetes) return true;
      const isThere = (): boolean => find(namespace, name) !== undefined;
      for (let waited = 0; waited < podWaitMs && !isThere(); waited += pollMs)
        await new Promise((done) => setTimeout(done, pollMs));
      return isThere();
    },
    interfaceOf: (namespace, name) => {
      const pod = find(namespace, name);
      return pod?.kind === 'Pod' ? pod.content?.interface : undefined;
    },
  };
}
