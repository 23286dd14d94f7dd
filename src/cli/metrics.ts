/**
 * `/metrics`: kube-proxy's names where we do the same thing, so that dashboards and alerts go on, and beside them what kube-proxy does not count: traffic per
 * service and endpoint, outcomes of packets, tables and ports. Everything but the durations is read when somebody asks.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { MatchTable } from '../arena/index.ts';
import type { ApiRequest } from '../kubernetes/index.ts';
import type { PortReport } from './dataplane.ts';
import type { Refusal } from './metrics-refusals.ts';
import type { Traffic } from './metrics-traffic.ts';
import type { SyncReport } from './sync.ts';

export interface MetricsSources {
  readonly traffic: () => readonly Traffic[];
  readonly refusals: () => readonly Refusal[];
  readonly tables: () => readonly MatchTable[];
  readonly ports: () => readonly PortReport[];
  /** Packets and bytes by what became of them. */
  readonly outcomes: () => readonly { readonly outcome: string; readonly packets: number; readonly bytes: number }[];
  /** Service ports with a Local policy that have endpoints, but none here. */
  readonly noLocalEndpoints: () => Readonly<Record<'internal' | 'external', number>>;
  /** Entries of UDP flows that were taken out because their endpoint was gone, by family. */
  readonly staleEntries: () => Readonly<Record<4 | 6, number>>;
  /** Of softipu. */
  readonly version: string;
  /** Since when a change has been waiting, milliseconds since 1970. */
  readonly queuedMs: () => number | undefined;
}

/** kube-proxy's buckets: 1 ms to 16 s; and 0.25 s to 5 min. */
const syncBuckets = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);
const range = (from: number, to: number, step: number): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
/** client-go's: 5 ms to 60 s. */
const requestBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const programmingBuckets = [0.25, 0.5, ...range(1, 59, 1), ...range(60, 115, 5), ...range(120, 300, 30)];

const seconds = (ms: number): number => ms / 1000;

export class NodeMetrics {
  readonly registry = new Registry();
  readonly #duration: Histogram;
  readonly #fullDuration: Histogram;
  readonly #partialDuration: Histogram;
  readonly #requests: Counter<'host' | 'method' | 'code'>;
  readonly #requestDuration: Histogram<'host' | 'verb'>;
  readonly #programming: Histogram;
  readonly #lastSync: Gauge;
  readonly #lastQueued: Gauge;
  readonly #failures: Counter;
  readonly #changes: Readonly<Record<'service' | 'endpoint', Counter>>;
  readonly #probes: Readonly<Record<'healthz' | 'livez', Counter<'code'>>>;

