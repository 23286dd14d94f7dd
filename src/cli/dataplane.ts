/**
 * The data-plane thread: owns the ports and the engine, and does nothing but move packets until the gate says stop.
 *
 * Orders from the control thread come as messages; it wakes us, and we read them while we stand at the gate's boundary. What goes the other
 * way (packets for the control plane, expired flows, port states) is posted. Ageing runs here, between batches: so many slots per
 * round that every table is seen about once a second.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { Arena, layoutArena, sweep } from '../arena/index.ts';
import { Engine, Gate, instantiate, type Port } from '../engine/index.ts';
import type { Artifact } from '../p4/wasm/index.ts';
import { loadAddon, openPort } from '../ports/index.ts';
import { isOperatorError } from './errors.ts';

/** What the thread starts with. */
export interface DataPlaneData {
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
    }
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

export interface ExpiredEntry {
  readonly table: number;
  readonly matches: readonly string[];
  readonly action: number;
  readonly params: readonly string[];
  readonly packets: string;
  readonly bytes: string;
}

/** Sleep at most so long: the sweeper wants to run. */
const sleepMs = 100;
const sweepPeriodMs = 1000;
/** Packets for the control plane that may wait: beyond, they are dropped here. */
const maxPuntsPerSecond = 1000;

const data = workerData as DataPlaneData;
const post = (report: Report): void => parentPort!.postMessage(report);

const layout = layoutArena(data.artifact.arena);
const arena = new Arena(data.memory.buffer, layout);
const gate = new Gate(data.memory, data.gate);
const addon = loadAddon();
let punts = 0;

const engine = new Engine({
  memory: data.memory,
  layout,
  backend: (hooks) => instantiate(data.artifact, data.memory, hooks),
  worker: 0,
  region: data.engineRegion,
  punt: (bytes, inPort) => {
    if (punts++ < maxPuntsPerSecond) post({ kind: 'punt', bytes, inPort });
  },
});

let fds = new Int32Array([data.wakeFd]);
const clock = new Uint32Array(2);
const states = new Map<number, Port['state']>();

function now(): number {
  addon.readClock(clock);
  return clock[1]! * 4294967296 + clock[0]!;
}

function watchPorts(): void {
  fds = new Int32Array([data.wakeFd, ...engine.ports.flatMap((p) => (p.pollFd === undefined ? [] : [p.pollFd]))]);
}

function obey(order: Order): void {
  switch (order.kind) {
    case 'addPort':
      try {
        const port = openPort(order.spec, order.number, { memory: data.memory, start: order.start, end: order.end });
        engine.addPort(port);
        states.set(port.number, port.state);
        watchPorts();
        const isolated = (port as { kernelStackIsolated?: boolean }).kernelStackIsolated;
        const warning =
          isolated === false
            ? `'${order.spec}': the kernel's own IP stack sees its packets too (no permission for a tcx program)`
            : undefined;
        post({ kind: 'done', id: order.id, warning });
      } catch (error) {
        if (!isOperatorError(error)) throw error;
        post({ kind: 'done', id: order.id, error: { code: error.code, message: error.message, help: error.help } });
      }
      return;
    case 'removePort':
      engine.removePort(order.number)?.close();
      states.delete(order.number);
      watchPorts();
      post({ kind: 'done', id: order.id });
      return;
    case 'inject':
      engine.setTime(now());
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

/** Where each ageing table's sweep goes on. */
const sweeps = arena.tables.flatMap((table, index) => (table.layout.spec.ageing === 'none' ? [] : [{ table, index, slot: 0 }]));
let lastSweepMs = 0;

function age(nowMs: number): void {
  const elapsed = Math.min(nowMs - lastSweepMs, sweepPeriodMs);
  if (elapsed < 10) return;
  lastSweepMs = nowMs;
  const entries: ExpiredEntry[] = [];
  for (const each of sweeps) {
    const count = Math.ceil((each.table.layout.slotCount * elapsed) / sweepPeriodMs);
    each.slot = sweep(each.table, each.slot, count, (nowMs % 4294967296) | 0, (handle) => {
      const entry = each.table.read(handle);
      const counter = each.table.counter(handle);
      if (entry.call.kind !== 'action') return;
      entries.push({
        table: each.index,
        matches: entry.matches.map((m) => ('value' in m ? String(m.value) : '')),
        action: entry.call.action,
        params: entry.call.params.map(String),
        packets: String(counter?.packets ?? 0n),
        bytes: String(counter?.bytes ?? 0n),
      });
    });
  }
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
  while (!gate.isStopping) {
    gate.pass();
    if (addon.clearWake(data.wakeFd)) {
      for (let message = receiveMessageOnPort(data.orders); message; message = receiveMessageOnPort(data.orders))
        obey(message.message as Order);
    }
    const nowNs = now();
    const received = engine.step(nowNs);
    const nowMs = Math.floor(nowNs / 1e6);
    age(nowMs);
    if (nowMs - lastSecond >= 1000) {
      lastSecond = nowMs;
      punts = 0;
      reportStates();
    }
    if (received === 0) addon.wait(fds, sleepMs, data.spinUs);
  }
  for (const port of [...engine.ports]) engine.removePort(port.number)?.close();
}

try {
  loop();
} catch (error) {
  post({ kind: 'fatal', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
data.orders.close();
