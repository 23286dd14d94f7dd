/**
 * Whether this node's data plane is up to date (kube-proxy's rules): `/livez` asks whether changes reach the data plane in time, `/healthz` also whether
 * the node shall get new traffic. 200 or 503, with a small JSON object.
 */
import type { HttpAnswer } from './http-server.ts';

/** What the state of the node is read from. */
export interface HealthSource {
  /** Since when a change has been waiting; undefined if none is. */
  readonly queuedMs: number | undefined;
  readonly lastSyncMs: number | undefined;
  readonly isNodeEligible: boolean;
}

/** A change that waits longer than this is stuck: twice kube-proxy's default syncPeriod. */
export const defaultStuckMs = 60_000;

export class Health {
  readonly #source: HealthSource;
  readonly #stuckMs: number;
  readonly #wallMs: () => number;
  readonly #count: (probe: 'healthz' | 'livez', code: number) => void;

  constructor(options: {
    readonly source: HealthSource;
    readonly stuckMs?: number;
    readonly wallMs?: () => number;
    readonly count?: (probe: 'healthz' | 'livez', code: number) => void;
  }) {
    this.#source = options.source;
    this.#stuckMs = options.stuckMs ?? defaultStuckMs;
    this.#wallMs = options.wallMs ?? Date.now;
    this.#count = options.count ?? (() => {});
  }

  /** Changes reach the data plane. */
  get isLive(): boolean {
    const { queuedMs } = this.#source;
    return queuedMs === undefined || this.#wallMs() - queuedMs <= this.#stuckMs;
  }

  /** The data plane was programmed, is up to date, and the node stays. */
  get isHealthy(): boolean {
    return this.isLive && this.#source.lastSyncMs !== undefined && this.#source.isNodeEligible;
  }

  answer(probe: 'healthz' | 'livez'): HttpAnswer {
    const code = (probe === 'livez' ? this.isLive : this.isHealthy) ? 200 : 503;
    this.#count(probe, code);
    const body = JSON.stringify({
      lastUpdated: new Date(this.#source.lastSyncMs ?? 0).toISOString(),
      currentTime: new Date(this.#wallMs()).toISOString(),
      ...(probe === 'healthz' && { nodeEligible: this.#source.isNodeEligible }),
    });
    return { code, type: 'application/json', body: `${body}\n` };
  }
}
