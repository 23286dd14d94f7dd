/** The API server as the source: the outcome is what the same objects give as manifests, whatever happens to connections on the way. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  type ApiSource,
  createApiClient,
  followApi,
  type KubernetesObject,
  loadKubeConfig,
  type NodeSettings,
  readManifest,
  toModel,
} from '../../src/kubernetes/index.ts';
import { ApiDouble, type Stored } from './api-double.ts';

/** That are watched. */
const kinds = 8;

let directory: string;
let api: ApiDouble;
let source: ApiSource | undefined;
let seen: (readonly KubernetesObject[])[];
let errors: string[];

const settings: NodeSettings = {
  nodeName: 'node-a',
  nodeAddresses: ['192.168.50.1'],
  gateway: { addresses: ['169.254.1.1'], mac: '02:00:00:00:00:01' },
  vxlan: { vni: 4096 },
  ports: [{ number: 2, interface: 'veth-a', kind: 'pod', pod: 'default/a', mac: '02:00:00:00:01:01' }],
};

const object = (kind: string, apiVersion: string, name: string, more: object, metadata: object = {}): [string, Stored] => [
  kind,
  {
    apiVersion,
    kind,
    metadata: { name, ...(kind !== 'Node' && kind !== 'Namespace' && { namespace: 'default' }), ...metadata },
    ...more,
  },
];
const service = (name: string, clusterIP: string) =>
  object('Service', 'v1', name, { spec: { clusterIP, ports: [{ port: 80, targetPort: 8080 }] } });
const slice = (name: string, ...addresses: string[]) =>
  object(
    'EndpointSlice',
    'discovery.k8s.io/v1',
    `${name}-1`,
    { addressType: 'IPv4', ports: [{ name: '', port: 8080 }], endpoints: addresses.map((a) => ({ addresses: [a] })) },
    { labels: { 'kubernetes.io/service-name': name } },
  );
const pod = (name: string, podIP: string) =>
  object('Pod', 'v1', name, { spec: { nodeName: 'node-a', containers: [] }, status: { podIP } }, { labels: { app: name } });
const policy = object('NetworkPolicy', 'networking.k8s.io/v1', 'deny', { spec: { podSelector: {}, policyTypes: ['Ingress'] } });
const cluster = [
  service('web', '10.96.0.10'),
  slice('web', '10.244.1.21', '10.244.1.22'),
  pod('a', '10.244.1.10'),
  object('Namespace', 'v1', 'default', {}, { labels: { team: 'x' } }),
  object('Node', 'v1', 'node-a', { spec: { podCIDR: '10.244.1.0/24' } }),
  policy,
];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'softipu-api-'));
  api = await ApiDouble.start();
  seen = [];
  errors = [];
});

afterEach(async () => {
  source?.stop();
  await api.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function follow(minSyncMs = 10): Promise<void> {
  const kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, api.kubeconfig);
  source = followApi({
    client: createApiClient(await loadKubeConfig({ kubeconfig })),
    onObjects: (objects) => seen.push([...objects]),
    onError: (message) => errors.push(message.replace(/127\.0\.0\.1:\d+/g, 'SERVER')),
    quietMs: 5,
    minSyncMs,
    informer: { pageSize: 2, firstWaitMs: 20, lastWaitMs: 160 },
  });
}

const names = (objects: readonly KubernetesObject[] | undefined): string[] =>
  (objects ?? []).map(({ kind, name }) => `${kind} ${name}`).sort();
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 5000, interval: 5 });
const addressesOf = (objects: readonly KubernetesObject[] | undefined): string[] =>
  (objects ?? []).flatMap((o) => (o.kind === 'EndpointSlice' ? (o.content?.endpoints.flatMap((e) => e.addresses) ?? []) : []));
const putAll = (): void => {
  for (const [kind, stored] of cluster) api.put(kind, stored);
};

test('the model is the one that manifests give', async () => {
  putAll();
  await follow();
  await until(() => expect(seen.length).toBe(1));
  const text = cluster.map(([, stored]) => JSON.stringify(stored)).join('\n---\n');
  const manifests = readManifest({ path: 'all.yaml', text });
  expect(manifests.problems).toEqual([]);
  expect(toModel(seen[0]!, settings)).toEqual(toModel(manifests.objects, settings));
  expect(errors).toEqual([]);
});

