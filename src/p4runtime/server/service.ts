/**
 * The P4Runtime service of one device, without a transport: requests in, answers and statuses out. src/p4runtime/grpc puts it on the wire.
 *
 * Writes and changes of the pipeline take turns, and each is seen whole: a read sees the state between two writes. While a pipeline is changed, reads wait.
 * What a write has to compute beforehand (lookup tables of groups) is done in pieces, so that streams and reads go on meanwhile.
 */
import type { Device, ExpiredEntry } from '../device.ts';
import type { Atomicity, Entity, PacketIn, Update } from '../entities.ts';
import { type Code, codeNumbers, ok, type Status, StatusError, statusOf } from '../status.ts';
import { decodeEntity, decodeUpdate } from '../wire/decode.ts';
import { encodeEntity, encodeTableEntry } from '../wire/encode.ts';
import { big, bytes, explicitLong, list, long, type Message, num, sub } from '../wire/fields.ts';
import { Arbitration } from './arbitration.ts';
import { IdleEntries } from './idle.ts';
import { Pipeline, type PipelineAction, type PipelineConfig, type PipelineTarget, type Running } from './pipeline.ts';
import { mayAccess, mayReceive, objectOf } from './roles.ts';
import { roleName, Stream, type StreamHost } from './stream.ts';

/** The whole answer of a call: OK, or a code, with one status per update or entity where it is about them. */
export interface Reply extends Status {
  readonly details?: readonly Status[];
}

export interface ServiceOptions {
  readonly deviceId: bigint;
  readonly target: PipelineTarget;
  readonly running?: Running;
  /** A P4Info message to our types and back. */
  readonly p4info: {
    from(message: Message): PipelineConfig['p4info'];
  };
  /** Wall clock, nanoseconds since the epoch. */
  readonly nowNs: () => bigint;
  /** Streams per role; default 1024. */
  readonly maxStreams?: number;
}

export const apiVersion = '1.5.0';
const atomicities: readonly Atomicity[] = ['CONTINUE_ON_ERROR', 'ROLLBACK_ON_ERROR', 'DATAPLANE_ATOMIC'];
const actions: readonly (PipelineAction | undefined)[] = [
  undefined,
  'VERIFY',
  'VERIFY_AND_SAVE',
  'VERIFY_AND_COMMIT',
  'COMMIT',
  'RECONCILE_AND_COMMIT',
];
/** The control thread does one thing at most so long, if it can be interrupted. */
const mostBusyMs = 20;
/** Entities per message of an answer. */
const chunk = 1000;

export class P4RuntimeService implements StreamHost {
  readonly deviceId: bigint;
  readonly arbitration: Arbitration;
  readonly #options: ServiceOptions;
  readonly #pipeline: Pipeline;
  readonly #idle = new IdleEntries();
  readonly #streams = new Map<object, Stream>();
  /** The pipeline is being changed. */
  #changing: Promise<void> | undefined;
  /** The last write or change of the pipeline. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.deviceId = options.deviceId;
    this.#pipeline = new Pipeline(options.target, options.running);
    this.arbitration = new Arbitration(options.deviceId, options.maxStreams ?? 1024, () => this.device?.resetDigests());
  }

  /** The device that packets see; undefined before the first pipeline. */
  get device(): Device | undefined {
    return this.#pipeline.running?.device;
  }

  write(request: Message): Promise<Reply> {
    return this.#inTurn(() => this.#write(request));
  }

