/**
 * The same random cluster from manifests and from an API server that loses connections, forgets its history and goes away: the models are equal after every
 * round of changes, and so is what the manager writes.
 */
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
  Manifests,
  Modeller,
  type NodeSettings,
  printProblem,
} from '../../src/kubernetes/index.ts';
import { IpuManager } from '../../src/manager/index.ts';
import { printEntity } from '../../src/p4runtime/index.ts';
import { k8sProgram } from '../manager/k8s-program.ts';
import { randomOf } from '../manager/random-model.ts';
import { makeDevice } from '../p4runtime/program.ts';
import { ApiDouble, type Stored } from './api-double.ts';

const settings: NodeSettings = {
  nodeName: 'node-a',
  nodeAddresses: ['192.168.50.1'],
  gateway: { addresses: ['169.254.1.1'], mac: '02:00:00:00:00:01' },
  vxlan: { vni: 4096 },
  ports: [
    { number: 1, interface: 'net', kind: 'net', hardwareAddress: '02:00:00:00:aa:01' },
    { number: 2, interface: 'veth-a', kind: 'pod', pod: 'default/p1', mac: '02:00:00:00:01:01' },
  ],
  services: { nodePortAddresses: ['all'], clusterCIDRs: 'podCIDR', serviceCIDRs: ['10.96.0.0/12'] },
};

const roomy = {
  ...k8sProgram,
  tables: k8sProgram.tables.map((table) => ({ ...table, size: 4096 })),
  selectors: k8sProgram.selectors!.map((selector) => ({ ...selector, members: 4096, groups: 1024 })),
};

let directory: string;
let api: ApiDouble;
let source: ApiSource | undefined;
let latest: readonly KubernetesObject[] | undefined;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'softipu-both-'));
  api = await ApiDouble.start();
  latest = undefined;
});

afterEach(async () => {
  source?.stop();
  await api.stop();
  rmSync(directory, { recursive: true, force: true });
});

type Random = (below: number) => number;

/** An object of some kind; its name is one of few, so that objects change as often as they come. */
function someObject(random: Random, names: number): Stored & { readonly kind: string } {
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!;
  const some = <T>(most: number, make: (i: number) => T): T[] => Array.from({ length: random(most + 1) }, (_, i) => make(i));
  const n = random(names);
  const name = `n${n}`;
  const namespace = pick(['default', 'blue']);
  const pods = (): string => `10.244.${random(4)}.${1 + random(200)}`;
  const metadata = (more: object = {}) => ({ name, namespace, ...more });
  switch (random(7)) {
    case 0: {
      const type = pick(['ClusterIP', 'NodePort', 'LoadBalancer'] as const);
      const ports = [
        { name: 'a', port: 80, targetPort: 'http' },
        { name: 'b', port: 53, protocol: 'UDP' },
        { name: 'c', port: 9, protocol: 'SCTP' },
      ];
      const unit = n * 2 + (namespace === 'blue' ? 1 : 0);
      return {
        kind: 'Service',
        apiVersion: 'v1',
        metadata: metadata(random(3) === 0 ? { annotations: { 'softipu.io/maglev-size': '4093' } } : {}),
        spec: {
          type,
          clusterIP: random(9) === 0 ? 'None' : `10.96.${unit >> 8}.${1 + (unit & 255)}`,
          ports: ports.slice(0, 1 + random(3)).map((port, i) => ({
            ...port,
            ...(type !== 'ClusterIP' && { nodePort: 30_000 + 3 * unit + i }),
          })),
          internalTrafficPolicy: pick(['Cluster', 'Local']),
          ...(type !== 'ClusterIP' && { externalTrafficPolicy: pick(['Cluster', 'Local']) }),
          ...(type === 'LoadBalancer' && { loadBalancerSourceRanges: some(2, () => `172.16.${random(9)}.0/24`) }),
          ...(random(3) === 0 && { sessionAffinity: 'ClientIP' }),
          ...(random(4) === 0 && { externalIPs: [`203.0.113.${1 + random(250)}`] }),
          ...(random(4) === 0 && { trafficDistribution: pick(['PreferClose', 'PreferSameNode']) }),
        },
        ...(type === 'LoadBalancer' && {
          status: { loadBalancer: { ingress: [{ ip: `198.51.100.${1 + random(250)}`, ipMode: pick(['VIP', 'Proxy']) }] } },
        }),
      };
    }
    case 1:
    case 2:
      return {
        kind: 'EndpointSlice',
        apiVersion: 'discovery.k8s.io/v1',
        metadata: metadata({ name: `${name}-${random(2)}`, labels: { 'kubernetes.io/service-name': name } }),
        addressType: 'IPv4',
        ports: [
          { name: 'a', port: 8080 },
          { name: 'b', port: 53, protocol: 'UDP' },
          { name: 'c', port: 9, protocol: 'SCTP' },
        ].slice(0, 1 + random(3)),
        endpoints: some(5, () => ({
          addresses: [pods()],
          conditions: { ready: random(4) !== 0, serving: random(4) !== 0, terminating: random(3) === 0 },
          nodeName: pick(['node-a', 'node-b']),
          zone: pick(['east', 'west']),
          ...(random(3) === 0 && { hints: { forZones: [{ name: 'east' }] } }),
          ...(random(2) === 0 && { targetRef: { kind: 'Pod', name: `n${random(names)}`, namespace } }),
        })),
      };
    case 3:
      return {
        kind: 'Pod',
        apiVersion: 'v1',
        metadata: metadata({
          labels: { app: pick(['x', 'y']) },
          ...(random(3) === 0 && { annotations: { 'softipu.io/weight': String(1 + random(5)) } }),
        }),
        spec: {
          nodeName: pick(['node-a', 'node-b']),
          hostNetwork: random(8) === 0,
          containers: [{ ports: [{ name: 'http', containerPort: 8080 }] }],
        },
        status: { phase: pick(['Running', 'Pending', 'Succeeded']), ...(random(5) !== 0 && { podIP: pods() }) },
      };
    case 4:
      return {
        kind: 'NetworkPolicy',
        apiVersion: 'networking.k8s.io/v1',
        metadata: metadata(),
        spec: {
          podSelector: { matchLabels: { app: pick(['x', 'y']) } },
          ingress: some(2, () => ({
            from: [{ podSelector: { matchLabels: { app: pick(['x', 'y']) } } }],
            ports: [{ port: 'http' }],
          })),
        },
      };
    case 5:
      return {
        kind: 'Namespace',
        apiVersion: 'v1',
        metadata: { name: pick(['default', 'blue', 'green']), labels: { team: pick(['a', 'b']) } },
      };
    default: {
      const node = pick(['node-a', 'node-b', 'node-c']);
      const octet = node.charCodeAt(5);
      return {
        kind: 'Node',
        apiVersion: 'v1',
        metadata: {
          name: node,
          labels: { 'topology.kubernetes.io/zone': pick(['east', 'west']) },
          annotations: {
            'flannel.alpha.coreos.com/backend-type': 'vxlan',
            'flannel.alpha.coreos.com/backend-data': JSON.stringify({
              VNI: 1 + random(3),
              VtepMAC: `02:00:00:00:50:${octet.toString(16)}`,
            }),
            'flannel.alpha.coreos.com/public-ip': `192.168.50.${octet}`,
          },
        },
        spec: { podCIDR: `10.244.${octet}.0/24` },
        status: { addresses: [{ type: 'InternalIP', address: `192.168.50.${octet}` }] },
      };
    }
  }
}

