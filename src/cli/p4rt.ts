/** `softipu p4rt`: a P4Runtime client for people and scripts. Entities in text, as the manager's transactions are printed. */
import { readFileSync } from 'node:fs';
import { printDiagnostics } from '../diag/index.ts';
import { type P4Info, printP4Info } from '../p4/p4info/index.ts';
import { type ClientStream, P4RuntimeClient, toElectionId } from '../p4runtime/grpc/client.ts';
import { Protocol } from '../p4runtime/grpc/proto.ts';
import { codeNumbers, type Entity, EntityBuilder, printEntity } from '../p4runtime/index.ts';
import { decodeEntity } from '../p4runtime/wire/decode.ts';
import { encodeEntity, encodeUpdate } from '../p4runtime/wire/encode.ts';
import { explicitLong, list, type Message, num, sub, text } from '../p4runtime/wire/fields.ts';
import { UserError } from './errors.ts';
import { packProgram, readDeviceConfig } from './p4rt-program.ts';
import { completeAddress } from './p4rt-server.ts';
import { parseUpdates } from './p4rt-text.ts';
import { protoDir } from './package-root.ts';
import { compileSource } from './program.ts';
import { askForSignal } from './signals.ts';
import { parseDeviceId } from './switch.ts';

export interface ConnectionOptions {
  readonly target: string;
  readonly deviceId?: string;
  readonly electionId?: string;
  /** `CA[,CERTIFICATE,KEY]`: files. */
  readonly tls?: string;
}

export interface P4rtOptions extends ConnectionOptions {
  readonly json?: boolean;
  readonly counters?: boolean;
  readonly atomic?: boolean;
  readonly reconcile?: boolean;
}

/** A client of the server that the options name. Throws UserError. */
export function clientOf({ target, tls }: ConnectionOptions): P4RuntimeClient {
  const [ca, certificate, key, more] = tls?.split(',') ?? [];
  if (tls !== undefined && (!ca || more !== undefined || (certificate === undefined) !== (key === undefined))) {
    throw new UserError('bad-tls', `'${tls}' names no certificates`, 'write CA or CA,CERTIFICATE,KEY');
  }
  const files =
    ca === undefined
      ? undefined
      : { ca: readBytes(ca), ...(certificate && key && { certificate: readBytes(certificate), key: readBytes(key) }) };
  return new P4RuntimeClient(Protocol.load(protoDir), completeAddress(target), files);
}

/** A connection to a server. */
export class P4rtConnection {
  readonly client: P4RuntimeClient;
  readonly deviceId: bigint;
  readonly electionId: bigint;
  #stream: ClientStream | undefined;

  constructor(options: ConnectionOptions) {
    this.client = clientOf(options);
    this.deviceId = parseDeviceId(options.deviceId);
    this.electionId = BigInt(options.electionId ?? 1);
  }

  get header(): Message {
    return { deviceId: explicitLong(this.deviceId), electionId: toElectionId(this.electionId) };
  }

  /** The server's P4Info. Throws UserError. */
  async p4info(): Promise<P4Info> {
    const { code, message, response } = await this.client.getPipeline({ deviceId: explicitLong(this.deviceId), responseType: 2 });
    if (code !== 'OK') throw new UserError('server-answer', `${code}: ${message}`);
    const info = sub(sub(response!, 'config') ?? {}, 'p4info');
    if (!info)
      throw new UserError('no-pipeline', 'the server has no pipeline yet', 'push one: softipu p4rt set-pipeline FILE.p4');
    return this.client.protocol.p4infoFrom(info);
  }

  /** Opens a stream and becomes primary. Throws UserError if another client is. */
  async arbitrate(onMessage: (message: Message) => void = () => {}, onEnd: () => void = () => {}): Promise<void> {
    await new Promise<void>((done, failed) => {
      const stream = this.client.stream({
        onMessage: (message) => {
          const notice = sub(message, 'arbitration');
          if (!notice) return onMessage(message);
          if (num(sub(notice, 'status') ?? {}, 'code') === codeNumbers.OK) return done();
          failed(
            new UserError(
              'not-primary',
              text(sub(notice, 'status') ?? {}, 'message'),
              'give a higher --election-id to take over',
            ),
          );
        },
        onEnd: ({ code, message }) => {
          onEnd();
          failed(new UserError('server-answer', `${code}: ${message}`));
        },
      });
      this.#stream = stream;
      stream.send({ arbitration: this.header });
    });
  }

  /** Sends a message on the stream that `arbitrate` opened. */
  send(message: Message): void {
    this.#stream?.send(message);
  }

  /** Ends the stream, then the connection. */
  close(): void {
    this.#stream?.cancel();
    this.client.close();
  }
}

export async function p4rtCommand(
  op: 'read' | 'write' | 'set-pipeline' | 'watch',
  file: string | undefined,
  options: P4rtOptions,
): Promise<number> {
  const connection = new P4rtConnection(options);
  try {
    switch (op) {
      case 'read':
        return await read(connection, file, options);
      case 'write':
        return await write(connection, file, options);
      case 'set-pipeline':
        return await setPipeline(connection, file, options);
      case 'watch':
        return await watch(connection);
    }
  } finally {
    connection.close();
  }
}

