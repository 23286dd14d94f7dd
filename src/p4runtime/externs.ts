/**
 * Extern entries of PNA: what P4Runtime has no message for (proto/softipu/v1/softipu.proto).
 *
 *   type  id                      entry               updates
 *   0x81  0x81000000 + profile    ExpireTimeProfile   MODIFY
 *   0x82  0x82000000 + port       PortRole            MODIFY
 *   0x83  0x83000000 + session    MirrorSession       INSERT, MODIFY, DELETE
 *   0x84  0x84000000              HashSeed            MODIFY
 */
import { type Arena, expireProfileCount } from '../arena/index.ts';
import type { ExternEntry, UpdateType } from './entities.ts';
import type { ReplicationTarget } from './replication.ts';
import { StatusError } from './status.ts';
import type { Step } from './tables.ts';
import type { Transaction } from './transaction.ts';
import { readVarints, writeVarints } from './varints.ts';
import type { Ports } from './watch.ts';

/** Types by the name of their message. */
export const externTypes = { ExpireTimeProfile: 0x81, PortRole: 0x82, MirrorSession: 0x83, HashSeed: 0x84 } as const;

/** An entry of an instance, with the message's fields in the order of their numbers. */
export function externEntry(message: keyof typeof externTypes, instance: number, fields: readonly number[]): ExternEntry {
  const externTypeId = externTypes[message];
  const entry = { typeUrl: packageName + message, value: writeVarints(fields) };
  return { externTypeId, externId: externTypeId * 0x100_0000 + instance, entry };
}

const packageName = 'type.googleapis.com/softipu.v1.';

/** One kind of extern: how an instance is read and written. */
interface ExternKind {
  readonly message: string;
  readonly updates: readonly UpdateType[];
  /** Instances that there are. */
  instances(): number[];
  has(instance: number): boolean;
  read(instance: number): readonly number[] | undefined;
  /** Fields in the order of their numbers; undefined deletes. Throws StatusError. */
  write(instance: number, fields: readonly number[] | undefined): void;
}

export class Externs {
  readonly #kinds: ReadonlyMap<number, ExternKind>;
  readonly #sessions = new Map<number, readonly number[]>();

  constructor(arena: Arena, target: ReplicationTarget, ports: Ports, portNumbers: () => readonly number[]) {
    const sessions = this.#sessions;
    this.#kinds = new Map<number, ExternKind>([
      [
        0x81,
        {
          message: 'ExpireTimeProfile',
          updates: ['MODIFY'],
          instances: () => Array.from({ length: expireProfileCount }, (_, i) => i),
          has: (profile) => profile < expireProfileCount,
          read: (profile) => [arena.expireProfile(profile)],
          write: (profile, fields) => arena.setExpireProfile(profile, fields?.[0] ?? 0),
        },
      ],
      [
        0x82,
        {
          message: 'PortRole',
          updates: ['MODIFY'],
          instances: () => [...portNumbers()],
          has: (port) => port < 2048 && ports.has(port),
          read: (port) => [arena.isNetPort(port) ? 1 : 0],
          write: (port, fields) => arena.setNetPort(port, (fields?.[0] ?? 0) !== 0),
        },
      ],
      [
        0x83,
        {
          message: 'MirrorSession',
          updates: ['INSERT', 'MODIFY', 'DELETE'],
          instances: () => [...sessions.keys()],
          has: (session) => session > 0 && session < 0x1_0000,
          read: (session) => sessions.get(session),
          write: (session, fields) => {
            if (fields) sessions.set(session, fields);
            else sessions.delete(session);
            const [port, truncate] = fields ?? [];
            target.cloneSession(session, fields && [{ port: port ?? 0, instance: 0 }], truncate || undefined);
          },
        },
      ],
      [
        0x84,
        {
          message: 'HashSeed',
          updates: ['MODIFY'],
          instances: () => [0],
          has: (instance) => instance === 0,
          read: () => [arena.hashSeed],
          write: (_, fields) => {
            arena.hashSeed = fields?.[0] ?? 0;
          },
        },
      ],
    ]);
  }

  /** Takes over what another program's externs hold beside the arena; the target knows it already. */
  adopt(other: Externs): void {
    for (const [session, fields] of other.#sessions) this.#sessions.set(session, fields);
  }

  prepare(type: UpdateType, { externTypeId, externId, entry }: ExternEntry): Step {
    const { kind, instance, what } = this.#find(externTypeId, externId);
    if (!kind.updates.includes(type)) {
      throw new StatusError('INVALID_ARGUMENT', `${what} can only be modified, found ${type}`);
    }
    let fields: readonly number[] | undefined;
    if (type !== 'DELETE') {
      if (entry?.typeUrl !== packageName + kind.message) {
        throw new StatusError(
          'INVALID_ARGUMENT',
          `${what}: expected a softipu.v1.${kind.message}, found '${entry?.typeUrl ?? 'nothing'}'`,
        );
      }
      fields = readVarints(entry.value);
      if (!fields) throw new StatusError('INVALID_ARGUMENT', `${what}: the entry is no softipu.v1.${kind.message}`);
    }
    return (transaction: Transaction) => {
      const before = kind.read(instance);
      if (type === 'INSERT' && before) throw new StatusError('ALREADY_EXISTS', `there is a ${what} already`);
      if (type !== 'INSERT' && !before) throw new StatusError('NOT_FOUND', `there is no ${what}`);
      kind.write(instance, fields);
      transaction.onUndo(() => kind.write(instance, before));
    };
  }

  /** Type 0: all kinds; id 0: all of a kind. */
  read({ externTypeId, externId }: ExternEntry): ExternEntry[] {
    if (externTypeId === 0) return [...this.#kinds.keys()].flatMap((type) => this.read({ externTypeId: type, externId: 0 }));
    if (externId !== 0) {
      const { kind, instance, what } = this.#find(externTypeId, externId);
      if (!kind.read(instance)) throw new StatusError('NOT_FOUND', `there is no ${what}`);
      return [toEntry(externTypeId, kind, instance)];
    }
    const kind = this.#kind(externTypeId);
    return kind.instances().map((instance) => toEntry(externTypeId, kind, instance));
  }

  #kind(type: number): ExternKind {
    const kind = this.#kinds.get(type);
    if (!kind) throw new StatusError('NOT_FOUND', `there are no externs of type 0x${type.toString(16)}`);
    return kind;
  }

  #find(type: number, id: number): { kind: ExternKind; instance: number; what: string } {
    const kind = this.#kind(type);
    const instance = id - type * 0x100_0000;
    const what = `${kind.message} 0x${id.toString(16)}`;
    if (instance < 0 || instance > 0xff_ffff || !kind.has(instance)) throw new StatusError('NOT_FOUND', `there is no ${what}`);
    return { kind, instance, what };
  }
}

function toEntry(type: number, kind: ExternKind, instance: number): ExternEntry {
  return {
    externTypeId: type,
    externId: type * 0x100_0000 + instance,
    entry: { typeUrl: packageName + kind.message, value: writeVarints(kind.read(instance) ?? []) },
  };
}
