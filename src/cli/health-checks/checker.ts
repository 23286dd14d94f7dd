/**
 * Health checks of endpoints that no Kubernetes watches (annotation `softipu.io/health-check` of their slices): each is asked at its interval; after `fall` failures
 * in a row it counts neither as ready nor as serving, after `rise` successes in a row it is what its slice says again. Until it has failed so often an
 * endpoint is what its slice says: a restart of the node takes nobody out. If all fail, the service has no endpoints.
 */
import { DerivedList, difference, type Endpoint, type EndpointSlice, type HealthCheck, type Model } from '../../manager/index.ts';
import { type Echo, openEcho } from './icmp.ts';
import { type Probe, probeHttp, probeTcp } from './probes.ts';

export interface HealthChecksOptions {
  /** Some endpoint went or came back: the model is another one now. */
  readonly onChange: () => void;
  readonly say: (message: string) => void;
  /** For tests. */
  readonly random?: () => number;
  readonly openEcho?: () => Promise<Echo>;
}

interface Watched {
  readonly name: string;
  readonly address: string;
  readonly check: HealthCheck;
  /** Those that have it. */
  readonly slices: Set<EndpointSlice>;
  isFailing: boolean;
  /** Answers in a row that speak against what it counts as. */
  against: number;
  timer?: NodeJS.Timeout;
  isOver: boolean;
}

export class HealthChecks {
  readonly #options: HealthChecksOptions;
  readonly #watched = new Map<string, Watched>();
  #slices: readonly EndpointSlice[] = [];
  readonly #derived = new DerivedList<EndpointSlice>();
  /** Slices with an endpoint that began or ceased to fail since the model was adjusted last. */
  readonly #turned = new Set<EndpointSlice>();
  #echo: Promise<Echo | undefined> | undefined;

  constructor(options: HealthChecksOptions) {
    this.#options = options;
  }

  /** The model as far as endpoints work; starts and ends checks as its slices say. What did not change is the same object. O(what changed). */
  adjust(model: Model): Model {
    const { endpointSlices } = model;
    const { gone, come } = difference(this.#slices, endpointSlices);
    this.#slices = endpointSlices;
    // New ones first: what both have goes on.
    for (const slice of come) this.#watch(slice);
    for (const slice of gone) this.#unwatch(slice);
    for (const slice of gone) this.#turned.delete(slice);
    const adjusted = this.#derived.update(endpointSlices, (slice) => this.#adjusted(slice), this.#turned);
    this.#turned.clear();
    return adjusted === endpointSlices ? model : { ...model, endpointSlices: adjusted };
  }

  close(): void {
    for (const watched of this.#watched.values()) end(watched);
    this.#watched.clear();
    void this.#echo?.then((echo) => echo?.close());
  }

  #unwatch(slice: EndpointSlice): void {
    for (const { key } of askedOf(slice)) {
      const watched = this.#watched.get(key);
      if (!watched) continue;
      watched.slices.delete(slice);
      if (watched.slices.size > 0) continue;
      end(watched);
      this.#watched.delete(key);
    }
  }

  #watch(slice: EndpointSlice): void {
    const { namespace, service } = slice;
    for (const { key, address, check } of askedOf(slice)) {
      const known = this.#watched.get(key);
      known?.slices.add(slice);
      if (known) continue;
      const name = `${namespace}/${service}`;
      const watched: Watched = { name, address, check, slices: new Set([slice]), isFailing: false, against: 0, isOver: false };
      this.#watched.set(key, watched);
      // Not all at once.
      this.#later(watched, (this.#options.random ?? Math.random)() * Math.min(check.intervalMs, 1000));
    }
  }

  #later(watched: Watched, afterMs: number): void {
    watched.timer = setTimeout(() => void this.#ask(watched), afterMs).unref();
  }

  async #ask(watched: Watched): Promise<void> {
    const { address, check } = watched;
    const probe = await this.#probeOf(check);
    // Who cannot be asked is what the slice says.
    if (!probe) return;
    const startedMs = performance.now();
    const problem = await probe(address, check);
    if (watched.isOver) return;
    this.#heard(watched, problem);
    this.#later(watched, Math.max(0, check.intervalMs - (performance.now() - startedMs)));
  }

  #heard(watched: Watched, problem: string | undefined): void {
    const { name, address, check } = watched;
    const speaksAgainst = (problem !== undefined) !== watched.isFailing;
    watched.against = speaksAgainst ? watched.against + 1 : 0;
    if (watched.against < (watched.isFailing ? check.rise : check.fall)) return;
    watched.isFailing = !watched.isFailing;
    watched.against = 0;
    for (const slice of watched.slices) this.#turned.add(slice);
    const state = watched.isFailing ? `fails its health check: ${problem}` : 'passes its health check again';
    this.#options.say(`endpoint ${address} of service '${name}' ${state}`);
    this.#options.onChange();
  }

  async #probeOf({ type }: HealthCheck): Promise<Probe | undefined> {
    if (type === 'tcp') return probeTcp;
    if (type === 'http') return probeHttp;
    this.#echo ??= (this.#options.openEcho ?? openEcho)().catch((error: Error) => {
      this.#options.say(`no ICMP health checks, such endpoints count as their slices say: ${error.message}`);
      return undefined;
    });
    return (await this.#echo)?.probe;
  }

  #adjusted(slice: EndpointSlice): EndpointSlice {
    const { healthCheck: check, endpoints } = slice;
    if (!check) return slice;
    const isFailing = ({ addresses }: Endpoint): boolean =>
      addresses[0] !== undefined && (this.#watched.get(keyOf(addresses[0], check))?.isFailing ?? false);
    if (!endpoints.some(isFailing)) return slice;
    return {
      ...slice,
      endpoints: endpoints.map((endpoint) => (isFailing(endpoint) ? { ...endpoint, ready: false, serving: false } : endpoint)),
    };
  }
}

/** What is to be asked for a slice. */
function askedOf({ endpoints, healthCheck: check }: EndpointSlice) {
  if (!check) return [];
  return endpoints.flatMap(({ addresses: [address] }) =>
    address === undefined ? [] : [{ key: keyOf(address, check), address, check }],
  );
}

function keyOf(address: string, check: HealthCheck): string {
  return `${address} ${JSON.stringify(check)}`;
}

function end(watched: Watched): void {
  watched.isOver = true;
  clearTimeout(watched.timer);
}
