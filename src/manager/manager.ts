/**
 * The IPU Manager of one node: keeps the data plane as the model says.
 *
 *   model, learned neighbours --desiredState--> entries --diff--> transaction --device.write--> data plane
 *
 * It is told everything: a new model, packets that the program hands to the control plane, idle notifications, the time. It answers with writes to the
 * device and packets to send. A neighbour is believed only if an entry needs it, on the port where it is expected; it is asked again and again
 * until it answers, first soon and then more rarely, and from time to time afterwards, because it may have moved.
 */
import {
  type Atomicity,
  type Entity,
  type EntityBuilder,
  externEntry,
  fromBytes,
  type IdleTimeoutNotification,
  type P4Names,
  type PacketIn,
  type PacketOut,
  printEntity,
  type ScannedEntry,
  type Status,
  type TableEntry,
  type Update,
} from '../p4runtime/index.ts';
import { strayAffinity } from './affinity.ts';
import type { Unresolved } from './context.ts';
import { type DesiredRoutes, desiredRoutes } from './desired.ts';
import { mtusOf, mtuUpdates } from './icmp-errors.ts';
import { readInstalledIds } from './ids.ts';
import { Ledger } from './ledger.ts';
import type { Model, Neighbour } from './model.ts';
import { arpSender, neighborQuestion, neighborSender, type Sender } from './neighbor-packets.ts';
import { PolicyStage } from './policy.ts';
import { reviewFlows } from './policy-flows.ts';
import { addressNumber, type Family, familiesOf, inFamily } from './prefixes.ts';
import { recallNeighbours } from './recall.ts';
import { type Scan, scanEntities } from './scan.ts';
import { type ChangedPort, type Part, ServiceStage } from './service-stage.ts';
import { hasLostEndpoints, servingOf, staleFlows } from './stale-flows.ts';

/** What the manager needs of a P4Runtime device. */
export interface ManagedDevice {
  /** All updates or none, unless told to continue on errors; one status per update, all OK if they were applied. */
  write(updates: readonly Update[], atomicity?: Atomicity): readonly Status[];
  read(filters: readonly Entity[]): { readonly status: Status; readonly entities: readonly Entity[] };
  /** All entries of a table as bytes; absent: they are read as entities. */
  scan?(tableId: number, visit: (entry: ScannedEntry) => void): void;
  /** Every entity that a controller wrote: no learned entries, none of the program's own. */
  readInstalled(): Entity[];
  packetOut(packet: PacketOut): void;
}

export interface ManagerOptions {
  readonly device: ManagedDevice;
  readonly build: EntityBuilder;
  /** Idle notifications that are remembered; default 256. */
  readonly rememberedIdle?: number;
}

/** What became of a change: the transaction, and why it was refused if it was. */
export interface Applied {
  readonly transaction: readonly Update[];
  /** One sentence per refused update; empty if the transaction was applied. */
  readonly errors: readonly string[];
}

export interface IdleRecord {
  readonly atMs: number;
  readonly entry: string;
}

/** ARP requests (neighbour solicitations, for IPv6) for an unknown neighbour go out after 0, 1, 2, 4, 8, 16, 30, 30, ... seconds. */
const firstRetryMs = 1000;
const lastRetryMs = 30_000;
/** A known neighbour is asked again after this time. */
const refreshMs = 60_000;
/** Who says where he is, by `outcome_t` of k8s-lb.p4: ARP_UNKNOWN, NEIGHBOR_UNKNOWN. */
const senders: ReadonlyMap<bigint, (frame: Uint8Array) => Sender | undefined> = new Map([
  [11n, arpSender],
  [23n, neighborSender],
]);

interface Question {
  readonly question: Unresolved;
  dueMs: number;
  waitMs: number;
}

