/** Health and metrics of a running node, put together: what is counted where, and the servers that tell it. */
import type { Server } from 'node:http';
import { eligibleEndpoints, type IpuManager, type Model, type Service } from '../manager/index.ts';
import type { NodeConfig } from './config.ts';
import type { PortReport } from './dataplane.ts';
import { Health } from './health.ts';
import { type Page, servePages } from './http-server.ts';
import type { LoadedProgram } from './load-program.ts';
import { NodeMetrics } from './metrics.ts';
import { RefusalTotals, refusalTables } from './metrics-refusals.ts';
import { flowTables, TrafficTotals } from './metrics-traffic.ts';
import { packageVersion } from './package-root.ts';
import { readSource } from './read-source.ts';
import type { Runtime } from './runtime.ts';
import { say } from './say.ts';
import { ServiceHealth } from './service-health.ts';
import type { Sync, SyncReport } from './sync.ts';

/** The whole flow cache is looked at once in so many ticks (of 250 ms). */
const ticksPerRound = 8;
/** Entries that one tick decodes at most: about 10 ms. */
const maxNewPerTick = 5000;

export interface Observed {
  readonly metrics: NodeMetrics;
  /** The data plane was programmed. */
  synced(report: SyncReport): void;
  /** Closes the ports of services. */
  close(): void;
  /** Tells whose state health is. */
  follow(sync: Sync): void;
  /** Call it every few hundred milliseconds. */
  tick(): void;
  /** Starts what the configuration asks for. */
  serve(config: Pick<NodeConfig, 'health' | 'metrics'>): Promise<Server[]>;
}

export function observe(options: {
  readonly runtime: Runtime;
  readonly program: LoadedProgram;
  readonly manager: IpuManager;
  readonly ports: () => readonly PortReport[];
}): Observed {
  const { runtime, program, manager, ports } = options;
  const names = outcomeNames(program.sources.map((path) => readSource(path) ?? ''));
  const traffic = new TrafficTotals(flowTables(program.objects, runtime.arena.tables), () => manager.model);
  const refusals = new RefusalTotals(refusalTables(program.objects, runtime.arena.tables), () => manager.model, names);
  /** Counting per service looks at every flow: only where somebody may ask. */
  let isCounted = false;
  runtime.on('expired', (entries) => {
    if (!isCounted) return;
    for (const entry of entries) {
      traffic.expired(entry);
      refusals.expired(entry);
    }
  });
  let followed: Sync | undefined;
  const metrics = new NodeMetrics({
    traffic: () => traffic.rows,
    refusals: () => refusals.rows,
    tables: () => runtime.arena.tables,
    ports,
    outcomes: () => outcomes(runtime, program, names),
    noLocalEndpoints: () => noLocalEndpoints(manager.model),
    staleEntries: () => manager.staleEntries,
    version: packageVersion(),
    queuedMs: () => followed?.queuedMs,
  });
  const health = new Health({
    source: {
      get queuedMs() {
        return followed?.queuedMs;
      },
      get lastSyncMs() {
        return followed?.lastSyncMs;
      },
      get isNodeEligible() {
        return followed?.isNodeEligible ?? true;
      },
    },
    count: (probe, code) => metrics.probed(probe, code),
  });
  const scrape: Page = async () => {
    traffic.scan(1, maxNewPerTick);
    refusals.scan(1);
    return { code: 200, type: metrics.registry.contentType, body: await metrics.registry.metrics() };
  };
  const servicePorts = new ServiceHealth({ model: () => manager.model, isLive: () => health.isLive, say });
  return {
    metrics,
    synced: (report) => {
      metrics.synced(report);
      void servicePorts.update();
    },
    close: () => servicePorts.close(),
    follow: (sync) => {
      followed = sync;
    },
    tick: () => {
      if (!isCounted) return;
      traffic.scan(1 / ticksPerRound, maxNewPerTick);
      refusals.scan(1 / ticksPerRound);
    },
    serve: async (config) => {
      isCounted = config.metrics !== undefined;
      const probes = { '/healthz': () => health.answer('healthz'), '/livez': () => health.answer('livez') };
      const pages = {
        '/metrics': scrape,
        '/healthz': probes['/healthz'],
        '/proxyMode': () => ({ code: 200, type: 'text/plain', body: 'softipu' }),
      };
      const servers: Server[] = [];
      if (config.health) servers.push(await servePages(config.health, probes));
      if (config.metrics) servers.push(await servePages(config.metrics, pages));
      return servers;
    },
  };
}

/** The members of `enum ... outcome_t` in a program's files by their values: `FORWARDED = 0` is `forwarded`. The words stand in one place only. */
export function outcomeNames(sources: readonly string[]): ReadonlyMap<number, string> {
  const body = sources.map((source) => /enum\s+bit<\d+>\s+outcome_t\s*\{([^}]*)\}/.exec(source)?.[1] ?? '').join();
  return new Map([...body.matchAll(/(\w+)\s*=\s*(\d+)/g)].map(([, name, value]) => [Number(value), name!.toLowerCase()]));
}

/** The program's counter `outcomes`, by the names of its enum. */
function outcomes(
  runtime: Runtime,
  program: LoadedProgram,
  names: ReadonlyMap<number, string>,
): { outcome: string; packets: number; bytes: number }[] {
  const counters = program.objects.externs.filter((extern) => extern.kind === 'counter');
  const at = counters.findIndex((extern) => extern.name.endsWith('.outcomes'));
  const counter = runtime.arena.counters[at];
  if (!counter) return [];
  return Array.from({ length: counter.size }, (_, i) => ({ i, data: counter.read(i) })).flatMap(({ i, data }) => {
    const outcome = names.get(i);
    if (outcome === undefined && data.packets === 0n) return [];
    return [{ outcome: outcome ?? String(i), packets: Number(data.packets), bytes: Number(data.bytes) }];
  });
}

/** Service ports with a Local policy that have endpoints, but none on this node (kube-proxy counts them for each family). */
export function noLocalEndpoints(model: Model | undefined): Readonly<Record<'internal' | 'external', number>> {
  const count = (isLocal: (service: Service) => boolean): number =>
    (model?.services ?? []).filter(isLocal).reduce((sum, service) => {
      const lacking = service.ports.flatMap((port) =>
        ([4, 6] as const).filter((family) => {
          const { local, hasAny } = eligibleEndpoints(model!, service, port, family);
          return hasAny && local.length === 0;
        }),
      );
      return sum + lacking.length;
    }, 0);
  return {
    internal: count((service) => service.internalTrafficPolicy === 'Local'),
    external: count((service) => service.externalTrafficPolicy === 'Local'),
  };
}