  constructor(sources: MetricsSources) {
    const registers = [this.registry];
    const kubeProxy = (name: string, help: string) => ({ name: `kubeproxy_${name}`, help, registers });
    this.#duration = new Histogram({
      ...kubeProxy('sync_proxy_rules_duration_seconds', 'Time from the start to the end of one programming of the data plane'),
      buckets: syncBuckets,
    });
    const syncDuration = (kind: string, help: string) =>
      new Histogram({ ...kubeProxy(`sync_${kind}_proxy_rules_duration_seconds`, help), buckets: syncBuckets });
    this.#fullDuration = syncDuration('full', 'The same, where everything was programmed: at the start, and after a refusal');
    this.#partialDuration = syncDuration('partial', 'The same, where only what had changed was programmed');
    this.#programming = new Histogram({
      ...kubeProxy(
        'network_programming_duration_seconds',
        'Time from a change of pods or services to its effect in the data plane',
      ),
      buckets: programmingBuckets,
    });
    this.#lastSync = new Gauge(kubeProxy('sync_proxy_rules_last_timestamp_seconds', 'When the data plane was last programmed'));
    this.#lastQueued = new Gauge(kubeProxy('sync_proxy_rules_last_queued_timestamp_seconds', 'When a change last began to wait'));
    this.#failures = new Counter({
      name: 'softipu_sync_failures_total',
      help: 'Changes that the data plane refused',
      registers,
    });
    const change = (what: string): Counter =>
      new Counter(kubeProxy(`sync_proxy_rules_${what}_changes_total`, `Changed ${what} objects that were programmed`));
    this.#changes = { service: change('service'), endpoint: change('endpoint') };
    for (const what of ['service', 'endpoint']) {
      new Gauge({
        ...kubeProxy(`sync_proxy_rules_${what}_changes_pending`, `1 while changes of ${what} objects may be waiting`),
        collect() {
          this.set(sources.queuedMs() === undefined ? 0 : 1);
        },
      });
    }
    const probe = (name: string): Counter<'code'> =>
      new Counter({ ...kubeProxy(`proxy_${name}_total`, `Answers of /${name}`), labelNames: ['code'] });
    this.#probes = { healthz: probe('healthz'), livez: probe('livez') };
    new Gauge({
      ...kubeProxy(
        'sync_proxy_rules_no_local_endpoints_total',
        'Service ports with a Local traffic policy and no endpoint on this node',
      ),
      labelNames: ['traffic_policy'],
      collect() {
        const { internal, external } = sources.noLocalEndpoints();
        this.set({ traffic_policy: 'internal' }, internal);
        this.set({ traffic_policy: 'external' }, external);
      },
    });
    new Counter({
      ...kubeProxy(
        'conntrack_reconciler_deleted_entries_total',
        'Entries of UDP flows that were taken out: their endpoint was gone',
      ),
      labelNames: ['ip_family'],
      collect() {
        this.reset();
        for (const family of [4, 6] as const) this.inc({ ip_family: `IPv${family}` }, sources.staleEntries()[family]);
      },
    });
    this.#requests = new Counter({
      name: 'rest_client_requests_total',
      help: 'Requests to the API server, by status and method',
      labelNames: ['host', 'method', 'code'],
      registers,
    });
    this.#requestDuration = new Histogram({
      name: 'rest_client_request_duration_seconds',
      help: 'Time until the API server began to answer',
      labelNames: ['host', 'verb'],
      buckets: requestBuckets,
      registers,
    });
    buildInfo(registers, sources.version);
    trafficMetrics(registers, sources);
    tableMetrics(registers, sources);
    portMetrics(registers, sources);
  }

  synced(report: SyncReport): void {
    const duration = seconds(report.endMs - report.startMs);
    this.#duration.observe(duration);
    (report.isFull ? this.#fullDuration : this.#partialDuration).observe(duration);
    this.#lastQueued.set(seconds(report.queuedMs));
    this.#changes.service.inc(report.serviceChanges);
    this.#changes.endpoint.inc(report.endpointChanges);
    if (report.errors.length > 0) {
      this.#failures.inc();
      return;
    }
    this.#lastSync.set(seconds(report.endMs));
    for (const triggerMs of report.triggersMs) this.#programming.observe(seconds(Math.max(0, report.endMs - triggerMs)));
  }

  /** The API server was asked. No answer is code `<error>`, as client-go has it. */
  requested({ host, method, status, durationMs }: ApiRequest): void {
    this.#requests.inc({ host, method, code: status === 0 ? '<error>' : String(status) });
    this.#requestDuration.observe({ host, verb: method }, seconds(durationMs));
  }

  probed(probe: 'healthz' | 'livez', code: number): void {
    this.#probes[probe].inc({ code: String(code) });
  }
}

type Registers = Registry[];

