/** A model over time: what did not change is the same object again, and the order of the objects does not matter. */
import { expect, test } from 'vitest';
import {
  type KubernetesObject,
  Modeller,
  type NodeSettings,
  ObjectSet,
  objectKey,
  readManifest,
  toModel,
} from '../../src/kubernetes/index.ts';
import { difference, type EndpointSlice } from '../../src/manager/index.ts';
import { randomOf } from '../manager/random-model.ts';

const settings: NodeSettings = {
  nodeName: 'node-a',
  nodeAddresses: ['192.168.50.1'],
  gateway: { addresses: ['169.254.1.1'], mac: '02:00:00:00:00:01' },
  vxlan: { vni: 4096 },
  ports: [],
};

const read = (text: string): KubernetesObject => readManifest({ path: 'x.yaml', text }).objects[0]!;
const service = (name: string, address = '10.96.0.1') =>
  read(`{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {clusterIP: ${address}, ports: [{port: 80}]}}`);
const pod = (name: string, address: string) =>
  read(
    `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, annotations: {softipu.io/weight: "2"}}, status: {podIP: ${address}}}`,
  );
const slice = (name: string, address: string, more = '') =>
  read(
    `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: ${name}, labels: {kubernetes.io/service-name: ${name}}}, addressType: IPv4, endpoints: [{addresses: [${address}]${more}}]}`,
  );

test('one slice of many changes: everything else is what it was', () => {
  const modeller = new Modeller();
  const objects = [service('a'), service('b', '10.96.0.2'), slice('a', '10.1.0.1'), slice('b', '10.1.0.2'), pod('p', '10.1.0.1')];
  const before = modeller.build(objects, settings).model;
  const next = [...objects];
  next[2] = slice('a', '10.1.0.9');
  const after = modeller.build(next, settings).model;
  for (const kind of [
    'node',
    'ports',
    'namespaces',
    'pods',
    'services',
    'policies',
    'remoteNodes',
    'routes',
    'neighbours',
  ] as const) {
    expect(after[kind], kind).toBe(before[kind]);
  }
  const { gone, come } = difference(before.endpointSlices, after.endpointSlices);
  expect([gone, come].map((list) => list.map((s) => s.endpoints[0]!.addresses))).toEqual([[['10.1.0.1']], [['10.1.0.9']]]);
  expect(modeller.build([...next], settings).model.endpointSlices).toBe(after.endpointSlices);
});

test.each([1, 2, 3])('the order of objects does not matter, now or later: seed %i', (seed) => {
  const random = randomOf(seed * 7919);
  const modeller = new Modeller();
  let objects: KubernetesObject[] = [];
  for (let round = 0; round < 40; round++) {
    const name = `n${random(8)}`;
    const make = [
      () => service(name, `10.96.0.${1 + random(20)}`),
      () => slice(name, `10.1.0.${1 + random(20)}`, ', targetRef: {kind: Pod, name: n1}'),
      () => pod(name, `10.1.0.${1 + random(20)}`),
    ][random(3)]!();
    const at = objects.findIndex((o) => o.kind === make.kind && o.name === make.name);
    if (at < 0) objects = [...objects, make];
    else if (random(3) === 0) objects = objects.filter((_, i) => i !== at);
    else objects = objects.map((o, i) => (i === at ? make : o));
    const shuffled = [...objects].sort(() => random(3) - 1);
    expect(modeller.build(objects, settings)).toEqual(toModel(shuffled, settings));
  }
});

test.each([1, 2, 3])('changes alone give the model of all objects: seed %i', (seed) => {
  const random = randomOf(seed * 104_729);
  const [modeller, set] = [new Modeller(), new ObjectSet()];
  let last: readonly EndpointSlice[] = [];
  for (let round = 0; round < 60; round++) {
    // Now and then so many that they are sorted with the rest
    for (let i = 0; i < (random(5) === 0 ? 150 : 3); i++) {
      const name = `n${random(200)}`;
      const object = random(2) === 0 ? slice(name, `10.1.0.${1 + random(20)}`) : service(name, `10.96.0.${1 + random(200)}`);
      if (random(3) === 0) set.delete(objectKey(object));
      else set.put(object);
    }
    const { model } = modeller.change(set.take(), settings);
    expect(model).toEqual(toModel([...set], settings).model);
    // What it tells about the difference is what one would find
    const { gone, come } = difference(last, model.endpointSlices);
    const found = difference([...last], [...model.endpointSlices]);
    expect([new Set(gone), new Set(come)]).toEqual([new Set(found.gone), new Set(found.come)]);
    last = model.endpointSlices;
  }
});

