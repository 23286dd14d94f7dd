/**
 * A running data plane as the control thread sees it: the memory, the thread that moves packets, and the orders to it.
 * `softipu run` and `softipu switch` are this plus a control plane.
 */
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { Arena, layoutArena } from '../arena/index.ts';
import {
  engineBytes,
  Gate,
  gateBytes,
  type MirrorSession,
  makeMemory,
  type ProgramObjects,
  type Replica,
  startProgram,
} from '../engine/index.ts';
import type { Artifact } from '../p4/wasm/index.ts';
import { bytesNeeded, loadAddon } from '../ports/index.ts';
import type { DataPlaneData, ExpiredEntry, Order, PortReport, Report } from './dataplane.ts';
import { UserError } from './errors.ts';
import type { LoadedProgram } from './program.ts';

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
  /** What a person should know about a port that opened all the same. */
  readonly onWarning?: (message: string) => void;
  /** Room for ports that come at run time. Addresses only. */
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
/** Each of two programs gets at least so much, and twice what the first one takes. All addresses stay below 2 GiB. */
const leastHalfBytes = 256 * 1024 * 1024;
const mostHalfBytes = 768 * 1024 * 1024;

type Without<T> = T extends unknown ? Omit<T, 'id'> : never;

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
  #half = 0;
  /** The other half held a program before. */
  #isOtherHalfUsed = false;
  readonly #gate: Gate;
  readonly #worker: Worker;
  readonly #orders: MessagePort;
  readonly #wakeFd: number;
  readonly #addon = loadAddon();
  readonly #waiting = new Map<number, { done: (report: Extract<Report, { kind: 'done' }>) => void }>();
  readonly #exited: Promise<void>;
  #nextId = 1;
  #isStopped = false;

  /** Regions for ports that come at run time, each of `#regionBytes`. */
  readonly #regionBytes: number;
  readonly #freeRegions: number[] = [];
  readonly #regionOf = new Map<number, number>();

  /** Opens nothing yet: see `start`. */
  private constructor(options: RuntimeOptions) {
    super();
    this.program = options.program;
    const layout = layoutArena(options.program.artifact.arena);
    this.#halfBytes = options.isReplaceable ? halfFor(layout.programEnd) : 0;
    const gateAt = this.#halfBytes > 0 ? 2 * this.#halfBytes : layout.programEnd;
    const engineRegion = gateAt + roundUp(gateBytes, 64);
    this.#engineRegion = engineRegion;
    const portsEnd =
      portsStart(gateAt) + options.ports.reduce((sum, port) => sum + roundUp(bytesNeeded(port.spec), alignment), 0);
    const { spec = 'memory', count = 0 } = options.morePorts ?? {};
    this.#regionBytes = count === 0 ? 0 : roundUp(bytesNeeded(spec), alignment);
    for (let i = count - 1; i >= 0; i--) this.#freeRegions.push(portsEnd + i * this.#regionBytes);
    const memory = makeMemory(portsEnd + count * this.#regionBytes);
    this.#memory = memory;
    this.#hashSeed = options.hashSeed;
    this.#isNet = new Map(options.ports.map((port) => [port.number, port.isNet]));
    for (const port of options.ports) this.portStates.set(port.number, true);
    this.arena = new Arena(memory.buffer, layout);
    this.#start(this.arena, options.program.objects);
    this.#gate = new Gate(memory, gateAt);
    this.#wakeFd = this.#addon.createWake();
    const channel = new MessageChannel();
    this.#orders = channel.port1;
    const workerData: DataPlaneData = {
      memory,
      artifact: options.program.artifact,
      gate: gateAt,
      engineRegion,
      wakeFd: this.#wakeFd,
      spinUs: options.spinUs ?? defaultSpinUs,
      orders: channel.port2,
    };
    this.#worker = new Worker(new URL('./dataplane.js', import.meta.url), { workerData, transferList: [channel.port2] });
    this.#worker.on('message', (report: Report) => this.#receive(report));
    this.#worker.on('error', (error) => this.emit('fatal', error.stack ?? error.message));
    this.#exited = new Promise((done) => this.#worker.once('exit', () => done()));
  }

  /** Starts a data plane with its ports; all of them or, with a UserError, none. */
  static async start(options: RuntimeOptions): Promise<Runtime> {
    const runtime = new Runtime(options);
    let start = portsStart(runtime.#halfBytes > 0 ? 2 * runtime.#halfBytes : runtime.arena.layout.programEnd);
    try {
      for (const port of options.ports) {
        const end = start + roundUp(bytesNeeded(port.spec), alignment);
        const done = await runtime.#order({ kind: 'addPort', spec: port.spec, number: port.number, start, end });
        if (done.warning) options.onWarning?.(done.warning);
        start = end;
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
    const isTooLarge = roundUp(bytesNeeded(port.spec), alignment) > this.#regionBytes;
    if (start === undefined || isTooLarge) {
      if (start !== undefined) this.#freeRegions.push(start);
      throw new UserError('no-port-room', `there is no room for port '${port.spec}'`);
    }
    try {
      const end = start + this.#regionBytes;
      this.atomically(() => this.arena.setNetPort(port.number, port.isNet));
      await this.#order({ kind: 'addPort', spec: port.spec, number: port.number, start, end });
    } catch (error) {
      this.#freeRegions.push(start);
      throw error;
    }
    this.#isNet.set(port.number, port.isNet);
    this.portStates.set(port.number, true);
    this.#regionOf.set(port.number, start);
  }

  /** Closes a port that `addPort` opened. */
  async removePort(number: number): Promise<void> {
    const start = this.#regionOf.get(number);
    if (start === undefined) return;
    await this.#order({ kind: 'removePort', number });
    this.#regionOf.delete(number);
    this.#isNet.delete(number);
    this.portStates.delete(number);
    this.#freeRegions.push(start);
  }

  /** Runs `change` while the data plane stands between two batches. */
  atomically<T>(change: () => T): T {
    return this.#gate.atomically(this.#isStopped ? 0 : 1, () => this.#addon.wake(this.#wakeFd), change);
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
    const module = await WebAssembly.compile(wasm);
    const half = 1 - this.#half;
    await this.#order({ kind: 'prepare', artifact: rest, module, engineRegion: this.#engineRegion + half * engineBytes });
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
      done = this.#order({ kind: 'swap' });
      this.arena = prepared.arena;
      this.#half = prepared.half;
    });
    await done;
  }

  setMirrorSession(session: number, config: MirrorSession | undefined): void {
    this.#send({ kind: 'mirrorSession', session, config });
  }

  setMulticastGroup(group: number, replicas: readonly Replica[] | undefined): void {
    this.#send({ kind: 'multicastGroup', group, replicas });
  }

  #start(arena: Arena, objects: ProgramObjects): void {
    startProgram(arena, objects, { random: () => randomBytes(4).readUInt32LE(0), hashSeed: this.#hashSeed });
    for (const [port, isNet] of this.#isNet) arena.setNetPort(port, isNet);
  }

  /** Sends a packet into the program as coming from PNA_PORT_CPU. */
  inject(bytes: Uint8Array): void {
    this.#send({ kind: 'inject', bytes });
  }

  async ports(): Promise<readonly PortReport[]> {
    return (await this.#order({ kind: 'stats' })).ports ?? [];
  }

  /** Monotonic milliseconds modulo 2^32, the clock of deadlines in the arena. */
  nowMs(): number {
    const clock = new Uint32Array(2);
    this.#addon.readClock(clock);
    return Math.floor((clock[1]! * 4294967296 + clock[0]!) / 1e6) % 4294967296;
  }

  /** Ends the data plane and gives the interfaces back. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#gate.stop();
    this.#addon.wake(this.#wakeFd);
    await this.#exited;
    this.#orders.close();
    this.#addon.closeWake(this.#wakeFd);
  }

  #send(order: Order): void {
    this.#orders.postMessage(order);
    this.#gate.call();
    this.#addon.wake(this.#wakeFd);
  }

  async #order(order: Without<Order>): Promise<Extract<Report, { kind: 'done' }>> {
    const id = this.#nextId++;
    const answer = new Promise<Extract<Report, { kind: 'done' }>>((done) => this.#waiting.set(id, { done }));
    this.#send({ ...order, id } as Order);
    const report = await answer;
    if (report.error) throw new UserError(report.error.code, report.error.message, report.error.help);
    return report;
  }

  #receive(report: Report): void {
    switch (report.kind) {
      case 'done':
        this.#waiting.get(report.id)?.done(report);
        this.#waiting.delete(report.id);
        return;
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
        this.emit('fatal', report.message);
        return;
    }
  }
}

function halfFor(programEnd: number): number {
  return Math.max(programEnd, Math.min(mostHalfBytes, Math.max(leastHalfBytes, roundUp(2 * programEnd, alignment))));
}

/** Behind the gate and two engines' regions. */
function portsStart(gateAt: number): number {
  return roundUp(gateAt + roundUp(gateBytes, 64) + 2 * engineBytes, alignment);
}
