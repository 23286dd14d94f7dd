/**
 * The engine: takes batches of packets from ports, runs the compiled program on them, hands them to the ports that the program chose.
 *
 * One engine per data-plane thread. Everything that a batch needs lies in the arena and is placed at construction: descriptors, one list of
 * descriptor addresses per destination port, buffers for copies (mirrors) and for packets from the control plane. The engine reads no clock:
 * `step` is told the time. It never touches a packet's bytes except to copy mirrors and to hand packets to the control plane.
 */
import { type ArenaLayout, context, cpuPort, descriptor, noPort } from '../arena/layout.ts';
import { CopyPool } from './copies.ts';
import type { Port } from './port.ts';
import { type MirrorSession, type Replica, Replication } from './replication.ts';

/** A loaded program: the WebAssembly module's `process`, or the interpreter's. */
export interface Backend {
  process(context: number, descriptors: number, count: number): void;
  /** Runs a copy through pipeline `to`; only programs that make copies need it. */
  processCopy?(to: number, context: number, descriptor: number): void;
}

export interface EngineOptions {
  readonly memory: WebAssembly.Memory;
  readonly layout: ArenaLayout;
  /** Makes the backend; the engine gives it the functions that compiled code imports. */
  readonly backend: (hooks: BackendHooks) => Backend;
  /** Which worker context is ours. */
  readonly worker: number;
  /** Start of the engine's own region, `engineBytes` long, 64-aligned. */
  readonly region: number;
  /** Number of the control plane's port; default PNA_PORT_CPU. */
  readonly cpuPort?: number;
  /** A packet for the control plane: a copy of its bytes, and the port that it came from. */
  readonly punt: (bytes: Uint8Array, inPort: number) => void;
}

export interface BackendHooks {
  readonly mirror: (descriptorAddress: number, slot: number, session: number) => void;
  readonly multicast: (descriptorAddress: number, group: number) => void;
  /** `Replication.add`. */
  readonly copy?: (
    descriptorAddress: number,
    record: number,
    recordBytes: number,
    pipeline: number,
    via: number,
    id: number,
  ) => void;
}

/** Reasons that the engine itself gives, beside those of the program (index into the IR's dropReasons). */
const unknownPortReason = 6;
const clonePoolReason = 11;

/** Number of the control plane's port as an architecture's programs know it: v1model's ports have 9 bits, and 510 is BMv2's custom. */
export function cpuPortOf(architecture: string): number {
  return architecture === 'v1model' ? 510 : cpuPort;
}

export const batchSize = 64;
const maxPorts = 2048;
/** Ports that are open at once: a list of packets for each. */
export const maxOpenPorts = 256;
/** Descriptors of a batch, the lists, the copy pool. */
const listEntries = batchSize + CopyPool.count;
export const engineBytes = batchSize * descriptor.bytes + maxPorts * 4 + maxOpenPorts * listEntries * 4 + CopyPool.bytes;

export class Engine {
  readonly #memory: WebAssembly.Memory;
  readonly #words: Int32Array;
  readonly #view: DataView;
  readonly #backend: Backend;
  readonly #context: number;
  readonly #descriptors: number;
  readonly #lists: number;
  readonly #punt: (bytes: Uint8Array, inPort: number) => void;
  readonly #cpuPort: number;
  readonly #ports: Port[] = [];
  /** Port number -> index into #ports + 1, 0 for none. */
  readonly #indexOf = new Uint16Array(maxPorts);
  /** Per port of #ports: packets in its list. */
  #counts = new Int32Array(0);
  readonly #copies: CopyPool;
  readonly #replication: Replication;
  readonly #processCopy = (to: number, at: number): void => this.#backend.processCopy?.(to, this.#context, at);

