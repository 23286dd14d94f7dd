/** What a running node shows beyond any program: services with their endpoints, flows, what the control plane was told. */
import type { TableEntry } from '../arena/index.ts';
import { balancedPorts, endpointsOf, type FrontendKind, type IpuManager } from '../manager/index.ts';
import { fromBigint, printAddress } from '../wire/index.ts';
import type { Handler } from './control-socket.ts';
import type { Runtime } from './runtime.ts';

const protocolNames: Readonly<Record<string, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6', 132: 'SCTP' };

export function protocolName(number: bigint): string {
  return protocolNames[String(number)] ?? String(number);
}

/** `flows` shows at most so many: a person looks, a program reads the tables. */
const maxFlows = 10_000;

export function nodeHandlers(runtime: Runtime, manager: IpuManager): Record<string, Handler> {
  return { ...managerHandlers(() => manager), flows: () => flowRows(runtime) };
}

/** What the control plane knows by itself, while there is one. */
export function managerHandlers(manager: () => IpuManager | undefined): Record<string, Handler> {
  const rows = (of: (manager: IpuManager) => object[]) => (): object[] => {
    const current = manager();
    return current ? of(current) : [];
  };
  return {
    services: rows(serviceRows),
    notifications: rows(({ idle }) => idle.last.map((record) => ({ atMs: record.atMs, entry: record.entry }))),
    neighbours: rows(({ neighbours }) => neighbours.map((n) => ({ address: n.address, mac: n.mac, port: n.port }))),
    unresolved: rows(({ unresolved }) => unresolved.map((u) => ({ address: u.address, port: u.port }))),
  };
}

/** One row per address and port that a service answers at. */
function serviceRows(manager: IpuManager): object[] {
  const { model } = manager;
  if (!model) return [];
  const ports = ([4, 6] as const).flatMap((family) => balancedPorts(model, family));
  return ports.flatMap((port) =>
    port.frontends.map((frontend) => {
      const endpoints = endpointsOf(port, frontend);
      return {
        namespace: port.service.namespace,
        service: port.service.name,
        type: frontendNames[frontend.kind],
        address: frontend.address,
        port: frontend.port,
        protocol: frontend.protocol,
        endpoints: endpoints.length,
        at: endpoints.map((e) => socketText(e.address, e.port)).join(' '),
      };
    }),
  );
}

const frontendNames: Readonly<Record<FrontendKind, string>> = {
  cluster: 'ClusterIP',
  external: 'ExternalIP',
  loadBalancer: 'LoadBalancer',
  node: 'NodePort',
};

function socketText(address: string, port: number | bigint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** One row per entry of the flow caches, which have one per direction. */
function flowRows(runtime: Runtime): object[] {
  const nowMs = runtime.nowMs();
  const rows: object[] = [];
  for (const [index, { name, actions }] of runtime.program.objects.tables.entries()) {
    const table = runtime.arena.tables[index];
    if (!table || !/\.flows(_ipv6)?$/.test(name)) continue;
    const names = actions.map((a) => {
      const full = runtime.program.objects.actions[a.action]!.name;
      return full.slice(full.lastIndexOf('.') + 1);
    });
    const length = (table.layout.spec.keys[0]?.width ?? 32) / 8;
    const address = (value: bigint): string => printAddress(fromBigint(value, length));
    for (const entry of table.entries()) {
      if (rows.length === maxFlows) return rows;
      const left = table.timeLeftMs(entry.handle, nowMs);
      if (left !== undefined && left <= 0) continue;
      const counter = table.counter(entry.handle);
      rows.push({
        ...keyColumns(entry, address),
        ...actionColumns(entry, names, address),
        packets: Number(counter.packets),
        bytes: Number(counter.bytes),
        expiresInMs: left ?? null,
      });
    }
  }
  return rows;
}

type Printer = (value: bigint) => string;

function keyColumns(entry: TableEntry, address: Printer): object {
  const [source, destination, sourcePort, destinationPort, protocol] = entry.matches.map((m) =>
    m.kind === 'exact' ? BigInt(m.value as bigint) : 0n,
  );
  return {
    protocol: protocolName(protocol!),
    source: address(source!),
    sourcePort: Number(sourcePort),
    destination: address(destination!),
    destinationPort: Number(destinationPort),
  };
}

function actionColumns(entry: TableEntry, actions: readonly string[], address: Printer): object {
  if (entry.call.kind !== 'action') return { action: '-', to: '-' };
  return {
    action: actions[entry.call.action] ?? '-',
    to: newAddresses(entry.call.params as readonly bigint[], address),
  };
}

/** What an entry makes of a packet's addresses: the new one, or the new source and the new destination. */
export function newAddresses(params: readonly bigint[], address: Printer): string {
  const sockets: string[] = [];
  for (let i = 0; i + 1 < params.length; i += 2) sockets.push(socketText(address(params[i]!), params[i + 1]!));
  return sockets.join(' > ') || '-';
}
