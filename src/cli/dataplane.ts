/**
 * The data-plane thread: owns the ports and the engine, and does nothing but move packets until the gate says stop.
 *
 * Orders from the control thread come as messages; it wakes us, and we read them while we stand at the gate's boundary. What goes the other
 * way (packets for the control plane, expired flows, port states) is posted. Several threads have each an engine, a worker context and a
 * port per interface of their own, among which the kernel spreads the flows; tables are common. A thread that is alone also ages the
 * tables, between batches; of several nobody may, while others are within a batch: then the control thread does, behind the gate.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { Arena, layoutArena } from '../arena/index.ts';
import { cpuPortOf, Engine, Gate, instantiate, type MirrorSession, type Port, type Replica } from '../engine/index.ts';
import type { Artifact } from '../p4/wasm/index.ts';
import { loadAddon, nativePorts, openPort } from '../ports/index.ts';
import { isOperatorError, UserError } from './errors.ts';
import { type ExpiredEntry, Sweeper } from './sweeper.ts';

export type { ExpiredEntry } from './sweeper.ts';

/** What the thread starts with. */
export interface DataPlaneData {
  /** Which of the data-plane threads this is. */
  readonly worker: number;
  readonly workers: number;
  readonly memory: WebAssembly.Memory;
  readonly artifact: Artifact;
  readonly gate: number;
  readonly engineRegion: number;
  readonly wakeFd: number;
  readonly spinUs: number;
  readonly orders: MessagePort;
}

export type Order =
  | {
      readonly kind: 'addPort';
      readonly id: number;
      readonly spec: string;
      readonly number: number;
      readonly start: number;
      readonly end: number;
      /** Of the threads' ports of this interface, if there are several threads. */
      readonly group?: number;
    }
  /** Makes a program ready beside the one that runs. */
  | {
      readonly kind: 'prepare';
      readonly id: number;
      readonly artifact: Omit<Artifact, 'wasm'>;
      readonly module: WebAssembly.Module;
      readonly engineRegion: number;
    }
  /** The program that was made ready takes over, with all ports. */
  | { readonly kind: 'swap'; readonly id: number }
  | { readonly kind: 'mirrorSession'; readonly session: number; readonly config: MirrorSession | undefined }
  | { readonly kind: 'multicastGroup'; readonly group: number; readonly replicas: readonly Replica[] | undefined }
  | { readonly kind: 'removePort'; readonly id: number; readonly number: number }
  | { readonly kind: 'inject'; readonly bytes: Uint8Array }
  | { readonly kind: 'stats'; readonly id: number };

export interface PortReport {
  readonly number: number;
  readonly name: string;
  readonly state: Port['state'];
  readonly stats: Readonly<Record<string, number>>;
}

export type Report =
  | {
      readonly kind: 'done';
      readonly id: number;
      readonly error?: { readonly code: string; readonly message: string; readonly help?: string };
      readonly ports?: readonly PortReport[];
      readonly warning?: string;
    }
  | { readonly kind: 'punt'; readonly bytes: Uint8Array; readonly inPort: number }
  /** Entries that ageing took out (or reported): table index, key and parameters as the arena has them. */
  | { readonly kind: 'expired'; readonly entries: readonly ExpiredEntry[] }
  | { readonly kind: 'portState'; readonly number: number; readonly name: string; readonly state: Port['state'] }
  | { readonly kind: 'fatal'; readonly message: string };

/** Sleep at most so long: the sweeper wants to run. */
const sleepMs = 100;
/** Packets for the control plane that may wait: beyond, they are dropped here. */
const maxPuntsPerSecond = 1000;
/** Before all processes, as the kernel's own forwarding is: whom a packet wakes does not run before the rest of the batch has left. */
const threadNice = -20;

const data = workerData as DataPlaneData;
const post = (report: Report): void => parentPort!.postMessage(report);

const gate = new Gate(data.memory, data.gate);
const addon = loadAddon();
// Not permitted to everybody: then we share the processor as equals.
addon.raiseThread(threadNice);
let punts = 0;

/** A program in its place. */
interface Loaded {
  readonly engine: Engine;
  readonly sweeper: Sweeper;
}

function load(artifact: Omit<Artifact, 'wasm'>, region: number, module?: WebAssembly.Module): Loaded {
  const layout = layoutArena(artifact.arena);
  const engine = new Engine({
    memory: data.memory,
    layout,
    backend: (hooks) => instantiate(artifact, data.memory, hooks, module),
    worker: data.worker,
    region,
    cpuPort: cpuPortOf(artifact.architecture),
    punt: (bytes, inPort) => {
      if (punts++ < maxPuntsPerSecond) post({ kind: 'punt', bytes, inPort });
    },
  });
  return { engine, sweeper: new Sweeper(new Arena(data.memory.buffer, layout)) };
}

let { engine, sweeper } = load(data.artifact, data.engineRegion);
let next: Loaded | undefined;
const mirrorSessions = new Map<number, MirrorSession>();
const multicastGroups = new Map<number, readonly Replica[]>();

