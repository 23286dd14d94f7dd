/**
 * UDP flows whose endpoint is gone. A flow is remembered for as long as its client sends, and a client of UDP does not notice that nobody answers: it
 * would send to the endpoint that is gone for ever. So when endpoints of UDP services go, their flows are taken out, and the client's next packet
 * chooses again. What counts is whether the endpoint still serves (kube-proxy's rule: pkg/proxy/conntrack), and a service without any is left alone.
 * TCP and SCTP are never touched: a connection belongs to its endpoint until it ends.
 */
import type { EntityBuilder, Update } from '../p4runtime/index.ts';
import { toBigint } from '../wire/index.ts';
import type { Target } from './endpoints.ts';
import type { AnsweringPort } from './frontends.ts';
import { addressNumber, type Family, inFamily } from './prefixes.ts';
import { numberAt, type Scan } from './scan.ts';

const udp = 17;

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

/** Removals of both entries of each stale flow. `scan`: of the family's flow cache. O(flows). */
export function staleFlows(build: EntityBuilder, family: Family, serving: Serving, scan: Scan): Update[] {
  const table = inFamily('flows', family);
  const info = build.names.tables.get(table);
  const idsOf = (...names: string[]): number[] => names.map((name) => build.names.actionOf(info, name).preamble.id);
  // Those that a policy withdrew as well: they could come back
  const toDestination = idsOf('translate_destination', 'deny_destination');
  const toBoth = idsOf('translate_both', 'deny_both');
  const n = family === 4 ? 4 : 16;
  const updates: Update[] = [];
  scan(({ actionId, key: bytes, params }) => {
    const isMasqueraded = toBoth.includes(actionId);
    if (bytes[2 * n + 4] !== udp || (!isMasqueraded && !toDestination.includes(actionId))) return;
    // Source, its port and the rest where masqueraded; destination and its port in any case
    const at = isMasqueraded ? n + 2 : 0;
    const destination = bytes.slice(n, 2 * n);
    const destinationPort = numberAt(bytes, 2 * n + 2, 2);
    const endpoints = serving.get(`${toBigint(destination)} ${destinationPort}`);
    if (!endpoints || endpoints.size === 0) return;
    const address = params.slice(at, at + n);
    const port = numberAt(params, at + n, 2);
    if (endpoints.has(`${toBigint(address)} ${port}`)) return;
    const [source, sourcePort] = [bytes.slice(0, n), numberAt(bytes, 2 * n, 2)];
    const [newSource, newSourcePort] = isMasqueraded ? [params.slice(0, n), numberAt(params, n, 2)] : [source, sourcePort];
    for (const match of [
      { source, destination, source_port: sourcePort, destination_port: destinationPort, protocol: udp },
      { source: address, destination: newSource, source_port: port, destination_port: newSourcePort, protocol: udp },
    ]) {
      updates.push({ type: 'DELETE', entity: { tableEntry: build.tableEntry({ table, match }) } });
    }
  });
  return updates;
}

function key(address: string, port: number): string {
  return `${addressNumber(address)} ${port}`;
}