export class IpuManager {
  readonly #device: ManagedDevice;
  readonly #build: EntityBuilder;
  readonly #rememberedIdle: number;
  /** Without policy's, which the stage knows. */
  readonly #ledger: Ledger;
  readonly #services: ServiceStage;
  readonly #policy: PolicyStage;
  /** The ledger was not told every part since it was reset. */
  #mustTellAll = true;
  /** Policy has changed since the flows were asked last; at the start nobody knows. */
  #mustReview = true;
  /** Ports of services that changed since a model was applied last. */
  #changedPorts: readonly ChangedPort[] = [];
  #model: Model | undefined;
  #routes: DesiredRoutes = { entities: [], wanted: [], unresolved: [] };
  /** What `#routes` was made of. */
  #routesFrom: readonly unknown[] = [];
  readonly #learned = new Map<string, Neighbour>();
  readonly #questions = new Map<string, Question>();
  /** Printed when somebody asks: ten thousand flows may end in a second. */
  readonly #idle: { readonly atMs: number; readonly tableEntry: TableEntry }[] = [];
  #idleCount = 0;
  /** Changes with `#learned`. */
  #learnedVersion = 0;
  /** UDP endpoints that serve, by frontend. */
  readonly #serving = new Map<Family, Map<string, ReadonlySet<string>>>();
  /** Pools whose clients stick to their endpoints: `address port` as numbers, by number. */
  readonly #sticky = new Map<Family, Map<number, ReadonlySet<string>>>();
  /** Milliseconds of the expire-time profiles that we set. */
  readonly #expireMs = new Map<number, number>();
  /** MTU of each port, as we set it. */
  #mtus: ReadonlyMap<number, number> = new Map();
  readonly #staleEntries: Record<Family, number> = { 4: 0, 6: 0 };

