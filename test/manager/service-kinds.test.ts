/**
 * Rows of kube-proxy's behaviour that depend on what a Service or EndpointSlice says in words of Kubernetes: who serves it, which endpoints count, by which
 * name a port is found (4, 12 to 14, 17, 22 to 24), as tables of flows through the real manager and program, from both sources, in both families.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoredObject } from '../kubernetes/from-model.ts';
import { type Source, startSource } from '../kubernetes/sources.ts';
import { compileK8s } from './data-plane.ts';
import { checkRow, type Row } from './service-row.ts';
import { endpoint, type Family, type Given, type Place, ports, type Result, ServiceWorld } from './service-world.ts';

const compiled = compileK8s();
const variants = ([4, 6] as const).flatMap((family) => (['manifests', 'API server'] as const).map((from) => ({ family, from })));
const all: readonly Place[] = ['a', 'b', 'c'];

/** The service `web`, changed. */
const web = (change: (service: { metadata: object; spec: object; status: object }) => object): Given['edit'] => ({
  objects: (objects) =>
    objects.map((each) =>
      each.kind === 'Service' && each.metadata.name === 'web'
        ? ({ ...each, ...change(each as StoredObject & { spec: object; status: object }) } as StoredObject)
        : each,
    ),
});
const labelled = (labels: Readonly<Record<string, string>>): Given['edit'] =>
  web(({ metadata }) => ({ metadata: { ...metadata, labels } }));
/** Every endpoint's conditions, changed. */
const conditions = (change: object): Given['edit'] => ({
  objects: (objects) =>
    objects.map((each) =>
      each.kind === 'EndpointSlice'
        ? { ...each, endpoints: (each.endpoints as object[]).map((e) => ({ ...e, conditions: change })) }
        : each,
    ),
});
const proxyName = 'service.kubernetes.io/service-proxy-name';
const unserved = { from: 'a', to: 'cluster', endpoints: all, outcome: 'UNALLOCATED' } as const;
const served = { from: 'd', to: 'cluster', endpoints: all, lands: all } as const;
const hints = (zones: readonly string[], nodes: readonly string[] = []) => ({ hints: { zones, nodes } });

const kinds: readonly Row[] = [
  {
    name: 'a load balancer that wants to see the packets itself (ipMode Proxy)',
    given: {
      edit: web(({ status }) => ({
        status: {
          loadBalancer: {
            ingress: (status as { loadBalancer: { ingress: object[] } }).loadBalancer.ingress.map((one) => ({
              ...one,
              ipMode: 'Proxy',
            })),
          },
        },
      })),
    },
    from: 'a',
    to: 'lb',
    endpoints: all,
    outcome: 'landed at nobody',
  },
  { name: 'headless by its label', given: { edit: labelled({ 'service.kubernetes.io/headless': '' }) }, ...unserved },
  { name: 'of another proxy', given: { edit: labelled({ [proxyName]: 'other' }) }, ...unserved },
  {
    name: 'headless: not even an external address',
    given: { edit: web(({ spec }) => ({ spec: { ...spec, clusterIP: 'None', clusterIPs: ['None'] } })) },
    from: 'a',
    to: 'external',
    endpoints: all,
    outcome: 'landed at nobody',
  },
  {
    name: 'a name of somebody outside (ExternalName)',
    given: { edit: web(() => ({ spec: { type: 'ExternalName', externalName: 'example.org' } })) },
    ...unserved,
  },
];

const eligible: readonly Row[] = [
  { name: 'no conditions at all: ready', given: { edit: conditions({}) }, ...served },
  {
    name: 'not ready, nothing else said: not serving',
    given: { edit: conditions({ ready: false }) },
    ...served,
    outcome: 'NO_ENDPOINT',
  },
  {
    name: 'published before they are ready',
    given: { service: { publishNotReadyAddresses: true } },
    from: 'd',
    to: 'cluster',
    endpoints: [['a', { ready: false, serving: false }]],
    lands: ['a'],
  },
  {
    name: 'zone hints: those for our zone',
    given: { node: { zone: 'east' } },
    from: 'd',
    to: 'cluster',
    endpoints: [
      ['a', hints(['east'])],
      ['b', hints(['west'])],
      ['c', hints(['east', 'west'])],
    ],
    lands: ['a', 'c'],
  },
  {
    name: 'one without hint: nobody is hinted',
    given: { node: { zone: 'east' } },
    from: 'd',
    to: 'cluster',
    endpoints: [['a', hints(['east'])], ['b', hints(['west'])], 'c'],
    lands: all,
  },
  {
    name: 'hints for other zones only',
    given: { node: { zone: 'north' } },
    from: 'd',
    to: 'cluster',
    endpoints: [
      ['a', hints(['east'])],
      ['b', hints(['west'])],
    ],
    lands: ['a', 'b'],
  },
  {
    name: 'node hints before zone hints',
    given: { node: { zone: 'east' } },
    from: 'd',
    to: 'cluster',
    endpoints: [
      ['a', hints(['east'], ['node-b'])],
      ['b', hints(['west'], ['node-a'])],
    ],
    lands: ['b'],
  },
  {
    name: 'hints do not hold for external Local',
    given: { node: { zone: 'east' }, service: { externalTrafficPolicy: 'Local' } },
    from: 'client',
    to: 'lb',
    endpoints: [
      ['a', hints(['west'])],
      ['c', hints(['east'])],
    ],
    lands: ['a'],
  },
  {
    name: 'trafficDistribution, before anybody has hinted',
    given: { node: { zone: 'east' }, service: { trafficDistribution: 'PreferSameNode' } },
    from: 'd',
    to: 'cluster',
    endpoints: all,
    lands: ['a', 'b'],
  },
  {
    name: 'node ports at the first address alone',
    given: {},
    from: 'client',
    to: 'nodePort',
    endpoints: ['a'],
    lands: ['a'],
    masqueraded: true,
  },
];

