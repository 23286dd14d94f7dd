/**
 * The arena: the one memory that compiled code, engine and control plane share, with an object for each thing that the layout places in it.
 * The objects hold no state of their own (but which members a group has): two arenas over one memory see the same.
 */

import { CounterArray, MeterArray, RegisterArray } from './cells.ts';
import { DigestRing } from './digest-ring.ts';
import type { EntryCall, NewEntry } from './entry.ts';
import { seedTable } from './hash.ts';
import { type ArenaLayout, context, defaultExpireProfilesMs } from './layout.ts';
import { type Memory, setU32, setU64, u32, u64 } from './memory.ts';
import { ActionProfile } from './profile.ts';
import { MatchTable, maxTimeoutMs } from './table.ts';
import { ValueSet } from './value-set.ts';

/** What a fresh arena starts with. */
export interface ArenaStart {
  /** The memory is all zero already, as a new WebAssembly.Memory is: pages that nothing lies in stay untouched and cost nothing. */
  readonly isZero?: boolean;
  /** Whole numbers 0 .. 2^32 - 1, for the seeds of tables and workers. */
  readonly random: () => number;
  /** Seed of endpoint selection and targetDefault: configuration, the same on every node. */
  readonly hashSeed?: number;
  /** Per table, in the layout's order: default action, and the program's entries. */
  readonly tables: readonly {
    readonly defaultAction: Extract<EntryCall, { kind: 'action' }> & { readonly params: readonly bigint[] };
    readonly entries: readonly NewEntry[];
  }[];
  /** Per register: what its cells start with; missing: zero. */
  readonly registers?: readonly (readonly bigint[] | undefined)[];
}

/** Ports that the bitmap of network ports covers. */
const netPortCount = 2048;

export class Arena {
  readonly layout: ArenaLayout;
  readonly memory: Memory;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly tables: readonly MatchTable[];
  readonly profiles: readonly ActionProfile[];
  readonly counters: readonly CounterArray[];
  readonly meters: readonly MeterArray[];
  readonly registers: readonly RegisterArray[];
  readonly digests: readonly DigestRing[];
  readonly valueSets: readonly ValueSet[];

  /** Over the bytes of a WebAssembly.Memory (shared or not) or any buffer of at least `layout.programEnd` bytes. Writes nothing: see `init`. */
  constructor(buffer: ArrayBufferLike, layout: ArenaLayout) {
    if (buffer.byteLength < layout.programEnd) {
      throw new RangeError(`the program needs ${layout.programEnd} bytes of memory, there are ${buffer.byteLength}`);
    }
    this.layout = layout;
    this.view = new DataView(buffer);
    this.bytes = new Uint8Array(buffer);
    this.memory = { view: this.view, bytes: this.bytes };
    const { counts, spec } = layout;
    const blocks = counts ? Array.from({ length: spec.workers }, (_, worker) => counts.base + worker * counts.stride) : [];
    this.tables = layout.tables.map(
      (t, i) =>
        new MatchTable(
          this.memory,
          t,
          blocks.map((block) => block + 16 * i),
        ),
    );
    this.profiles = layout.profiles.map((p) => new ActionProfile(this.memory, p, layout.hashSeed));
    this.counters = layout.counters.map((c, i) => {
      return new CounterArray(this.memory, { ...c, copies: blocks.map((block) => block + counts!.counters[i]!) });
    });
    this.meters = layout.meters.map((m) => new MeterArray(this.memory, m));
    this.registers = layout.registers.map((r) => new RegisterArray(this.memory, r));
    this.digests = layout.digests.map((d) => new DigestRing(this.memory, d));
    this.valueSets = layout.valueSets.map((v, i) => new ValueSet(this.memory, v, layout.spec.valueSets[i]!.size));
  }

