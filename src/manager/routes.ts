/**
 * Routes: local pods by their address, the node's own addresses behind the host port, other nodes' pods through the tunnel and these nodes themselves beside
 * it, and the rest as the node's routes say. An entry needs the MAC address of its next hop; until somebody knows it, the entry is left out and the question asked.
 */
import type { Entity, TableEntryLike } from '../p4runtime/index.ts';
import type { Context } from './context.ts';
import type { Port } from './model.ts';
import { contains, familyOf, hostPrefix, inFamilyOf, toPrefix } from './prefixes.ts';
import { limiterTo } from './rate-limits.ts';

export function routeEntities(context: Context): Entity[] {
  const routes = new Map<string, TableEntryLike>();
  // The first one for a prefix stays: what is nearest comes first.
  const add = (destination: string, route: TableEntryLike | undefined): void => {
    if (route && !routes.has(destination)) routes.set(destination, route);
  };
  for (const { address, port, mac, limiter } of localAddresses(context))
    add(hostPrefix(address), limited(toPort(context, hostPrefix(address), port, address, mac), limiter));
  for (const [podCIDR, route] of remotePods(context)) add(podCIDR, route);
  for (const [destination, route] of nodeRoutes(context)) add(destination, route);
  for (const destination of unusedAddresses(context))
    add(destination, { table: inFamilyOf(destination, 'routes'), match: { destination }, action: 'no_route' });
  return [...routes.values()].map((route) => ({ tableEntry: context.build.tableEntry(route) }));
}

/** Addresses behind pod and host ports. */
function* localAddresses({ model }: Context): Generator<LocalAddress> {
  for (const pod of model.pods) {
    const { port, mac } = pod;
    if (port === undefined) continue;
    for (const address of pod.addresses) yield { address, port, mac, limiter: limiterTo(pod) };
  }
  const host = model.ports.find((port) => port.kind === 'host');
  if (host) for (const address of model.node.addresses) yield { address, port: host.number, mac: undefined, limiter: 0 };
}

interface LocalAddress {
  readonly address: string;
  readonly port: number;
  readonly mac: string | undefined;
  /** 0: none. */
  readonly limiter: number;
}

function limited(route: TableEntryLike | undefined, limiter: number): TableEntryLike | undefined {
  if (!route || limiter === 0) return route;
  return { ...route, action: 'to_limited_port', params: { ...route.params, limiter } };
}

function* remotePods(context: Context): Generator<[string, TableEntryLike | undefined]> {
  const { model, neighbours } = context;
  const { tunnel } = model.node;
  const port = portOf(context, tunnel?.port);
  if (!tunnel || !port) return;
  for (const remote of model.remoteNodes) {
    // Tunnels are of one family: whoever made the model has said so.
    if (familyOf(remote.vtepAddress) !== familyOf(tunnel.address)) continue;
    if (tunnel.isDevice) {
      const params = { port: port.number, source_mac: tunnel.mac, destination_mac: remote.vtepMac };
      for (const destination of remote.podCIDRs)
        yield [destination, { table: inFamilyOf(destination, 'routes'), match: { destination }, action: 'to_port', params }];
      continue;
    }
    const nextHop = nextHopOf(context, remote.vtepAddress, port.number);
    const destinationMac = nextHop === undefined ? undefined : neighbours.mac(nextHop, port.number);
    for (const podCIDR of remote.podCIDRs) {
      const route = destinationMac !== undefined && {
        table: inFamilyOf(podCIDR, 'routes'),
        match: { destination: podCIDR },
        action: inFamilyOf(tunnel.address, 'to_node'),
        params: {
          port: port.number,
          source_mac: port.mac,
          destination_mac: destinationMac,
          local_vtep: tunnel.address,
          remote_vtep: remote.vtepAddress,
          vni: remote.vni,
          local_vtep_mac: tunnel.mac,
          remote_vtep_mac: remote.vtepMac,
        },
      };
      yield [podCIDR, route || undefined];
    }
    // The node itself: endpoints in its own network, and answers to what it masqueraded
    const node = hostPrefix(remote.vtepAddress);
    if (nextHop !== undefined) yield [node, toPort(context, node, port.number, nextHop)];
  }
}

/** Routes by a next hop, and every known neighbour of routes without one. */
function* nodeRoutes(context: Context): Generator<[string, TableEntryLike | undefined]> {
  const { model, neighbours } = context;
  for (const { destination, port, via } of model.routes) {
    if (via !== undefined) {
      yield [destination, toPort(context, destination, port, via)];
      continue;
    }
    const link = toPrefix(destination);
    if (!link) continue;
    for (const address of neighbours.addressesOn(port)) {
      const prefix = toPrefix(address);
      if (prefix && contains(link, prefix)) yield [hostPrefix(address), toPort(context, hostPrefix(address), port, address)];
    }
  }
}

/**
 * Addresses that nothing answers for but that are the cluster's own: of services, and of this node's pods to come. They do not follow a route to the network;
 * where there is none they need no entry.
 */
function* unusedAddresses({ model }: Context): Generator<string> {
  const routes = model.routes.flatMap((route) => toPrefix(route.destination) ?? []);
  for (const destination of [...model.node.podCIDRs, ...(model.node.serviceCIDRs ?? [])]) {
    const prefix = toPrefix(destination);
    if (prefix && routes.some((route) => contains(route, prefix))) yield destination;
  }
}

/** Who carries packets for `address` on a link: a gateway of the longest matching route, or `address` itself. */
function nextHopOf({ model }: Context, address: string, port: number): string | undefined {
  const target = toPrefix(address);
  if (!target) return undefined;
  const matching = model.routes
    .filter((route) => route.port === port)
    .flatMap((route) => {
      const prefix = toPrefix(route.destination);
      return prefix && contains(prefix, target) ? [{ prefix, via: route.via }] : [];
    })
    .sort((a, b) => b.prefix.length - a.prefix.length);
  return matching[0]?.via ?? address;
}

function toPort(
  context: Context,
  destination: string,
  number: number,
  nextHop: string,
  known?: string,
): TableEntryLike | undefined {
  const port = portOf(context, number);
  const mac = known ?? context.neighbours.mac(nextHop, number);
  if (!port || mac === undefined) return undefined;
  const params = { port: number, source_mac: port.mac, destination_mac: mac };
  const match = { destination };
  const table = inFamilyOf(destination, 'routes');
  return port.vlan === undefined
    ? { table, match, action: 'to_port', params }
    : { table, match, action: 'to_vlan', params: { ...params, vlan: port.vlan } };
}

function portOf({ model }: Context, number: number | undefined): Port | undefined {
  return model.ports.find((port) => port.number === number);
}
