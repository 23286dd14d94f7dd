/**
 * The P4Runtime device in this process: writes and reads of entities on a running program.
 *
 * A batch is applied whole or not at all, and the data plane sees it whole or not at all: everything that can be checked beforehand is; then, while the
 * data plane stands between two batches, the updates are carried out in order, and taken back if one of them fails.
 */
import type { Arena, TableEntry as ArenaEntry } from '../arena/index.ts';
import type { P4Info } from '../p4/p4info/p4info.ts';
import { Binding, type ProgramActions } from './binding.ts';
import { prepareCounter, prepareMeter, prepareRegister, readCounters, readMeters, readRegisters } from './cells.ts';
import { checkTable } from './check.ts';
import { type DigestList, Digests } from './digests.ts';
import type { Atomicity, Entity, PacketIn, PacketOut, TableEntry, Update } from './entities.ts';
import { Externs } from './externs.ts';
import { Extras } from './extras.ts';
import { P4Names } from './names.ts';
import { rewriteOneShot } from './one-shots.ts';
import { checkPacketOut, fromPacketOut, toPacketIn } from './packet-io.ts';
import { ProfileState } from './profiles.ts';
import { type ReadWishes, readEntry } from './read.ts';
import { TableReader } from './read-tables.ts';
import { Replication, type ReplicationTarget } from './replication.ts';
import { Restrictions } from './restrictions.ts';
import { type ScannedEntry, scanTable } from './scan.ts';
import { ok, type Status, StatusError, statusOf } from './status.ts';
import { prepareDirect, prepareTableEntry, type Step, type Tables } from './tables.ts';
import { Transaction } from './transaction.ts';
import { prepareValueSet, readValueSets } from './value-sets.ts';
import { allPortsUp, type Ports } from './watch.ts';

/** What the device needs of the running data plane. */
export interface ControlTarget {
  readonly arena: Arena;
  /** Runs `change` while no packet is under way. */
  atomically<T>(change: () => T): T;
  /** The clock of the entries' timers: milliseconds modulo 2^32. */
  nowMs(): number;
  /** Runs a packet through the program as coming from the control plane's port. */
  inject(bytes: Uint8Array): void;
  /** Ports by number, and whether they are up. Absent: any number is a port that is up. */
  readonly portStates?: ReadonlyMap<number, boolean>;
  /** Carries out multicast and mirroring. Absent: entries are kept, and that is all. */
  readonly replication?: ReplicationTarget;
}

export interface DeviceOptions {
  readonly target: ControlTarget;
  readonly p4info: P4Info;
  /** Order of the tables' actions: the IR, or what was kept of it. */
  readonly program: ProgramActions;
  /** Whether `@entry_restriction` and `@action_restriction` are enforced. */
  readonly enforcesRestrictions?: boolean;
}

/** An entry that ageing took out, as whoever sweeps the tables reports it. */
export interface ExpiredEntry {
  /** Index of the table in the arena. */
  readonly table: number;
  /** The entry itself, of tables of any kind; then the rest is not looked at. */
  readonly entry?: ArenaEntry;
  /** The entry was taken out. */
  readonly isGone?: boolean;
  /** Numbers in text, one per key. */
  readonly matches: readonly string[];
  readonly action: number;
  readonly params: readonly string[];
  readonly packets?: string;
  readonly bytes?: string;
}

export interface DeviceParts {
  readonly arena: Arena;
  readonly binding: Binding;
  readonly profiles: ReadonlyMap<number, ProfileState>;
  readonly extras: Extras;
  readonly digests: Digests;
  readonly replication: Replication;
  readonly externs: Externs;
}

const nothingElse: ReadWishes = { counters: false, meters: false, timeSinceLastHit: false };
const withMeters: ReadWishes = { ...nothingElse, meters: true };

