/**
 * Health check node ports (kube-proxy: pkg/proxy/healthcheck): a load balancer that sends traffic only to nodes with endpoints (externalTrafficPolicy Local) asks
 * each node on the service's port. 200 while the node has endpoints that are ready and its data plane follows the cluster, 503 otherwise. Endpoints that
 * terminate do not count, so that the balancer turns away before they end; whether the node itself is leaving does not matter here.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type Model, type Service, slicesOf } from '../manager/index.ts';

export interface ServiceHealthOptions {
  readonly model: () => Model | undefined;
  /** Changes of the cluster reach the data plane. */
  readonly isLive: () => boolean;
  readonly say: (message: string) => void;
  /** Default: every address of the host. */
  readonly host?: string;
}

interface Open {
  readonly server: Server;
  readonly port: number;
}

/** Endpoints of a service that are ready on this node, each address once. */
export function localReadyEndpoints(model: Model, service: Service): number {
  const ready = ([4, 6] as const)
    .flatMap((family) => slicesOf(model, service, family).flatMap((slice) => slice.endpoints))
    .filter((endpoint) => endpoint.nodeName === model.node.name && (endpoint.ready || service.publishNotReadyAddresses));
  return new Set(ready.map((endpoint) => endpoint.addresses[0])).size;
}

export class ServiceHealth {
  readonly #options: ServiceHealthOptions;
  readonly #open = new Map<string, Open>();
  #services: readonly Service[] | undefined;
  #failures = '';

  constructor(options: ServiceHealthOptions) {
    this.#options = options;
  }

  /** Opens and closes ports as the services ask for them. A port that cannot be had is told once and tried again by the next call. */
  async update(): Promise<void> {
    const services = this.#options.model()?.services;
    if (!services || services === this.#services) return;
    const wanted = new Map(
      services.flatMap((s) => (s.healthCheckNodePort ? [[`${s.namespace}/${s.name}`, s.healthCheckNodePort]] : [])),
    );
    const closing = [...this.#open].filter(([name, { port }]) => wanted.get(name) !== port);
    await Promise.all(closing.map(([name]) => this.#close(name)));
    const opening = [...wanted].filter(([name]) => !this.#open.has(name));
    const failures = (await Promise.all(opening.map(([name, port]) => this.#listen(name, port)))).filter((text) => text !== '');
    const text = failures.join('\n');
    if (text !== '' && text !== this.#failures) this.#options.say(text);
    this.#failures = text;
    this.#services = failures.length === 0 ? services : undefined;
  }

  close(): void {
    for (const { server } of this.#open.values()) {
      server.close();
      server.closeAllConnections();
    }
    this.#open.clear();
  }

  /** Why not; '' if it listens. */
  #listen(name: string, port: number): Promise<string> {
    const server = createServer((_, response) => this.#answer(name, response));
    return new Promise((done) => {
      server.once('error', (error) => done(`cannot listen for health checks of service '${name}': ${error.message}`));
      server.listen(port, this.#options.host, () => {
        server.unref();
        this.#open.set(name, { server, port });
        done('');
      });
    });
  }

  #close(name: string): Promise<void> {
    const { server } = this.#open.get(name)!;
    this.#open.delete(name);
    return new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  }

  #answer(key: string, response: ServerResponse): void {
    const model = this.#options.model();
    const service = model?.services.find((each) => `${each.namespace}/${each.name}` === key);
    const localEndpoints = model && service ? localReadyEndpoints(model, service) : 0;
    const serviceProxyHealthy = this.#options.isLive();
    const [namespace, name] = key.split('/');
    const body = `${JSON.stringify({ service: { namespace, name }, localEndpoints, serviceProxyHealthy })}\n`;
    response.writeHead(localEndpoints > 0 && serviceProxyHealthy ? 200 : 503, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'x-content-type-options': 'nosniff',
      'x-load-balancing-endpoint-weight': String(localEndpoints),
    });
    response.end(body);
  }
}
