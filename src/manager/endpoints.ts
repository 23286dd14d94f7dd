/**
 * Which endpoints count for a service port on this node: kube-proxy's rules (pkg/proxy/topology.go), for each family by itself.
 *
 *   cluster   the ready ones, of these only those that the topology hints mean for this node or zone;
 *             if there are none: those that terminate and still serve, wherever they are
 *   local     the ready ones on this node; if there are none: those on this node that terminate and still serve
 *
 * The two fall back independently. Hints count only if every ready endpoint has some and one of them means us: node hints before zone hints. A service
 * with trafficDistribution whose endpoints have no hints at all gets those that the EndpointSlice controller would have given: manifests have no controller.
 */
import type { Endpoint, EndpointSlice, Model, Node, Service, ServicePort } from './model.ts';
import type { Family } from './prefixes.ts';

/** Where a flow of a service can go. */
export interface Target {
  readonly address: string;
  readonly port: number;
  /** Share of new flows against the others'. */
  readonly weight: number;
}

export interface Eligible {
  /** For traffic policy Cluster. */
  readonly cluster: readonly Target[];
  /** For traffic policy Local. */
  readonly local: readonly Target[];
  /** There is one somewhere, whatever the policy: a Local policy without local endpoint drops then, and does not reject. */
  readonly hasAny: boolean;
}

/** The endpoints of one port of a service. Each address and port once, in their order. O(endpoints of the service). */
export function eligibleEndpoints(model: Model, service: Service, port: ServicePort, family: Family): Eligible {
  return eligible(model.node, service, port, slicesOf(model, service, family));
}

/** The same, of slices of one family. */
export function eligible(
  node: Pick<Node, 'name' | 'zone'>,
  service: Service,
  port: ServicePort,
  slices: readonly EndpointSlice[],
): Eligible {
  const all = candidatesOf(service, port, slices, node.name);
  const ready = all.filter(({ endpoint }) => endpoint.ready);
  const draining = all.filter(({ endpoint: e }) => !e.ready && e.serving && e.terminating);
  const isHere = ({ endpoint }: Candidate): boolean => endpoint.nodeName === node.name;
  const localReady = ready.filter(isHere);
  const near = nearest(withHints(service, ready), node);
  return {
    cluster: (near.length > 0 ? near : draining).map(toTarget),
    local: (localReady.length > 0 ? localReady : draining.filter(isHere)).map(toTarget),
    hasAny: ready.length > 0 || draining.length > 0,
  };
}

/** Endpoints that serve, ready or not, wherever they are. */
export function servingTargets(model: Model, service: Service, port: ServicePort, family: Family): Target[] {
  const all = candidatesOf(service, port, slicesOf(model, service, family), model.node.name);
  return all.filter(({ endpoint }) => endpoint.serving).map(toTarget);
}

/** The slices of a service. O(1) but for the first question about a list of slices. */
export function slicesOf({ endpointSlices }: Model, { namespace, name }: Service, family: Family): readonly EndpointSlice[] {
  let index = indexes.get(endpointSlices);
  if (!index) {
    index = indexSlices(endpointSlices);
    indexes.set(endpointSlices, index);
  }
  return index.get(`${namespace}/${name}`)?.[family] ?? [];
}

type OfService = Readonly<Record<Family, EndpointSlice[]>>;

/** What follows from a list alone is kept with it. */
const indexes = new WeakMap<readonly EndpointSlice[], ReadonlyMap<string, OfService>>();

function indexSlices(slices: readonly EndpointSlice[]): ReadonlyMap<string, OfService> {
  const result = new Map<string, OfService>();
  for (const slice of slices) {
    const key = `${slice.namespace}/${slice.service}`;
    let own = result.get(key);
    if (!own) {
      own = { 4: [], 6: [] };
      result.set(key, own);
    }
    own[slice.addressType === 'IPv6' ? 6 : 4].push(slice);
  }
  return result;
}

interface Candidate {
  readonly address: string;
  readonly port: number;
  readonly endpoint: Endpoint;
}

/** Every endpoint once, in the order of address and port. Of two that claim to be the same, the one that is ready counts, then the one on this node. */
function candidatesOf(service: Service, port: ServicePort, slices: readonly EndpointSlice[], nodeName: string): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const slice of slices) {
    for (const { name, protocol, port: number } of slice.ports) {
      if (name !== port.name || protocol !== port.protocol) continue;
      for (const given of slice.endpoints) {
        const [address] = given.addresses;
        if (address === undefined) continue;
        const endpoint = service.publishNotReadyAddresses && !given.ready ? { ...given, ready: true } : given;
        const key = `${address} ${number}`;
        const other = found.get(key)?.endpoint;
        const isBetter = !other || rank(endpoint, nodeName) > rank(other, nodeName);
        if (isBetter) found.set(key, { address, port: number, endpoint });
      }
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, candidate]) => candidate);
}

function rank({ ready, nodeName }: Endpoint, here: string): number {
  return (ready ? 2 : 0) + (nodeName === here ? 1 : 0);
}

/** Those that the hints mean for this node, or else for its zone; all if the hints do not mean us, or some have none. */
function nearest(ready: readonly Candidate[], { name, zone }: Pick<Node, 'name' | 'zone'>): readonly Candidate[] {
  for (const [kind, here] of [
    ['nodes', name],
    ['zones', zone],
  ] as const) {
    const isComplete = ready.every(({ endpoint }) => (endpoint.hints?.[kind].length ?? 0) > 0);
    const ours = here !== undefined && isComplete ? ready.filter(({ endpoint }) => endpoint.hints?.[kind].includes(here)) : [];
    if (ours.length > 0) return ours;
  }
  return ready;
}

/** The hints that trafficDistribution asks for (KEP-3015), where nobody gave any: an endpoint's own zone, and its own node for PreferSameNode. */
function withHints({ trafficDistribution: wanted }: Service, ready: readonly Candidate[]): readonly Candidate[] {
  if (!wanted || ready.some(({ endpoint }) => endpoint.hints)) return ready;
  return ready.map((candidate) => {
    const { zone, nodeName } = candidate.endpoint;
    const hints = {
      zones: zone === undefined ? [] : [zone],
      nodes: wanted === 'PreferSameNode' && nodeName !== undefined ? [nodeName] : [],
    };
    return { ...candidate, endpoint: { ...candidate.endpoint, hints } };
  });
}

function toTarget({ address, port, endpoint }: Candidate): Target {
  return { address, port, weight: endpoint.weight ?? 1 };
}