test('nothing before every kind is known', async () => {
  putAll();
  api.hold('EndpointSlice');
  api.hold('NetworkPolicy');
  await follow();
  await until(() => expect(api.count('WATCH /api/v1/services')).toBe(1));
  api.release('NetworkPolicy');
  await new Promise((done) => setTimeout(done, 100));
  expect(seen).toEqual([]);
  expect(source!.isComplete).toBe(false);
  api.release('EndpointSlice');
  await until(() => expect(seen.length).toBe(1));
  expect(names(seen[0]).length).toBe(cluster.length);
});

test('cluster policies; a server that does not have them, or does not show them, has none', async () => {
  putAll();
  const [, stored] = object('ClusterNetworkPolicy', 'policy.networking.k8s.io/v1alpha2', 'cnp', {
    spec: { tier: 'Admin', priority: 1, subject: { namespaces: {} }, egress: [{ action: 'Accept', to: [{ nodes: {} }] }] },
  });
  api.put('ClusterNetworkPolicy', { ...stored, metadata: { name: 'cnp' } });
  await follow();
  await until(() => expect(names(seen.at(-1))).toContain('ClusterNetworkPolicy cnp'));
  const { model, notes } = toModel(seen.at(-1)!, settings);
  expect(model.clusterPolicies).toMatchObject([{ name: 'cnp', tier: 'Admin', egress: [] }]);
  expect(notes.join()).toContain("peers by 'nodes' are not supported");
  source!.stop();
  for (const status of [404, 403]) {
    seen = [];
    api.absent.set('ClusterNetworkPolicy', status);
    await follow();
    await until(() => expect(names(seen.at(-1)).length).toBe(cluster.length));
    source!.stop();
  }
  expect(errors.length).toBe(1);
  expect(errors[0]).toContain('clusternetworkpolicies');
});

test('pages: five services, two at a time', async () => {
  for (let i = 0; i < 5; i++) api.put(...service(`s${i}`, `10.96.0.${i + 1}`));
  await follow();
  await until(() => expect(names(seen.at(-1)).length).toBe(5));
  expect(api.count('GET /api/v1/services')).toBe(3);
});

test('events: new, changed, gone; what did not change stays the same object', async () => {
  putAll();
  await follow();
  await until(() => expect(seen.length).toBe(1));
  api.put(...slice('web', '10.244.1.23'));
  api.put(...service('db', '10.96.0.20'));
  await until(() => expect(addressesOf(seen.at(-1))).toEqual(['10.244.1.23']));
  await until(() => expect(names(seen.at(-1))).toContain('Service db'));
  const find = (objects: readonly KubernetesObject[] | undefined) => objects?.find((o) => o.kind === 'Pod');
  expect(find(seen.at(-1))).toBe(find(seen[0]));
  api.delete('Service', 'default/web');
  await until(() => expect(names(seen.at(-1))).not.toContain('Service web'));
});

test('a change that says nothing to us is none', async () => {
  putAll();
  await follow();
  await until(() => expect(seen.length).toBe(1));
  const [kind, node] = object('Node', 'v1', 'node-a', {
    spec: { podCIDR: '10.244.1.0/24' },
    status: { conditions: [{ type: 'Ready' }] },
  });
  api.put(kind, node);
  api.put(...service('db', '10.96.0.20'));
  await until(() => expect(names(seen.at(-1))).toContain('Service db'));
  const find = (objects: readonly KubernetesObject[] | undefined) => objects?.find((o) => o.kind === 'Node');
  expect(find(seen.at(-1))).toBe(find(seen[0]));
});

test('a broken connection: goes on from the last event, without a list', async () => {
  putAll();
  await follow();
  await until(() => expect(seen.length).toBe(1));
  await until(() => expect(api.count('WATCH /apis/discovery.k8s.io/v1/endpointslices')).toBe(1));
  const lists = api.count('GET /apis/discovery.k8s.io/v1/endpointslices');
  api.breakConnections();
  api.put(...slice('web', '10.244.1.29'));
  await until(() => expect(addressesOf(seen.at(-1))).toEqual(['10.244.1.29']));
  expect(api.count('GET /apis/discovery.k8s.io/v1/endpointslices')).toBe(lists);
});

test('410 Gone: lists again, and what vanished meanwhile is gone', async () => {
  putAll();
  await follow();
  await until(() => expect(seen.length).toBe(1));
  await until(() => expect(api.requests.filter((r) => r.what.startsWith('WATCH')).length).toBe(kinds));
  api.breakConnections();
  api.delete('Service', 'default/web');
  api.put(...slice('web', '10.244.1.30'));
  api.forget();
  await until(() => expect(addressesOf(seen.at(-1))).toEqual(['10.244.1.30']));
  await until(() => expect(names(seen.at(-1))).not.toContain('Service web'));
  expect(errors.filter((e) => /too old/.test(e))).toEqual([]);
});

