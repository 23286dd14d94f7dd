/**
 * Multicast groups and clone sessions (P4Runtime specification, "PacketReplicationEngineEntry"). They belong to the device, not to a program's arena: the
 * target is told of every change. They are answered as they were written.
 */
import { fromBytes } from './bytes.ts';
import type { CloneSessionEntry, MulticastGroupEntry, PacketReplicationEngineEntry, Replica, UpdateType } from './entities.ts';
import { StatusError } from './status.ts';
import type { Step } from './tables.ts';
import type { Ports } from './watch.ts';

/** One copy: its port and what the program sees as its instance. */
export interface Copy {
  readonly port: number;
  readonly instance: number;
}

/** What carries replication out; undefined takes a group or session away. */
export interface ReplicationTarget {
  multicastGroup(id: number, copies: readonly Copy[] | undefined): void;
  cloneSession(id: number, copies: readonly Copy[] | undefined, truncateBytes: number | undefined): void;
}

const cpuPort = 0xffff_fffd;

export class Replication {
  readonly #target: ReplicationTarget;
  readonly #ports: Ports;
  readonly #groups = new Map<number, MulticastGroupEntry>();
  readonly #sessions = new Map<number, CloneSessionEntry>();

  constructor(target: ReplicationTarget, ports: Ports) {
    this.#target = target;
    this.#ports = ports;
  }

  prepare(type: UpdateType, entry: PacketReplicationEngineEntry): Step {
    if ('multicastGroupEntry' in entry) {
      const group = entry.multicastGroupEntry;
      const what = `multicast group ${group.multicastGroupId}`;
      const copies = type === 'DELETE' ? undefined : this.#copies(group.replicas, what);
      return prepareIn(this.#groups, type, group.multicastGroupId, group, what, (now) =>
        this.#target.multicastGroup(group.multicastGroupId, now && (now === group ? copies : this.#copies(now.replicas, what))),
      );
    }
    const session = entry.cloneSessionEntry;
    const what = `clone session ${session.sessionId}`;
    if (type !== 'DELETE') {
      this.#copies(session.replicas, what);
      if ((session.packetLengthBytes ?? 0) < 0)
        throw new StatusError('INVALID_ARGUMENT', `${what}: the packet length is negative`);
      if ((session.classOfService ?? 0) > 255)
        throw new StatusError('INVALID_ARGUMENT', `${what}: classes of service go up to 255`);
    }
    return prepareIn(this.#sessions, type, session.sessionId, session, what, (now) =>
      this.#target.cloneSession(session.sessionId, now && this.#copies(now.replicas, what), now?.packetLengthBytes || undefined),
    );
  }

  read(filter: PacketReplicationEngineEntry): PacketReplicationEngineEntry[] {
    if ('multicastGroupEntry' in filter) {
      const { multicastGroupId: id } = filter.multicastGroupEntry;
      return select(this.#groups, id, `multicast group ${id}`).map((multicastGroupEntry) => ({ multicastGroupEntry }));
    }
    const { sessionId: id } = filter.cloneSessionEntry;
    return select(this.#sessions, id, `clone session ${id}`).map((cloneSessionEntry) => ({ cloneSessionEntry }));
  }

  /** Takes over groups and sessions of the device under another program; the target has them. */
  adopt(other: Replication): void {
    for (const [id, group] of other.#groups) this.#groups.set(id, group);
    for (const [id, session] of other.#sessions) this.#sessions.set(id, session);
  }

  /** Everything gone: a new pipeline clears the forwarding state. */
  clear(): void {
    for (const id of this.#groups.keys()) this.#target.multicastGroup(id, undefined);
    for (const id of this.#sessions.keys()) this.#target.cloneSession(id, undefined, undefined);
    this.#groups.clear();
    this.#sessions.clear();
  }

  #copies(replicas: readonly Replica[], what: string): Copy[] {
    const seen = new Set<string>();
    return replicas.map(({ port, egressPort, instance, backupReplicas }) => {
      if (backupReplicas?.length) throw new StatusError('UNIMPLEMENTED', `${what}: backup replicas are not supported`);
      const number = port === undefined ? BigInt(egressPort ?? 0) : fromBytes(port);
      if (port?.length === 0) throw new StatusError('INVALID_ARGUMENT', `${what}: a replica has no port`);
      if (number > 0xffff_ffffn || (Number(number) !== cpuPort && !this.#ports.has(Number(number)))) {
        throw new StatusError('INVALID_ARGUMENT', `${what}: there is no port ${number}`);
      }
      if (instance > 0xffff) throw new StatusError('INVALID_ARGUMENT', `${what}: instance ${instance}, expected 0 to 65535`);
      const key = `${number} ${instance}`;
      if (seen.has(key))
        throw new StatusError('INVALID_ARGUMENT', `${what}: port ${number} with instance ${instance} is given twice`);
      seen.add(key);
      return { port: Number(number), instance };
    });
  }
}

function select<T>(all: ReadonlyMap<number, T>, id: number, what: string): T[] {
  if (id === 0) return [...all.values()];
  const one = all.get(id);
  if (!one) throw new StatusError('NOT_FOUND', `there is no ${what}`);
  return [one];
}

/** One update of a map by id; `tell` hears what is there afterwards, and again when it is undone. */
function prepareIn<T>(
  all: Map<number, T>,
  type: UpdateType,
  id: number,
  entry: T,
  what: string,
  tell: (now: T | undefined) => void,
): Step {
  if (id === 0) throw new StatusError('INVALID_ARGUMENT', `${what}: id 0 is reserved`);
  return (transaction) => {
    const before = all.get(id);
    if (type === 'INSERT' && before) throw new StatusError('ALREADY_EXISTS', `there is a ${what} already`);
    if (type !== 'INSERT' && !before) throw new StatusError('NOT_FOUND', `there is no ${what}`);
    const write = (now: T | undefined): void => {
      if (now) all.set(id, now);
      else all.delete(id);
      tell(now);
    };
    write(type === 'DELETE' ? undefined : entry);
    transaction.onUndo(() => write(before));
  };
}