export class Device {
  readonly names: P4Names;
  readonly program: ProgramActions;
  readonly #target: ControlTarget;
  readonly #binding: Binding;
  readonly #profiles: ReadonlyMap<number, ProfileState>;
  readonly #tables: Tables;
  readonly #reader: TableReader;
  readonly #ports: Ports;
  readonly #extras = new Extras();
  readonly #digests: Digests;
  readonly #replication: Replication;
  readonly #externs: Externs;
  /** Of the write that is under way. */
  #nowMs = 0;

  /** Throws RangeError if P4Info and arena are not of the same program, StatusError if the program's restrictions are malformed. */
  constructor({ target, p4info, program, enforcesRestrictions }: DeviceOptions) {
    this.program = program;
    this.names = new P4Names(p4info);
    this.#target = target;
    const binding = new Binding(this.names, target.arena, program, enforcesRestrictions ? new Restrictions(p4info) : undefined);
    this.#binding = binding;
    const ports = target.portStates;
    this.#ports = ports
      ? { has: (port) => ports.has(port), isUp: (port) => port === undefined || (ports.get(port) ?? false) }
      : allPortsUp;
    this.#profiles = new Map([...binding.profiles].map(([id, bound]) => [id, new ProfileState(binding, bound, this.#ports)]));
    this.#tables = {
      binding,
      profiles: this.#profiles,
      extras: this.#extras,
      ports: this.#ports,
      nowMs: () => this.#nowMs,
    };
    this.#reader = new TableReader(binding, this.#profiles, this.#extras, () => target.nowMs());
    const replication = target.replication ?? { multicastGroup: () => {}, cloneSession: () => {} };
    this.#digests = new Digests(binding);
    this.#replication = new Replication(replication, this.#ports);
    this.#externs = new Externs(target.arena, replication, this.#ports, () => [...(ports?.keys() ?? [])]);
  }

  /**
   * Applies all updates or none. One status per update: all OK, or the failing ones with their code and the rest ABORTED. All mistakes that can be
   * seen without the installed entries are reported at once, of the others the first. With CONTINUE_ON_ERROR each update is a batch of its own; the
   * data plane stands still once for all of them in any case.
   */
  write(updates: readonly Update[], atomicity: Atomicity = 'DATAPLANE_ATOMIC'): Status[] {
    const statuses = this.#write(updates, atomicity);
    for (const profile of this.#profiles.values()) profile.settle();
    return statuses;
  }

  /**
   * Ahead of `write` with the same updates: computes what takes long, piece by piece, so that the caller can do other things in between. `write` does without
   * it what is missing.
   */
  *expect(updates: readonly Update[]): Generator<void> {
    for (const { entity } of updates) {
      if ('actionProfileMember' in entity) {
        this.#profiles.get(entity.actionProfileMember.actionProfileId)?.expectMember(entity.actionProfileMember);
      }
    }
    for (const { type, entity } of updates) {
      if (type === 'DELETE' || !('actionProfileGroup' in entity)) continue;
      this.#profiles.get(entity.actionProfileGroup.actionProfileId)?.expectGroup(entity.actionProfileGroup);
      yield;
    }
  }

  #write(updates: readonly Update[], atomicity: Atomicity): Status[] {
    const steps: Step[] = [];
    const statuses: Status[] = [];
    const prepareFrom = (start: number): void => {
      for (let i = start; i < updates.length; i++) {
        steps.push(this.#prepare(updates[i]!));
        statuses.push(ok);
      }
    };
    // One look for mistakes at all updates from here to the next mistake: most batches have none.
    while (statuses.length < updates.length) {
      const status = statusOf(() => prepareFrom(statuses.length));
      if (isBad(status)) statuses.push(status);
    }
    this.#nowMs = this.#target.nowMs();
    if (atomicity === 'CONTINUE_ON_ERROR') {
      const outcomes = this.#target.atomically(() => steps.map(runAlone)).values();
      return statuses.map((status) => (isBad(status) ? status : outcomes.next().value!));
    }
    if (statuses.some(isBad)) return aborted(statuses);
    const failed = this.#target.atomically(() => run(steps));
    if (!failed) return statuses;
    return aborted(statuses.map((status, i) => (i === failed.at ? failed.status : status)));
  }

  /**
   * Entities that match a filter (P4Runtime specification, "Wildcard Reads"): ids 0 and absent indexes mean all. Counters, meters and times of table
   * entries are read if the filter has these fields. Status other than OK: nothing is read.
   */
  read(filters: readonly Entity[]): { readonly status: Status; readonly entities: readonly Entity[] } {
    const entities: Entity[] = [];
    const status = statusOf(() => {
      for (const filter of filters) for (const entity of this.#read(filter)) entities.push(entity);
    });
    return { status, entities: isBad(status) ? [] : entities };
  }

  /** All entries of a table as bytes (scan.ts). Throws StatusError if there is no such table. */
  scan(tableId: number, visit: (entry: ScannedEntry) => void): void {
    scanTable(checkTable(this.#binding, tableId), visit);
  }

  /** Everything that a controller wrote, and that would be gone with a new program: no default entries, const entries, learned entries. */
  readInstalled(): Entity[] {
    const members = [...this.#profiles.values()].flatMap((profile) => profile.members());
    const groups = [...this.#profiles.values()].flatMap((profile) => profile.groups());
    const entries = [...this.#binding.tables.values()].flatMap((bound) =>
      this.#reader.entries(bound, withMeters, (entry) => !entry.isFromDataPlane && !entry.isConst),
    );
    return [
      ...members.map((actionProfileMember) => ({ actionProfileMember })),
      ...groups.map((actionProfileGroup) => ({ actionProfileGroup })),
      ...entries.map((tableEntry) => ({ tableEntry })),
    ];
  }

  /** What a device is made of, for `reconcile`. */
  get parts(): DeviceParts {
    return {
      arena: this.#target.arena,
      binding: this.#binding,
      profiles: this.#profiles,
      extras: this.#extras,
      digests: this.#digests,
      replication: this.#replication,
      externs: this.#externs,
    };
  }

  /** As `read`, of one filter. */
  readOne(filter: Entity): { readonly status: Status; readonly entities: readonly Entity[] } {
    return this.read([filter]);
  }

  /** A port went up or down (`target.portStates` says so already): groups that watch it are written again. */
  portChanged(port: number): void {
    for (const profile of this.#profiles.values()) profile.expectPortChange(port);
    this.#target.atomically(() => {
      for (const profile of this.#profiles.values()) profile.portChanged(port);
      for (const bound of this.#binding.tables.values()) {
        if (!bound.profile) continue;
        for (const { oneShot } of this.#extras.all(bound.info.preamble.id).values()) {
          if (oneShot) rewriteOneShot(this.#binding, bound.profile.profile, oneShot, this.#ports);
        }
      }
    });
  }

  /** Whether an entry that was reported idle is there unchanged, and no packet has hit it since. */
  isStillIdle(table: number, entry: ArenaEntry): boolean {
    const found = this.#target.arena.tables[table];
    if (!found?.has(entry.handle) || found.timeLeftMs(entry.handle, this.#target.nowMs()) !== 0) return false;
    return printed(found.read(entry.handle).matches) === printed(entry.matches);
  }

  /** Multicast groups and clone sessions, which outlive a program, are gone. */
  clearReplication(): void {
    this.#replication.clear();
  }

  /** Digest lists that are due. */
  pollDigests(nowMs: number): DigestList[] {
    return this.#digests.poll(nowMs);
  }

  /** False if the list is not known. */
  ackDigest(digestId: number, listId: bigint): boolean {
    return this.#digests.ack(digestId, listId);
  }

  /** Another client is primary: digests that the last one did not acknowledge are sent again. */
  resetDigests(): void {
    this.#digests.reset();
  }

  /** As `packetOut`, for packets of strangers. Throws StatusError if their metadata are not the program's. */
  sendPacket(packet: PacketOut): void {
    checkPacketOut(this.names.info, packet);
    this.packetOut(packet);
  }

  packetOut(packet: PacketOut): void {
    this.#target.inject(fromPacketOut(this.names.info, packet));
  }

  /** A packet that the program sent to the control plane's port; undefined if it is too short to have come from there. */
  toPacketIn(bytes: Uint8Array): PacketIn | undefined {
    return toPacketIn(this.names.info, bytes);
  }

  /** An expired entry for an IdleTimeoutNotification; undefined if its table is hidden from controllers. */
  toExpired(expired: ExpiredEntry): TableEntry | undefined {
    const table = this.#target.arena.tables[expired.table];
    const bound = [...this.#binding.tables.values()].find((b) => b.table === table);
    if (!bound) return undefined;
    const entry: ArenaEntry = {
      handle: 0,
      matches: expired.matches.map((value) => ({ kind: 'exact', value: BigInt(value) })),
      priority: 0,
      call: { kind: 'action', action: expired.action, params: expired.params.map(BigInt) },
      idleTimeoutMs: 0,
      isConst: false,
      isFromDataPlane: true,
      profile: 0,
    };
    const { packets, bytes } = expired;
    const extra = expired.entry && this.#extras.of(bound.info.preamble.id, expired.entry);
    return {
      ...readEntry(bound, expired.entry ?? entry, this.#reader.ids(bound), 0, nothingElse, extra),
      ...(packets !== undefined && { counterData: { packetCount: BigInt(packets), byteCount: BigInt(bytes ?? '0') } }),
    };
  }

  #prepare({ type, entity }: Update): Step {
    const binding = this.#binding;
    if ('tableEntry' in entity) return prepareTableEntry(this.#tables, type, entity.tableEntry);
    if ('actionProfileMember' in entity) {
      const member = entity.actionProfileMember;
      return this.#profile(member.actionProfileId).prepareMember(type, member);
    }
    if ('actionProfileGroup' in entity) {
      const group = entity.actionProfileGroup;
      return this.#profile(group.actionProfileId).prepareGroup(type, group);
    }
    if ('counterEntry' in entity) return prepareCounter(binding, type, entity.counterEntry);
    if ('meterEntry' in entity) return prepareMeter(binding, type, entity.meterEntry);
    if ('registerEntry' in entity) return prepareRegister(binding, type, entity.registerEntry);
    if ('valueSetEntry' in entity) return prepareValueSet(binding, type, entity.valueSetEntry);
    if ('packetReplicationEngineEntry' in entity) {
      return this.#replication.prepare(type, entity.packetReplicationEngineEntry);
    }
    if ('digestEntry' in entity) return this.#digests.prepare(type, entity.digestEntry);
    if ('externEntry' in entity) return this.#externs.prepare(type, entity.externEntry);
    if ('directCounterEntry' in entity) {
      const { tableEntry, data } = entity.directCounterEntry;
      return prepareDirect(this.#tables, type, tableEntry, { counterData: data });
    }
    if ('directMeterEntry' in entity) {
      const { tableEntry, config, counterData } = entity.directMeterEntry;
      if (counterData) throw new StatusError('UNIMPLEMENTED', 'meters do not count per color');
      return prepareDirect(this.#tables, type, tableEntry, { meterConfig: config });
    }
    return assertNever(entity);
  }

  #read(filter: Entity): Entity[] {
    if ('tableEntry' in filter) return this.#reader.read(filter.tableEntry).map((tableEntry) => ({ tableEntry }));
    if ('actionProfileMember' in filter) {
      const { actionProfileId, memberId } = filter.actionProfileMember;
      return this.#profilesOf(actionProfileId)
        .flatMap((profile) => profile.members())
        .filter((member) => memberId === 0 || member.memberId === memberId)
        .map((actionProfileMember) => ({ actionProfileMember }));
    }
    if ('actionProfileGroup' in filter) {
      const { actionProfileId, groupId } = filter.actionProfileGroup;
      return this.#profilesOf(actionProfileId)
        .flatMap((profile) => profile.groups())
        .filter((group) => groupId === 0 || group.groupId === groupId)
        .map((actionProfileGroup) => ({ actionProfileGroup }));
    }
    if ('counterEntry' in filter)
      return readCounters(this.#binding, filter.counterEntry).map((counterEntry) => ({ counterEntry }));
    if ('meterEntry' in filter) return readMeters(this.#binding, filter.meterEntry).map((meterEntry) => ({ meterEntry }));
    if ('registerEntry' in filter) {
      return readRegisters(this.#binding, filter.registerEntry).map((registerEntry) => ({ registerEntry }));
    }
    if ('valueSetEntry' in filter) {
      return readValueSets(this.#binding, filter.valueSetEntry).map((valueSetEntry) => ({ valueSetEntry }));
    }
    if ('packetReplicationEngineEntry' in filter) {
      const entries = this.#replication.read(filter.packetReplicationEngineEntry);
      return entries.map((packetReplicationEngineEntry) => ({ packetReplicationEngineEntry }));
    }
    if ('digestEntry' in filter) return this.#digests.read(filter.digestEntry).map((digestEntry) => ({ digestEntry }));
    if ('externEntry' in filter) return this.#externs.read(filter.externEntry).map((externEntry) => ({ externEntry }));
    if ('directCounterEntry' in filter) {
      const wish: TableEntry = { ...filter.directCounterEntry.tableEntry, counterData: { byteCount: 0n, packetCount: 0n } };
      this.#reader.requireDirect(wish, 'counter');
      return this.#reader
        .read(wish)
        .flatMap(({ counterData, ...tableEntry }) =>
          counterData ? [{ directCounterEntry: { tableEntry, data: counterData } }] : [],
        );
    }
    if ('directMeterEntry' in filter) {
      const wish: TableEntry = {
        ...filter.directMeterEntry.tableEntry,
        meterConfig: { cir: 0n, cburst: 0n, pir: 0n, pburst: 0n },
      };
      if (filter.directMeterEntry.counterData) throw new StatusError('UNIMPLEMENTED', 'meters do not count per color');
      this.#reader.requireDirect(wish, 'meter');
      const hasMeter = ({ tableId }: TableEntry): boolean => this.#binding.tables.get(tableId)?.hasMeter ?? false;
      return this.#reader
        .read(wish)
        .filter(hasMeter)
        .map(({ meterConfig, ...tableEntry }) => ({
          directMeterEntry: { tableEntry, ...(meterConfig && { config: meterConfig }) },
        }));
    }
    return assertNever(filter);
  }

  #profile(id: number): ProfileState {
    const profile = this.#profiles.get(id);
    if (!profile) throw new StatusError('NOT_FOUND', `no action profile has the id ${id}`);
    return profile;
  }

  #profilesOf(id: number): ProfileState[] {
    return id === 0 ? [...this.#profiles.values()] : [this.#profile(id)];
  }
}

/** Runs a step that is a batch of its own. */
function runAlone(step: Step): Status {
  return run([step], true)?.status ?? ok;
}

/** Runs all steps or takes back those that ran; what failed, if something did. */
function run(steps: readonly Step[], isAlone = false): { readonly at: number; readonly status: Status } | undefined {
  const transaction = new Transaction(isAlone);
  const status = statusOf(() => {
    steps.forEach((step, i) => {
      transaction.step = i;
      step(transaction);
    });
    transaction.commit();
  });
  if (!isBad(status)) return undefined;
  transaction.rollback();
  return { at: transaction.step, status };
}

function printed(matches: ArenaEntry['matches']): string {
  return JSON.stringify(matches, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

function assertNever(value: never): never {
  throw new Error(`not reached: ${JSON.stringify(value)}`);
}

function isBad({ code }: Status): boolean {
  return code !== 'OK';
}

function aborted(statuses: readonly Status[]): Status[] {
  return statuses.map((status) =>
    status === ok ? { code: 'ABORTED', message: 'not applied, because another update of the batch failed' } : status,
  );
}
