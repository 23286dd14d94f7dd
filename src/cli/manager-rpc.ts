/**
 * The manager's line to the data plane: a thread that speaks P4Runtime, so that the manager, which thinks in single steps, can wait for its answers.
 *
 * Orders come by message; the answer is posted, then the word in `flag` goes up. What the data plane says by itself (packets, idle entries) and whether we are
 * primary goes to the parent as events. A lost connection is opened again, for ever.
 *
 * Of several managers one is primary and the others stand by: without an election id of its own a manager only listens until there is no primary, then comes
 * with the highest id so far plus one. With one, it takes over if its id is the highest.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { P4Info } from '../p4/p4info/p4info.ts';
import { type P4RuntimeClient, toElectionId } from '../p4runtime/grpc/client.ts';
import {
  type Atomicity,
  codeNumbers,
  type Entity,
  P4Names,
  type PacketIn,
  type Status,
  type TableEntry,
  type Update,
} from '../p4runtime/index.ts';
import { p4infoDifferences } from '../p4runtime/server/compare.ts';
import { electionId } from '../p4runtime/server/service.ts';
import { decodeEntity, decodeTableEntry } from '../p4runtime/wire/decode.ts';
import { encodeEntity, encodeUpdate } from '../p4runtime/wire/encode.ts';
import { big, bytes, explicitLong, list, type Message, num, sub } from '../p4runtime/wire/fields.ts';
import { type ConnectionOptions, clientOf, deviceConfigOf } from './p4rt.ts';
import { parseDeviceId } from './switch.ts';

export interface RpcData {
  readonly options: ConnectionOptions;
  readonly p4info: P4Info;
  /** File and macros of the program, which is pushed where the server has none or another one. */
  readonly program: { readonly path: string; readonly defines: readonly string[] };
  /** Tells this program from others: the cookie of its config. */
  readonly cookie: bigint;
  readonly orders: MessagePort;
  readonly flag: SharedArrayBuffer;
}

export type RpcOrder =
  | { readonly op: 'write'; readonly id: number; readonly updates: readonly Update[]; readonly atomicity: Atomicity }
  | { readonly op: 'read'; readonly id: number; readonly filters: readonly Entity[] }
  | { readonly op: 'packetOut'; readonly packet: PacketIn };

export type RpcAnswer =
  | { readonly op: 'write'; readonly id: number; readonly statuses: readonly Status[] }
  | { readonly op: 'read'; readonly id: number; readonly status: Status; readonly entities: readonly Entity[] };

export type RpcEvent =
  | { readonly event: 'primary' }
  /** Connected, and another manager is primary. */
  | { readonly event: 'standby' }
  | { readonly event: 'lost'; readonly message: string }
  | { readonly event: 'packetIn'; readonly packet: PacketIn }
  | { readonly event: 'idle'; readonly entries: readonly TableEntry[] };

const retryMs = 500;
const data = workerData as RpcData;
const names = new P4Names(data.p4info);
const flag = new Int32Array(data.flag);
const deviceId = parseDeviceId(data.options.deviceId);
const tell = (event: RpcEvent): void => parentPort!.postMessage(event);
/** While we are primary. */
let line: Line | undefined;

interface Line {
  readonly client: P4RuntimeClient;
  readonly header: Message;
  readonly send: (message: Message) => void;
}

data.orders.on('message', (order: RpcOrder) => {
  if (order.op === 'packetOut') {
    line?.send({ packet: { ...order.packet } });
    return;
  }
  void answer(order).then((result) => {
    data.orders.postMessage(result);
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  });
});

