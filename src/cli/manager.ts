/**
 * `softipu manager node.yaml --p4runtime ADDR`: the IPU Manager as a process of its own, and the data plane (`softipu switch p4/k8s-lb.p4 --p4runtime ADDR`)
 * as another one, as the paper has them on IPU cores and hardware.
 *
 * Whenever the connection is there anew, what is installed is read back, and only what differs from the desired state is written.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { IpuManager, type ManagedDevice } from '../manager/index.ts';
import { type Atomicity, type Entity, EntityBuilder, type PacketOut, type Status, type Update } from '../p4runtime/index.ts';
import { timeoutNames } from './config.ts';
import { UserError } from './errors.ts';
import type { RpcAnswer, RpcData, RpcEvent, RpcOrder } from './manager-rpc.ts';
import type { P4rtOptions } from './p4rt.ts';
import { shippedProgram } from './package-root.ts';
import { type LoadedProgram, loadProgram } from './program.ts';
import { followManifests, nodeSettings, readConfig } from './run.ts';
import { say } from './say.ts';
import { askForSignal } from './signals.ts';
import { Sync } from './sync.ts';

const tickMs = 250;
const answerMs = 130_000;

export async function managerCommand(file: string, options: P4rtOptions): Promise<number> {
  const config = readConfig(file);
  const path = config.program ?? shippedProgram;
  const program = loadProgram({ path });
  const line = new Line(program, path, options);
  let manager: IpuManager | undefined;
  let stop = (): void => {};
  line.worker.on('message', (event: RpcEvent) => {
    switch (event.event) {
      case 'primary': {
        stop();
        line.write(deviceUpdates(config), 'CONTINUE_ON_ERROR');
        manager = new IpuManager({ device: line, build: new EntityBuilder(program.p4info) });
        const sync = new Sync({ manager, settings: nodeSettings(config), say });
        stop = config.manifests === undefined ? () => {} : followManifests(config.manifests, sync);
        if (config.manifests === undefined) sync.setObjects([]);
        say(`the data plane at '${options.target}' is ours`);
        return;
      }
      case 'lost':
        stop();
        stop = () => {};
        if (manager) say(`the data plane at '${options.target}' is gone: ${event.message}`);
        manager = undefined;
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
  try {
    await askForSignal();
  } finally {
    clearInterval(timer);
    stop();
    await line.worker.terminate();
  }
  return 0;
}

/** Expire times and network ports, which are no table entries: extern entries of softipu.v1. */
function deviceUpdates(config: ReturnType<typeof readConfig>): Update[] {
  const extern = (externTypeId: number, instance: number, message: string, value: number): Update => ({
    type: 'MODIFY',
    entity: {
      externEntry: {
        externTypeId,
        externId: externTypeId * 0x100_0000 + instance,
        entry: { typeUrl: `type.googleapis.com/softipu.v1.${message}`, value: varint(value) },
      },
    },
  });
  return [
    ...timeoutNames.map((name, i) => extern(0x81, i, 'ExpireTimeProfile', config.timeouts[name])),
    ...config.ports.map((port) => extern(0x82, port.number, 'PortRole', port.kind === 'net' ? 1 : 0)),
  ];
}

/** Field 1 of a message, as a varint. */
function varint(value: number): Uint8Array {
  const out = [8];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.push((rest % 0x80) | 0x80);
  return Uint8Array.from(value === 0 ? [] : [...out, rest]);
}

/** The device behind the line: every call waits for the answer. */
class Line implements ManagedDevice {
  readonly worker: Worker;
  readonly #orders: MessagePort;
  readonly #flag = new Int32Array(new SharedArrayBuffer(4));
  /** Tables that the data plane fills: their entries are not ours. */
  readonly #learned: ReadonlySet<number>;

  constructor({ p4info }: LoadedProgram, path: string, options: P4rtOptions) {
    this.#learned = new Set(p4info.tables.filter((t) => t.pna?.addOnMiss).map((t) => t.preamble.id));
    const channel = new MessageChannel();
    this.#orders = channel.port1;
    const workerData: RpcData = {
      options,
      p4info,
      program: path,
      orders: channel.port2,
      flag: this.#flag.buffer as SharedArrayBuffer,
    };
    this.worker = new Worker(new URL('./manager-rpc.js', import.meta.url), { workerData, transferList: [channel.port2] });
  }

  write(updates: readonly Update[], atomicity: Atomicity = 'DATAPLANE_ATOMIC'): readonly Status[] {
    const answer = this.#ask({ op: 'write', updates, atomicity });
    return answer.op === 'write' ? answer.statuses : [];
  }

  read(filters: readonly Entity[]): { readonly status: Status; readonly entities: readonly Entity[] } {
    const answer = this.#ask({ op: 'read', filters });
    return answer.op === 'read' ? answer : { status: { code: 'INTERNAL', message: 'another answer' }, entities: [] };
  }

  readInstalled(): Entity[] {
    const { entities } = this.read([
      { actionProfileMember: { actionProfileId: 0, memberId: 0 } },
      { actionProfileGroup: { actionProfileId: 0, groupId: 0, members: [] } },
      { tableEntry: { tableId: 0, match: [] } },
    ]);
    return entities.filter((e) => !('tableEntry' in e) || !(e.tableEntry.isConst || this.#learned.has(e.tableEntry.tableId)));
  }

  packetOut(packet: PacketOut): void {
    this.#orders.postMessage({ op: 'packetOut', packet } satisfies RpcOrder);
  }

  #ask(order: RpcOrder): RpcAnswer {
    Atomics.store(this.#flag, 0, 0);
    this.#orders.postMessage(order);
    if (Atomics.wait(this.#flag, 0, 0, answerMs) === 'timed-out') {
      throw new UserError('no-answer', `the data plane did not answer within ${answerMs / 1000} s`);
    }
    return receiveMessageOnPort(this.#orders)!.message as RpcAnswer;
  }
}
