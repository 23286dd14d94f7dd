/**
 * An API server made for tests: list (in pages) and watch over HTTP, by label selector, with one growing resource version, and everything that goes wrong with
 * one: connections that break, a history that is forgotten (410), answers that come late, an outage.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export interface Stored {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: { readonly name: string; readonly namespace?: string } & Record<string, unknown>;
  readonly [field: string]: unknown;
}

interface Event {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Stored;
  /** What the object was before. */
  readonly before?: Stored;
}

/** PEM. */
export interface Tls {
  readonly key: string;
  readonly cert: string;
}

const paths: Readonly<Record<string, string>> = {
  Service: '/api/v1/services',
  EndpointSlice: '/apis/discovery.k8s.io/v1/endpointslices',
  Pod: '/api/v1/pods',
  Namespace: '/api/v1/namespaces',
  Node: '/api/v1/nodes',
  NetworkPolicy: '/apis/networking.k8s.io/v1/networkpolicies',
  ServiceCIDR: '/apis/networking.k8s.io/v1/servicecidrs',
  ClusterNetworkPolicy: '/apis/policy.networking.k8s.io/v1alpha2/clusternetworkpolicies',
};

export class ApiDouble {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #objects = new Map<string, Map<string, Stored>>();
  readonly #events = new Map<string, Event[]>();
  readonly #watches = new Map<string, Map<ServerResponse, Selector>>();
  /** What is still to be listed, by `continue`. */
  readonly #pages = new Map<string, { readonly version: number; readonly rest: readonly Stored[] }>();
  #version = 100;
  #oldest = 0;
  /** `GET PATH` or `WATCH PATH` of every request, with its query. */
  readonly requests: { readonly what: string; readonly query: URLSearchParams; readonly atMs: number }[] = [];
  /** Kinds whose lists are answered only when `release` is called. */
  readonly held = new Map<string, (() => void)[]>();
  /** Kinds that the server does not have, or does not show: status of every answer. */
  readonly absent = new Map<string, number>();
  /** What the next requests get instead of an answer. */
  failWith: { readonly status: number; readonly message: string } | undefined;

  readonly #scheme: 'http' | 'https';

