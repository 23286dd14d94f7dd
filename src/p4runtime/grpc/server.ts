/** The service on the wire: gRPC over TCP, a unix socket, or TLS. */
import grpc from '@grpc/grpc-js';
import type { P4RuntimeService, Reply } from '../server/service.ts';
import { toError } from '../server/service.ts';
import { codeNumbers, type Status } from '../status.ts';
import type { Message } from '../wire/fields.ts';
import { clientOptions, methodsOf } from './methods.ts';
import type { Protocol } from './proto.ts';

/** PEM texts. With `clientCa`, clients must have a certificate of it. */
export interface ServerTls {
  readonly key: Uint8Array;
  readonly certificate: Uint8Array;
  readonly clientCa?: Uint8Array;
}

export interface RunningServer {
  /** With the port that was chosen, if 0 was asked for. */
  readonly address: string;
  stop(): void;
}

/** Messages that a client has not read yet: beyond, packets and notifications to it are dropped. */
const mostUnread = 4096;
/** An answer waits so long for its client to read on. */
const mostUnreadMs = 60_000;

/** Listens at `HOST:PORT` or `unix:PATH`. Throws Error if that is not possible. */
export async function serve(
  service: P4RuntimeService,
  protocol: Protocol,
  address: string,
  tls?: ServerTls,
): Promise<RunningServer> {
  const server = new grpc.Server(clientOptions);
  server.addService(methodsOf(protocol), handlers(service, protocol));
  const credentials = tls
    ? grpc.ServerCredentials.createSsl(
        tls.clientCa ? Buffer.from(tls.clientCa) : null,
        [{ private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.certificate) }],
        tls.clientCa !== undefined,
      )
    : grpc.ServerCredentials.createInsecure();
  const port = await new Promise<number>((done, failed) =>
    server.bindAsync(address, credentials, (error, bound) => (error ? failed(error) : done(bound))),
  );
  const isUnix = address.startsWith('unix:');
  return {
    address: isUnix ? address : `${address.slice(0, address.lastIndexOf(':'))}:${port}`,
    stop: () => server.forceShutdown(),
  };
}

function handlers(service: P4RuntimeService, protocol: Protocol): grpc.UntypedServiceImplementation {
  const unary =
    (run: (request: Message) => Promise<{ reply: Reply; response?: Message }> | { reply: Reply; response?: Message }) =>
    (call: grpc.ServerUnaryCall<Message, Message>, done: grpc.sendUnaryData<Message>): void => {
      Promise.resolve(run(call.request)).then(
        ({ reply, response }) => (reply.code === 'OK' ? done(null, response ?? {}) : done(toStatus(protocol, reply))),
        (error: unknown) => done({ code: codeNumbers.INTERNAL, details: error instanceof Error ? error.message : String(error) }),
      );
    };
  return {
    Write: unary(async (request) => ({ reply: await service.write(request) })),
    SetForwardingPipelineConfig: unary(async (request) => ({ reply: await service.setPipeline(request) })),
    GetForwardingPipelineConfig: unary((request) => service.getPipeline(request)),
    Capabilities: unary((request) => service.capabilities(request)),
    Read: (call: grpc.ServerWritableStream<Message, Message>): void => {
      service.read(call.request).then(
        ({ reply, responses }) => {
          if (reply.code === 'OK') return writeAll(call, responses);
          call.emit('error', toStatus(protocol, reply));
          return undefined;
        },
        (error: unknown) =>
          call.emit('error', { code: codeNumbers.INTERNAL, details: error instanceof Error ? error.message : String(error) }),
      );
    },
    StreamChannel: (call: grpc.ServerDuplexStream<Message, Message>): void => {
      let isOpen = true;
      const stream = service.openStream(
        (response) => {
          // Arbitration is always sent: there are few of them, and they must not be lost.
          if (isOpen && (call.writableLength < mostUnread || 'arbitration' in response)) call.write(response);
        },
        (status) => {
          isOpen = false;
          call.emit('error', toStatus(protocol, status));
        },
      );
      stream.readRoleConfig = ({ typeUrl, value }) => {
        if (!/[/.](softipu\.v1\.RoleConfig|stratum\.P4RoleConfig)$/.test(typeUrl)) return undefined;
        try {
          return protocol.decode('softipu.v1.RoleConfig', value);
        } catch {
          return undefined;
        }
      };
      const close = (): void => {
        if (!isOpen) return;
        isOpen = false;
        stream.closed();
      };
      call.on('data', (request: Message) => isOpen && stream.receive(request));
      call.on('end', () => {
        close();
        call.end();
      });
      call.on('cancelled', close);
      call.on('error', close);
      call.on('close', close);
    },
  };
}

/** One message after the other, as fast as the client reads; one that does not read is sent away. */
async function writeAll(call: grpc.ServerWritableStream<Message, Message>, responses: Iterable<Message>): Promise<void> {
  for (const response of responses) {
    if (call.cancelled) return;
    if (call.write(response)) continue;
    const hasDrained = await new Promise<boolean>((done) => {
      const timer = setTimeout(() => done(false), mostUnreadMs);
      const end = (isDrained: boolean) => (): void => {
        clearTimeout(timer);
        done(isDrained);
      };
      call.once('drain', end(true));
      call.once('cancelled', end(false));
      call.once('close', end(false));
    });
    if (hasDrained) continue;
    if (!call.cancelled) call.emit('error', { code: codeNumbers.DEADLINE_EXCEEDED, details: 'the answer was not read' });
    return;
  }
  call.end();
}

/** gRPC's status, with the statuses of the parts as google.rpc.Status in its trailer. */
function toStatus(
  protocol: Protocol,
  { code, message, details }: Reply | (Status & { details?: undefined }),
): Partial<grpc.StatusObject> {
  const metadata = new grpc.Metadata();
  const trailer = details && detailsTrailer(protocol, { code, message }, details);
  if (trailer) metadata.set('grpc-status-details-bin', Buffer.from(trailer));
  return { code: codeNumbers[code] as number, details: message, metadata };
}

/** HTTP/2 headers of Node end at 64 KiB, after base64; one byte more would end the connection. */
const mostTrailerBytes = 45_000;

/** One p4.v1.Error per part: with sentences while there is room, then with codes alone; undefined if not even they fit. */
function detailsTrailer(protocol: Protocol, { code, message }: Status, details: readonly Status[]): Uint8Array | undefined {
  const encode = (prefix: string, isTold: boolean): Uint8Array =>
    protocol.encode('google.rpc.Status', {
      code: codeNumbers[code],
      message,
      details: details.map((detail) => ({
        type_url: `${prefix}/p4.v1.Error`,
        value: protocol.encode('p4.v1.Error', isTold ? toError(detail) : { canonicalCode: codeNumbers[detail.code] }),
      })),
    });
  for (const [prefix, isTold] of [
    ['type.googleapis.com', true],
    ['type.googleapis.com', false],
    ['', false],
  ] as const) {
    const bytes = encode(prefix, isTold);
    if (bytes.length <= mostTrailerBytes) return bytes;
  }
  return undefined;
}
