/**
 * A program in an arena as STF's backend: the control plane's operations are the arena's, packets go through compiled code or the interpreter.
 *
 * Everything that is random or reads a clock elsewhere stands still here: seeds come from a fixed sequence, time starts at `startMs` and moves
 * with `advance`. Two of these for one program are therefore alike, byte for byte, as long as their `process` does the same.
 */
import { Arena, context, descriptor, type EntryCall, layoutArena, type MatchTable, noPort, sweep } from '../../arena/index.ts';
import {
  type Backend,
  type BackendHooks,
  CopyPool,
  makeMemory,
  type ProgramObjects,
  Replication,
  startProgram,
} from '../../engine/index.ts';
import { indexOfAction } from '../../engine/start.ts';
import {
  type ActionCall,
  dropReasons,
  type Extern,
  type ExternId,
  type KeyMatch,
  type Table,
  type TableId,
} from '../../p4/ir/ir.ts';
import { ArenaProfiles } from './arena-profiles.ts';
import {
  type CounterValue,
  type MeterRates,
  type MirrorTarget,
  type OutPacket,
  type PacketResult,
  Refusal,
  type StfBackend,
  type StfDigest,
  type StfEntry,
  type StfEntryKey,
  type StfNotification,
} from './backend.ts';

type ArenaSpec = Parameters<typeof layoutArena>[0];

/** Behind the program's part: descriptors, buffers (one for a packet alone, or equal parts for a batch), the traffic manager's copies. */
const scene = { descriptors: 0, buffer: 4096, headroom: 256, copies: 4096 + 256 + 65536 + 4096 } as const;

/** Packets of a batch, and bytes of the buffer of each. */
export const batch = { packets: 32, bufferBytes: 2176 } as const;
const sceneBytes = scene.copies + CopyPool.bytes;
const startMs = 1_000_000;

export interface InPacket {
  readonly port: number;
  readonly bytes: Uint8Array;
}

export class ArenaBackend implements StfBackend {
  readonly program: ProgramObjects;
  readonly arena: Arena;
  private readonly code: Backend;
  private readonly region: number;
  private readonly profiles: ArenaProfiles;
  private readonly pool: CopyPool;
  private readonly replication: Replication;
  /** Some copy found no buffer. */
  hasLostCopies = false;
  private readonly valueSets = new Map<ExternId, (readonly KeyMatch[])[]>();
  private notifications: StfNotification[] = [];
  private copies: OutPacket[] = [];
  private nowMs = startMs;

  /** `load` makes the code, in the memory and over the initialised arena. */
  constructor(
    program: ProgramObjects,
    spec: ArenaSpec,
    load: (memory: WebAssembly.Memory, arena: Arena, hooks: BackendHooks) => Backend,
  ) {
    this.program = program;
    const layout = layoutArena(spec);
    this.region = layout.programEnd;
    const memory = makeMemory(this.region + sceneBytes);
    this.arena = new Arena(memory.buffer, layout);
    startProgram(this.arena, program, { random: sequence(), hashSeed: 0 });
    this.profiles = new ArenaProfiles(this.arena, program);
    this.pool = new CopyPool(memory, this.region + scene.copies);
    this.replication = new Replication(memory, this.pool, (reason) => this.countDrop(reason));
    this.code = load(memory, this.arena, {
      mirror: (at, _slot, session) => this.mirror(at, session),
      multicast: (at, group) => this.copyTo(at, this.replication.group(group)),
      copy: (...args) => this.replication.add(...args),
    });
  }

  // ---------------------------------------------------------------- tables

  addEntry(table: TableId, entry: StfEntry): void {
    const { ir, memory } = this.table(table);
    if (ir.isConst) throw new Refusal(`table '${ir.name}' has const entries`);
    const { matches, priority, timeoutMs } = entry;
    const call = this.entryCall(ir, entry.result);
    const result = memory.insert({ matches, priority, call, idleTimeoutMs: timeoutMs }, this.nowMs);
    if (result === 'full') throw new Refusal(`table '${ir.name}' is full (size ${ir.size})`);
    if (result === 'exists') throw new Refusal(`table '${ir.name}' has this entry already`);
  }

  removeEntry(table: TableId, key: StfEntryKey): void {
    this.table(table).memory.remove(this.handle(table, key));
  }

  setDefault(table: TableId, call: ActionCall): void {
    const { ir, memory } = this.table(table);
    if (ir.isDefaultConst) throw new Refusal(`the default action of table '${ir.name}' is const`);
    const index = indexOfAction(ir, call.action);
    if (ir.actions[index]!.tableOnly) throw new Refusal(`action '${this.program.actions[call.action]!.name}' is @tableonly`);
    memory.setDefault(index, call.args);
  }

  removeAll(): void {
    for (const table of this.arena.tables) {
      for (const handle of [...table.handles()]) if (!table.read(handle).isConst) table.remove(handle);
    }
  }

  entryCount(table: TableId): number {
    return this.table(table).memory.count;
  }

