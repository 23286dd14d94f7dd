/** The small tables at the edge: who answers ARP, which tunnels are ours, and which addresses a pod may send with. */
import type { Entity, TableEntryLike } from '../p4runtime/index.ts';
import type { Context } from './context.ts';
import { limiterFrom } from './rate-limits.ts';

const arpRequest = 1;

/**
 * ARP requests that the data plane answers: for the gateway, for our addresses on the network, and for pods of this node, which are reached through
 * us from everywhere.
 */
export function arpEntities({ model, build }: Context): Entity[] {
  const { gateway, tunnel, addresses } = model.node;
  const net = model.ports.find((port) => port.kind === 'net');
  const macs = new Map<string, string>();
  const add = (address: string | undefined, mac: string): void => {
    if (address !== undefined && !macs.has(address)) macs.set(address, mac);
  };
  for (const address of gateway.addresses) add(address, gateway.mac);
  for (const port of model.ports) if (port.kind === 'net') for (const address of port.addresses) add(address, port.mac);
  if (tunnel) add(tunnel.address, model.ports.find((port) => port.number === tunnel.port)?.mac ?? gateway.mac);
  if (model.ports.some((port) => port.kind === 'host')) for (const address of addresses) add(address, net?.mac ?? gateway.mac);
  for (const pod of model.pods) if (pod.port !== undefined) for (const address of pod.addresses) add(address, gateway.mac);
  return [...macs].map(([address, mac]) => ({
    tableEntry: build.tableEntry({
      table: 'arp_responder',
      match: { operation: arpRequest, address },
      action: 'arp_reply',
      params: { mac },
    }),
  }));
}

/** The tunnel packets that we open. */
export function tunnelEntities({ model, build }: Context): Entity[] {
  const { tunnel } = model.node;
  if (!tunnel) return [];
  const match = { vtep: tunnel.address, vni: tunnel.vni };
  return [{ tableEntry: build.tableEntry({ table: 'tunnel_endpoints', match, action: 'terminate' }) }];
}

/** A pod sends with its own addresses only. Ports without a pod that we know of are not checked. */
export function sourceEntities({ model, build }: Context): Entity[] {
  const entries = new Map<string, TableEntryLike>();
  for (const pod of model.pods) {
    const { port, mac, sharesPort } = pod;
    if (port === undefined) continue;
    const limiter = limiterFrom(pod);
    const action =
      sharesPort || limiter !== 0
        ? { action: 'check_source', params: { mac: (sharesPort && mac) || 0, limiter } }
        : { action: 'source_ok' };
    for (const address of pod.addresses) {
      const key = `${port} ${address}`;
      if (!entries.has(key)) entries.set(key, { table: 'pod_sources', match: { port, address }, ...action });
    }
    entries.set(`${port}`, { table: 'pod_ports', match: { port }, action: 'source_spoofed' });
  }
  return [...entries.values()].map((entry) => ({ tableEntry: build.tableEntry(entry) }));
}
