/**
 * `softipu manager node.yaml --p4runtime ADDR`: the IPU Manager as a process of its own, and the data plane (`softipu switch --p4runtime ADDR`) as another
 * one, as the paper has them on IPU cores and hardware.
 *
 * Whenever the data plane is ours anew, what is installed is read back, and only what differs from the desired state is written. The control socket answers
 * what a control plane knows (services, neighbours, notifications) and, read through P4Runtime, the flows; tables and ports are asked of the switch.
 */
import { createHash } from 'node:crypto';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { IpuManager, type ManagedDevice } from '../manager/index.ts';
import {
  type Atomicity,
  type Entity,
  EntityBuilder,
  externEntry,
  type PacketOut,
  type Status,
  type Update,
} from '../p4runtime/index.ts';
import { type NodeConfig, timeoutNames } from './config.ts';
import { serveControl } from './control-socket.ts';
import { flowRows } from './flow-rows.ts';
import { HealthChecks } from './health-checks/checker.ts';
import { loadProgram } from './load-program.ts';
import type { RpcAnswer, RpcData, RpcEvent, RpcOrder } from './manager-rpc.ts';
import { managerHandlers } from './node-inspect.ts';
import type { ConnectionOptions } from './p4rt.ts';
import { shippedProgram } from './package-root.ts';
import { followObjects, nodeSettings, programDefines, readConfig } from './run.ts';
import { say } from './say.ts';
import { askForSignal } from './signals.ts';
import { Sync } from './sync.ts';

const tickMs = 250;
const answerMs = 130_000;
/** A change that was refused is tried again: the data plane may have been another one's meanwhile. */
const retryMs = 2000;

export async function managerCommand(file: string, options: ConnectionOptions): Promise<number> {
  const config = readConfig(file);
  const path = config.program ?? shippedProgram;
  const defines = programDefines(config);
  const { p4info, artifact } = await loadProgram({ path, defines });
  const cookie = createHash('sha256').update(artifact.wasm).digest().readBigUInt64BE(0);
  const line = new Line({ options, p4info, program: { path, defines }, cookie });
  const build = new EntityBuilder(p4info);
  let manager: IpuManager | undefined;
  let stop = (): void => {};
  /** What was said last: a connection that is tried again and again fails alike. */
  let complaint = '';
  const end = (): void => {
    stop();
    stop = () => {};
    manager = undefined;
  };
  line.worker.on('message', (event: RpcEvent) => {
    switch (event.event) {
      case 'primary': {
        end();
        complaint = '';
        line.write(deviceUpdates(config), 'CONTINUE_ON_ERROR');
        const mine = new IpuManager({ device: line, build });
        manager = mine;
        stop = control(config, mine);
        say(`the data plane at '${options.target}' is ours`);
        return;
      }
      case 'standby':
        end();
        say(`another manager has the data plane at '${options.target}': standing by`);
        return;
      case 'lost':
        if (event.message !== complaint) say(`the data plane at '${options.target}' is not ours: ${event.message}`);
        complaint = event.message;
        end();
        return;
      case 'packetIn':
        manager?.packetIn(event.packet, performance.now());
        return;
      case 'idle':
        manager?.idleTimeout({ tableEntry: event.entries, timestamp: BigInt(Date.now()) * 1_000_000n }, Date.now());
        return;
    }
  });
  const timer = setInterval(() => manager?.tick(performance.now()), tickMs);
  const rows = managerHandlers(() => manager);
  const server = await serveControl(config.controlSocket, { ...rows, flows: () => (manager ? flowRows(line, build) : []) });
  try {
    await askForSignal();
  } finally {
    server.close();
    clearInterval(timer);
    end();
    await line.worker.terminate();
  }
  return 0;
}

/** Keeps the data plane as the cluster's objects say, until the result is called. */
function control(config: NodeConfig, manager: IpuManager): () => void {
  let isOver = false;
  let retry: NodeJS.Timeout | undefined;
  const sync = new Sync({
    manager,
    settings: nodeSettings(config, undefined, true),
    say,
    onSync: ({ errors }) => {
      clearTimeout(retry);
      if (errors.length > 0 && !isOver) retry = setTimeout(() => sync.again(), retryMs);
    },
    adjust: (model) => checks.adjust(model),
  });
  const checks = new HealthChecks({ say, onChange: () => sync.again() });
  const following = followObjects(config, sync);
  return () => {
    isOver = true;
    clearTimeout(retry);
    checks.close();
    void following.then((stop) => stop());
  };
}

