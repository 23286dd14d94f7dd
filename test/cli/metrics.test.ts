/** Traffic totals over the real program, and the metrics text. */
import { readFileSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sweep } from '../../src/arena/index.ts';
import type { ExpiredEntry } from '../../src/cli/dataplane.ts';
import { NodeMetrics } from '../../src/cli/metrics.ts';
import { type FlowTable, flowTables, TrafficTotals } from '../../src/cli/metrics-traffic.ts';
import { outcomeNames } from '../../src/cli/observe.ts';
import type { Model } from '../../src/manager/index.ts';
import { ipv4, tcp } from '../../src/wire/index.ts';
import { type Compiled, compileK8s, TestNode } from '../manager/data-plane.ts';
import { emptyModel, localPod, service, slice } from '../manager/models.ts';

let compiled: Compiled;
let node: TestNode;
let flows: FlowTable;
let totals: TrafficTotals;

const vip = '10.96.0.1';
const model: Model = {
  ...emptyModel,
  pods: [localPod('a', 1), localPod('b', 2)],
  services: [service('web', vip)],
  endpointSlices: [slice('web', ['10.1.0.2'])],
};

beforeAll(() => {
  compiled = compileK8s();
}, 60_000);

beforeEach(() => {
  node = new TestNode(compiled, [1, 11, 12], [1]);
  node.setModel(model);
  const tables = flowTables(compiled.ir, node.arena.tables);
  expect(tables.length).toBeGreaterThan(0);
  flows = tables[0]!;
  totals = new TrafficTotals(tables, () => node.manager.model);
});

const macs = { source: '02:00:00:00:01:01', destination: '02:00:00:00:00:01' };
function request(sourcePort: number, flags = 'S'): void {
  node.send(11, { eth: macs, ip: { source: '10.1.0.1', destination: vip }, tcp: { sourcePort, destinationPort: 80, flags } });
}
function reply(destinationPort: number): void {
  const eth = { ...macs, source: '02:00:00:00:01:02' };
  node.send(12, {
    eth,
    ip: { source: '10.1.0.2', destination: '10.1.0.1' },
    tcp: { sourcePort: 8080, destinationPort, flags: 'SA' },
  });
}

/** Takes everything out that is too old, as the data plane's thread does. */
function expire(): ExpiredEntry[] {
  node.nowMs += 100_000_000;
  const entries: ExpiredEntry[] = [];
  const { table } = flows;
  sweep(table, 0, table.layout.slotCount, node.nowMs, (handle) => {
    const entry = table.read(handle);
    const counter = table.counter(handle);
    if (entry.call.kind !== 'action') return;
    entries.push({
      table: flows.index,
      slot: handle,
      tag: table.memory.view.getUint32(table.address(handle), true),
      entry,
      isGone: true,
      matches: entry.matches.map((m) => ('value' in m ? String(m.value) : '')),
      action: entry.call.action,
      params: entry.call.params.map(String),
      packets: String(counter.packets),
      bytes: String(counter.bytes),
    } as ExpiredEntry);
  });
  return entries;
}

const seen = () =>
  totals.rows.map((row) => ({
    of: `${row.namespace}/${row.service} ${row.protocol} ${row.frontend} > ${row.endpoint}`,
    connections: row.connections,
    to: row.packetsToEndpoint,
    from: row.packetsFromEndpoint,
  }));
const web = `default/web TCP ${vip}:80 > 10.1.0.2:8080`;

