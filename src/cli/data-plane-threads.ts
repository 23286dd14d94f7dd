/**
 * The data-plane threads as the control thread sees them: orders to one or to all, reports of each, waking, the end.
 *
 * An order to all is answered when all have answered; the first error counts. What every thread would tell alike (port states) is
 * taken from the first one.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Gate } from '../engine/index.ts';
import { loadAddon } from '../ports/index.ts';
import type { DataPlaneData, Order, PortReport, Report } from './dataplane.ts';

export type Done = Extract<Report, { kind: 'done' }>;
/** An order as its sender writes it. */
export type OrderBody = Order extends infer T ? (T extends unknown ? Omit<T, 'id'> : never) : never;

interface Thread {
  readonly worker: Worker;
  readonly orders: MessagePort;
  readonly wakeFd: number;
  readonly exited: Promise<void>;
}

/** What a thread starts with, but for what differs between threads. */
export type SharedData = Omit<DataPlaneData, 'worker' | 'engineRegion' | 'wakeFd' | 'orders'>;

export interface ThreadsOptions {
  readonly count: number;
  readonly gate: Gate;
  readonly data: SharedData;
  /** Where a thread's engine has its region. */
  readonly engineRegion: (worker: number) => number;
  readonly onReport: (report: Exclude<Report, Done>) => void;
}

export class DataPlaneThreads {
  readonly count: number;
  readonly #threads: readonly Thread[];
  readonly #gate: Gate;
  readonly #addon = loadAddon();
  readonly #onReport: ThreadsOptions['onReport'];
  readonly #waiting = new Map<number, { left: number; readonly reports: Done[]; readonly done: (reports: Done[]) => void }>();
  #nextId = 1;

  constructor({ count, gate, data, engineRegion, onReport }: ThreadsOptions) {
    this.count = count;
    this.#gate = gate;
    this.#onReport = onReport;
    this.#threads = Array.from({ length: count }, (_, worker) => this.#start(worker, data, engineRegion(worker)));
  }

  #start(worker: number, data: SharedData, engineRegion: number): Thread {
    const wakeFd = this.#addon.createWake();
    const { port1: orders, port2 } = new MessageChannel();
    const workerData: DataPlaneData = { ...data, worker, engineRegion, wakeFd, orders: port2 };
    const thread = new Worker(new URL('./dataplane.js', import.meta.url), { workerData, transferList: [port2] });
    thread.on('message', (report: Report) => this.#receive(worker, report));
    thread.on('error', (error) => this.#onReport({ kind: 'fatal', message: error.stack ?? error.message }));
    return { worker: thread, orders, wakeFd, exited: new Promise((done) => thread.once('exit', () => done())) };
  }

  /** Sends an order to every thread; `of` makes each one's. Nobody answers. */
  send(of: (worker: number) => Order): void {
    this.#threads.forEach((thread, worker) => {
      thread.orders.postMessage(of(worker));
    });
    this.#gate.call();
    this.wake();
  }

  /** Sends an order to the first thread only. */
  sendToFirst(order: Order): void {
    this.#threads[0]!.orders.postMessage(order);
    this.#gate.call();
    this.wake();
  }

  /** Sends an order to every thread and waits for all answers, in the order of arrival. */
  ask(of: (worker: number) => OrderBody): Promise<readonly Done[]> {
    const id = this.#nextId++;
    const answer = new Promise<Done[]>((done) => this.#waiting.set(id, { left: this.count, reports: [], done }));
    this.send((worker) => ({ ...of(worker), id }) as Order);
    return answer;
  }

  wake(): void {
    for (const { wakeFd } of this.#threads) this.#addon.wake(wakeFd);
  }

  /** Waits until all threads have ended; the gate has told them to. */
  async ended(): Promise<void> {
    await Promise.all(this.#threads.map((t) => t.exited));
    for (const { orders, wakeFd } of this.#threads) {
      orders.close();
      this.#addon.closeWake(wakeFd);
    }
  }

  #receive(worker: number, report: Report): void {
    if (report.kind !== 'done') {
      if (worker === 0 || report.kind !== 'portState') this.#onReport(report);
      return;
    }
    const waiting = this.#waiting.get(report.id);
    if (waiting === undefined) return;
    waiting.reports.push(report);
    if (--waiting.left > 0) return;
    this.#waiting.delete(report.id);
    waiting.done(waiting.reports);
  }
}

/** Counters of all threads' ports, added up port by port. */
export function sumPorts(reports: readonly Done[]): PortReport[] {
  const [first, ...others] = reports.map((r) => r.ports ?? []);
  return (first ?? []).map((port) => {
    const same = others.flatMap((ports) => ports.filter((p) => p.number === port.number));
    const stats = Object.fromEntries(
      Object.entries(port.stats).map(([name, value]) => [name, same.reduce((sum, p) => sum + (p.stats[name] ?? 0), value)]),
    );
    return { ...port, stats };
  });
}