/** What the manager writes for one source, from the beginning on. */
function consumer(): { readonly take: (objects: readonly KubernetesObject[]) => { model: unknown; tables: string[] } } {
  const { device, build } = makeDevice(roomy);
  const manager = new IpuManager({ device, build });
  const modeller = new Modeller();
  return {
    take: (objects) => {
      const { model } = modeller.build(objects, settings);
      expect(manager.setModel(model, 0).errors).toEqual([]);
      return {
        model,
        tables: device
          .readInstalled()
          .map((entity) => printEntity(build.names, entity))
          .sort(),
      };
    },
  };
}

const files = (objects: Iterable<Stored & { readonly kind: string }>) =>
  [...objects].map((object) => ({
    path: `${object.kind}-${object.metadata.namespace}-${object.metadata.name}.yaml`,
    text: JSON.stringify(object),
  }));

test.each([1, 2])('seed %i', { timeout: 120_000 }, async (seed) => {
  const random = randomOf(seed * 104_729);
  const names = 60;
  const cluster = new Map<string, Stored & { readonly kind: string }>();
  const keyOf = ({ kind, metadata }: Stored & { readonly kind: string }) =>
    `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
  const change = (): void => {
    const object = someObject(random, names);
    if (random(6) === 0 && cluster.has(keyOf(object))) {
      cluster.delete(keyOf(object));
      api.delete(object.kind, `${object.metadata.namespace ?? ''}/${object.metadata.name}`);
    } else {
      cluster.set(keyOf(object), object);
      api.put(object.kind, object);
    }
  };
  for (let i = 0; i < 400; i++) change();
  writeFileSync(join(directory, 'kubeconfig'), api.kubeconfig);
  source = followApi({
    client: createApiClient(await loadKubeConfig({ kubeconfig: join(directory, 'kubeconfig') })),
    onObjects: (objects) => {
      latest = [...objects];
    },
    onError: () => {},
    quietMs: 5,
    minSyncMs: 10,
    informer: { pageSize: 50, firstWaitMs: 10, lastWaitMs: 80 },
  });
  const [byApi, byManifests] = [consumer(), consumer()];
  const manifests = new Manifests();
  const modeller = new Modeller();
  for (let round = 0; round < 8; round++) {
    const { objects, problems } = manifests.update(files(cluster.values()));
    expect(problems.map(printProblem)).toEqual([]);
    const expected = modeller.build(objects, settings).model;
    await vi.waitFor(() => expect(new Modeller().build(latest ?? [], settings).model).toEqual(expected), {
      timeout: 15_000,
      interval: 50,
    });
    const [one, two] = [byApi.take(latest!), byManifests.take(objects)];
    expect(one.model).toEqual(two.model);
    expect(one.tables.length).toBeGreaterThan(100);
    for (let i = 0; i < 40; i++) {
      change();
      if (i !== 20) continue;
      // In the middle of the changes something breaks.
      const breaks = [() => api.breakConnections(), () => api.endWatches(), () => api.forget(), () => api.bookmark()];
      breaks[round % breaks.length]!();
      if (round % 4 === 2) api.breakConnections();
      if (round === 5) {
        api.failWith = { status: 503, message: 'away' };
        setTimeout(() => {
          api.failWith = undefined;
        }, 100);
      }
    }
  }
});
