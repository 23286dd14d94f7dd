/**
 * What cases run against: one server, a client that is primary of the default role, and a switch that is emptied before every case.
 *
 * A case is a list of steps, each a request with its expected answer, or a function for what has a course in time. Expected entities are written as text.
 */

import type { P4Info } from '../../p4/p4info/p4info.ts';
import { type ClientStream, P4RuntimeClient, toElectionId } from '../../p4runtime/grpc/client.ts';
import type { Protocol } from '../../p4runtime/grpc/proto.ts';
import {
  type Atomicity,
  type Code,
  type Entity,
  EntityBuilder,
  printEntity,
  type Status,
  toHex,
  type Update,
} from '../../p4runtime/index.ts';
import { decodeEntity } from '../../p4runtime/wire/decode.ts';
import { encodeEntity, encodeUpdate } from '../../p4runtime/wire/encode.ts';
import { explicitLong, type Message, num, own, sub } from '../../p4runtime/wire/fields.ts';

/** Entities and updates, or messages for what our types cannot say. */
export type EntityLike = Entity | { readonly raw: Message };
export type UpdateLike = Update | { readonly raw: Message };

export type Step =
  /** `says`: one code per update, or one for the whole call; default: OK. */
  | {
      readonly write: UpdateLike | readonly UpdateLike[];
      readonly atomicity?: Atomicity;
      readonly says?: Code | readonly Code[];
      readonly call?: Code;
    }
  /** `finds`: lines in any order, or a code per entity. */
  | { readonly read: EntityLike | readonly EntityLike[]; readonly finds: readonly string[] | Code };

export interface Case {
  readonly name: string;
  readonly steps?: readonly Step[];
  readonly run?: (tester: Tester) => Promise<void>;
}

/** An entry of the program that is not const: a clean switch has it. */
const ofProgram = 'initial small=1: found(value=21)';

export class Failure extends Error {}

const timeoutMs = 5000;
export const primaryId = 1000n;

/** One StreamChannel with what came on it. */
export class Session {
  readonly #waiting: Message[] = [];
  readonly #stream: ClientStream;
  #wake: (() => void) | undefined;
  end: Status | undefined;