  async #write(request: Message): Promise<Reply> {
    const role = roleName(request, 'role', 'roleId');
    let running: Running | undefined;
    const status = statusOf(() => {
      this.#requireDevice(request);
      this.arbitration.requirePrimary(role, electionId(request));
      running = this.#requirePipeline();
      if (!atomicities[num(request, 'atomicity')]) throw new StatusError('INVALID_ARGUMENT', 'the atomicity is unknown');
    });
    if (status.code !== 'OK' || !running) return status;
    const atomicity = atomicities[num(request, 'atomicity')]!;
    const { device } = running;
    const config = this.arbitration.config(role);
    const others = this.arbitration.others(role);
    const updates: Update[] = [];
    const statuses = list(request, 'updates').map((message) =>
      statusOf(() => {
        const update = decodeUpdate(device.names, message);
        if (!mayAccess(config, others, objectOf(update.entity))) {
          throw new StatusError('PERMISSION_DENIED', `the role '${role}' may not write this object`);
        }
        updates.push(update);
      }),
    );
    const isBad = statuses.some(({ code }) => code !== 'OK');
    if (isBad && atomicity !== 'CONTINUE_ON_ERROR') return failure(statuses.map((s) => (s === ok ? notApplied : s)));
    let pauseMs = performance.now() + mostBusyMs;
    for (const _ of device.expect(updates)) {
      if (performance.now() < pauseMs) continue;
      await new Promise((done) => setTimeout(done, 0));
      pauseMs = performance.now() + mostBusyMs;
    }
    const written = device.write(updates, atomicity);
    this.#pipeline.wrote(updates.filter((_, i) => written[i]!.code === 'OK'));
    const results = written.values();
    const all = statuses.map((s) => (s.code === 'OK' ? results.next().value! : s));
    return all.every(({ code }) => code === 'OK') ? ok : failure(all);
  }

  /** The answer's messages, or why there is none. */
  async read(request: Message): Promise<{ readonly reply: Reply; readonly responses: Iterable<Message> }> {
    await this.#changing;
    const role = roleName(request, 'role', 'roleId');
    let running: Running | undefined;
    const status = statusOf(() => {
      this.#requireDevice(request);
      if (!this.arbitration.hasRole(role)) throw new StatusError('NOT_FOUND', `nobody has announced a role '${role}'`);
      running = this.#requirePipeline();
    });
    if (status.code !== 'OK' || !running) return { reply: status, responses: [] };
    const { device } = running;
    const config = this.arbitration.config(role);
    const found: Entity[] = [];
    const statuses = list(request, 'entities').map((message) => {
      let result: ReturnType<Device['readOne']> | undefined;
      const decoded = statusOf(() => {
        result = device.readOne(decodeEntity(device.names, message));
      });
      if (!result) return decoded;
      for (const entity of result.entities) {
        if (role === '' || mayAccess(config, this.arbitration.others(role), objectOf(entity))) found.push(entity);
      }
      return result.status;
    });
    if (statuses.some(({ code }) => code !== 'OK')) return { reply: failure(statuses), responses: [] };
    return { reply: ok, responses: messagesOf(device, found) };
  }

  setPipeline(request: Message): Promise<Reply> {
    return this.#inTurn(() => this.#setPipeline(request));
  }

  async #setPipeline(request: Message): Promise<Reply> {
    const role = roleName(request, 'role', 'roleId');
    const action = actions[num(request, 'action')];
    let config: PipelineConfig | undefined;
    const status = statusOf(() => {
      this.#requireDevice(request);
      this.arbitration.requirePrimary(role, electionId(request));
      const roleConfig = this.arbitration.config(role);
      if (roleConfig && !roleConfig.canPushPipeline) {
        throw new StatusError('PERMISSION_DENIED', `the role '${role}' may not push pipelines`);
      }
      if (!action) throw new StatusError('INVALID_ARGUMENT', 'the request has no action');
      config = this.#pipelineConfig(sub(request, 'config'), action);
    });
    if (status.code !== 'OK' || !action) return status;
    const change = this.#pipeline.set(action, config).then(
      () => ok,
      (error: unknown): Status => {
        if (!(error instanceof StatusError)) throw error;
        return { code: error.code, message: error.message };
      },
    );
    const done = change.then(
      () => {},
      () => {},
    );
    this.#changing = done;
    try {
      return await change;
    } finally {
      if (this.#changing === done) this.#changing = undefined;
      if (action !== 'VERIFY') this.#idle.clear();
    }
  }

  getPipeline(request: Message): { readonly reply: Reply; readonly response?: Message } {
    const status = statusOf(() => this.#requireDevice(request));
    if (status.code !== 'OK') return { reply: status };
    const config = this.#pipeline.current?.config;
    if (!config) return { reply: ok, response: {} };
    const type = num(request, 'responseType');
    return {
      reply: ok,
      response: {
        config: {
          ...((type === 0 || type === 2) && { p4info: config.p4infoMessage }),
          ...((type === 0 || type === 3) && { p4DeviceConfig: config.deviceConfig }),
          ...(config.cookie !== undefined && { cookie: { cookie: explicitLong(config.cookie) } }),
        },
      },
    };
  }

  capabilities(request: Message): { readonly reply: Reply; readonly response?: Message } {
    const id = big(request, 'deviceId');
    if (id !== 0n && id !== this.deviceId) return { reply: { code: 'NOT_FOUND', message: `there is no device ${id}` } };
    return { reply: ok, response: { p4runtimeApiVersion: apiVersion } };
  }

  /** A stream of a client. `send` may drop packets and notifications if the client does not read; `end` closes it with an error. */
  openStream(send: (response: Message) => void, end: (status: Status) => void): Stream {
    const stream = new Stream(this, send, end, () => this.#streams.delete(stream.member));
    this.#streams.set(stream.member, stream);
    return stream;
  }

  /** A packet that the program sent to the control plane: every primary that wants it gets it. */
  packetIn(packet: PacketIn): void {
    for (const { role, member } of this.arbitration.primaries()) {
      if (mayReceive(this.arbitration.config(role), packet.metadata)) this.#streams.get(member)?.send({ packet: { ...packet } });
    }
  }

  /** Entries that were idle, as the data plane's sweeper reports them. */
  expired(entries: readonly ExpiredEntry[], nowMs: number): void {
    const { device } = this;
    if (!device) return;
    this.#idle.report(entries, nowMs);
    this.#notify(entries.flatMap((entry) => device.toExpired(entry) ?? []));
  }

  /** Sends digests and repeated idle notifications that are due. Call it every 10 milliseconds or so. */
  tick(nowMs: number): void {
    const { device } = this;
    if (!device) return;
    this.#notify(this.#idle.poll(device, nowMs));
    for (const { digestId, listId, data } of device.pollDigests(nowMs)) {
      const timestamp = long(this.#options.nowNs());
      this.#toPrimaries(digestId, { digest: { digestId, listId: long(listId), data, timestamp } });
    }
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  #notify(entries: ReturnType<Device['toExpired']>[]): void {
    for (const tableId of new Set(entries.map((entry) => entry!.tableId))) {
      const tableEntry = entries.filter((entry) => entry!.tableId === tableId).map((entry) => encodeTableEntry(entry!));
      this.#toPrimaries(tableId, { idleTimeoutNotification: { tableEntry, timestamp: long(this.#options.nowNs()) } });
    }
  }

  #toPrimaries(id: number, message: Message): void {
    for (const { role, member } of this.arbitration.primaries()) {
      if (mayAccess(this.arbitration.config(role), this.arbitration.others(role), id)) this.#streams.get(member)?.send(message);
    }
  }

  #requireDevice(request: Message): void {
    const id = big(request, 'deviceId');
    if (id !== this.deviceId) throw new StatusError('NOT_FOUND', `there is no device ${id}, this one is ${this.deviceId}`);
  }

  #requirePipeline(): Running {
    const { current } = this.#pipeline;
    if (!current) throw new StatusError('FAILED_PRECONDITION', 'no forwarding pipeline was set yet');
    return current;
  }

  #pipelineConfig(message: Message | undefined, action: PipelineAction): PipelineConfig | undefined {
    if (!message) return undefined;
    const p4info = sub(message, 'p4info');
    if (!p4info && action !== 'COMMIT') throw new StatusError('INVALID_ARGUMENT', 'the config has no P4Info');
    const cookie = sub(message, 'cookie');
    return {
      p4info: this.#options.p4info.from(p4info ?? {}),
      p4infoMessage: p4info,
      deviceConfig: bytes(message, 'p4DeviceConfig'),
      ...(cookie && { cookie: big(cookie, 'cookie') }),
    };
  }
}

