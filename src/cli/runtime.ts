/**
 * A running data plane as the control thread sees it: the memory, the thread that moves packets, and the orders to it.
 * `softipu run` and `softipu switch` are this plus a control plane.
 */
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { Arena, layoutArena } from '../arena/index.ts';
import { engineBytes, Gate, gateBytes, makeMemory, startProgram } from '../engine/index.ts';
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
}

interface Events {
  punt: [bytes: Uint8Array, inPort: number];
  expired: [entries: readonly ExpiredEntry[]];
  portState: [name: string, state: string];
  fatal: [message: string];
}

const alignment = 65536;
const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;
const defaultSpinUs = 100;

type Without<T> = T extends unknown ? Omit<T, 'id'> : never;

export class Runtime extends EventEmitter<Events> {
  readonly arena: Arena;
  readonly program: LoadedProgram;
  readonly #gate: Gate;
  readonly #worker: Worker;
  readonly #orders: MessagePort;
  readonly #wakeFd: number;
  readonly #addon = loadAddon();
  readonly #waiting = new Map<number, { done: (report: Extract<Report, { kind: 'done' }>) => void }>();
  readonly #exited: Promise<void>;
  #nextId = 1;
  #isStopped = false;

  /** Opens nothing yet: see `start`. */
  private constructor(options: RuntimeOptions) {
    super();
    this.program = options.program;
    const layout = layoutArena(options.program.artifact.arena);
    const gateAt = layout.programEnd;
    const engineRegion = gateAt + roundUp(gateBytes, 64);
    const memory = makeMemory(
      roundUp(engineRegion + engineBytes, alignment) +
        options.ports.reduce((sum, port) => sum + roundUp(bytesNeeded(port.spec), alignment), 0),
    );
    this.arena = new Arena(memory.buffer, layout);
    startProgram(this.arena, options.program.objects, {
      random: () => randomBytes(4).readUInt32LE(0),
      hashSeed: options.hashSeed,
    });
    for (const port of options.ports) this.arena.setNetPort(port.number, port.isNet);
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
    const layout = runtime.arena.layout;
    let start = roundUp(layout.programEnd + roundUp(gateBytes, 64) + engineBytes, alignment);
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

  /** Runs `change` while the data plane stands between two batches. */
  atomically<T>(change: () => T): T {
    return this.#gate.atomically(this.#isStopped ? 0 : 1, () => this.#addon.wake(this.#wakeFd), change);
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
        this.emit('portState', report.name, report.state);
        return;
      case 'fatal':
        this.emit('fatal', report.message);
        return;
    }
  }
}
