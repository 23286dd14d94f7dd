/**
 * The manager's line to the data plane: a thread that speaks P4Runtime, so that the manager, which thinks in single steps, can wait for its answers.
 *
 * Orders come by message; the answer is posted, then the word in `flag` goes up. What the data plane says by itself (packets, idle entries) and whether we are
 * primary goes to the parent as events. A lost connection is opened again, for ever.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { P4Info } from '../p4/p4info/p4info.ts';
import {
  type Atomicity,
  type Entity,
  EntityBuilder,
  type PacketIn,
  type Status,
  type TableEntry,
  type Update,
} from '../p4runtime/index.ts';
import { decodeEntity, decodeTableEntry } from '../p4runtime/wire/decode.ts';
import { encodeEntity, encodeUpdate } from '../p4runtime/wire/encode.ts';
import { bytes, explicitLong, list, type Message, num, sub } from '../p4runtime/wire/fields.ts';
import { deviceConfigOf, P4rtConnection, type P4rtOptions } from './p4rt.ts';

export interface RpcData {
  readonly options: P4rtOptions;
  readonly p4info: P4Info;
  /** File of the program that is pushed when the server has no pipeline. */
  readonly program: string;
  readonly orders: MessagePort;
  readonly flag: SharedArrayBuffer;
}

export type RpcOrder =
  | { readonly op: 'write'; readonly updates: readonly Update[]; readonly atomicity: Atomicity }
  | { readonly op: 'read'; readonly filters: readonly Entity[] }
  | { readonly op: 'packetOut'; readonly packet: PacketIn };

export type RpcAnswer =
  | { readonly op: 'write'; readonly statuses: readonly Status[] }
  | { readonly op: 'read'; readonly status: Status; readonly entities: readonly Entity[] };

export type RpcEvent =
  | { readonly event: 'primary' }
  | { readonly event: 'lost'; readonly message: string }
  | { readonly event: 'packetIn'; readonly packet: PacketIn }
  | { readonly event: 'idle'; readonly entries: readonly TableEntry[] };

const retryMs = 500;
const data = workerData as RpcData;
const { names } = new EntityBuilder(data.p4info);
const flag = new Int32Array(data.flag);
const tell = (event: RpcEvent): void => parentPort!.postMessage(event);
let connection: P4rtConnection | undefined;

data.orders.on('message', (order: RpcOrder) => {
  if (order.op === 'packetOut') {
    connection?.send({ packet: { ...order.packet } });
    return;
  }
  void answer(order).then((result) => {
    data.orders.postMessage(result);
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  });
});

async function answer(order: Exclude<RpcOrder, { op: 'packetOut' }>): Promise<RpcAnswer> {
  const nobody: Status = { code: 'UNAVAILABLE', message: 'the data plane is not connected' };
  if (order.op === 'write') {
    const { updates, atomicity } = order;
    if (!connection) return { op: 'write', statuses: updates.map(() => nobody) };
    const { details, code, message } = await connection.client.write({
      ...connection.header,
      updates: updates.map((update) => encodeUpdate(names, update)),
      atomicity: ['CONTINUE_ON_ERROR', 'ROLLBACK_ON_ERROR', 'DATAPLANE_ATOMIC'].indexOf(atomicity),
    });
    return { op: 'write', statuses: details ?? updates.map(() => ({ code, message })) };
  }
  if (!connection) return { op: 'read', status: nobody, entities: [] };
  const { code, message, response } = await connection.client.read({
    deviceId: explicitLong(connection.deviceId),
    entities: order.filters.map((filter) => encodeEntity(names, filter)),
  });
  return { op: 'read', status: { code, message }, entities: (response ?? []).map((entity) => decodeEntity(names, entity)) };
}

async function connect(): Promise<void> {
  const next = new P4rtConnection(data.options);
  let isLost = false;
  const lost = (message: string): void => {
    if (isLost) return;
    isLost = true;
    connection = undefined;
    next.close();
    tell({ event: 'lost', message });
    setTimeout(() => void connect(), retryMs);
  };
  try {
    await next.arbitrate(receive, () => lost('the stream has ended'));
    const { response } = await next.client.getPipeline({ deviceId: explicitLong(next.deviceId), responseType: 1 });
    const all = await next.client.getPipeline({ deviceId: explicitLong(next.deviceId), responseType: 2 });
    if (response && !sub(sub(all.response ?? {}, 'config') ?? {}, 'p4info')) {
      await next.client.setPipeline({
        ...next.header,
        action: 3,
        config: {
          p4info: next.client.protocol.p4infoMessage(data.p4info),
          p4DeviceConfig: deviceConfigOf(data.program).deviceConfig,
        },
      });
    }
    connection = next;
    tell({ event: 'primary' });
  } catch (error) {
    lost(error instanceof Error ? error.message : String(error));
  }
}

function receive(message: Message): void {
  const packet = sub(message, 'packet');
  if (packet) {
    const metadata = list(packet, 'metadata').map((m) => ({ metadataId: num(m, 'metadataId'), value: bytes(m, 'value') }));
    tell({ event: 'packetIn', packet: { payload: bytes(packet, 'payload'), metadata } });
  }
  const idle = sub(message, 'idleTimeoutNotification');
  if (idle) tell({ event: 'idle', entries: list(idle, 'tableEntry').map(decodeTableEntry) });
}

void connect();
