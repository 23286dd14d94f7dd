/**
 * A running data plane as the control thread sees it: the memory, the threads that move packets, and the orders to them.
 * `softipu run` and `softipu switch` are this plus a control plane.
 */
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { Arena, layoutArena } from '../arena/index.ts';
import {
  engineBytes,
  Gate,
  gateBytes,
  type MirrorSession,
  makeMemory,
  maxMemoryBytes,
  type ProgramObjects,
  type Replica,
  startProgram,
} from '../engine/index.ts';
import type { Artifact } from '../p4/wasm/index.ts';
import { bytesNeeded, loadAddon } from '../ports/index.ts';
import { DataPlaneThreads, type Done, type OrderBody, sumPorts } from './data-plane-threads.ts';
import type { PortReport, Report } from './dataplane.ts';
import { UserError } from './errors.ts';
import type { LoadedProgram } from './load-program.ts';
import { type ExpiredEntry, Sweeper } from './sweeper.ts';

export interface RuntimePort {
  readonly number: number;
  /** As `openPort` takes it. */
  readonly spec: string;
  readonly isNet: boolean;
}

export interface RuntimeOptions {
  readonly program: LoadedProgram;
  readonly ports: readonly RuntimePort[];
  readonly hashSeed: number;
  /** How long an idle data plane spins before it sleeps, microseconds. */
  readonly spinUs?: number;
  /** Data-plane threads, 1 unless given; the program must be compiled for as many. */
  readonly workers?: number;
  /** What a person should know about a port that opened all the same. */
  readonly onWarning?: (message: string) => void;
  /** Room for ports that come at run time, as far as addresses suffice: untouched pages cost nothing. */
  readonly morePorts?: { readonly spec: string; readonly count: number };
  /** Room for a second program beside the running one, so that it can be replaced. Addresses only: untouched pages cost nothing. */
  readonly isReplaceable?: boolean;
}

/** A program that lies in the memory beside the running one and takes over on `swapProgram`. */
export interface PreparedProgram {
  readonly arena: Arena;
  readonly objects: ProgramObjects;
  readonly half: number;
}

interface Events {
  punt: [bytes: Uint8Array, inPort: number];
  expired: [entries: readonly ExpiredEntry[]];
  portState: [name: string, state: string, number: number];
  fatal: [message: string];
}

const alignment = 65536;
const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;
const defaultSpinUs = 100;
/** Each of two programs gets so much, or what the first one takes: the second may be far larger. All addresses stay below 2 GiB. */
const halfBytes = 768 * 1024 * 1024;

/** With several threads the tables age behind the gate, so often. */
const sweepMs = 50;
const fanoutGroups = 65535;

