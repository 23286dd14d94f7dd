/**
 * UDP flows whose endpoint is gone. A flow is remembered for as long as its client sends, and a client of UDP does not notice that nobody answers: it
 * would send to the endpoint that is gone for ever. So when endpoints of UDP services go, their flows are taken out, and the client's next packet
 * chooses again. What counts is whether the endpoint still serves (kube-proxy's rule: pkg/proxy/conntrack), and a service without any is left alone.
 * TCP and SCTP are never touched: a connection belongs to its endpoint until it ends.
 */
import { type EntityBuilder, fromBytes, type TableEntry, type Update } from '../p4runtime/index.ts';
import type { Target } from './endpoints.ts';
import type { AnsweringPort } from './frontends.ts';
import { addressNumber, type Family, inFamily } from './prefixes.ts';

const udp = 17n;

/** Endpoints that serve, `address port` as numbers, by `address port` of the frontend. UDP only. */
export type Serving = ReadonlyMap<string, ReadonlySet<string>>;

/** Of one port: its frontends and the endpoints that serve. */
export function servingOf(port: AnsweringPort, endpoints: readonly Target[]): Serving {
  if (port.port.protocol !== 'UDP') return new Map();
  const serving = new Set(endpoints.map((target) => key(target.address, target.port)));
  return new Map(port.frontends.map(({ address, port: number }) => [key(address, number), serving]));
}

/** Whether some service of `after` had endpoints in `before` that it has no more. O(endpoints of `after`). */
export function hasLostEndpoints(before: Serving, after: Serving): boolean {
  return [...after].some(([service, endpoints]) => [...(before.get(service) ?? [])].some((endpoint) => !endpoints.has(endpoint)));
}

/** Removals of both entries of each stale flow. `flows`: entries of the family's flow cache. */
export function staleFlows(build: EntityBuilder, family: Family, serving: Serving, flows: readonly TableEntry[]): Update[] {
  const table = inFamily('flows', family);
  const info = build.names.tables.get(table);
  const idsOf = (...names: string[]): number[] => names.map((name) => build.names.actionOf(info, name).preamble.id);
  // Those that a policy withdrew as well: they could come back
  const toDestination = idsOf('translate_destination', 'deny_destination');
  const toBoth = idsOf('translate_both', 'deny_both');
  return flows.flatMap((entry): Update[] => {
    if (!entry.action || !('action' in entry.action)) return [];
    const { actionId, params } = entry.action.action;
    if (!toDestination.includes(actionId) && !toBoth.includes(actionId)) return [];
    const [source, destination, sourcePort, destinationPort, protocol] = entry.match.map((m) =>
      'exact' in m ? fromBytes(m.exact.value) : 0n,
    );
    const numbers = params.map((param) => fromBytes(param.value));
    const [address, port] = numbers.slice(-2);
    const [newSource, newSourcePort] = toBoth.includes(actionId) ? numbers : [source, sourcePort];
    const endpoints = serving.get(`${destination} ${destinationPort}`);
    if (protocol !== udp || !endpoints || endpoints.size === 0 || endpoints.has(`${address} ${port}`)) return [];
    const reply = build.tableEntry({
      table,
      match: { source: address, destination: newSource, source_port: port, destination_port: newSourcePort, protocol: udp },
    });
    return [entry, reply].map((tableEntry) => ({ type: 'DELETE', entity: { tableEntry } }));
  });
}

function key(address: string, port: number): string {
  return `${addressNumber(address)} ${port}`;
}
