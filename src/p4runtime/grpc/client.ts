/**
 * A P4Runtime client: calls with messages in and out, statuses as values. One connection, any number of streams. What entities mean is for the callers:
 * `softipu p4rt`, `softipu manager`, and the conformance suite.
 */
import grpc from '@grpc/grpc-js';
import { codeOf } from '../server/service.ts';
import { ok, type Status } from '../status.ts';
import { explicitLong, list, type Message, num, text } from '../wire/fields.ts';
import { clientOptions, methodsOf } from './methods.ts';
import type { Protocol } from './proto.ts';

/** PEM texts: whom to believe, and who we are. */
export interface ClientTls {
  readonly ca: Uint8Array;
  readonly key?: Uint8Array;
  readonly certificate?: Uint8Array;
}

export interface Answer<T = undefined> extends Status {
  /** One status per update or entity, if the server gave them. */
  readonly details?: readonly Status[];
  readonly response?: T;
}

/** One StreamChannel. */
export interface ClientStream {
  send(request: Message): void;
  /** Ends our side. */
  close(): void;
  /** Ends both sides at once. */
  cancel(): void;
}

export interface StreamEvents {
  readonly onMessage: (response: Message) => void;
  /** The stream is over: OK if it ended as it should. */
  readonly onEnd: (status: Status) => void;
}

type Unary = (
  request: Message,
  options: { readonly deadline: number },
  done: (error: grpc.ServiceError | null, response: Message) => void,
) => void;
type ServerStream = (request: Message, options: { readonly deadline: number }) => grpc.ClientReadableStream<Message>;
type Duplex = () => grpc.ClientDuplexStream<Message, Message>;

const defaultTimeoutMs = 120_000;

export class P4RuntimeClient {
  readonly protocol: Protocol;
  readonly timeoutMs: number;
  readonly #client: grpc.Client & Readonly<Record<string, unknown>>;

  constructor(protocol: Protocol, address: string, tls?: ClientTls, timeoutMs: number = defaultTimeoutMs) {
    this.protocol = protocol;
    this.timeoutMs = timeoutMs;
    const Client = grpc.makeGenericClientConstructor(methodsOf(protocol), 'P4Runtime');
    const buffer = (bytes: Uint8Array | undefined): Buffer | null => (bytes ? Buffer.from(bytes) : null);
    const credentials = tls
      ? grpc.credentials.createSsl(buffer(tls.ca), buffer(tls.key), buffer(tls.certificate))
      : grpc.credentials.createInsecure();
    this.#client = new Client(address, credentials, clientOptions) as unknown as grpc.Client & Readonly<Record<string, unknown>>;
  }

  write(request: Message): Promise<Answer<Message>> {
    return this.#unary('Write', request);
  }

  setPipeline(request: Message): Promise<Answer<Message>> {
    return this.#unary('SetForwardingPipelineConfig', request);
  }

  getPipeline(request: Message): Promise<Answer<Message>> {
    return this.#unary('GetForwardingPipelineConfig', request);
  }

  capabilities(request: Message): Promise<Answer<Message>> {
    return this.#unary('Capabilities', request);
  }

  /** All entities of all messages of the answer. */
  read(request: Message): Promise<Answer<readonly Message[]>> {
    const call = (this.#client.Read as ServerStream).call(this.#client, request, { deadline: Date.now() + this.timeoutMs });
    const entities: Message[] = [];
    return new Promise((done) => {
      call.on('data', (response: Message) => entities.push(...list(response, 'entities')));
      call.on('error', (error: grpc.ServiceError) => done(this.#failure(error)));
      call.on('end', () => done({ ...ok, response: entities }));
    });
  }

  stream(events: StreamEvents): ClientStream {
    const call = (this.#client.StreamChannel as Duplex).call(this.#client);
    let isOver = false;
    const over = (status: Status): void => {
      if (isOver) return;
      isOver = true;
      events.onEnd(status);
    };
    call.on('data', events.onMessage);
    call.on('error', (error: grpc.ServiceError) => over(this.#failure(error)));
    call.on('end', () => over(ok));
    return {
      send: (request) => {
        if (!isOver) call.write(request);
      },
      close: () => call.end(),
      cancel: () => {
        isOver = true;
        call.cancel();
      },
    };
  }

  close(): void {
    this.#client.close();
  }

  #unary(method: string, request: Message): Promise<Answer<Message>> {
    return new Promise((done) => {
      const deadline = Date.now() + this.timeoutMs;
      (this.#client[method] as Unary).call(this.#client, request, { deadline }, (error, response) =>
        done(error ? this.#failure(error) : { ...ok, response }),
      );
    });
  }

  #failure(error: grpc.ServiceError): Answer<never> {
    const status: Status = { code: codeOf(error.code), message: error.details ?? error.message };
    const [trailer] = error.metadata?.get('grpc-status-details-bin') ?? [];
    if (!(trailer instanceof Uint8Array)) return status;
    const details = list(this.protocol.decode('google.rpc.Status', trailer), 'details').map((any): Status => {
      const part = this.protocol.decode('p4.v1.Error', any.value as Uint8Array);
      return { code: codeOf(num(part, 'canonicalCode')), message: text(part, 'message') };
    });
    return { ...status, details };
  }
}

/** An election id of up to 128 bits. */
export function toElectionId(id: bigint): Message {
  return { high: explicitLong(id >> 64n), low: explicitLong(BigInt.asUintN(64, id)) };
}