async function answer(order: Exclude<RpcOrder, { op: 'packetOut' }>): Promise<RpcAnswer> {
  const nobody: Status = { code: 'UNAVAILABLE', message: 'the data plane is not ours' };
  const { id } = order;
  if (order.op === 'write') {
    const { updates, atomicity } = order;
    if (!line) return { op: 'write', id, statuses: updates.map(() => nobody) };
    const { details, code, message } = await line.client.write({
      ...line.header,
      updates: updates.map((update) => encodeUpdate(names, update)),
      atomicity: ['CONTINUE_ON_ERROR', 'ROLLBACK_ON_ERROR', 'DATAPLANE_ATOMIC'].indexOf(atomicity),
    });
    return { op: 'write', id, statuses: details ?? updates.map(() => ({ code, message })) };
  }
  if (!line) return { op: 'read', id, status: nobody, entities: [] };
  const { code, message, response } = await line.client.read({
    deviceId: explicitLong(deviceId),
    entities: order.filters.map((filter) => encodeEntity(names, filter)),
  });
  return { op: 'read', id, status: { code, message }, entities: (response ?? []).map((entity) => decodeEntity(names, entity)) };
}

/** Connects, and follows what the server says about primaries until the stream ends. */
async function connect(): Promise<void> {
  const client = clientOf(data.options);
  let isOver = false;
  let claimed = data.options.electionId === undefined ? undefined : BigInt(data.options.electionId);
  const claim = (): void =>
    stream.send({
      arbitration: { deviceId: explicitLong(deviceId), ...(claimed !== undefined && { electionId: toElectionId(claimed) }) },
    });
  const lost = (message: string): void => {
    if (isOver) return;
    isOver = true;
    line = undefined;
    stream.cancel();
    client.close();
    tell({ event: 'lost', message });
    setTimeout(() => void connect(), retryMs);
  };
  const stream = client.stream({
    onMessage: (message) => {
      const notice = sub(message, 'arbitration');
      if (!notice) return receive(message);
      switch (num(sub(notice, 'status') ?? {}, 'code')) {
        case codeNumbers.OK:
          if (!line) void becomePrimary();
          return;
        case codeNumbers.NOT_FOUND: {
          // Whoever was primary has gone.
          const highest = electionId(notice) ?? 0n;
          claimed = claimed !== undefined && claimed > highest ? claimed : highest + 1n;
          claim();
          return;
        }
        default:
          line = undefined;
          tell({ event: 'standby' });
      }
    },
    onEnd: ({ code, message }) => lost(code === 'OK' ? 'the stream has ended' : `${code}: ${message}`),
  });
  const becomePrimary = async (): Promise<void> => {
    const header = { deviceId: explicitLong(deviceId), electionId: toElectionId(claimed!) };
    const problem = await providePipeline(client, header);
    if (isOver) return;
    if (problem !== undefined) return lost(problem);
    line = { client, header, send: (message) => stream.send(message) };
    tell({ event: 'primary' });
  };
  claim();
}

/**
 * Pushes our program unless it is there already; what the tables hold is kept where there was another one. A program that the switch has from its own command
 * line has no cookie: its P4Info decides. Answers what is wrong.
 */
async function providePipeline(client: P4RuntimeClient, header: Message): Promise<string | undefined> {
  const found = await client.getPipeline({ deviceId: explicitLong(deviceId), responseType: 2 });
  if (found.code !== 'OK') return `${found.code}: ${found.message}`;
  const config = sub(found.response ?? {}, 'config') ?? {};
  const p4info = sub(config, 'p4info');
  const cookie = sub(config, 'cookie');
  if (cookie && BigInt.asUintN(64, big(cookie, 'cookie')) === data.cookie) return undefined;
  if (p4info && !cookie && p4infoDifferences(data.p4info, client.protocol.p4infoFrom(p4info)).length === 0) return undefined;
  const { deviceConfig, p4info: ours } = deviceConfigOf(data.program.path, data.program.defines);
  const { code, message } = await client.setPipeline({
    ...header,
    action: p4info ? 5 : 3,
    config: {
      p4info: client.protocol.p4infoMessage(ours),
      p4DeviceConfig: deviceConfig,
      cookie: { cookie: explicitLong(data.cookie) },
    },
  });
  return code === 'OK' ? undefined : `the program was refused: ${code}: ${message}`;
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
