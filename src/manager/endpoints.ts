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
import { difference } from './difference.ts';
import type { Endpoint, EndpointSlice, Model, Node, Service, ServicePort } from './model.ts';
import type { Family } from './prefixes.ts';

/** Where a flow of a service can go. */
export interface Target {
  /** What identifies it: `10.244.1.5 8080`. */
  readonly name: string;
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
  const isAllReady = all.every(isReady);
  const ready = isAllReady ? all : all.filter(isReady);
  const draining = isAllReady ? [] : all.filter(({ endpoint: e }) => !e.ready && e.serving && e.terminating);
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
export function servingTargets(service: Service, port: ServicePort, slices: readonly EndpointSlice[]): Target[] {
  const all = candidatesOf(service, port, slices, '');
  return all.filter(({ endpoint }) => endpoint.serving).map(toTarget);
}

/** The slices of a service. O(1) but for the first question about a list of slices. */
export function slicesOf({ endpointSlices }: Model, service: Service, family: Family): readonly EndpointSlice[] {
  let index = indexes.get(endpointSlices);
  if (!index) {
    index = new SliceIndex();
    index.update(endpointSlices);
    indexes.set(endpointSlices, index);
  }
  return index.of(service, family);
}

/** What follows from a list alone is kept with it. */
const indexes = new WeakMap<readonly EndpointSlice[], SliceIndex>();

/** Slices by their service, over time. */
export class SliceIndex {
  #slices: readonly EndpointSlice[] = [];
  readonly #of = new Map<string, EndpointSlice[]>();

  /** Takes the slices as they are now; the services whose slices are other ones, `namespace/name`. O(slices), a comparison each. */
  update(slices: readonly EndpointSlice[]): ReadonlySet<string> {
    const { gone, come } = difference(this.#slices, slices);
    this.#slices = slices;
    const touched = new Set<string>();
    const ofService = ({ namespace, service }: EndpointSlice): EndpointSlice[] => {
      const key = `${namespace}/${service}`;
      touched.add(key);
      const list = this.#of.get(key) ?? [];
      this.#of.set(key, list);
      return list;
    };
    for (const slice of gone) {
      const list = ofService(slice);
      list.splice(list.indexOf(slice), 1);
    }
    for (const slice of come) ofService(slice).push(slice);
    for (const key of touched) if (this.#of.get(key)?.length === 0) this.#of.delete(key);
    return touched;
  }

  of({ namespace, name }: Pick<Service, 'namespace' | 'name'>, family: Family): readonly EndpointSlice[] {
    return (this.#of.get(`${namespace}/${name}`) ?? []).filter((slice) => (slice.addressType === 'IPv6' ? 6 : 4) === family);
  }
}

interface Candidate {
  readonly target: Target;
  readonly endpoint: Endpoint;
}

function isReady({ endpoint }: Candidate): boolean {
  return endpoint.ready;
}

/** Every endpoint once, in the order of address and port. Of two that claim to be the same, the one that is ready counts, then the one on this node, then the heavier one. */
function candidatesOf(service: Service, port: ServicePort, slices: readonly EndpointSlice[], nodeName: string): Candidate[] {
  const found: Candidate[] = [];
  for (const slice of slices) {
    for (const { name: portName, protocol, port: number } of slice.ports) {
      if (portName !== port.name || protocol !== port.protocol) continue;
      for (const given of slice.endpoints) {
        const [address] = given.addresses;
        if (address === undefined) continue;
        const endpoint = service.publishNotReadyAddresses && !given.ready ? { ...given, ready: true } : given;
        const target = { name: `${address} ${number}`, address, port: number, weight: endpoint.weight ?? 1 };
        found.push({ target, endpoint });
      }
    }
  }
  if (found.every(({ target }, i) => i === 0 || found[i - 1]!.target.name < target.name)) return found;
  const better = (a: Endpoint, b: Endpoint): number => rank(b, nodeName) - rank(a, nodeName) || (b.weight ?? 1) - (a.weight ?? 1);
  found.sort(({ target: { name: a }, endpoint }, { target: { name: b }, endpoint: other }) =>
    a < b ? -1 : a > b ? 1 : better(endpoint, other),
  );
  return found.filter(({ target }, i) => i === 0 || target.name !== found[i - 1]!.target.name);
}

function rank({ ready, nodeName }: Endpoint, here: string): number {
  return (ready ? 2 : 0) + (nodeName === here ? 1 : 0);
}

/** Those that the hints mean for this node, or else for its zone; all if the hints do not mean us, or some have none. */
function nearest(ready: readonly Candidate[], { name, zone }: Pick<Node, 'name' | 'zone'>): readonly Candidate[] {
  if (!ready[0]?.endpoint.hints) return ready;
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

function toTarget({ target }: Candidate): Target {
  return target;
}