async function read(connection: P4rtConnection, what: string | undefined, options: P4rtOptions): Promise<number> {
  const info = await connection.p4info();
  const { names } = new EntityBuilder(info);
  const counterData = options.counters ? { counterData: { byteCount: 0n, packetCount: 0n } } : {};
  const table = what === undefined || what === 'p4info' ? undefined : names.tables.find(what);
  if (what === 'p4info') {
    process.stdout.write(printP4Info(info));
    return 0;
  }
  if (what !== undefined && !table) throw new UserError('no-table', `the program has no table '${what}'`);
  const filters: Entity[] = table
    ? [false, true].map((isDefaultAction) => ({
        tableEntry: { tableId: table.preamble.id, match: [], isDefaultAction, ...counterData },
      }))
    : [
        { actionProfileMember: { actionProfileId: 0, memberId: 0 } },
        { actionProfileGroup: { actionProfileId: 0, groupId: 0, members: [] } },
        { tableEntry: { tableId: 0, match: [], ...counterData } },
        { packetReplicationEngineEntry: { multicastGroupEntry: { multicastGroupId: 0, replicas: [] } } },
        { digestEntry: { digestId: 0 } },
      ];
  const { code, message, response } = await connection.client.read({
    deviceId: explicitLong(connection.deviceId),
    entities: filters.map((filter) => encodeEntity(names, filter)),
  });
  if (code !== 'OK') throw new UserError('server-answer', `${code}: ${message}`);
  const entities = response!.map((m) => decodeEntity(names, m));
  const lines = entities.map((entity) => printEntity(names, entity));
  process.stdout.write(options.json ? `${JSON.stringify({ entities: lines })}\n` : lines.map((line) => `${line}\n`).join(''));
  return 0;
}

async function write(connection: P4rtConnection, file: string | undefined, options: P4rtOptions): Promise<number> {
  const build = new EntityBuilder(await connection.p4info());
  const updates = parseUpdates(build, readText(file ?? '/dev/stdin'));
  await connection.arbitrate();
  const answer = await connection.client.write({
    ...connection.header,
    updates: updates.map((update) => encodeUpdate(build.names, update)),
    atomicity: options.atomic ? 2 : 0,
  });
  if (answer.code === 'OK') return 0;
  const bad = answer.details?.flatMap(({ code, message }, i) => (code === 'OK' ? [] : [`update ${i + 1}: ${code}: ${message}`]));
  throw new UserError('refused', bad?.join('\n') ?? `${answer.code}: ${answer.message}`);
}

async function setPipeline(connection: P4rtConnection, file: string | undefined, options: P4rtOptions): Promise<number> {
  if (file === undefined)
    throw new UserError('no-program', 'which program?', 'name a P4 file, or one that softipu compile wrote');
  const { deviceConfig, p4info } = deviceConfigOf(file);
  await connection.arbitrate();
  const { code, message } = await connection.client.setPipeline({
    ...connection.header,
    action: options.reconcile ? 5 : 3,
    config: { p4info: connection.client.protocol.p4infoMessage(p4info), p4DeviceConfig: deviceConfig },
  });
  if (code !== 'OK') throw new UserError('refused', `${code}: ${message}`);
  return 0;
}

/** What to push for a file: a program that softipu compiled as it is; P4 source compiled here, where its includes are. Throws UserError. */
export function deviceConfigOf(
  path: string,
  defines: readonly string[] = [],
): { readonly deviceConfig: Uint8Array; readonly p4info: P4Info } {
  const content = readBytes(path);
  if (content[0] === 0) {
    const program = readDeviceConfig(content);
    if (typeof program === 'string') throw new UserError('no-program-file', `'${path}': ${program}`);
    return { deviceConfig: content, p4info: program.p4info };
  }
  const { ir, p4info, diagnostics } = compileSource({ path, defines }).result;
  if (!ir || !p4info) {
    throw new UserError('program-does-not-compile', `'${path}' does not compile\n${printDiagnostics(diagnostics)}`.trimEnd());
  }
  return { deviceConfig: packProgram(ir, p4info, { code: false }), p4info };
}

/** Packets, digests and notifications, one JSON object per line, until a signal. */
async function watch(connection: P4rtConnection): Promise<number> {
  const { names } = new EntityBuilder(await connection.p4info());
  await connection.arbitrate((message) => {
    const notification = sub(message, 'idleTimeoutNotification');
    if (notification) {
      for (const entry of list(notification, 'tableEntry')) {
        process.stdout.write(`idle ${printEntity(names, decodeEntity(names, { tableEntry: entry }))}\n`);
      }
    } else process.stdout.write(`${JSON.stringify(message)}\n`);
  });
  await askForSignal();
  return 0;
}

function readText(file: string): string {
  return new TextDecoder().decode(readBytes(file));
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UserError('unreadable-file', `cannot read '${file}': ${error instanceof Error ? error.message : String(error)}`);
  }
}