  /**
   * Makes everything new: zero but for seeds, expire profiles, default entries, the program's entries and registers.
   * Throws RangeError if the program's entries do not fit their tables (the compiler has checked).
   */
  init(start: ArenaStart): void {
    const { layout, memory } = this;
    if (!start.isZero) this.bytes.fill(0, layout.spec.base ?? 0, layout.programEnd);
    defaultExpireProfilesMs.forEach((ms, i) => {
      this.setExpireProfile(i, ms);
    });
    setU32(memory, layout.hashSeed, start.hashSeed ?? 0);
    for (let worker = 0; worker < layout.spec.workers; worker++) {
      const at = this.contextAt(worker);
      setU32(memory, at + context.random, start.random() || 1);
      if (layout.counts) setU32(memory, at + context.counts, layout.counts.base + worker * layout.counts.stride);
      // Workers hand out flow ids from ranges of their own.
      setU32(memory, at + context.flowId, Math.floor((2 ** 32 / layout.spec.workers) * worker));
      for (let slot = 0; slot < 4; slot++) setU32(memory, at + context.mirrorSlots + 4 * slot, 0xffffffff);
    }
    if (!start.isZero) for (const profile of this.profiles) profile.reset();
    this.tables.forEach((table, i) => {
      seedTable(memory, table.layout, start.random());
      const { defaultAction, entries } = start.tables[i]!;
      table.setDefault(defaultAction.action, defaultAction.params);
      for (const entry of entries) {
        const result = table.insert(entry);
        if (typeof result === 'string')
          throw new RangeError(`entry of the program in table '${table.layout.spec.name}': ${result}`);
      }
    });
    start.registers?.forEach((cell, i) => {
      const register = this.registers[i]!;
      if (cell?.some((value) => value !== 0n)) for (let index = 0; index < register.size; index++) register.write(index, cell);
    });
  }

  /** Address of a worker's context block. */
  contextAt(worker: number): number {
    return this.layout.contexts + worker * this.layout.contextBytes;
  }

  /** Sets the time that packets see until the next call. */
  setNow(worker: number, nowNs: bigint): void {
    const at = this.contextAt(worker);
    setU64(this.memory, at + context.nowNs, BigInt.asUintN(64, nowNs));
    setU32(this.memory, at + context.nowMs, Number(BigInt.asUintN(32, nowNs / 1_000_000n)));
  }

  /** Packets that a worker's program dropped, by index into the IR's `dropReasons`. */
  drops(worker: number): bigint[] {
    const at = this.contextAt(worker) + context.drops;
    return Array.from({ length: 32 }, (_, reason) => u64(this.memory, at + 8 * reason));
  }

  expireProfile(index: number): number {
    return u32(this.memory, this.layout.expireProfiles + 4 * index);
  }

  /** Changes an expire-time profile; entries take the new time when they are added or get the profile again. 0: never expires. */
  setExpireProfile(index: number, ms: number): void {
    setU32(this.memory, this.layout.expireProfiles + 4 * index, Math.min(ms, maxTimeoutMs));
  }

  /** The seed of endpoint selection. Setting it computes all groups again. */
  get hashSeed(): number {
    return u32(this.memory, this.layout.hashSeed);
  }

  set hashSeed(seed: number) {
    setU32(this.memory, this.layout.hashSeed, seed);
    for (const profile of this.profiles) profile.rebuild();
  }

  /** Whether a port belongs to the network; every other one is a host port. */
  isNetPort(port: number): boolean {
    if (port >= netPortCount) return false;
    return ((this.bytes[this.layout.netPorts + (port >> 3)]! >> (port & 7)) & 1) === 1;
  }

  /** Throws RangeError for ports from 2048. */
  setNetPort(port: number, isNetPort: boolean): void {
    if (port >= netPortCount) throw new RangeError(`port ${port}: network ports are below ${netPortCount}`);
    const at = this.layout.netPorts + (port >> 3);
    const bit = 1 << (port & 7);
    this.bytes[at] = isNetPort ? this.bytes[at]! | bit : this.bytes[at]! & ~bit;
  }
}
