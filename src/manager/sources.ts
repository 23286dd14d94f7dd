/**
 * What the client of a service is: one of the cluster, the node itself, or outside (`source_kinds`); which node address stands in for it where it is
 * masqueraded (`masquerade`); and who may use a load balancer's address (`source_ranges`).
 */
import type { Entity } from '../p4runtime/index.ts';
import type { Context } from './context.ts';
import { type Frontend, masqueradeAddress } from './frontends.ts';
import { type Model, protocolNumbers, type Service } from './model.ts';
import { contains, type Family, familyOf, hostPrefix, inFamily, toPrefix } from './prefixes.ts';

type Place = Pick<Context, 'model' | 'build'>;

/** SOURCE_* of k8s-lb.p4. */
const cluster = 2;
const node = 4;

/** Ports that a masqueraded flow may have: those below belong to servers. */
const firstPort = 1024;

export function sourceKindEntities({ model, build }: Place, family: Family): Entity[] {
  const kinds = new Map<string, number>();
  for (const prefix of clusterSources(model)) kinds.set(prefix, cluster);
  for (const address of model.node.addresses) kinds.set(hostPrefix(address), node);
  return [...kinds]
    .filter(([source]) => familyOf(source) === family)
    .map(([source, kind]) => ({
      tableEntry: build.tableEntry({
        table: inFamily('source_kinds', family),
        match: { source },
        action: 'source_kind_is',
        params: { kind },
      }),
    }));
}

/** Where the cluster's pods are; without `clusterCIDRs` what the model knows of them. */
function clusterSources({ node: own, remoteNodes, pods }: Model): string[] {
  if (own.clusterCIDRs) return [...own.clusterCIDRs];
  const prefixes = [...own.podCIDRs, ...remoteNodes.flatMap((remote) => remote.podCIDRs)];
  const known = prefixes.flatMap((prefix) => toPrefix(prefix) ?? []);
  const strays = pods
    .filter((pod) => pod.port !== undefined)
    .flatMap((pod) => pod.addresses.map(hostPrefix))
    .filter((address) => !known.some((prefix) => contains(prefix, toPrefix(address)!)));
  return [...prefixes, ...strays];
}

export function masqueradeEntities({ model, build }: Place, family: Family): Entity[] {
  const address = masqueradeAddress(model, family);
  if (address === undefined) return [];
  return Object.values(protocolNumbers).map((protocol) => ({
    tableEntry: build.tableEntry({
      table: inFamily('masquerade', family),
      match: { protocol },
      action: 'masquerade_as',
      params: { address, first_port: firstPort, ports: 65536 - firstPort },
    }),
  }));
}

/** loadBalancerSourceRanges as text, of a frontend that has any in its family. */
export function rangeListOf(
  model: Model,
  { kind, service }: Pick<Frontend, 'kind' | 'service'>,
  family: Family,
): string | undefined {
  if (kind !== 'loadBalancer') return undefined;
  const ranges = (service.loadBalancerSourceRanges ?? []).filter((range) => familyOf(range) === family);
  if (ranges.length === 0) return undefined;
  // A node that may use the address may do so with the address as its source, which it has if it serves the address itself
  const prefixes = ranges.flatMap((range) => toPrefix(range) ?? []);
  const isNodeIn = model.node.addresses.some((own) => prefixes.some((prefix) => contains(prefix, toPrefix(own)!)));
  const own = isNodeIn ? (service.loadBalancerIPs ?? []).filter((ip) => familyOf(ip) === family).map(hostPrefix) : [];
  return [...new Set([...ranges, ...own])].sort().join(' ');
}

/** All lists of source ranges. */
export function rangeLists(model: Model, family: Family): Set<string> {
  const list = (service: Service): string | undefined => rangeListOf(model, { kind: 'loadBalancer', service }, family);
  const hasAddress = (service: Service): boolean => (service.loadBalancerIPs ?? []).some((ip) => familyOf(ip) === family);
  return new Set(model.services.filter(hasAddress).flatMap((service) => list(service) ?? []));
}

/** `ids`: numbers of the lists. */
export function sourceRangeEntities({ model, build }: Place, family: Family, ids: ReadonlyMap<string, number>): Entity[] {
  return [...rangeLists(model, family)].flatMap((list) =>
    list.split(' ').map((source) => ({
      tableEntry: build.tableEntry({
        table: inFamily('source_ranges', family),
        match: { ranges: ids.get(list)!, source },
        action: 'in_range',
        metadata: list,
      }),
    })),
  );
}

/** Where cluster IPs come from: what no service has there is nowhere. */
export function unallocatedEntities({ model, build }: Place, family: Family): Entity[] {
  const table = inFamily('service_addresses', family);
  return (model.node.serviceCIDRs ?? [])
    .filter((prefix) => familyOf(prefix) === family)
    .map((address) => ({ tableEntry: build.tableEntry({ table, match: { address }, action: 'unallocated' }) }));
}