  private constructor(tls?: Tls) {
    this.#scheme = tls ? 'https' : 'http';
    const answer = (request: IncomingMessage, response: ServerResponse): void => this.#answer(request, response);
    this.#server = tls ? createSecureServer(tls, answer) : createServer(answer);
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** Over HTTP, or with a key and certificate over HTTPS. */
  static async start({ tls, address = '127.0.0.1' }: { tls?: Tls; address?: string } = {}): Promise<ApiDouble> {
    const double = new ApiDouble(tls);
    await new Promise<void>((done) => double.#server.listen(0, address, done));
    return double;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  /** A kubeconfig that leads here. */
  get kubeconfig(): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: this.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user: { token: 'secret' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    });
  }

  put(kind: string, object: Stored): void {
    const path = paths[kind]!;
    const objects = this.#of(path);
    const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    const version = ++this.#version;
    const stored = { ...object, metadata: { ...object.metadata, uid: key, resourceVersion: String(version) } };
    const before = objects.get(key);
    this.#happen(path, { version, type: before ? 'MODIFIED' : 'ADDED', object: stored, ...(before && { before }) });
    objects.set(key, stored);
  }

  delete(kind: string, key: string): void {
    const path = paths[kind]!;
    const object = this.#of(path).get(key);
    if (!object) return;
    this.#of(path).delete(key);
    const version = ++this.#version;
    this.#happen(path, {
      version,
      type: 'DELETED',
      object: { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } },
    });
  }

  /** Tells every watch how far things are. */
  bookmark(): void {
    for (const watches of this.#watches.values()) {
      for (const watch of watches.keys()) {
        const object = { metadata: { resourceVersion: String(this.#version) } };
        watch.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
      }
    }
  }

  /** Forgets what happened so far: who comes with an older version must list again. */
  forget(): void {
    this.#oldest = ++this.#version;
    this.#events.clear();
  }

  /** Breaks every connection, in the middle of a line where there is a watch. */
  breakConnections(): void {
    for (const watches of this.#watches.values()) for (const watch of watches.keys()) watch.write('{"type":"MODI');
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends every watch in order. */
  endWatches(): void {
    for (const watches of this.#watches.values()) {
      for (const watch of watches.keys()) watch.end();
      watches.clear();
    }
  }

  release(kind: string): void {
    for (const go of this.held.get(paths[kind]!) ?? []) go();
    this.held.delete(paths[kind]!);
  }

  hold(kind: string): void {
    this.held.set(paths[kind]!, []);
  }

  count(what: string): number {
    return this.requests.filter((request) => request.what === what).length;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }

  #of(path: string): Map<string, Stored> {
    const objects = this.#objects.get(path) ?? new Map<string, Stored>();
    this.#objects.set(path, objects);
    return objects;
  }

  #happen(path: string, event: Event): void {
    this.#events.set(path, [...(this.#events.get(path) ?? []), event]);
    for (const [watch, selector] of this.#watches.get(path) ?? []) watch.write(line(event, selector));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url!, this.url);
    const isWatch = searchParams.get('watch') === 'true';
    this.requests.push({ what: `${isWatch ? 'WATCH' : 'GET'} ${pathname}`, query: searchParams, atMs: performance.now() });
    const fail = (status: number, message: string): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ kind: 'Status', code: status, message }));
    };
    if (request.headers.authorization !== 'Bearer secret') fail(401, 'Unauthorized');
    else if (this.#absentStatus(pathname))
      fail(this.#absentStatus(pathname)!, 'the server could not find the requested resource');
    else if (this.failWith) fail(this.failWith.status, this.failWith.message);
    else if (isWatch) this.#watch(pathname, searchParams, response);
    else if (this.held.has(pathname)) this.held.get(pathname)!.push(() => this.#list(pathname, searchParams, response));
    else this.#list(pathname, searchParams, response);
  }

  #absentStatus(path: string): number | undefined {
    return [...this.absent].find(([kind]) => paths[kind] === path)?.[1];
  }

  #list(path: string, query: URLSearchParams, response: ServerResponse): void {
    // All pages are of the moment when the first was asked for.
    const token = query.get('continue') ?? '';
    const { version, rest } = this.#pages.get(token) ?? {
      version: this.#version,
      rest: [...this.#of(path).values()].filter(selectorOf(query)),
    };
    this.#pages.delete(token);
    const limit = Number(query.get('limit') ?? rest.length);
    const next = `page ${this.requests.length} of ${path}`;
    if (limit < rest.length) this.#pages.set(next, { version, rest: rest.slice(limit) });
    response.writeHead(200, { 'content-type': 'application/json' });
    const metadata = { resourceVersion: String(version), ...(limit < rest.length && { continue: next }) };
    response.end(
      JSON.stringify({
        metadata,
        items: rest.slice(0, limit).map((object) => ({ ...object, kind: undefined, apiVersion: undefined })),
      }),
    );
  }

  #watch(path: string, query: URLSearchParams, response: ServerResponse): void {
    const from = Number(query.get('resourceVersion'));
    response.writeHead(200, { 'content-type': 'application/json' });
    if (from < this.#oldest) {
      const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
      response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
      return;
    }
    response.flushHeaders();
    const selector = selectorOf(query);
    for (const event of this.#events.get(path) ?? []) if (event.version > from) response.write(line(event, selector));
    const watches = this.#watches.get(path) ?? new Map<ServerResponse, Selector>();
    this.#watches.set(path, watches.set(response, selector));
    response.on('close', () => watches.delete(response));
  }
}

type Selector = (object: Stored) => boolean;

/** Of a query: `!key` and `key=value`, all of them. */
function selectorOf(query: URLSearchParams): Selector {
  const terms = (query.get('labelSelector') ?? '').split(',').filter((term) => term !== '');
  return ({ metadata }) => {
    const labels = (metadata.labels ?? {}) as Readonly<Record<string, string>>;
    return terms.every((term) => {
      if (term.startsWith('!')) return !(term.slice(1) in labels);
      const [key, value] = term.split('=');
      return labels[key!] === value;
    });
  };
}

/** What somebody sees who watches a selection: an object that leaves it is gone, one that comes into it is new. Nothing: an empty text. */
function line({ type, object, before }: Event, selects: Selector): string {
  const isIn = selects(object);
  const wasIn = type === 'DELETED' ? isIn : before !== undefined && selects(before);
  if (!isIn && !wasIn) return '';
  const seen = type === 'DELETED' || !isIn ? 'DELETED' : wasIn ? 'MODIFIED' : 'ADDED';
  return `${JSON.stringify({ type: seen, object })}\n`;
}