/** What the program is set up with and no table holds: expire times, network ports, the seed of endpoint selection. */
function deviceUpdates(config: NodeConfig): Update[] {
  return [
    ...timeoutNames.map((name, i) => externEntry('ExpireTimeProfile', i, [config.timeouts[name]])),
    ...config.ports.map((port) => externEntry('PortRole', port.number, [port.kind === 'net' ? 1 : 0])),
    externEntry('HashSeed', 0, [config.hashSeed]),
  ].map((externEntry): Update => ({ type: 'MODIFY', entity: { externEntry } }));
}

/** The device behind the line: every call waits for the answer. */
class Line implements ManagedDevice {
  readonly worker: Worker;
  readonly #orders: MessagePort;
  readonly #flag = new Int32Array(new SharedArrayBuffer(4));
  /** Tables that the data plane fills: their entries are not ours. */
  readonly #learned: ReadonlySet<number>;
  #lastId = 0;

  constructor(data: Omit<RpcData, 'orders' | 'flag'>) {
    this.#learned = new Set(data.p4info.tables.filter((t) => t.pna?.addOnMiss).map((t) => t.preamble.id));
    const channel = new MessageChannel();
    this.#orders = channel.port1;
    const workerData: RpcData = { ...data, orders: channel.port2, flag: this.#flag.buffer as SharedArrayBuffer };
    const script = new URL(`./manager-rpc${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);
    this.worker = new Worker(script, { workerData, transferList: [channel.port2] });
  }

  write(updates: readonly Update[], atomicity: Atomicity = 'DATAPLANE_ATOMIC'): readonly Status[] {
    const answer = this.#ask((id) => ({ op: 'write', id, updates, atomicity }));
    return answer?.op === 'write' ? answer.statuses : updates.map(() => noAnswer);
  }

  read(filters: readonly Entity[]): { readonly status: Status; readonly entities: readonly Entity[] } {
    const answer = this.#ask((id) => ({ op: 'read', id, filters }));
    return answer?.op === 'read' ? answer : { status: noAnswer, entities: [] };
  }

  readInstalled(): Entity[] {
    const { entities } = this.read([
      { actionProfileMember: { actionProfileId: 0, memberId: 0 } },
      { actionProfileGroup: { actionProfileId: 0, groupId: 0, members: [] } },
      { tableEntry: { tableId: 0, match: [], meterConfig: { cir: 0n, cburst: 0n, pir: 0n, pburst: 0n } } },
    ]);
    return entities.filter((e) => !('tableEntry' in e) || !(e.tableEntry.isConst || this.#learned.has(e.tableEntry.tableId)));
  }

  packetOut(packet: PacketOut): void {
    this.#orders.postMessage({ op: 'packetOut', packet } satisfies RpcOrder);
  }

  /** undefined if no answer came in time: then the line is lost, and the event of it on its way. */
  #ask(order: (id: number) => RpcOrder): RpcAnswer | undefined {
    const id = ++this.#lastId;
    Atomics.store(this.#flag, 0, 0);
    this.#orders.postMessage(order(id));
    const deadline = performance.now() + answerMs;
    for (;;) {
      const left = deadline - performance.now();
      if (left <= 0 || Atomics.wait(this.#flag, 0, 0, left) === 'timed-out') return undefined;
      Atomics.store(this.#flag, 0, 0);
      // An answer that came too late may lie before ours.
      for (let message = receiveMessageOnPort(this.#orders); message; message = receiveMessageOnPort(this.#orders)) {
        const answer = message.message as RpcAnswer;
        if (answer.id === id) return answer;
      }
    }
  }
}

const noAnswer: Status = { code: 'DEADLINE_EXCEEDED', message: `the data plane did not answer within ${answerMs / 1000} s` };