  constructor(client: P4RuntimeClient) {
    this.#stream = client.stream({
      onMessage: (message) => {
        this.#waiting.push(message);
        this.#wake?.();
      },
      onEnd: (status) => {
        this.end = status;
        this.#wake?.();
      },
    });
  }

  send(request: Message): void {
    this.#stream.send(request);
  }

  close(): void {
    this.#stream.close();
  }

  /** The next message of a kind; others before it are dropped. Throws Failure if the stream ends or nothing comes. */
  async next(kind: string, withinMs: number = timeoutMs): Promise<Message> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      for (let message = this.#waiting.shift(); message; message = this.#waiting.shift()) {
        if (own(message, kind)) return sub(message, kind)!;
      }
      if (this.end) throw new Failure(`expected '${kind}', the stream ended with ${this.end.code}: ${this.end.message}`);
      await this.#sleep(deadline, `expected '${kind}', nothing came`);
    }
  }

  /** Throws Failure if a message of this kind comes. */
  async none(kind: string, forMs: number): Promise<void> {
    await new Promise((done) => setTimeout(done, forMs));
    if (this.#waiting.some((message) => own(message, kind))) throw new Failure(`a '${kind}' came that should not`);
  }

  async ended(): Promise<Status> {
    const deadline = Date.now() + timeoutMs;
    while (!this.end) await this.#sleep(deadline, 'the stream should have ended');
    return this.end;
  }

  /** A MasterArbitrationUpdate. */
  claim(options: { device?: bigint; role?: string; id?: bigint; config?: Message }): void {
    const { device = 1n, role, id, config } = options;
    this.send({
      arbitration: {
        deviceId: explicitLong(device),
        ...(role !== undefined && { role: { name: role, ...(config && { config }) } }),
        ...(id !== undefined && { electionId: toElectionId(id) }),
      },
    });
  }

  /** Code of the next arbitration notice. */
  async notice(): Promise<number> {
    return num(sub(await this.next('arbitration'), 'status') ?? {}, 'code');
  }

  #sleep(deadline: number, complaint: string): Promise<void> {
    const left = deadline - Date.now();
    if (left <= 0) throw new Failure(complaint);
    return new Promise((done) => {
      const timer = setTimeout(done, left);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
}

export class Tester {
  readonly protocol: Protocol;
  readonly client: P4RuntimeClient;
  readonly build: EntityBuilder;
  readonly info: P4Info;
  readonly deviceConfig: Uint8Array;
  /** Primary of the default role. */
  readonly primary: Session;
  readonly #address: string;

  constructor(protocol: Protocol, address: string, info: P4Info, deviceConfig: Uint8Array) {
    this.protocol = protocol;
    this.#address = address;
    this.client = new P4RuntimeClient(protocol, address, undefined, timeoutMs * 12);
    this.info = info;
    this.deviceConfig = deviceConfig;
    this.build = new EntityBuilder(info);
    this.primary = new Session(this.client);
  }

  /** Becomes primary and pushes the suite's pipeline. Throws Failure. */
  async start(): Promise<void> {
    this.primary.claim({ id: primaryId });
    await this.primary.next('arbitration');
    await this.push();
  }

  async push(action = 3): Promise<void> {
    const { code, message } = await this.setPipeline(action);
    this.expect('pipeline', code, 'OK', message);
  }

  setPipeline(action: number, change: { p4info?: Message; deviceConfig?: Uint8Array; cookie?: bigint; request?: Message } = {}) {
    return this.client.setPipeline({
      ...this.header(),
      action,
      config: {
        p4info: change.p4info ?? this.protocol.p4infoMessage(this.info),
        p4DeviceConfig: change.deviceConfig ?? this.deviceConfig,
        ...(change.cookie !== undefined && { cookie: { cookie: explicitLong(change.cookie) } }),
      },
      ...change.request,
    });
  }

  header(): Message {
    return { deviceId: explicitLong(1n), electionId: toElectionId(primaryId) };
  }

  session(): Session {
    return new Session(new P4RuntimeClient(this.protocol, this.#address));
  }

  write(updates: readonly UpdateLike[], atomicity: Atomicity = 'CONTINUE_ON_ERROR', header: Message = this.header()) {
    return this.client.write({
      ...header,
      updates: updates.map((update) => ('raw' in update ? update.raw : encodeUpdate(this.build.names, update))),
      atomicity: ['CONTINUE_ON_ERROR', 'ROLLBACK_ON_ERROR', 'DATAPLANE_ATOMIC'].indexOf(atomicity),
    });
  }

  read(entities: readonly EntityLike[], header: Message = { deviceId: explicitLong(1n) }) {
    return this.client.read({
      ...header,
      entities: entities.map((entity) => ('raw' in entity ? entity.raw : encodeEntity(this.build.names, entity))),
    });
  }

  /** What a read finds, as sorted lines. Throws Failure. */
  async lines(entities: readonly EntityLike[]): Promise<string[]> {
    const answer = await this.read(entities);
    this.expect('read', answer.code, 'OK', answer.message);
    return answer.response!.map((message) => this.show(decodeEntity(this.build.names, message))).sort();
  }

  show(entity: Entity): string {
    const entry = 'tableEntry' in entity ? entity.tableEntry : undefined;
    const exact = entry?.idleTimeoutNs && entry.idleTimeoutNs % 1_000_000n !== 0n ? ` {${entry.idleTimeoutNs} ns}` : '';
    const metadata = entry?.metadata ? ` {metadata ${toHex(entry.metadata)}}` : '';
    const cookie = entry?.controllerMetadata ? ` {cookie ${entry.controllerMetadata}}` : '';
    return printEntity(this.build.names, entity) + exact + metadata + cookie;
  }

  expect(what: string, found: unknown, wanted: unknown, more = ''): void {
    const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (a !== b) throw new Failure(`${what}: expected ${b}, found ${a}${more ? ` (${more})` : ''}`);
  }

  async run(each: Case): Promise<void> {
    for (const step of each.steps ?? []) await this.#step(step);
    await each.run?.(this);
  }

  /** Takes everything out that a controller may have written. */
  async clean(): Promise<void> {
    const wildcards: Entity[] = [
      { tableEntry: { tableId: 0, match: [] } },
      { actionProfileGroup: { actionProfileId: 0, groupId: 0, members: [] } },
      { actionProfileMember: { actionProfileId: 0, memberId: 0 } },
      { packetReplicationEngineEntry: { multicastGroupEntry: { multicastGroupId: 0, replicas: [] } } },
      { packetReplicationEngineEntry: { cloneSessionEntry: { sessionId: 0, replicas: [] } } },
      { digestEntry: { digestId: 0 } },
      { externEntry: { externTypeId: 0x83, externId: 0 } },
    ];
    const { response } = await this.read(wildcards);
    const found = (response ?? []).map((message) => decodeEntity(this.build.names, message));
    const deletions = found
      .filter((e) => !('tableEntry' in e && (e.tableEntry.isConst || this.show(e) === ofProgram)))
      .map((entity): Update => ({ type: 'DELETE', entity }));
    const { info } = this;
    const resets: Update[] = [
      ...info.tables
        .filter((t) => !t.constDefaultActionId)
        .map(({ preamble }): Entity => ({ tableEntry: { tableId: preamble.id, match: [], isDefaultAction: true } })),
      ...info.valueSets.map(({ preamble }): Entity => ({ valueSetEntry: { valueSetId: preamble.id, members: [] } })),
      ...info.meters.map(({ preamble }): Entity => ({ meterEntry: { meterId: preamble.id } })),
      ...info.counters.map(
        ({ preamble }): Entity => ({ counterEntry: { counterId: preamble.id, data: { byteCount: 0n, packetCount: 0n } } }),
      ),
    ].map((entity): Update => ({ type: 'MODIFY', entity }));
    await this.write([...deletions, ...resets]);
  }

  async #step(step: Step): Promise<void> {
    if ('write' in step) {
      const updates = 'length' in step.write ? step.write : [step.write];
      const answer = await this.write(updates, step.atomicity);
      if (step.call) return this.expect('call', [answer.code, answer.details?.length ?? 0], [step.call, 0], answer.message);
      const wanted = updates.map((_, i) => (typeof step.says === 'object' ? step.says[i]! : (step.says ?? 'OK')));
      if (wanted.every((code) => code === 'OK')) return this.expect('write', answer.code, 'OK', answer.message);
      this.expect('write', answer.code, 'UNKNOWN', answer.message);
      return this.expect(
        'updates',
        answer.details?.map(({ code }) => code),
        wanted,
        answer.message,
      );
    }
    const entities = 'length' in step.read ? step.read : [step.read];
    if (typeof step.finds !== 'string') {
      return this.expect('read', await this.lines(entities), [...step.finds].sort());
    }
    const answer = await this.read(entities);
    this.expect('read', [answer.code, answer.details?.[0]?.code], ['UNKNOWN', step.finds], answer.message);
  }
}