function landed(result: Result): Place {
  if (!('lands' in result)) throw new Error(result.outcome);
  return result.lands;
}

describe.each(variants)('IPv$family, model from $from', ({ family, from }) => {
  let source: Source;
  let net: ServiceWorld;

  beforeAll(async () => {
    source = await startSource(from);
    net = new ServiceWorld(compiled, family, 'wasm', source);
  });

  afterAll(() => source.stop());

  const check = (row: Row): Promise<void> => checkRow(net, row);

  describe('services that are not ours', () => test.each(kinds)('$name', check));
  describe('endpoints that count', () => test.each(eligible)('$name', check));

  test('of a proxy whose name is ours', async () => {
    const edit = { ...labelled({ [proxyName]: 'ours' }), services: { proxyName: 'ours' } };
    // A client of the API server asks for its own services only, and was not told a name here
    if (from === 'manifests') await check({ name: '', given: { edit }, ...served });
  });

  describe('slices', () => {
    const slice = (places: readonly Place[], slicePorts: readonly (readonly [string, number])[], of: Family = family) => ({
      namespace: 'default',
      service: 'web',
      addressType: `IPv${of}` as const,
      ports: slicePorts.map(([name, port]) => ({ name, protocol: 'TCP' as const, port })),
      endpoints: places.map((place) => endpoint(of, place)),
    });
    const more = (...endpointSlices: ReturnType<typeof slice>[]): Given => ({ more: { services: [], endpointSlices } });

    test('several are one, and an endpoint that two of them have counts once', async () => {
      await net.set(more(slice(['a', 'b'], [['', ports.target]]), slice(['a'], [['', ports.target]])));
      const count: Record<string, number> = { a: 0, b: 0 };
      for (let i = 0; i < 400; i++) count[landed(net.open({ from: 'd', to: 'cluster' }))]!++;
      expect(count.a! / count.b!).toBeLessThan(1.5);
      expect(count.b! / count.a!).toBeLessThan(1.5);
    });

    test('a port is found by its name, whatever number each endpoint has for it', async () => {
      const named = [
        { name: 'http', protocol: 'TCP', port: 80 },
        { name: 'metrics', protocol: 'TCP', port: 81 },
      ] as const;
      await net.set({
        service: { type: 'ClusterIP', externalIPs: [], loadBalancerIPs: [], ports: named },
        ...more(slice(['a'], [['http', 8080]]), slice(['b'], [['http', 9090]]), slice(['c'], [['metrics', 9100]])),
      });
      const seen = Array.from({ length: 24 }, () => net.open({ from: 'd', to: 'cluster' })).map((result) =>
        'lands' in result ? `${result.lands} ${result.tuple.destinationPort}` : result.outcome,
      );
      expect([...new Set(seen)].sort()).toEqual(['a 8080', 'b 9090']);
      expect(net.open({ from: 'd', to: 'cluster', port: 81 })).toMatchObject({ lands: 'c', tuple: { destinationPort: 9100 } });
    });

    test('each family of a dual-stack service has its own endpoints', async () => {
      const other = family === 4 ? 6 : 4;
      const clusterIPs = [net.address('cluster'), family === 4 ? 'fd00:96::1' : '10.96.0.1'];
      const dual = { service: { clusterIPs } };
      await net.set({ ...dual, ...more(slice(['a'], [['', ports.target]]), slice(['b'], [['', ports.target]], other)) });
      for (let i = 0; i < 12; i++) expect(landed(net.open({ from: 'd', to: 'cluster' }))).toBe('a');
      await net.set({ ...dual, ...more(slice(['b'], [['', ports.target]], other)) });
      expect(net.open({ from: 'd', to: 'cluster' })).toEqual({ outcome: 'NO_ENDPOINT' });
    });
  });
});