  private entryCall(table: Table, result: StfEntry['result']): EntryCall {
    if (table.implementation !== undefined) {
      const profile = table.implementation;
      // An action: a member of its own, as P4Runtime's one-shot programming.
      if (result.kind === 'action') return { kind: 'member', member: this.profiles.insert(profile, result.call) };
      return result.kind === 'group'
        ? { kind: 'group', group: this.profiles.group(profile, result.id) }
        : { kind: 'member', member: this.profiles.member(profile, result.id) };
    }
    if (result.kind !== 'action') throw new Refusal(`table '${table.name}' has no action profile`);
    const index = indexOfAction(table, result.call.action);
    if (table.actions[index]!.defaultOnly) {
      throw new Refusal(`action '${this.program.actions[result.call.action]!.name}' is @defaultonly`);
    }
    return { kind: 'action', action: index, params: result.call.args };
  }

  private table(id: TableId): { ir: Table; memory: MatchTable } {
    return { ir: this.program.tables[id]!, memory: this.arena.tables[id]! };
  }

  private handle(table: TableId, key: StfEntryKey): number {
    const { ir, memory } = this.table(table);
    const handle = memory.find(key);
    if (handle === undefined) throw new Refusal(`table '${ir.name}' has no such entry`);
    return handle;
  }

  // ---------------------------------------------------------------- profiles, value sets

  setMember(profile: ExternId, id: number, call: ActionCall): void {
    this.profiles.setMember(profile, id, call);
  }

  removeMember(profile: ExternId, id: number): void {
    this.profiles.removeMember(profile, id);
  }

  setGroup(profile: ExternId, id: number, members: readonly { readonly id: number; readonly weight: number }[]): void {
    this.profiles.setGroup(profile, id, members);
  }

  removeGroup(profile: ExternId, id: number): void {
    this.profiles.removeGroup(profile, id);
  }

  addValue(set: ExternId, matches: readonly KeyMatch[]): void {
    const all = [...(this.valueSets.get(set) ?? []), matches];
    const { index, name } = this.extern(set, 'valueSet');
    if (this.arena.valueSets[index]!.write(all) === 'full') throw new Refusal(`value set '${name}' is full`);
    this.valueSets.set(set, all);
  }

  // ---------------------------------------------------------------- counters, meters, registers

  counter(counter: ExternId, index: number): CounterValue {
    return this.cells(this.arena.counters, counter, 'counter', index).read(index);
  }

  setCounter(counter: ExternId, index: number, value: CounterValue): void {
    this.cells(this.arena.counters, counter, 'counter', index).write(index, value);
  }

  entryCounter(table: TableId, key: StfEntryKey): CounterValue {
    return this.table(table).memory.counter(this.handle(table, key));
  }

  register(register: ExternId, index: number): readonly bigint[] {
    return this.cells(this.arena.registers, register, 'register', index).read(index);
  }

  setRegister(register: ExternId, index: number, values: readonly bigint[]): void {
    this.cells(this.arena.registers, register, 'register', index).write(index, values);
  }

  registerReset(register: ExternId): void {
    const { extern, index } = this.extern(register, 'register');
    const cells = this.arena.registers[index]!;
    for (let i = 0; i < cells.size; i++)
      cells.write(
        i,
        extern.fields.map((_, f) => extern.initial[f] ?? 0n),
      );
  }

  setMeter(meter: ExternId, index: number, rates: MeterRates): void {
    this.cells(this.arena.meters, meter, 'meter', index).configure(index, rates);
  }

  setEntryMeter(table: TableId, key: StfEntryKey, rates: MeterRates): void {
    this.table(table).memory.setMeter(this.handle(table, key), rates);
  }

  private cells<T extends { readonly size: number }>(all: readonly T[], id: ExternId, kind: Extern['kind'], at: number): T {
    const { index, name } = this.extern(id, kind);
    const cells = all[index]!;
    if (at >= cells.size) throw new Refusal(`${kind} '${name}' has ${cells.size} cells, none at ${at}`);
    return cells;
  }

  /** An extern and its place among those of its kind: the arena's numbering. */
  private extern<K extends Extern['kind']>(
    id: ExternId,
    kind: K,
  ): { extern: Extract<Extern, { kind: K }>; index: number; name: string } {
    const ofKind = this.program.externs.filter((e): e is Extract<Extern, { kind: K }> => e.kind === kind);
    const index = ofKind.findIndex((e) => e.id === id);
    return { extern: ofKind[index]!, index, name: ofKind[index]!.name };
  }

  // ---------------------------------------------------------------- configuration

  setMirror(session: number, target: MirrorTarget | undefined): void {
    this.replication.setSession(session, target);
  }

  setMulticast(group: number, replicas: readonly { readonly port: number; readonly instance: number }[]): void {
    this.replication.setGroup(group, replicas);
  }

  setPortSide(port: number, side: 'net' | 'host'): void {
    this.arena.setNetPort(port, side === 'net');
  }

