/**
 * Traffic per service and endpoint: the counters of flow entries, folded into totals.
 *
 * The flow cache counts packets and bytes per entry, and entries go. So the table is looked at piece by piece, some slots per call, and what an entry has
 * counted since the last look is added to its total; when an entry expires, the rest is. Per slot we keep the word that tells one entry from the next (its
 * tag, which has the key's hash), what was counted, and which total it belongs to. Cost: a few loads per slot; an entry is decoded once in its life.
 *
 * Totals of endpoints that are gone and silent are forgotten after a while, so that a cluster's churn does not pile up here.
 *
 * Lost is only what an entry counts between the last look and its eviction by another flow, or its removal by the control plane.
 */
import type { MatchTable, TableEntry } from '../arena/index.ts';
import type { Model } from '../manager/index.ts';
import { frontendsOf, nodePortAddresses, protocolNumbers } from '../manager/index.ts';
import { fromBigint, parseAddress, printAddress } from '../wire/index.ts';
import type { ExpiredEntry } from './dataplane.ts';

/** A flow table of the program; positions of what we read in its entries. */
export interface FlowTable {
  /** Index among the program's tables. */
  readonly index: number;
  readonly table: MatchTable;
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

/** Not attributed: a flow of no service. */
const nobody = 0;

/** What was seen in each slot of one table. */
class Slots {
  readonly tag: Uint32Array;
  readonly packets: Float64Array;
  readonly bytes: Float64Array;
  /** Which total, times two, plus one for the way back. */
  readonly owner: Uint32Array;
  next = 0;

  constructor(count: number) {
    this.tag = new Uint32Array(count);
    this.packets = new Float64Array(count);
    this.bytes = new Float64Array(count);
    this.owner = new Uint32Array(count);
  }

  /** Lookups when the round began, and when one ended that had seen all of them; undefined: none has. */
  #began: bigint | undefined;
  #known: bigint | undefined;

  /** Goes over the next slots unseen if nothing can have changed since a round saw everything: nothing was looked up since. */
  skip(lookups: bigint, slots: number): boolean {
    if (lookups !== this.#known) return false;
    this.#began = undefined;
    this.next = this.next + slots >= this.tag.length ? 0 : this.next + slots;
    return true;
  }

  endRound(lookups: bigint): void {
    this.#known = this.#began === lookups ? lookups : undefined;
    this.#began = lookups;
  }
}

/** Packets that asked the table so far: without one no entry counts or comes. */
function lookups(table: MatchTable): bigint {
  const { hits, misses } = table.stats();
  return hits + misses;
}

interface Orphan {
  readonly packets: number;
  readonly bytes: number;
  readonly owner: number;
  readonly round: number;
}

/** Rounds for which an entry that made room is remembered: its expiry may still be on its way to us. */
const orphanRounds = 2;
/** Rounds for which the total of an endpoint that is gone stays, after its last packet. */
const silentRounds = 450;

export class TrafficTotals {
  readonly #tables: readonly (FlowTable & { readonly slots: Slots })[];
  readonly #totals = new Map<number, Traffic>();
  /** Round of the last packet. */
  readonly #lastRounds = new Map<number, number>();
  #nextId = 1;
  readonly #ids = new Map<string, number>();
  readonly #orphans = new Map<string, Orphan>();
  readonly #model: () => Model | undefined;
  #frontendsOf: Model | undefined;
  #frontends = new Map<string, { readonly namespace: string; readonly name: string }>();
  #round = 0;

  constructor(tables: readonly FlowTable[], model: () => Model | undefined) {
    this.#tables = tables.map((each) => ({ ...each, slots: new Slots(each.table.layout.slotCount) }));
    this.#model = model;
  }