/** As every component of Kubernetes says what it is. */
function buildInfo(registers: Registers, version: string): void {
  const [major = '', minor = ''] = version.split('.');
  const labels = {
    major,
    minor,
    git_version: `v${version}+softipu`,
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
  const names = ['major', 'minor', 'git_version', 'platform'];
  new Gauge({ name: 'kubernetes_build_info', help: 'Always 1; which softipu this is', labelNames: names, registers }).set(
    labels,
    1,
  );
}

/** A counter whose values are kept elsewhere: they are taken over at each scrape. */
function mirrored<L extends string>(
  registers: Registers,
  name: string,
  help: string,
  labelNames: readonly L[],
  values: () => Iterable<readonly [Record<L, string>, number]>,
): void {
  new Counter({
    name: `softipu_${name}`,
    help,
    registers,
    labelNames: [...labelNames],
    collect() {
      this.reset();
      for (const [labels, value] of values()) this.inc(labels as Parameters<typeof this.inc>[0] & object, value);
    },
  });
}

function trafficMetrics(registers: Registers, { traffic, refusals, outcomes }: MetricsSources): void {
  const names = ['namespace', 'service', 'frontend', 'protocol', 'endpoint'] as const;
  const labels = (row: Traffic) => ({
    namespace: row.namespace,
    service: row.service,
    frontend: row.frontend,
    protocol: row.protocol,
    endpoint: row.endpoint,
  });
  const both = (to: keyof Traffic, from: keyof Traffic) =>
    function* () {
      for (const row of traffic()) {
        yield [{ ...labels(row), direction: 'to_endpoint' }, row[to] as number] as const;
        yield [{ ...labels(row), direction: 'from_endpoint' }, row[from] as number] as const;
      }
    };
  const directed = [...names, 'direction'] as const;
  mirrored(
    registers,
    'service_packets_total',
    'Packets through a service',
    directed,
    both('packetsToEndpoint', 'packetsFromEndpoint'),
  );
  mirrored(registers, 'service_bytes_total', 'Bytes through a service', directed, both('bytesToEndpoint', 'bytesFromEndpoint'));
  mirrored(registers, 'service_connections_total', 'New flows of a service', names, () =>
    traffic().map((row) => [labels(row), row.connections] as const),
  );
  const refused = ['namespace', 'service', 'frontend', 'protocol', 'reason'] as const;
  mirrored(registers, 'service_refused_packets_total', 'Packets to a service that were not let through, by reason', refused, () =>
    refusals().map(({ packets, ...of }) => [of, packets] as const),
  );
  mirrored(registers, 'packets_total', 'Packets by what became of them', ['outcome'], () =>
    outcomes().map(({ outcome, packets }) => [{ outcome }, packets] as const),
  );
  mirrored(registers, 'bytes_total', 'Bytes of packets by what became of them', ['outcome'], () =>
    outcomes().map(({ outcome, bytes }) => [{ outcome }, bytes] as const),
  );
}

function tableMetrics(registers: Registers, { tables }: MetricsSources): void {
  const gauge = (name: string, help: string, value: (table: MatchTable) => number): void => {
    new Gauge({
      name: `softipu_table_${name}`,
      help,
      registers,
      labelNames: ['table'],
      collect() {
        for (const table of tables()) this.set({ table: table.layout.spec.name }, value(table));
      },
    });
  };
  gauge('size', 'Entries that a table has room for', (table) => table.layout.spec.size);
  gauge('entries', 'Entries of a table', (table) => table.count);
  for (const [name, help, value] of [
    ['hits', 'Lookups that found an entry', (table) => Number(table.stats().hits)],
    ['misses', 'Lookups that found none', (table) => Number(table.stats().misses)],
    ['expired', 'Entries whose time was up', (table) => Number(table.stats().expired)],
    ['evicted', 'Entries that made room for others', (table) => Number(table.stats().evicted)],
    ['refused', 'Entries that found no room', (table) => table.stats().full],
  ] as const satisfies readonly (readonly [string, string, (table: MatchTable) => number])[]) {
    mirrored(registers, `table_${name}_total`, help, ['table'], () =>
      tables().map((table) => [{ table: table.layout.spec.name }, value(table)] as const),
    );
  }
}

function portMetrics(registers: Registers, { ports }: MetricsSources): void {
  new Gauge({
    name: 'softipu_port_up',
    help: '1 if packets move',
    registers,
    labelNames: ['port', 'interface'],
    collect() {
      this.reset();
      for (const { number, name, state } of ports()) this.set({ port: String(number), interface: name }, state === 'up' ? 1 : 0);
    },
  });
  const total = (name: string, help: string, field: RegExp): void =>
    mirrored(registers, `port_${name}_total`, help, ['port', 'interface', 'counter'], function* () {
      for (const { number, name: iface, stats } of ports()) {
        for (const [counter, value] of Object.entries(stats)) {
          if (field.test(counter)) yield [{ port: String(number), interface: iface, counter }, value] as const;
        }
      }
    });
  total('packets', 'Packets received and sent', /^[rt]xPackets$/);
  total('bytes', 'Bytes received and sent', /^[rt]xBytes$/);
  total('drops', 'Packets lost at a port', /Drops|Errors/);
}