describe('traffic', () => {
  test('both directions; each packet once, however often one looks', () => {
    request(1000);
    reply(1000);
    request(1000, 'A');
    const counted = Number(node.flowCounters().reduce((sum, { packets }) => sum + packets, 0n));
    totals.scan(1);
    totals.scan(1);
    const [row] = seen();
    expect(row).toMatchObject({ of: web, connections: 1 });
    expect(row!.to + row!.from).toBe(counted);
    request(1000, 'A');
    totals.scan(1);
    expect(seen()[0]!.to).toBe(row!.to + 1);
  });

  test('a masqueraded flow counts for its service, both ways; one that only changed its port for none', () => {
    node.setModel({
      ...model,
      services: [service('web', vip, 80, { ports: [{ name: '', protocol: 'TCP', port: 80, nodePort: 30080 }] })],
    });
    const send = (sourcePort: number, destination: string, destinationPort: number, flags: string): Uint8Array =>
      node.send(11, {
        eth: macs,
        ip: { source: '10.1.0.1', destination },
        tcp: { sourcePort, destinationPort, flags },
      })[0]!.bytes;
    const nodePort = (flags: string): Uint8Array => send(1000, '192.168.50.1', 30080, flags);
    const [, there] = [nodePort('S'), nodePort('A')];
    node.send(12, {
      eth: { ...macs, source: '02:00:00:00:01:02' },
      ip: { source: '10.1.0.2', destination: ipv4.get(there.subarray(14)).source },
      tcp: { sourcePort: 8080, destinationPort: tcp.get(there.subarray(34)).sourcePort, flags: 'SA' },
    });
    // To the endpoint itself from a port that a flow through the service has
    for (const flags of ['S', 'A']) send(1001, vip, 80, flags);
    for (const flags of ['S', 'A']) send(1001, '10.1.0.2', 8080, flags);
    totals.scan(1);
    expect(seen()).toContainEqual({
      of: 'default/web TCP 192.168.50.1:30080 > 10.1.0.2:8080',
      connections: 1,
      to: 1,
      from: 1,
    });
    expect(seen()).toContainEqual({ of: web, connections: 1, to: 1, from: 0 });
    expect(seen().length).toBe(2);
  });

  test('what came between the last look and the end, and flows that nobody looked at', () => {
    request(1000);
    totals.scan(1);
    request(1000, 'A');
    request(1001);
    request(1001, 'A');
    const counted = Number(node.flowCounters().reduce((sum, { packets }) => sum + packets, 0n));
    for (const entry of expire()) totals.expired(entry);
    const [row] = seen();
    expect(row).toMatchObject({ of: web, connections: 2 });
    expect(row!.to + row!.from).toBe(counted);
    totals.scan(1);
    expect(seen()).toEqual([row]);
  });

  test('an expiry that arrives after the slot was taken again', () => {
    request(1000);
    request(1000, 'A');
    totals.scan(1);
    request(1000, 'A');
    const counted = Number(node.flowCounters().reduce((sum, { packets }) => sum + packets, 0n));
    const late = expire();
    request(1000);
    totals.scan(1);
    const again = seen()[0]!;
    for (const entry of late) totals.expired(entry);
    expect(seen()[0]!.connections).toBe(2);
    expect(seen()[0]!.to).toBeGreaterThanOrEqual(again.to);
    expect(seen()[0]!.to + seen()[0]!.from).toBeGreaterThanOrEqual(counted);
  });

  test('an endpoint that is gone and silent is forgotten, one that is still there is not', () => {
    request(1000);
    totals.scan(1);
    for (let round = 0; round < 1000; round++) totals.scan(1);
    expect(seen().length).toBe(1);
    node.setModel({ ...model, endpointSlices: [] });
    for (let round = 0; round < 1000; round++) totals.scan(1);
    expect(seen()).toEqual([]);
  });

  test('a look decodes so many entries and no more', () => {
    for (let port = 1000; port < 1100; port++) request(port);
    expect(totals.scan(1, 30)).toBe(30);
    while (totals.scan(1, 30) > 0);
    expect(seen()[0]!.connections).toBe(100);
  });
});

test('the outcomes have the names of the program', () => {
  const names = outcomeNames([readFileSync('p4/k8s-types.p4', 'utf8')]);
  expect(names.get(0)).toBe('forwarded');
  expect([...names.values()]).toContain('no_endpoint');
});

test('metrics: kube-proxy’s names, durations and traffic', async () => {
  request(1000);
  totals.scan(1);
  const metrics = new NodeMetrics({
    traffic: () => totals.rows,
    refusals: () => [
      { namespace: 'default', service: 'web', frontend: `${vip}:80`, protocol: 'TCP', reason: 'no_endpoint', packets: 4 },
    ],
    tables: () => node.arena.tables,
    ports: () => [],
    outcomes: () => [{ outcome: 'no_endpoint', packets: 3, bytes: 180 }],
    noLocalEndpoints: () => ({ internal: 2, external: 0 }),
    staleEntries: () => ({ 4: 6, 6: 0 }),
    version: '1.2.3',
    queuedMs: () => undefined,
  });
  metrics.synced({
    startMs: 10_000,
    endMs: 10_004,
    queuedMs: 9_000,
    isFull: true,
    serviceChanges: 1,
    endpointChanges: 2,
    triggersMs: [9_600],
    errors: [],
  });
  metrics.probed('healthz', 503);
  metrics.requested({ host: '10.0.0.1:6443', method: 'GET', status: 200, durationMs: 30 });
  metrics.requested({ host: '10.0.0.1:6443', method: 'GET', status: 0, durationMs: 5000 });
  const lines = (await metrics.registry.metrics()).split('\n');
  for (const line of [
    'kubeproxy_sync_proxy_rules_duration_seconds_bucket{le="0.004"} 1',
    'kubeproxy_sync_full_proxy_rules_duration_seconds_count 1',
    'kubeproxy_sync_partial_proxy_rules_duration_seconds_count 0',
    'kubeproxy_sync_proxy_rules_last_timestamp_seconds 10.004',
    'rest_client_requests_total{host="10.0.0.1:6443",method="GET",code="200"} 1',
    'rest_client_requests_total{host="10.0.0.1:6443",method="GET",code="<error>"} 1',
    'rest_client_request_duration_seconds_bucket{le="0.1",host="10.0.0.1:6443",verb="GET"} 1',
    expect.stringContaining('kubernetes_build_info{major="1",minor="2",git_version="v1.2.3+softipu"'),
    'kubeproxy_network_programming_duration_seconds_bucket{le="0.5"} 1',
    'kubeproxy_sync_proxy_rules_endpoint_changes_total 2',
    'kubeproxy_sync_proxy_rules_service_changes_pending 0',
    'kubeproxy_sync_proxy_rules_no_local_endpoints_total{traffic_policy="internal"} 2',
    'kubeproxy_conntrack_reconciler_deleted_entries_total{ip_family="IPv4"} 6',
    'kubeproxy_proxy_healthz_total{code="503"} 1',
    `softipu_service_connections_total{namespace="default",service="web",frontend="${vip}:80",protocol="TCP",endpoint="10.1.0.2:8080"} 1`,
    `softipu_service_refused_packets_total{namespace="default",service="web",frontend="${vip}:80",protocol="TCP",reason="no_endpoint"} 4`,
    'softipu_packets_total{outcome="no_endpoint"} 3',
  ]) {
    expect(lines).toContainEqual(line);
  }
});
