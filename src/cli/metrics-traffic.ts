/**
 * Traffic per service and endpoint: the counters of flow entries, folded into totals (entry-counters.ts). Totals of endpoints that are gone and silent are
 * forgotten after a while, so that a cluster's churn does not pile up here.
 */
import type { MatchTable } from '../arena/index.ts';
import type { Model } from '../manager/index.ts';
import type { ExpiredEntry } from './dataplane.ts';
import { type CountedTable, EntryCounters, type NewEntry, nobody } from './entry-counters.ts';
import { FrontendOwners, protocolName, socketText } from './frontend-owners.ts';

/** A flow table of the program; positions of what we read in its entries. */
export interface FlowTable extends CountedTable {
  readonly actions: FlowActions;
  readonly keys: FlowKeys;
}

/** Numbers of the actions: what they do to the packets of one direction. -1: the program has none. */
interface FlowActions {
  readonly destination: number;
  readonly source: number;
  readonly both: number;
  readonly bothReply: number;
}

interface FlowKeys {
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly protocol: number;
}

/** What went through one service port to and from one endpoint. */
export interface Traffic {
  /** '' for what no service of the model explains. */
  readonly namespace: string;
  readonly service: string;
  /** Address and port of the service, as clients see it. */
  readonly frontend: string;
  readonly protocol: string;
  readonly endpoint: string;
  /** Connections, or flows of protocols without. */
  connections: number;
  packetsToEndpoint: number;
  bytesToEndpoint: number;
  packetsFromEndpoint: number;
  bytesFromEndpoint: number;
}

/** Flow tables have these keys and actions, whatever else a program has. */
const keyNames = ['source', 'destination', 'source_port', 'destination_port', 'protocol'] as const;

interface ProgramTables {
  readonly tables: readonly {
    readonly name: string;
    readonly keys: readonly { readonly name: string }[];
    readonly actions: readonly { readonly action: number }[];
  }[];
  readonly actions: readonly { readonly name: string }[];
}

/** The flow tables of a program, by the names that k8s-lb.p4 gives keys and actions. */
export function flowTables(program: ProgramTables, tables: readonly MatchTable[]): FlowTable[] {
  return program.tables.flatMap((description, index) => {
    const table = tables[index];
    const at = (name: string): number => description.keys.findIndex((key) => key.name === name);
    const action = (name: string): number =>
      description.actions.findIndex((a) => program.actions[a.action]?.name.split('.').at(-1) === name);
    const actions = {
      destination: action('translate_destination'),
      source: action('translate_source'),
      both: action('translate_both'),
      bothReply: action('translate_both_reply'),
    };
    if (!table || keyNames.some((name) => at(name) < 0) || actions.destination < 0 || actions.source < 0) return [];
    const [source, destination, sourcePort, destinationPort, protocol] = keyNames.map(at) as [
      number,
      number,
      number,
      number,
      number,
    ];
    return [{ index, table, actions, keys: { source, destination, sourcePort, destinationPort, protocol } }];
  });
}

/** Rounds for which the total of an endpoint that is gone stays, after its last packet. */
const silentRounds = 450;

export class TrafficTotals {
  readonly #counters: EntryCounters<FlowTable>;
  readonly #totals = new Map<number, Traffic>();
  /** Round of the last packet. */
  readonly #lastRounds = new Map<number, number>();
  #nextId = 1;
  readonly #ids = new Map<string, number>();
  readonly #model: () => Model | undefined;
  readonly #frontends: FrontendOwners;
  #round = 0;

  constructor(tables: readonly FlowTable[], model: () => Model | undefined) {
    this.#counters = new EntryCounters(tables, {
      begin: (entry) => this.#begin(entry),
      add: (owner, packets, bytes) => this.#add(owner, packets, bytes),
      endRound: () => this.#endRound(),
    });
    this.#model = model;
    this.#frontends = new FrontendOwners(model);
  }

  get rows(): readonly Traffic[] {
    return [...this.#totals.values()];
  }

  /** Looks at the next `part` of every table: see EntryCounters. */
  scan(part: number, maxNew?: number): number {
    return this.#counters.scan(part, maxNew);
  }

  /** An entry that ageing took out: what it counted since the last look. */
  expired(entry: ExpiredEntry): void {
    this.#counters.expired(entry);
  }

  /** The owner of a new entry: which total, times two, plus one for the way back. A flow to an endpoint is a connection more. */
  #begin({ of: { table, keys, actions }, key, action, params }: NewEntry<FlowTable>): number {
    const isForward = action === actions.destination || action === actions.both;
    if (!isForward && action !== actions.source && action !== actions.bothReply) return nobody;
    // Of both, source and destination; a forward entry's is the endpoint, the other one's is the frontend.
    const [address, port] = action === actions.both ? params.slice(2) : params;
    // A flow that only had to leave from another port is of no service.
    const [own, ownPort] = isForward ? [keys.destination, keys.destinationPort] : [keys.source, keys.sourcePort];
    if (address === key[own] && port === key[ownPort]) return nobody;
    const width = table.layout.spec.keys[keys.source]?.width ?? 32;
    const socket = (address: bigint | undefined, port: bigint | undefined): string =>
      socketText(address ?? 0n, port ?? 0n, width);
    const keySocket = isForward
      ? socket(key[keys.destination], key[keys.destinationPort])
      : socket(key[keys.source], key[keys.sourcePort]);
    const given = socket(address, port);
    const id = this.#idOf(Number(key[keys.protocol] ?? 0n), isForward ? keySocket : given, isForward ? given : keySocket);
    if (isForward) this.#totals.get(id)!.connections++;
    return 2 * id + (isForward ? 0 : 1);
  }

  #idOf(protocol: number, frontend: string, endpoint: string): number {
    const key = `${protocol} ${frontend} ${endpoint}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const service = this.#frontends.at(protocol, frontend);
    const id = this.#nextId++;
    this.#lastRounds.set(id, this.#round);
    this.#totals.set(id, {
      namespace: service?.namespace ?? '',
      service: service?.name ?? '',
      frontend,
      protocol: protocolName(protocol),
      endpoint,
      connections: 0,
      packetsToEndpoint: 0,
      bytesToEndpoint: 0,
      packetsFromEndpoint: 0,
      bytesFromEndpoint: 0,
    });
    this.#ids.set(key, id);
    return id;
  }

  #add(owner: number, packets: number, bytes: number): void {
    const total = this.#totals.get(owner >>> 1);
    if (!total) return;
    this.#lastRounds.set(owner >>> 1, this.#round);
    if ((owner & 1) === 0) {
      total.packetsToEndpoint += packets;
      total.bytesToEndpoint += bytes;
    } else {
      total.packetsFromEndpoint += packets;
      total.bytesFromEndpoint += bytes;
    }
  }

  #endRound(): void {
    this.#round++;
    if (this.#round % silentRounds === 0) this.#forget();
  }

  #forget(): void {
    const endpoints = new Set(
      this.#model()?.endpointSlices.flatMap((slice) => slice.endpoints.flatMap((endpoint) => endpoint.addresses)),
    );
    for (const [key, id] of this.#ids) {
      const address = /^\[?([^\]]*?)\]?:\d+$/.exec(this.#totals.get(id)!.endpoint)?.[1] ?? '';
      if (this.#round - this.#lastRounds.get(id)! < silentRounds || endpoints.has(address)) continue;
      this.#ids.delete(key);
      this.#totals.delete(id);
      this.#lastRounds.delete(id);
    }
  }
}
