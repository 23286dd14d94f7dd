/**
 * The traffic manager's copies: which replicas a clone session or a multicast group has, and the copies that wait until they run through their pipeline.
 *
 * A program asks for copies while it works on a packet (the module's import `copy`). Packet and record are copied at once, since the program goes on
 * changing them; the copies run when the batch is done, in the order of their making. A chain of copies of copies is cut at `maxGeneration`.
 */
import { descriptor } from '../arena/layout.ts';
import type { CopyPool } from './copies.ts';

/** Where one copy goes: what the program sees as its egress port and replication id. */
export interface Replica {
  readonly port: number;
  readonly instance: number;
}

/** Where copies of a packet go: to a port, or to all members of a multicast group. */
export interface MirrorSession {
  readonly port?: number;
  readonly group?: number;
  /** Keep at most so many bytes; absent: all. */
  readonly truncateBytes?: number;
}

/** As `copyVias` of the IR numbers them. */
const viaSession = 1;
const viaGroup = 2;
const maxGeneration = 16;
/** Bit of a descriptor's flags: it is a copy. */
const copyFlag = 2;

/** Index into the IR's dropReasons. */
const recirculationLimitReason = 2;
const clonePoolReason = 11;

const itself: readonly Replica[] = [{ port: 0, instance: 0 }];

export class Replication {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #pool: CopyPool;
  readonly #drop: (reason: number) => void;
  readonly #sessions = new Map<number, MirrorSession>();
  readonly #groups = new Map<number, readonly Replica[]>();
  /** Copies that wait: the pipeline and the descriptor of each. */
  readonly #waiting: number[] = [];

  constructor(memory: WebAssembly.Memory, pool: CopyPool, drop: (reason: number) => void) {
    this.#view = new DataView(memory.buffer);
    this.#bytes = new Uint8Array(memory.buffer);
    this.#pool = pool;
    this.#drop = drop;
  }

  /** `undefined` deletes the session. */
  setSession(id: number, session: MirrorSession | undefined): void {
    if (session) this.#sessions.set(id, session);
    else this.#sessions.delete(id);
  }

  session(id: number): MirrorSession | undefined {
    return this.#sessions.get(id);
  }

  /** `undefined` deletes the group. */
  setGroup(id: number, replicas: readonly Replica[] | undefined): void {
    if (replicas) this.#groups.set(id, replicas);
    else this.#groups.delete(id);
  }

  group(id: number): readonly Replica[] {
    return this.#groups.get(id) ?? [];
  }

  /** Ports (or group members) of a session. */
  replicasOf(session: MirrorSession): readonly Replica[] {
    const own = session.port === undefined ? [] : [{ port: session.port, instance: 0 }];
    return session.group === undefined ? own : [...this.group(session.group), ...own];
  }

  /** The module's import: makes the copies that the program asks for, for `run`. */
  add(at: number, record: number, recordBytes: number, pipeline: number, via: number, id: number): void {
    const session = via === viaSession ? this.#sessions.get(id >>> 0) : undefined;
    const replicas =
      via === viaSession ? (session ? this.replicasOf(session) : []) : via === viaGroup ? this.group(id >>> 0) : itself;
    const isCopy = (this.#view.getUint8(at + descriptor.flags) & copyFlag) !== 0;
    const generation = isCopy ? this.#view.getUint16(at + descriptor.generation, true) + 1 : 1;
    for (const { port, instance } of replicas) {
      if (generation >= maxGeneration) {
        this.#drop(recirculationLimitReason);
        continue;
      }
      const copy = this.#pool.withRecord(at, recordBytes, session?.truncateBytes);
      if (!copy) {
        this.#drop(clonePoolReason);
        continue;
      }
      this.#bytes.copyWithin(copy.record, record, record + recordBytes);
      this.#view.setUint8(copy.at + descriptor.flags, this.#view.getUint8(copy.at + descriptor.flags) | copyFlag);
      this.#view.setUint32(copy.at + descriptor.record, copy.record, true);
      this.#view.setUint32(copy.at + descriptor.copyPort, port, true);
      this.#view.setUint16(copy.at + descriptor.copyInstance, instance, true);
      this.#view.setUint16(copy.at + descriptor.generation, generation, true);
      this.#waiting.push(pipeline, copy.at);
    }
  }

  /** Runs the copies that wait, and those that they make. */
  run(processCopy: (pipeline: number, descriptor: number) => void): void {
    // Mostly there are none, and setting the length of an array is a call into the runtime.
    if (this.#waiting.length === 0) return;
    for (let i = 0; i < this.#waiting.length; i += 2) processCopy(this.#waiting[i]!, this.#waiting[i + 1]!);
    this.#waiting.length = 0;
  }
}
