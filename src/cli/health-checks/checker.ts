/**
 * Health checks of endpoints that no Kubernetes watches (annotation `softipu.io/health-check` of their slices): each is asked at its interval; after `fall` failures
 * in a row it counts neither as ready nor as serving, after `rise` successes in a row it is what its slice says again. Until it has failed so often an
 * endpoint is what its slice says: a restart of the node takes nobody out. If all fail, the service has no endpoints.
 */
import type { Endpoint, EndpointSlice, HealthCheck, Model } from '../../manager/index.ts';
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
  isFailing: boolean;
  /** Answers in a row that speak against what it counts as. */
  against: number;
  timer?: NodeJS.Timeout;
  isOver: boolean;
}

export class HealthChecks {
  readonly #options: HealthChecksOptions;
  readonly #watched = new Map<string, Watched>();
  #slices: readonly EndpointSlice[] | undefined;
  /** The slice that was made of one, and for which failures. */
  readonly #made = new WeakMap<EndpointSlice, { readonly failing: string; readonly slice: EndpointSlice }>();
  #echo: Promise<Echo | undefined> | undefined;

  constructor(options: HealthChecksOptions) {
    this.#options = options;
  }

  /** The model as far as endpoints work; starts and ends checks as its slices say. What does not fail is the same object. */
  adjust(model: Model): Model {
    if (model.endpointSlices !== this.#slices) this.#watch(model.endpointSlices);
    this.#slices = model.endpointSlices;
    if (this.#watched.size === 0) return model;
    return { ...model, endpointSlices: model.endpointSlices.map((slice) => this.#adjusted(slice)) };
  }

  close(): void {
    for (const watched of this.#watched.values()) end(watched);
    this.#watched.clear();
    void this.#echo?.then((echo) => echo?.close());
  }

  #watch(slices: readonly EndpointSlice[]): void {
    const wanted = new Map<string, Pick<Watched, 'name' | 'address' | 'check'>>();
    for (const { namespace, service, endpoints, healthCheck: check } of slices) {
      if (!check) continue;
      for (const { addresses } of endpoints) {
        const [address] = addresses;
        if (address !== undefined) wanted.set(keyOf(address, check), { name: `${namespace}/${service}`, address, check });
      }
    }
    for (const [key, watched] of this.#watched) {
      if (wanted.has(key)) continue;
      end(watched);
      this.#watched.delete(key);
    }
    for (const [key, what] of wanted) {
      if (this.#watched.has(key)) continue;
      const watched: Watched = { ...what, isFailing: false, against: 0, isOver: false };
      this.#watched.set(key, watched);
      // Not all at once.
      this.#later(watched, (this.#options.random ?? Math.random)() * Math.min(what.check.intervalMs, 1000));
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
    const failing = endpoints.flatMap((endpoint, i) => (isFailing(endpoint) ? [i] : [])).join(' ');
    if (failing === '') return slice;
    const made = this.#made.get(slice);
    if (made?.failing === failing) return made.slice;
    const result = {
      ...slice,
      endpoints: endpoints.map((endpoint) => (isFailing(endpoint) ? { ...endpoint, ready: false, serving: false } : endpoint)),
    };
    this.#made.set(slice, { failing, slice: result });
    return result;
  }
}

function keyOf(address: string, check: HealthCheck): string {
  return `${address} ${JSON.stringify(check)}`;
}

function end(watched: Watched): void {
  watched.isOver = true;
  clearTimeout(watched.timer);
}