  get rows(): readonly Traffic[] {
    return [...this.#totals.values()];
  }

  /**
   * Looks at the next slots of every table, a `part` of all (1: each of them), but decodes at most `maxNew` entries that it sees for the first time: the
   * next call goes on where this one stopped. Returns how many it decoded.
   */
  scan(part: number, maxNew = Number.POSITIVE_INFINITY): number {
    let decoded = 0;
    for (const { table, slots, ...flows } of this.#tables) {
      const count = table.layout.slotCount;
      const todo = Math.ceil(count * part);
      if (slots.skip(lookups(table), todo)) {
        if (slots.next === 0) this.#endRound();
        continue;
      }
      for (let n = 0; n < todo && decoded < maxNew; n++) {
        if (this.#look({ table, ...flows }, slots, slots.next)) decoded++;
        slots.next = slots.next + 1 === count ? 0 : slots.next + 1;
        if (slots.next === 0) {
          this.#endRound();
          slots.endRound(lookups(table));
        }
      }
    }
    return decoded;
  }

  /** An entry that ageing took out: what it counted since the last look. */
  expired(entry: ExpiredEntry): void {
    const flows = this.#tables.find(({ index }) => index === entry.table);
    if (!flows) return;
    const { slots } = flows;
    const orphanKey = `${entry.table} ${entry.slot} ${entry.tag}`;
    const orphan = this.#orphans.get(orphanKey);
    this.#orphans.delete(orphanKey);
    const isSeen = slots.tag[entry.slot] === entry.tag;
    const [packets, bytes] = [Number(entry.packets), Number(entry.bytes)];
    if (orphan) {
      this.#add(orphan.owner, packets - orphan.packets, bytes - orphan.bytes);
    } else if (isSeen) {
      this.#add(slots.owner[entry.slot]!, packets - slots.packets[entry.slot]!, bytes - slots.bytes[entry.slot]!);
      slots.tag[entry.slot] = 0;
    } else {
      this.#add(this.#begin(flows, entry.matches.map(BigInt), entry.action, entry.params.map(BigInt)), packets, bytes);
    }
  }

  /** True if the slot has an entry that was not seen before. */
  #look(flows: FlowTable, slots: Slots, slot: number): boolean {
    const { table } = flows;
    const { view } = table.memory;
    const at = table.address(slot);
    if (!table.has(slot)) return false;
    const tag = view.getUint32(at, true);
    const packets = counterAt(view, at + table.layout.counterOffset);
    const bytes = counterAt(view, at + table.layout.counterOffset + 8);
    const isSame = slots.tag[slot] === tag && packets >= slots.packets[slot]!;
    if (isSame) {
      const owner = slots.owner[slot]!;
      if (owner !== nobody && packets !== slots.packets[slot]) {
        this.#add(owner, packets - slots.packets[slot]!, bytes - slots.bytes[slot]!);
      }
    } else {
      if (slots.tag[slot] !== 0 && slots.owner[slot] !== nobody) {
        const [before, length, owner] = [slots.packets[slot]!, slots.bytes[slot]!, slots.owner[slot]!];
        this.#orphans.set(`${flows.index} ${slot} ${slots.tag[slot]}`, {
          packets: before,
          bytes: length,
          owner,
          round: this.#round,
        });
      }
      const entry = table.read(slot);
      slots.owner[slot] = this.#begin(flows, exactValues(entry), ...actionOf(entry));
      slots.tag[slot] = tag;
      this.#add(slots.owner[slot]!, packets, bytes);
    }
    slots.packets[slot] = packets;
    slots.bytes[slot] = bytes;
    return !isSame;
  }

  /** The owner of a new entry; a flow to an endpoint is a connection more. */
  #begin({ table, keys, actions }: FlowTable, key: readonly bigint[], action: number, params: readonly bigint[]): number {
    const isForward = action === actions.destination || action === actions.both;
    if (!isForward && action !== actions.source && action !== actions.bothReply) return nobody;
    // Of both, source and destination; a forward entry's is the endpoint, the other one's is the frontend.
    const [address, port] = action === actions.both ? params.slice(2) : params;
    // A flow that only had to leave from another port is of no service.
    const [own, ownPort] = isForward ? [keys.destination, keys.destinationPort] : [keys.source, keys.sourcePort];
    if (address === key[own] && port === key[ownPort]) return nobody;
    const length = (table.layout.spec.keys[keys.source]?.width ?? 32) / 8;
    const socket = (address: bigint | undefined, port: bigint | undefined): string => {
      const text = printAddress(fromBigint(address ?? 0n, length));
      return length === 4 ? `${text}:${port}` : `[${text}]:${port}`;
    };
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
    const service = this.#serviceAt(protocol, frontend);
    const id = this.#nextId++;
    this.#lastRounds.set(id, this.#round);
    this.#totals.set(id, {
      namespace: service?.namespace ?? '',
      service: service?.name ?? '',
      frontend,
      protocol: Object.entries(protocolNumbers).find(([, number]) => number === protocol)?.[0] ?? String(protocol),
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

  #serviceAt(protocol: number, frontend: string): { readonly namespace: string; readonly name: string } | undefined {
    const model = this.#model();
    if (model !== this.#frontendsOf) {
      this.#frontendsOf = model;
      this.#frontends = new Map();
      const nodeAddresses = model ? nodePortAddresses(model) : [];
      for (const service of model?.services ?? []) {
        for (const servicePort of service.ports) {
          for (const { protocol: name, address, port } of frontendsOf(service, servicePort, nodeAddresses)) {
            const bytes = parseAddress(address);
            const text = bytes ? printAddress(bytes) : address;
            const key = `${protocolNumbers[name]} ${text.includes(':') ? `[${text}]` : text}:${port}`;
            if (!this.#frontends.has(key)) this.#frontends.set(key, service);
          }
        }
      }
    }
    return this.#frontends.get(`${protocol} ${frontend}`);
  }

  #add(owner: number, packets: number, bytes: number): void {
    if (owner === nobody) return;
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
    for (const [key, orphan] of this.#orphans) if (this.#round - orphan.round > orphanRounds) this.#orphans.delete(key);
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

/** A 64-bit counter while the data plane counts: read again if a carry went through meanwhile. */
function counterAt(view: DataView, at: number): number {
  for (;;) {
    const high = view.getUint32(at + 4, true);
    const low = view.getUint32(at, true);
    if (view.getUint32(at + 4, true) === high) return high * 4294967296 + low;
  }
}

function exactValues(entry: TableEntry): bigint[] {
  return entry.matches.map((match) => (match.kind === 'exact' ? BigInt(match.value as bigint) : 0n));
}

function actionOf(entry: TableEntry): [number, readonly bigint[]] {
  return entry.call.kind === 'action' ? [entry.call.action, entry.call.params as readonly bigint[]] : [-1, []];
}