/** Between two batches: no packet is in the engine. */
function swap(): void {
  if (!next) return;
  const ports = [...engine.ports];
  for (const port of ports) engine.removePort(port.number);
  for (const port of ports) next.engine.addPort(port);
  for (const [session, config] of mirrorSessions) next.engine.setMirrorSession(session, config);
  for (const [group, replicas] of multicastGroups) next.engine.setMulticastGroup(group, replicas);
  ({ engine, sweeper } = next);
  next = undefined;
}

const waiter = new addon.Waiter(data.wakeFd);
/** Monotonic nanoseconds, as of the waiter's last look. */
const clock = new Float64Array(1);
const states = new Map<number, Port['state']>();

/** Which ports may have input; undefined if some port cannot tell. */
let ready: Uint8Array | undefined;

function watchPorts(): void {
  const native = nativePorts(engine.ports);
  const flags = new Uint8Array(native.length);
  waiter.watch(native, flags, clock);
  waiter.look();
  ready = native.length === engine.ports.length ? flags : undefined;
}
watchPorts();

function obey(order: Order): void {
  switch (order.kind) {
    case 'addPort':
      try {
        const share = order.group === undefined ? undefined : { group: order.group };
        const port = openPort(order.spec, order.number, { memory: data.memory, start: order.start, end: order.end }, share);
        if (!engine.addPort(port)) {
          port.close();
          throw new UserError('too-many-ports', `there is no room for port '${order.spec}' in the data plane`);
        }
        states.set(port.number, port.state);
        watchPorts();
        const isolated = (port as { kernelStackIsolated?: boolean }).kernelStackIsolated;
        const warning =
          isolated === false
            ? `'${order.spec}': the kernel's own IP stack sees its packets too (no permission for a tcx program, and no nft): give the interface no address and leave ip_forward at 0`
            : undefined;
        post({ kind: 'done', id: order.id, warning });
      } catch (error) {
        if (!isOperatorError(error)) throw error;
        post({ kind: 'done', id: order.id, error: { code: error.code, message: error.message, help: error.help } });
      }
      return;
    case 'prepare':
      next = load(order.artifact, order.engineRegion, order.module);
      post({ kind: 'done', id: order.id });
      return;
    case 'swap':
      swap();
      post({ kind: 'done', id: order.id });
      return;
    case 'mirrorSession':
      if (order.config) mirrorSessions.set(order.session, order.config);
      else mirrorSessions.delete(order.session);
      engine.setMirrorSession(order.session, order.config);
      return;
    case 'multicastGroup':
      if (order.replicas) multicastGroups.set(order.group, order.replicas);
      else multicastGroups.delete(order.group);
      engine.setMulticastGroup(order.group, order.replicas);
      return;
    case 'removePort':
      engine.removePort(order.number)?.close();
      states.delete(order.number);
      watchPorts();
      post({ kind: 'done', id: order.id });
      return;
    case 'inject':
      waiter.look();
      engine.setTime(clock[0]!);
      engine.inject(order.bytes);
      return;
    case 'stats':
      post({
        kind: 'done',
        id: order.id,
        ports: engine.ports.map((p) => ({ number: p.number, name: p.name, state: p.state, stats: { ...p.stats } })),
      });
      return;
  }
}

function age(nowMs: number): void {
  if (data.workers > 1) return;
  const entries = sweeper.sweep(nowMs);
  if (entries.length > 0) post({ kind: 'expired', entries });
}

function reportStates(): void {
  for (const port of engine.ports) {
    const state = port.state;
    if (states.get(port.number) === state) continue;
    states.set(port.number, state);
    post({ kind: 'portState', number: port.number, name: port.name, state });
  }
}

function loop(): void {
  let lastSecond = 0;
  let lastRound = 0;
  while (!gate.isStopping) {
    gate.pass();
    if (gate.isCalled()) {
      for (let message = receiveMessageOnPort(data.orders); message; message = receiveMessageOnPort(data.orders))
        obey(message.message as Order);
    }
    const nowNs = clock[0]!;
    const nowMs = Math.floor(nowNs / 1e6);
    // A call per port is dear where there are many; but now and then each must see whether its interface is still there.
    const isRound = ready === undefined || nowMs - lastRound >= sleepMs;
    if (isRound) lastRound = nowMs;
    const received = engine.step(nowNs, isRound ? undefined : ready);
    age(nowMs);
    if (nowMs - lastSecond >= 1000) {
      lastSecond = nowMs;
      punts = 0;
      reportStates();
    }
    // Who cannot tell is asked until nothing comes. The others wait at once: that ends at once if there is more.
    if (received > 0 && ready === undefined) {
      waiter.look();
      continue;
    }
    gate.stand();
    waiter.wait(sleepMs, data.spinUs);
    gate.goOn();
  }
  for (const port of [...engine.ports]) engine.removePort(port.number)?.close();
}

try {
  loop();
} catch (error) {
  post({ kind: 'fatal', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
data.orders.close();
