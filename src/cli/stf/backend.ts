/**
 * What an STF file is run against: the control-plane and packet operations that the grammar can ask for, on one program.
 *
 * Objects are named by their ids in the IR; `names.ts` finds them. A backend keeps no wall clock: `advance` moves its time. An operation that
 * the program or the backend does not allow throws a `Refusal`, which becomes a problem at the statement's line.
 */
import type { ActionCall, ExternId, KeyMatch, Program, TableId } from '../../p4/ir/ir.ts';

/** What of a program the runner needs to find names and widths. */
export type StfProgram = Pick<Program, 'tables' | 'actions' | 'externs'> & Partial<Pick<Program, 'architecture'>>;

export class Refusal extends Error {
  /** Indented lines behind the message. */
  readonly detail: string | undefined;

  constructor(message: string, detail?: string) {
    super(message);
    this.detail = detail;
  }
}

/** Matches: one per key that is no selector, in order. `priority`: higher wins. */
export interface StfEntryKey {
  readonly matches: readonly KeyMatch[];
  readonly priority: number;
}

export interface StfEntry extends StfEntryKey {
  readonly result:
    | { readonly kind: 'action'; readonly call: ActionCall }
    | { readonly kind: 'member' | 'group'; readonly id: number };
  /** 0: never expires. */
  readonly timeoutMs: number;
}

export interface OutPacket {
  readonly port: number;
  readonly bytes: Uint8Array;
}

export interface PacketResult {
  /** In the order of their leaving. */
  readonly outputs: readonly OutPacket[];
  /** Name in the IR's dropReasons if the packet itself went nowhere. */
  readonly dropReason?: string;
}

export interface CounterValue {
  readonly packets: bigint;
  readonly bytes: bigint;
}

/** RFC 2698, per second. */
export interface MeterRates {
  readonly cir: bigint;
  readonly cburst: bigint;
  readonly pir: bigint;
  readonly pburst: bigint;
}

/** Where mirror copies go. */
export type MirrorTarget = { readonly port: number } | { readonly group: number };

export interface StfNotification {
  readonly table: TableId;
  readonly matches: readonly KeyMatch[];
}

export interface StfDigest {
  readonly digest: ExternId;
  readonly values: readonly bigint[];
}

export interface StfBackend {
  readonly program: StfProgram;
  // tables
  addEntry(table: TableId, entry: StfEntry): void;
  removeEntry(table: TableId, key: StfEntryKey): void;
  setDefault(table: TableId, call: ActionCall): void;
  /** Removes all entries that the control plane may remove. */
  removeAll(): void;
  /** Live entries. */
  entryCount(table: TableId): number;
  // action profiles and selectors
  /** Creates or changes a member. */
  setMember(profile: ExternId, id: number, call: ActionCall): void;
  removeMember(profile: ExternId, id: number): void;
  /** Creates a group or gives it other members. */
  setGroup(profile: ExternId, id: number, members: readonly { readonly id: number; readonly weight: number }[]): void;
  removeGroup(profile: ExternId, id: number): void;
  addValue(set: ExternId, matches: readonly KeyMatch[]): void;
  // state
  counter(counter: ExternId, index: number): CounterValue;
  setCounter(counter: ExternId, index: number, value: CounterValue): void;
  entryCounter(table: TableId, key: StfEntryKey): CounterValue;
  /** One value per field of the register's type. */
  register(register: ExternId, index: number): readonly bigint[];
  setRegister(register: ExternId, index: number, values: readonly bigint[]): void;
  registerReset(register: ExternId): void;
  setMeter(meter: ExternId, index: number, rates: MeterRates): void;
  setEntryMeter(table: TableId, key: StfEntryKey, rates: MeterRates): void;
  // configuration
  /** `undefined` deletes the session. */
  setMirror(session: number, target: MirrorTarget | undefined): void;
  setMulticast(group: number, replicas: readonly { readonly port: number; readonly instance: number }[]): void;
  setPortSide(port: number, side: 'net' | 'host'): void;
  setExpireProfile(id: number, timeoutMs: number): void;
  // packets and time
  send(port: number, bytes: Uint8Array): PacketResult;
  /** Moves the clock and runs the ageing sweeper. */
  advance(ms: number): void;
  /** Idle-timeout notifications since the last call. */
  takeNotifications(): readonly StfNotification[];
  takeDigests(): readonly StfDigest[];
  /** Asked when the file has ended: what is wrong with the backend itself. */
  finish(): readonly string[];
}