  constructor(options: EngineOptions) {
    this.#memory = options.memory;
    this.#words = new Int32Array(options.memory.buffer);
    this.#view = new DataView(options.memory.buffer);
    this.#context = options.layout.contexts + options.worker * options.layout.contextBytes;
    this.#descriptors = options.region;
    this.#lists = options.region + batchSize * descriptor.bytes;
    this.#copies = new CopyPool(options.memory, this.#lists + maxOpenPorts * listEntries * 4 + maxPorts * 4);
    this.#punt = options.punt;
    this.#cpuPort = options.cpuPort ?? cpuPort;
    this.#replication = new Replication(options.memory, this.#copies, (reason) => this.#drop(reason));
    this.#backend = options.backend({
      mirror: (at, _slot, session) => this.#mirror(at, session),
      multicast: (at, group) => this.#copyTo(at, this.#replication.group(group)),
      copy: (at, record, recordBytes, pipeline, via, id) => this.#replication.add(at, record, recordBytes, pipeline, via, id),
    });
  }

  /** Adds a port; its number must be free and below 2048, at most `maxOpenPorts`. Returns false otherwise. */
  addPort(port: Port): boolean {
    if (port.number >= maxPorts || this.#indexOf[port.number] !== 0 || this.#ports.length >= maxOpenPorts) return false;
    this.#ports.push(port);
    this.#indexOf[port.number] = this.#ports.length;
    this.#counts = new Int32Array(this.#ports.length);
    return true;
  }

  removePort(number: number): Port | undefined {
    const at = this.#ports.findIndex((p) => p.number === number);
    if (at < 0) return undefined;
    const [port] = this.#ports.splice(at, 1);
    this.#indexOf.fill(0);
    this.#ports.forEach((p, i) => {
      this.#indexOf[p.number] = i + 1;
    });
    this.#counts = new Int32Array(this.#ports.length);
    return port;
  }

  get ports(): readonly Port[] {
    return this.#ports;
  }

  setMirrorSession(session: number, config: MirrorSession | undefined): void {
    this.#replication.setSession(session, config);
  }

  /** Members of a multicast group; `undefined` deletes it. */
  setMulticastGroup(group: number, replicas: readonly Replica[] | undefined): void {
    this.#replication.setGroup(group, replicas);
  }

  /** Time for the next batches: nanoseconds of a monotonic clock, as two halves so that nothing allocates. */
  setTime(nowNs: number): void {
    const ms = Math.floor(nowNs / 1e6);
    this.#words[(this.#context + context.nowNs) >> 2] = (nowNs % 4294967296) | 0;
    this.#words[(this.#context + context.nowNs + 4) >> 2] = Math.floor(nowNs / 4294967296) | 0;
    this.#words[(this.#context + context.nowMs) >> 2] = ms | 0;
  }

  /** One round over all ports at time `nowNs`; with `ready` over those (in the order of `ports`) whose flag is not 0. Returns the number of packets received. */
  step(nowNs: number, ready?: Uint8Array): number {
    this.setTime(nowNs);
    let received = 0;
    for (let i = 0; i < this.#ports.length; i++) {
      if (ready?.[i] === 0) continue;
      const port = this.#ports[i]!;
      const count = port.receive(this.#descriptors, batchSize);
      if (count === 0) continue;
      received += count;
      this.#run(count);
      port.release(this.#descriptors, count);
    }
    return received;
  }

  /** Runs one packet that the control plane made, as coming from its port. */
  inject(bytes: Uint8Array): void {
    if (this.#copies.fromBytes(this.#descriptors, bytes, this.#cpuPort)) this.#run(1);
    this.#copies.reset();
  }

  #run(count: number): void {
    this.#backend.process(this.#context, this.#descriptors, count);
    this.#replication.run(this.#processCopy);
    for (let i = 0; i < count; i++) this.#dispatch(this.#descriptors + i * descriptor.bytes);
    for (let i = 0; i < this.#copies.count; i++) this.#dispatch(this.#copies.descriptorAt(i));
    for (let i = 0; i < this.#counts.length; i++) {
      const waiting = this.#counts[i]!;
      if (waiting === 0) continue;
      this.#counts[i] = 0;
      this.#ports[i]!.transmit(this.#lists + i * listEntries * 4, waiting);
    }
    this.#copies.reset();
  }

  #dispatch(at: number): void {
    const outPort = this.#words[(at + descriptor.outPort) >> 2]! >>> 0;
    if (outPort === noPort) return;
    const index = outPort < maxPorts ? this.#indexOf[outPort]! : 0;
    if (index !== 0) {
      const slot = this.#counts[index - 1]!++;
      this.#words[((this.#lists + (index - 1) * listEntries * 4) >> 2) + slot] = at;
    } else if (outPort === this.#cpuPort) {
      const addr = this.#words[(at + descriptor.addr) >> 2]!;
      const length = this.#words[(at + descriptor.length) >> 2]!;
      this.#punt(
        new Uint8Array(this.#memory.buffer).slice(addr, addr + length),
        this.#words[(at + descriptor.inPort) >> 2]! >>> 0,
      );
    } else {
      this.#drop(unknownPortReason);
    }
  }

  #mirror(at: number, sessionId: number): void {
    const session = this.#replication.session(sessionId);
    if (session) this.#copyTo(at, this.#replication.replicasOf(session), session.truncateBytes);
  }

  #copyTo(at: number, replicas: readonly Replica[], truncateBytes?: number): void {
    for (const { port } of replicas) {
      if (!this.#copies.fromDescriptor(at, port, truncateBytes)) this.#drop(clonePoolReason);
    }
  }

  #drop(reason: number): void {
    const at = this.#context + context.drops + 8 * reason;
    this.#view.setBigUint64(at, this.#view.getBigUint64(at, true) + 1n, true);
  }
}