test('a bookmark moves the place to go on from', async () => {
  putAll();
  await follow();
  await until(() => expect(api.requests.filter((r) => r.what.startsWith('WATCH')).length).toBe(kinds));
  api.forget();
  api.bookmark();
  await new Promise((done) => setTimeout(done, 50));
  const lists = api.count('GET /api/v1/services');
  api.endWatches();
  api.put(...service('db', '10.96.0.20'));
  await until(() => expect(names(seen.at(-1))).toContain('Service db'));
  expect(api.count('GET /api/v1/services')).toBe(lists);
});

test('an outage: what is known stays, attempts get rarer, one message per kind and cause', async () => {
  putAll();
  await follow();
  await until(() => expect(seen.length).toBe(1));
  await until(() => expect(api.requests.filter((r) => r.what.startsWith('WATCH')).length).toBe(kinds));
  const before = api.requests.length;
  api.failWith = { status: 503, message: 'the server is away' };
  api.breakConnections();
  await new Promise((done) => setTimeout(done, 1000));
  // Per kind: 20, 40, 80, 160, 160, ... ms, each by half at least: 16 at most in a second.
  const attempts = api.requests.length - before;
  expect(attempts).toBeGreaterThanOrEqual(kinds);
  expect(attempts).toBeLessThanOrEqual(kinds * 16);
  expect(seen.length).toBe(1);
  expect(errors.filter((e) => e.includes('the server is away')).length).toBe(kinds);
  api.failWith = undefined;
  api.put(...slice('web', '10.244.1.31'));
  await until(() => expect(addressesOf(seen.at(-1))).toEqual(['10.244.1.31']));
});

test('a thousand events are a few programmings', async () => {
  putAll();
  await follow();
  await until(() => expect(seen.length).toBe(1));
  for (let i = 0; i < 1000; i++) api.put(...slice('web', `10.244.2.${i % 250}`));
  await until(() => expect(addressesOf(seen.at(-1))).toEqual(['10.244.2.249']));
  expect(seen.length).toBeLessThan(60);
});

test('two changes in a row are handed on at once, the third after a while', async () => {
  putAll();
  const minSyncMs = 600;
  const times: number[] = [];
  await follow(minSyncMs);
  await until(() => expect(seen.length).toBe(1));
  await new Promise((done) => setTimeout(done, 2 * minSyncMs));
  for (let i = 1; i <= 3; i++) {
    const startedMs = performance.now();
    api.put(...slice('web', `10.244.2.${i}`));
    await until(() => expect(addressesOf(seen.at(-1))).toEqual([`10.244.2.${i}`]));
    times.push(performance.now() - startedMs);
  }
  expect(Math.max(times[0]!, times[1]!)).toBeLessThan(times[2]!);
  expect(times[2]).toBeGreaterThan(minSyncMs / 4);
});

test('no permission: says which kind, and what it means', async () => {
  api.failWith = { status: 403, message: 'services is forbidden: User "x" cannot list resource "services"' };
  await follow();
  await until(() => expect(errors.length).toBeGreaterThanOrEqual(kinds));
  expect(errors).toContain(
    'API server: /api/v1/services: services is forbidden: User "x" cannot list resource "services"; nothing is programmed before Services are known',
  );
});

test('an object that cannot be read keeps what it said', async () => {
  putAll();
  await follow();
  await until(() => expect(seen.length).toBe(1));
  const [kind, stored] = slice('web', 'not-an-address');
  api.put(kind, stored);
  await until(() => expect(errors.length).toBe(1));
  expect(errors[0]).toBe(
    "this object is not used until it is right:\nEndpointSlice default/web-1: endpoints[0].addresses[0]: expected an IPv4 address, found 'not-an-address'",
  );
  api.put(...service('db', '10.96.0.20'));
  await until(() => expect(names(seen.at(-1))).toContain('Service db'));
  expect(addressesOf(seen.at(-1))).toEqual(['10.244.1.21', '10.244.1.22']);
});

test('a kubeconfig that is not there, or empty', async () => {
  const load = (name: string) => loadKubeConfig({ kubeconfig: join(directory, name) });
  await expect(load('none')).rejects.toThrow(/cannot use kubeconfig '.*none': ENOENT/);
  writeFileSync(join(directory, 'empty'), '{}');
  await expect(load('empty')).rejects.toThrow(/kubeconfig/);
});