test.each([
  [undefined, ['plain']],
  ['softipu', ['ours']],
] as const)('services of other proxies are none of ours, which is called %s', (proxyName, names) => {
  const labelled = (name: string, label: string) =>
    read(
      `{apiVersion: v1, kind: Service, metadata: {name: ${name}, labels: {service.kubernetes.io/service-proxy-name: ${label}}}, spec: {clusterIP: 10.96.0.7, ports: [{port: 80}]}}`,
    );
  const objects = [service('plain'), labelled('ours', 'softipu'), labelled('theirs', 'other')];
  const { model } = toModel(objects, { ...settings, ...(proxyName && { services: { proxyName } }) });
  expect(model.services.map(({ name }) => name)).toEqual(names);
});

test('ServiceCIDR objects say where cluster IPs come from, unless node.yaml does', () => {
  const cidr = (name: string, cidrs: string) =>
    read(`{apiVersion: networking.k8s.io/v1, kind: ServiceCIDR, metadata: {name: ${name}}, spec: {cidrs: ${cidrs}}}`);
  const objects = [cidr('kubernetes', '[10.96.0.0/12, "fd00:96::/112"]'), cidr('more', '[172.20.0.1/16]')];
  expect(toModel(objects, settings).model.node.serviceCIDRs).toEqual(['10.96.0.0/12', '172.20.0.0/16', 'fd00:96::/112']);
  const given = { ...settings, services: { serviceCIDRs: ['10.0.0.0/8'] } };
  expect(toModel(objects, given).model.node.serviceCIDRs).toEqual(['10.0.0.0/8']);
  expect(toModel([], settings).model.node.serviceCIDRs).toBeUndefined();
});

test('weights of pods: only slices of pods whose weight changed are other objects', () => {
  const modeller = new Modeller();
  const of = (pod: string): string => `, targetRef: {kind: Pod, name: ${pod}}`;
  const weighted = (name: string, address: string, weight: number) =>
    read(
      `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, annotations: {softipu.io/weight: "${weight}"}}, status: {podIP: ${address}}}`,
    );
  const objects = [
    slice('a', '10.1.0.1', of('p')),
    slice('b', '10.1.0.2', of('q')),
    weighted('p', '10.1.0.1', 3),
    weighted('q', '10.1.0.2', 4),
  ];
  const slicesOf = (): readonly EndpointSlice[] => modeller.build([...objects], settings).model.endpointSlices;
  const weights = (slices: readonly EndpointSlice[]) => slices.map(({ endpoints }) => endpoints[0]!.weight);
  const before = slicesOf();
  expect(weights(before)).toEqual([3, 4]);
  objects[3] = weighted('q', '10.1.0.2', 5);
  const after = slicesOf();
  expect([weights(after), after[0] === before[0]]).toEqual([[3, 5], true]);
  expect(difference(before, after)).toEqual({ gone: [before[1]], come: [after[1]] });
  // Another pod, and a slice that changes by itself
  objects[4] = weighted('r', '10.1.0.3', 9);
  objects[0] = slice('a', '10.1.0.1', `${of('p')}, nodeName: n`);
  const last = slicesOf();
  expect([weights(last), last[1] === after[1]]).toEqual([[3, 5], true]);
  objects[2] = pod('s', '10.1.0.1');
  expect(weights(slicesOf())).toEqual([undefined, 5]);
});

test('difference: by identity, wherever things are', () => {
  const [a, b, c, d] = [1, 2, 3, 4].map((n) => ({ n })) as [object, object, object, object];
  expect(difference([a, b, c], [a, b, c])).toEqual({ gone: [], come: [] });
  expect(difference([a, b, c], [a, d, c])).toEqual({ gone: [b], come: [d] });
  expect(difference([a, b, c], [b, a, c])).toEqual({ gone: [], come: [] });
  expect(difference([a, b], [a, c, b])).toEqual({ gone: [], come: [c] });
  expect(difference([a, b, c], [d, c])).toEqual({ gone: [a, b], come: [d] });
  expect(difference([], [a])).toEqual({ gone: [], come: [a] });
  expect(difference([a, a], [a])).toEqual({ gone: [a], come: [] });
});
