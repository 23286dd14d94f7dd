/**
 * UDP flows whose endpoint is gone. A flow is remembered for as long as its client sends, and a client of UDP does not notice that nobody answers: it
 * would send to the endpoint that is gone for ever. So when endpoints of UDP services go, their flows are taken out, and the client's next packet
 * chooses again. What counts is whether the endpoint still serves (kube-proxy's rule: pkg/proxy/conntrack), and a service without any is left alone.
 * TCP is never touched: a connection belongs to its endpoint until it ends.
 */
import { type EntityBuilder, fromBytes, type TableEntry, type Update } from '../p4runtime/index.ts';
import type { Model } from './model.ts';
import { slicesByService } from './services.ts';

const udp = 17n;

/** Endpoints that serve, `address port` as numbers, by `address port` of the service. UDP only. */
export type Serving = ReadonlyMap<string, ReadonlySet<string>>;

export function servingEndpoints(model: Model): Serving {
  const result = new Map<string, Set<string>>();
  const allSlices = slicesByService(model);
  for (const service of model.services) {
    const slices = allSlices.get(`${service.namespace}/${service.name}`) ?? [];
    for (const port of service.ports.filter((p) => p.protocol === 'UDP')) {
      const endpoints = slices.flatMap((slice) =>
        slice.ports
          .filter((p) => p.name === port.name && p.protocol === 'UDP')
          .flatMap((p) => slice.endpoints.filter((e) => e.serving).flatMap((e) => e.addresses.map((a) => key(a, p.port)))),
      );
      for (const address of service.clusterIPs.filter((a) => !a.includes(':')))
        result.set(key(address, port.port), new Set(endpoints));
    }
  }
  return result;
}

/** Whether some service has endpoints in `before` that it has no more in `after`. */
export function hasLostEndpoints(before: Serving, after: Serving): boolean {
  return [...before].some(([service, endpoints]) => {
    const now = after.get(service);
    return now !== undefined && [...endpoints].some((endpoint) => !now.has(endpoint));
  });
}

/** Removals of both entries of each stale flow. `flows`: the entries of the table `flows`. */
export function staleFlows(build: EntityBuilder, serving: Serving, flows: readonly TableEntry[]): Update[] {
  const translate = build.names.actions.get('translate_destination').preamble.id;
  return flows.flatMap((entry): Update[] => {
    if (!entry.action || !('action' in entry.action) || entry.action.action.actionId !== translate) return [];
    const [source, destination, sourcePort, destinationPort, protocol] = entry.match.map((m) =>
      'exact' in m ? fromBytes(m.exact.value) : 0n,
    );
    const [address, port] = entry.action.action.params.map((param) => fromBytes(param.value));
    const endpoints = serving.get(`${destination} ${destinationPort}`);
    if (protocol !== udp || !endpoints || endpoints.size === 0 || endpoints.has(`${address} ${port}`)) return [];
    const reply = build.tableEntry({
      table: 'flows',
      match: { source: address, destination: source, source_port: port, destination_port: sourcePort, protocol: udp },
    });
    return [entry, reply].map((tableEntry) => ({ type: 'DELETE', entity: { tableEntry } }));
  });
}

function key(address: string, port: number): string {
  return `${address.split('.').reduce((n, part) => n * 256n + BigInt(part), 0n)} ${port}`;
}