  /** Takes over what is installed already: a restarted manager changes nothing that is right. */
  constructor(options: ManagerOptions) {
    this.#device = options.device;
    this.#build = options.build;
    this.#rememberedIdle = options.rememberedIdle ?? 256;
    const installed = options.device.readInstalled();
    this.#policy = new PolicyStage(options.build, installed);
    const others = installed.filter((entity) => !this.#policy.owns(entity));
    this.#services = new ServiceStage(options.build, readInstalledIds(options.build, others));
    this.#ledger = new Ledger(this.names, others);
  }

  get names(): P4Names {
    return this.#build.names;
  }

  get model(): Model | undefined {
    return this.#model;
  }

  /** Makes the data plane as the model says, and asks for neighbours that it needs. */
  setModel(model: Model, nowMs: number): Applied {
    const isFirst = this.#model === undefined;
    this.#model = model;
    if (isFirst) this.#recall(model);
    const result = this.#apply(nowMs);
    if (result.errors.length === 0) {
      for (const family of familiesOf(this.#build)) {
        const changed = this.#changedPorts.filter((change) => change.family === family);
        this.#forgetStaleFlows(family, changed);
        this.#forgetStrayClients(family, changed);
        if (this.#mustReview) this.#reviewFlows(family);
      }
      this.#changedPorts = [];
      this.#mustReview = false;
    }
    this.tick(nowMs);
    return result;
  }

  /** A packet that the program handed to the control plane. ARP and neighbour discovery teach neighbours; undefined if it taught nothing new. */
  packetIn(packet: PacketIn, nowMs: number): Applied | undefined {
    const fields = this.#build.packetInFields(packet);
    const teaches = senders.get(fromBytes(fields.reason ?? new Uint8Array()));
    const sender = teaches?.(packet.payload);
    const port = Number(fromBytes(fields.ingress_port ?? new Uint8Array()));
    const key = sender && `${port} ${sender.address}`;
    const question = key === undefined ? undefined : this.#questions.get(key);
    if (!sender || !key || !question) return undefined;
    question.dueMs = nowMs + refreshMs;
    question.waitMs = firstRetryMs;
    if (this.#learned.get(key)?.mac === sender.mac) return undefined;
    this.#learned.set(key, { address: sender.address, mac: sender.mac, port });
    this.#learnedVersion++;
    return this.#apply(nowMs);
  }

  /** Sends the questions that are due. Call it every few hundred milliseconds. */
  tick(nowMs: number): void {
    for (const [key, question] of this.#questions) {
      if (nowMs < question.dueMs) continue;
      const known = this.#learned.get(key);
      const payload = neighborQuestion(question.question);
      this.#device.packetOut(this.#build.packetOut(payload, { egress_port: question.question.port }));
      question.dueMs = nowMs + (known ? refreshMs : question.waitMs);
      question.waitMs = Math.min(2 * question.waitMs, lastRetryMs);
    }
  }

  /** Entries that the program let expire, or that were idle. */
  idleTimeout(notification: IdleTimeoutNotification, nowMs: number): void {
    for (const tableEntry of notification.tableEntry) {
      this.#idleCount++;
      this.#idle.push({ atMs: nowMs, tableEntry });
      if (this.#idle.length > this.#rememberedIdle) this.#idle.shift();
    }
  }

  /** The last idle notifications, oldest first, and how many there were in all. */
  get idle(): { readonly count: number; readonly last: readonly IdleRecord[] } {
    const last = this.#idle.map(({ atMs, tableEntry }) => ({
      atMs,
      entry: printEntity(this.names, { tableEntry: withoutAge(tableEntry) }),
    }));
    return { count: this.#idleCount, last };
  }

  /** What ARP and neighbour discovery taught. */
  get neighbours(): readonly Neighbour[] {
    return [...this.#learned.values()];
  }

  /** Neighbours whose entries wait for an answer. */
  get unresolved(): readonly Unresolved[] {
    return this.#routes.unresolved;
  }

  /** Entries of UDP flows that were taken out because their endpoint was gone. */
  get staleEntries(): Readonly<Record<Family, number>> {
    return this.#staleEntries;
  }

  /** What the manager believes to be installed. */
  get installed(): readonly Entity[] {
    return [...this.#ledger.entities(), ...this.#policy.entities()];
  }

  /** What was learned by a manager before us; the program's entries remember it. */
  #recall(model: Model): void {
    for (const neighbour of recallNeighbours(model, this.#build, this.#ledger.entities())) {
      this.#learned.set(`${neighbour.port} ${neighbour.address}`, neighbour);
      this.#learnedVersion++;
    }
  }

  #apply(nowMs: number): Applied {
    if (!this.#model) return { transaction: [], errors: [] };
    const services = this.#services.update(this.#model);
    this.#changedPorts = [...this.#changedPorts, ...services.ports];
    const routes = this.#updateRoutes(this.#model, nowMs) || this.#mustTellAll ? [routesPart(this.#routes)] : [];
    const forwarding = this.#ledger.plan([...routes, ...(this.#mustTellAll ? this.#services.all() : services.parts)]);
    this.#mustTellAll = false;
    const policy = this.#policy.update(this.#model);
    this.#mustReview ||= policy.length > 0;
    const transaction = [...forwarding, ...policy];
    const settings = [...this.#setExpireTimes(services.expireMs), ...this.#setMtus(mtusOf(this.#model))];
    if (transaction.length === 0 && settings.length === 0) return { transaction, errors: [] };
    const statuses = [...settings, ...this.#device.write(transaction)];
    const failed = statuses.filter(({ code }) => code !== 'OK' && code !== 'ABORTED');
    const errors = failed.map(({ code, message }) => `${code}: ${message}`);
    // After a refusal look at what is there: the next model starts from the truth.
    if (errors.length > 0) {
      const installed = this.#device.readInstalled();
      this.#policy.reset(installed);
      this.#ledger.reset(installed.filter((entity) => !this.#policy.owns(entity)));
      this.#mustTellAll = true;
    }
    return { transaction, errors };
  }

  /** Whether there are other routes now. */
  #updateRoutes(model: Model, nowMs: number): boolean {
    const from = [model.node, model.ports, model.pods, model.remoteNodes, model.routes, model.neighbours, this.#learnedVersion];
    if (from.every((part, i) => part === this.#routesFrom[i])) return false;
    this.#routesFrom = from;
    this.#routes = desiredRoutes(model, this.#build, this.neighbours);
    this.#keepQuestions(nowMs);
    return true;
  }

  /** Durations of profiles come before the entries that use them. */
  #setExpireTimes(expireMs: ReadonlyMap<number, number>): readonly Status[] {
    const changed = [...expireMs].filter(([profile, ms]) => this.#expireMs.get(profile) !== ms);
    if (changed.length === 0) return [];
    const statuses = this.#device.write(
      changed.map(([profile, ms]) => ({
        type: 'MODIFY',
        entity: { externEntry: externEntry('ExpireTimeProfile', profile, [ms]) },
      })),
    );
    if (statuses.every(({ code }) => code === 'OK')) for (const [profile, ms] of changed) this.#expireMs.set(profile, ms);
    return statuses;
  }

  #setMtus(mtus: ReadonlyMap<number, number>): readonly Status[] {
    const changed = [...mtus].filter(([port, mtu]) => this.#mtus.get(port) !== mtu);
    for (const port of this.#mtus.keys()) if (!mtus.has(port)) changed.push([port, 0]);
    if (changed.length === 0) return [];
    const statuses = this.#device.write(mtuUpdates(this.#build, changed));
    if (statuses.every(({ code }) => code === 'OK')) this.#mtus = mtus;
    return statuses;
  }

  /** Clients of UDP whose endpoint is gone choose again. The first time all of them are asked: what a manager before us knew is not known. */
  #forgetStaleFlows(family: Family, changed: readonly ChangedPort[]): void {
    const isFirst = !this.#serving.has(family);
    const known = this.#serving.get(family) ?? new Map<string, ReadonlySet<string>>();
    this.#serving.set(family, known);
    const now = new Map(changed.flatMap(({ port, serving }) => (port ? [...servingOf(port, serving)] : [])));
    const hasLost = hasLostEndpoints(known, now);
    for (const { before } of changed) if (before) for (const frontend of servingOf(before, []).keys()) known.delete(frontend);
    for (const [frontend, endpoints] of now) known.set(frontend, endpoints);
    if (!isFirst && !hasLost) return;
    const stale = staleFlows(this.#build, family, now, this.#scan(inFamily('flows', family)));
    this.#forget(stale);
    this.#staleEntries[family] += stale.length;
  }

  /** Clients whose endpoint has left their pool choose again. */
  #forgetStrayClients(family: Family, changed: readonly ChangedPort[]): void {
    const isFirst = !this.#sticky.has(family);
    const known = this.#sticky.get(family) ?? new Map<number, ReadonlySet<string>>();
    this.#sticky.set(family, known);
    const now = new Map<number, ReadonlySet<string>>();
    for (const { port, before, pools } of changed) {
      if ((port ?? before)?.service.sessionAffinitySeconds === undefined && before?.service.sessionAffinitySeconds === undefined)
        continue;
      for (const [pool, targets] of pools) now.set(pool, new Set(targets.map((t) => `${addressNumber(t.address)} ${t.port}`)));
    }
    const hasLost = [...now].some(([pool, members]) => [...(known.get(pool) ?? [])].some((member) => !members.has(member)));
    for (const [pool, members] of now) {
      if (members.size > 0) known.set(pool, members);
      else known.delete(pool);
    }
    if (!isFirst && !hasLost) return;
    const table = inFamily('affinity', family);
    this.#forget(strayAffinity(this.#build, table, now, this.#entries(table), isFirst));
  }

  #entries(table: string): TableEntry[] {
    const filter: Entity = { tableEntry: { tableId: this.names.tables.get(table).preamble.id, match: [] } };
    return this.#device.read([filter]).entities.flatMap((entity) => ('tableEntry' in entity ? [entity.tableEntry] : []));
  }

  #scan(table: string): Scan {
    const info = this.names.tables.get(table);
    const { id } = info.preamble;
    const device = this.#device;
    if (device.scan) return (visit) => device.scan!(id, visit);
    const widthsOf = (action: number): number[] => this.names.actions.byId(action)?.params.map(({ bitwidth }) => bitwidth) ?? [];
    return (visit) => scanEntities(info, widthsOf, this.#entries(table))(visit);
  }

  /** Policies are for flows that exist, too. */
  #reviewFlows(family: Family): void {
    const read = (filters: readonly Entity[]): readonly Entity[] => this.#device.read(filters).entities;
    const isAllowed = this.#policy.reviewer();
    const updates = reviewFlows(this.#build, family, this.#scan(inFamily('flows', family)), read, isAllowed);
    if (updates.length > 0) this.#device.write(updates, 'CONTINUE_ON_ERROR');
  }

  /** Entries may vanish by themselves meanwhile: those that are not there any more are what we want. */
  #forget(removals: readonly Update[]): void {
    if (removals.length > 0) this.#device.write(removals, 'CONTINUE_ON_ERROR');
  }

  /** One question per wanted neighbour that the model does not know; those that are open already keep their turn. */
  #keepQuestions(nowMs: number): void {
    const given = new Set(this.#model?.neighbours.map((n) => `${n.port} ${n.address}`));
    const wanted = new Map(this.#routes.wanted.map((question) => [`${question.port} ${question.address}`, question]));
    for (const key of this.#questions.keys()) if (!wanted.has(key)) this.#questions.delete(key);
    for (const key of this.#learned.keys()) if (!wanted.has(key)) this.#learned.delete(key);
    for (const [key, question] of wanted) {
      if (given.has(key)) continue;
      const open = this.#questions.get(key);
      this.#questions.set(key, { question, dueMs: open?.dueMs ?? nowMs, waitMs: open?.waitMs ?? firstRetryMs });
    }
  }
}

function routesPart({ entities }: DesiredRoutes): Part {
  return ['routes', entities];
}

function withoutAge(entry: TableEntry): TableEntry {
  return { ...entry, timeSinceLastHit: undefined };
}