/** An answer's messages, made when they are sent. */
function* messagesOf({ names }: Device, found: readonly Entity[]): Generator<Message> {
  for (let i = 0; i < found.length; i += chunk) {
    yield { entities: found.slice(i, i + chunk).map((entity) => encodeEntity(names, entity)) };
  }
}

const notApplied: Status = { code: 'ABORTED', message: 'not applied, because another update of the batch failed' };

function failure(details: readonly Status[]): Reply {
  const bad = details.filter(({ code }) => code !== 'OK');
  const first = bad.find(({ code }) => code !== 'ABORTED') ?? bad[0]!;
  return { code: 'UNKNOWN', message: `${bad.length} of ${details.length} failed; ${first.code}: ${first.message}`, details };
}

/** Absent is different from 0. */
export function electionId(message: Message): bigint | undefined {
  const id = sub(message, 'electionId');
  return id && (BigInt.asUintN(64, big(id, 'high')) << 64n) | BigInt.asUintN(64, big(id, 'low'));
}

/** p4.v1.Error of a status. */
export function toError({ code, message }: Status): Message {
  return code === 'OK' ? {} : { canonicalCode: codeNumbers[code], message, space: 'softipu', code: codeNumbers[code] };
}

export function codeOf(number: number): Code {
  return (Object.entries(codeNumbers).find(([, n]) => n === number)?.[0] ?? 'UNKNOWN') as Code;
}