  setExpireProfile(id: number, timeoutMs: number): void {
    if (id > 7) throw new Refusal(`there are expire-time profiles 0 to 7, no ${id}`);
    this.arena.setExpireProfile(id, timeoutMs);
  }

  // ---------------------------------------------------------------- packets

  send(port: number, bytes: Uint8Array): PacketResult {
    if (bytes.length > 65535) throw new Refusal(`packet of ${bytes.length} bytes, expected at most 65535`);
    return this.process([{ port, bytes }], scene.copies - scene.buffer)[0]!;
  }

  /**
   * Up to `batch.packets` packets of at most 1600 bytes in one call of the program. What copies of them leave is the last one's. `headroom`: bytes in
   * front of a packet, 256 at most.
   */
  sendBatch(packets: readonly InPacket[], headroom: number = scene.headroom): PacketResult[] {
    return this.process(packets, batch.bufferBytes, headroom);
  }

  private process(packets: readonly InPacket[], bufferBytes: number, headroom: number = scene.headroom): PacketResult[] {
    const { arena, region } = this;
    const first = region + scene.descriptors;
    for (const [i, { port, bytes }] of packets.entries()) {
      const at = first + i * descriptor.bytes;
      const start = region + scene.buffer + i * bufferBytes;
      arena.bytes.fill(0, at, at + descriptor.bytes);
      arena.bytes.set(bytes, start + scene.headroom);
      arena.view.setUint32(at + descriptor.addr, start + scene.headroom, true);
      arena.view.setUint32(at + descriptor.length, bytes.length, true);
      arena.view.setUint32(at + descriptor.inPort, port, true);
      arena.view.setUint32(at + descriptor.bufferStart, start + scene.headroom - headroom, true);
      arena.view.setUint32(at + descriptor.bufferEnd, start + bufferBytes, true);
    }
    arena.setNow(0, BigInt(this.nowMs) * 1_000_000n);
    this.copies = [];
    this.code.process(arena.contextAt(0), first, packets.length);
    const own = packets.map((_, i) => this.outputAt(first + i * descriptor.bytes));
    this.replication.run((to, copyAt) => {
      this.code.processCopy?.(to, arena.contextAt(0), copyAt);
      this.copies.push(...this.outputAt(copyAt));
    });
    this.pool.reset();
    return own.map((outputs, i) => {
      const all = i === own.length - 1 ? [...outputs, ...this.copies] : outputs;
      if (outputs.length > 0) return { outputs: all };
      const reason = arena.view.getUint32(first + i * descriptor.bytes + descriptor.reason, true);
      return { outputs: all, dropReason: reason === 0 ? undefined : (dropReasons[reason] ?? `reason ${reason}`) };
    });
  }

  private outputAt(at: number): OutPacket[] {
    const port = this.arena.view.getUint32(at + descriptor.outPort, true);
    return port === noPort ? [] : [{ port, bytes: this.packetAt(at) }];
  }

  private mirror(at: number, session: number): void {
    const target = this.replication.session(session);
    if (target !== undefined) this.copyTo(at, this.replication.replicasOf(target));
  }

  private copyTo(at: number, replicas: readonly { readonly port: number }[]): void {
    for (const { port } of replicas) this.copies.push({ port, bytes: this.packetAt(at) });
  }

  private countDrop(reason: number): void {
    if (dropReasons[reason] === 'clone-pool-empty') this.hasLostCopies = true;
    const at = this.arena.contextAt(0) + context.drops + 8 * reason;
    this.arena.view.setBigUint64(at, this.arena.view.getBigUint64(at, true) + 1n, true);
  }

  private packetAt(at: number): Uint8Array {
    const from = this.arena.view.getUint32(at + descriptor.addr, true);
    return this.arena.bytes.slice(from, from + this.arena.view.getUint32(at + descriptor.length, true));
  }

  // ---------------------------------------------------------------- time

  advance(ms: number): void {
    this.nowMs += ms;
    this.arena.tables.forEach((table, id) => {
      sweep(table, 0, table.layout.slotCount, this.nowMs, (handle) => {
        this.notifications.push({ table: id, matches: table.read(handle).matches as KeyMatch[] });
      });
    });
  }

  takeNotifications(): readonly StfNotification[] {
    return this.notifications.splice(0);
  }

  takeDigests(): readonly StfDigest[] {
    const ids = this.program.externs.flatMap((e) => (e.kind === 'digest' ? [e.id] : []));
    return this.arena.digests.flatMap((ring, i) => ring.drain().map((values) => ({ digest: ids[i]!, values })));
  }

  /** Packets dropped, by index into dropReasons. */
  get drops(): readonly bigint[] {
    return Array.from({ length: 32 }, (_, i) =>
      this.arena.view.getBigUint64(this.arena.contextAt(0) + context.drops + 8 * i, true),
    );
  }

  finish(): readonly string[] {
    return [];
  }
}

/** Whole 32-bit numbers, the same on every run. */
function sequence(): () => number {
  let state = 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
