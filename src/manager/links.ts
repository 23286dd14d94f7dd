/** The small tables at the edge: who answers ARP and neighbour discovery, which tunnels are ours, and which addresses a pod may send with. */
import type { Entity, TableEntryLike } from '../p4runtime/index.ts';
import type { Context } from './context.ts';
import { familyOf, inFamilyOf } from './prefixes.ts';
import { limiterFrom } from './rate-limits.ts';

const arpRequest = 1;
const neighborSolicitation = 135;

/** Who answers for an address, and the port behind which its real owner is, if there is one. */
interface Answer {
  readonly mac: string;
  readonly home?: number;
}

/**
 * ARP requests and neighbour solicitations that the data plane answers: for the gateway, for our addresses on the network, and for pods of this node, which
 * are reached through us from everywhere.
 */
export function answerEntities({ model, build }: Context): Entity[] {
  const { gateway, tunnel, addresses } = model.node;
  const net = model.ports.find((port) => port.kind === 'net');
  const host = model.ports.find((port) => port.kind === 'host');
  const answers = new Map<string, Answer>();
  const add = (address: string, answer: Answer): void => {
    if (!answers.has(address)) answers.set(address, answer);
  };
  for (const address of gateway.addresses) add(address, gateway);
  for (const port of model.ports) if (port.kind === 'net') for (const address of port.addresses) add(address, { mac: port.mac });
  if (tunnel && !tunnel.isDevice)
    add(tunnel.address, { mac: model.ports.find((port) => port.number === tunnel.port)?.mac ?? gateway.mac });
  if (host) for (const address of addresses) add(address, { mac: net?.mac ?? gateway.mac, home: host.number });
  for (const { port, addresses: own } of model.pods) {
    if (port !== undefined) for (const address of own) add(address, { mac: gateway.mac, home: port });
  }
  return [...answers].map(([address, answer]) => ({ tableEntry: build.tableEntry(answerEntry(address, answer)) }));
}

function answerEntry(address: string, { mac, home }: Answer): TableEntryLike {
  if (familyOf(address) === 4)
    return { table: 'arp_responder', match: { operation: arpRequest, address }, action: 'arp_reply', params: { mac } };
  const match = { type: neighborSolicitation, address };
  return home === undefined
    ? { table: 'neighbor_responder', match, action: 'advertise', params: { mac } }
    : { table: 'neighbor_responder', match, action: 'advertise_for', params: { mac, home } };
}

/** The tunnel packets that we open. */
export function tunnelEntities({ model, build }: Context): Entity[] {
  const { tunnel } = model.node;
  if (!tunnel || tunnel.isDevice) return [];
  const match = { vtep: tunnel.address, vni: tunnel.vni };
  const table = inFamilyOf(tunnel.address, 'tunnel_endpoints');
  return [{ tableEntry: build.tableEntry({ table, match, action: 'terminate' }) }];
}

/** A pod sends with its own addresses only. Ports without a pod that we know of are not checked. */
export function sourceEntities({ model, build }: Context): Entity[] {
  const entries = new Map<string, TableEntryLike>();
  // A pod without an address of a family sends nothing of that family.
  const podPorts = ['pod_ports', 'pod_ports_ipv6'].filter((table) => build.names.tables.find(table));
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
      if (!entries.has(key)) entries.set(key, { table: inFamilyOf(address, 'pod_sources'), match: { port, address }, ...action });
    }
    for (const table of podPorts) entries.set(`${port} ${table}`, { table, match: { port }, action: 'source_spoofed' });
  }
  return [...entries.values()].map((entry) => ({ tableEntry: build.tableEntry(entry) }));
}