export class Runtime extends EventEmitter<Events> {
  /** Of the running program. */
  arena: Arena;
  /** The program that was loaded first. */
  readonly program: LoadedProgram;
  /** Ports by number, and whether they are up. */
  readonly portStates = new Map<number, boolean>();
  readonly #memory: WebAssembly.Memory;
  readonly #hashSeed: number;
  readonly #isNet: Map<number, boolean>;
  /** Bytes that one program has; 0 if there is room for one only. */
  readonly #halfBytes: number;
  readonly #engineRegion: number;
  readonly #threadCount: number;
  #half = 0;
  /** The other half held a program before. */
  #isOtherHalfUsed = false;
  readonly #gate: Gate;
  readonly #threads: DataPlaneThreads;
  readonly #addon = loadAddon();
  readonly #clock = new Uint32Array(2);
  #sweeper: Sweeper;
  readonly #sweeping: NodeJS.Timeout | undefined;
  #isStopped = false;
  /** Rejects when a data-plane thread ends by itself: whoever waits for its answer would wait for ever. */
  #failed!: (error: Error) => void;
  readonly #failure = new Promise<never>((_, failed) => {
    this.#failed = failed;
  });

  /** Regions for ports that come at run time, each of `#regionBytes`. */
  readonly #regionBytes: number;
  readonly #freeRegions: number[] = [];
  readonly #regionOf = new Map<number, number>();

  /** Opens nothing yet: see `start`. */
  private constructor(options: RuntimeOptions) {
    super();
    this.#failure.catch(() => {});
    this.program = options.program;
    const layout = layoutArena(options.program.artifact.arena);
    this.#halfBytes = options.isReplaceable ? halfFor(layout.programEnd) : 0;
    const gateAt = this.#halfBytes > 0 ? 2 * this.#halfBytes : layout.programEnd;
    const engineRegion = gateAt + roundUp(gateBytes, 64);
    this.#engineRegion = engineRegion;
    const workers = options.workers ?? 1;
    this.#threadCount = workers;
    if (workers > layout.spec.workers) throw new Error(`the program is compiled for ${layout.spec.workers} workers`);
    const portBytes = options.ports.reduce((sum, port) => sum + roundUp(bytesNeeded(port.spec), alignment), 0);
    const portsEnd = portsStart(gateAt, workers) + workers * portBytes;
    const { spec = 'memory', count: wanted = 0 } = options.morePorts ?? {};
    this.#regionBytes = wanted === 0 ? 0 : workers * roundUp(bytesNeeded(spec), alignment);
    const count = wanted === 0 ? 0 : Math.min(wanted, Math.floor((maxMemoryBytes - portsEnd) / this.#regionBytes));
    for (let i = count - 1; i >= 0; i--) this.#freeRegions.push(portsEnd + i * this.#regionBytes);
    const memory = makeMemory(portsEnd + count * this.#regionBytes);
    this.#memory = memory;
    // Tables are looked up at random: a seventh less time per packet at a million flows. Without huge pages everything works as well.
    this.#addon.adviseHugePages(new Uint8Array(memory.buffer), 0, gateAt);
    this.#hashSeed = options.hashSeed;
    this.#isNet = new Map(options.ports.map((port) => [port.number, port.isNet]));
    for (const port of options.ports) this.portStates.set(port.number, true);
    this.arena = new Arena(memory.buffer, layout);
    this.#start(this.arena, options.program.objects);
    this.#gate = new Gate(memory, gateAt);
    this.#threads = new DataPlaneThreads({
      count: workers,
      gate: this.#gate,
      data: { workers, memory, artifact: options.program.artifact, gate: gateAt, spinUs: options.spinUs ?? defaultSpinUs },
      engineRegion: (worker) => this.#engineRegionOf(0, worker),
      onReport: (report) => this.#receive(report),
    });
    this.#sweeper = new Sweeper(this.arena);
    this.#sweeping = workers > 1 ? setInterval(() => this.#age(), sweepMs).unref() : undefined;
  }

  /** Starts a data plane with its ports; all of them or, with a UserError, none. */
  static async start(options: RuntimeOptions): Promise<Runtime> {
    const runtime = new Runtime(options);
    const workers = runtime.#threadCount;
    let start = portsStart(runtime.#halfBytes > 0 ? 2 * runtime.#halfBytes : runtime.arena.layout.programEnd, workers);
    try {
      for (const port of options.ports) {
        const done = await runtime.#openPort(port, start);
        if (done.warning) options.onWarning?.(done.warning);
        start += workers * roundUp(bytesNeeded(port.spec), alignment);
      }
    } catch (error) {
      await runtime.stop();
      throw error;
    }
    return runtime;
  }

  /** Opens one more port. Throws a UserError if it cannot be opened, or if there is no room. */
  async addPort(port: RuntimePort): Promise<void> {
    const start = this.#freeRegions.pop();
    const isTooLarge = this.#threadCount * roundUp(bytesNeeded(port.spec), alignment) > this.#regionBytes;
    if (start === undefined || isTooLarge) {
      if (start !== undefined) this.#freeRegions.push(start);
      throw new UserError('no-port-room', `there is no room for port '${port.spec}'`);
    }
    try {
      this.atomically(() => this.arena.setNetPort(port.number, port.isNet));
      await this.#openPort(port, start);
    } catch (error) {
      // Some of several threads may have opened it.
      await this.#order(() => ({ kind: 'removePort', number: port.number }));
      this.#freeRegions.push(start);
      throw error;
    }
    this.#isNet.set(port.number, port.isNet);
    this.portStates.set(port.number, true);
    this.#regionOf.set(port.number, start);
  }

  /** Opens a port in every thread, one region behind the other from `start` on. */
  async #openPort({ spec, number }: RuntimePort, start: number): Promise<Done> {
    const bytes = roundUp(bytesNeeded(spec), alignment);
    const place = (worker: number) => ({ start: start + worker * bytes, end: start + (worker + 1) * bytes });
    const group = this.#threadCount > 1 ? 1 + (randomBytes(2).readUInt16LE(0) % fanoutGroups) : undefined;
    const [done] = await this.#order((worker) => ({ kind: 'addPort', spec, number, group, ...place(worker) }));
    return done!;
  }

  /** Closes a port that `addPort` opened. */
  async removePort(number: number): Promise<void> {
    const start = this.#regionOf.get(number);
    if (start === undefined) return;
    await this.#order(() => ({ kind: 'removePort', number }));
    this.#regionOf.delete(number);
    this.#isNet.delete(number);
    this.portStates.delete(number);
    this.#freeRegions.push(start);
  }

  /** Runs `change` while the data plane stands between two batches. */
  atomically<T>(change: () => T): T {
    return this.#gate.atomically(this.#isStopped ? 0 : this.#threadCount, () => this.#threads.wake(), change);
  }

  /** Where the next program is to lie: `base` of its arena. */
  get freeBase(): number {
    return this.#half === 0 ? this.#halfBytes : 0;
  }

  /**
   * Puts a program beside the running one, with empty tables. Packets go on as before. `artifact` must be compiled for `freeBase`. Throws a UserError if it
   * does not fit.
   */
  async prepareProgram(artifact: Artifact, objects: ProgramObjects): Promise<PreparedProgram> {
    const layout = layoutArena(artifact.arena);
    if ((artifact.arena.base ?? 0) !== this.freeBase)
      throw new Error(`the program is compiled for base ${artifact.arena.base ?? 0}`);
    if (layout.programEnd - this.freeBase > this.#halfBytes) {
      throw new UserError(
        'program-too-large',
        `the program needs ${layout.programEnd - this.freeBase} bytes, there is room for ${this.#halfBytes} beside the running one`,
      );
    }
    const arena = new Arena(this.#memory.buffer, layout);
    if (this.#isOtherHalfUsed) arena.bytes.fill(0, this.freeBase, this.freeBase + this.#halfBytes);
    this.#isOtherHalfUsed = true;
    this.#start(arena, objects);
    const { wasm, ...rest } = artifact;
    const module = await compileOptimised(wasm);
    const half = 1 - this.#half;
    await this.#order((worker) => ({
      kind: 'prepare',
      artifact: rest,
      module,
      engineRegion: this.#engineRegionOf(half, worker),
    }));
    return { arena, objects, half };
  }

  /**
   * The prepared program takes over, ports and all, between two batches: no packet is lost, none sees both. `carry` runs while the data plane stands,
   * to copy state from the old arena.
   */
  async swapProgram(prepared: PreparedProgram, carry: () => void): Promise<void> {
    let done: Promise<unknown> | undefined;
    this.atomically(() => {
      carry();
      // Read before the next batch: orders are looked at behind the gate.
      done = this.#order(() => ({ kind: 'swap' }));
      this.arena = prepared.arena;
      this.#sweeper = new Sweeper(prepared.arena);
      this.#half = prepared.half;
    });
    await done;
  }

  setMirrorSession(session: number, config: MirrorSession | undefined): void {
    this.#threads.send(() => ({ kind: 'mirrorSession', session, config }));
  }

  setMulticastGroup(group: number, replicas: readonly Replica[] | undefined): void {
    this.#threads.send(() => ({ kind: 'multicastGroup', group, replicas }));
  }

  #start(arena: Arena, objects: ProgramObjects): void {
    startProgram(arena, objects, { random: () => randomBytes(4).readUInt32LE(0), hashSeed: this.#hashSeed });
    for (const [port, isNet] of this.#isNet) arena.setNetPort(port, isNet);
  }

  /** Sends a packet into the program as coming from PNA_PORT_CPU. */
  inject(bytes: Uint8Array): void {
    this.#threads.sendToFirst({ kind: 'inject', bytes });
  }

  async ports(): Promise<readonly PortReport[]> {
    return sumPorts(await this.#order(() => ({ kind: 'stats' })));
  }

  /** Monotonic milliseconds modulo 2^32, the clock of deadlines in the arena. */
  nowMs(): number {
    return this.#monotonicMs() % 4294967296;
  }

  #monotonicMs(): number {
    this.#addon.readClock(this.#clock);
    return Math.floor((this.#clock[1]! * 4294967296 + this.#clock[0]!) / 1e6);
  }

  /** Ends the data plane and gives the interfaces back. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    clearInterval(this.#sweeping);
    this.#gate.stop();
    this.#threads.wake();
    await this.#threads.ended();
  }

  /** Asks all threads; throws the first error as a UserError. */
  async #order(of: (worker: number) => OrderBody): Promise<readonly Done[]> {
    const reports = await Promise.race([this.#threads.ask(of), this.#failure]);
    const error = reports.find((r) => r.error)?.error;
    if (error) throw new UserError(error.code, error.message, error.help);
    return reports;
  }

  #age(): void {
    const entries = this.atomically(() => this.#sweeper.sweep(this.#monotonicMs()));
    if (entries.length > 0) this.emit('expired', entries);
  }

  /** Where the engine of a worker has its region, for the program in a half. */
  #engineRegionOf(half: number, worker: number): number {
    return this.#engineRegion + (half * this.#threadCount + worker) * engineBytes;
  }

  #receive(report: Exclude<Report, Done>): void {
    switch (report.kind) {
      case 'punt':
        this.emit('punt', report.bytes, report.inPort);
        return;
      case 'expired':
        this.emit('expired', report.entries);
        return;
      case 'portState':
        this.portStates.set(report.number, report.state === 'up');
        this.emit('portState', report.name, report.state, report.number);
        return;
      case 'fatal':
        this.#failed(new Error(report.message));
        this.emit('fatal', report.message);
        return;
    }
  }
}

function halfFor(programEnd: number): number {
  return Math.max(programEnd, halfBytes);
}

/** Behind the gate and the engines' regions, two for each worker. */
function portsStart(gateAt: number, workers: number): number {
  return roundUp(gateAt + roundUp(gateBytes, 64) + 2 * workers * engineBytes, alignment);
}

/**
 * A module whose code is as good from its first call as after a while. Otherwise the data plane would compile each function when packets come to it (30 ms for
 * our own program), and run plain code until the optimised one is there. These are settings of the process: nothing else is compiled meanwhile.
 */
async function compileOptimised(wasm: Artifact['wasm']): Promise<WebAssembly.Module> {
  setFlagsFromString('--no-wasm-lazy-compilation');
  setFlagsFromString('--no-liftoff');
  try {
    return await WebAssembly.compile(wasm as Uint8Array<ArrayBuffer>);
  } finally {
    setFlagsFromString('--wasm-lazy-compilation');
    setFlagsFromString('--liftoff');
  }
}
