/**
 * Services as kube-proxy has them (pkg/proxy/nftables/proxier.go), one table of flows per group of behaviours, through the real manager and the real
 * program: who answers at which address, for whom, masqueraded or not; and that the answers come back.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Source, type SourceName, startSource } from '../kubernetes/sources.ts';
import { compileK8s } from './data-plane.ts';
import { checkRow, type Row } from './service-row.ts';
import { endpoint, type Family, type FrontendName, type Given, type Place, ServiceWorld } from './service-world.ts';

const compiled = compileK8s();
const families = ([4, 6] as const).filter((family) =>
  compiled.p4info.tables.some(({ preamble }) => preamble.name.endsWith(family === 4 ? '.services' : '.services_ipv6')),
);

const all: readonly Place[] = ['a', 'b', 'c'];
const local = { service: { externalTrafficPolicy: 'Local' } } as const;
const internalLocal = { service: { internalTrafficPolicy: 'Local' } } as const;
const dying = { ready: false, terminating: true };

const clusterRows: readonly Row[] = [
  { name: 'pod to cluster IP', from: 'a', to: 'cluster', endpoints: ['b', 'c'], lands: ['b', 'c'] },
  { name: 'remote pod to cluster IP', from: 'c', to: 'cluster', endpoints: ['a', 'b'], lands: ['a', 'b'] },
  { name: 'node to cluster IP', from: 'node', to: 'cluster', endpoints: all, lands: all, masqueraded: true },
  { name: 'outside to cluster IP is masqueraded', from: 'client', to: 'cluster', endpoints: all, lands: all, masqueraded: true },
  {
    name: 'outside to cluster IP, clusterCIDRs not known',
    given: { node: { clusterCIDRs: undefined } },
    from: 'client',
    to: 'cluster',
    endpoints: ['a'],
    lands: ['a'],
  },
  {
    name: 'masqueradeAll',
    given: { node: { masqueradeAll: true } },
    from: 'a',
    to: 'cluster',
    endpoints: ['b'],
    lands: ['b'],
    masqueraded: true,
  },
  {
    name: 'hairpin: a pod that is its own endpoint',
    from: 'a',
    to: 'cluster',
    endpoints: ['a'],
    lands: ['a'],
    masqueraded: true,
  },
  { name: "an endpoint in the node's own network", from: 'a', to: 'cluster', endpoints: ['node'], lands: ['node'] },
  { name: "an endpoint in another node's network", from: 'a', to: 'cluster', endpoints: ['nodeB'], lands: ['nodeB'] },
  {
    name: "outside to an endpoint in the node's own network: never masqueraded as the node itself",
    from: 'client',
    to: 'nodePort',
    endpoints: ['node'],
    lands: ['node'],
  },
  {
    name: 'UDP',
    given: { protocol: 'UDP' },
    protocol: 'UDP',
    from: 'a',
    to: 'cluster',
    endpoints: ['b', 'c'],
    lands: ['b', 'c'],
  },
  {
    name: 'SCTP, pod to cluster IP',
    given: { protocol: 'SCTP' },
    protocol: 'SCTP',
    from: 'a',
    to: 'cluster',
    endpoints: ['b', 'c'],
    lands: ['b', 'c'],
  },
  {
    name: 'SCTP, outside to node port',
    given: { protocol: 'SCTP' },
    protocol: 'SCTP',
    from: 'client',
    to: 'nodePort',
    endpoints: ['a', 'b', 'c'],
    lands: ['a', 'b', 'c'],
    masqueraded: true,
  },
  {
    name: 'SCTP, hairpin',
    given: { protocol: 'SCTP' },
    protocol: 'SCTP',
    from: 'a',
    to: 'cluster',
    endpoints: ['a'],
    lands: ['a'],
    masqueraded: true,
  },
  {
    name: 'the service is for UDP, the packet TCP: wrong port',
    given: { protocol: 'UDP' },
    from: 'a',
    to: 'cluster',
    endpoints: all,
    outcome: 'WRONG_PORT',
  },
];

const externalRows: readonly Row[] = (['external', 'lb', 'nodePort'] as const).flatMap((to: FrontendName): Row[] => [
  { name: `outside to ${to}: all, masqueraded`, from: 'client', to, endpoints: all, lands: all, masqueraded: true },
  { name: `pod to ${to}: all, masqueraded`, from: 'a', to, endpoints: ['b', 'c'], lands: ['b', 'c'], masqueraded: true },
  { name: `node to ${to}: all, masqueraded`, from: 'node', to, endpoints: all, lands: all, masqueraded: true },
  { name: `Local, outside to ${to}: here, as itself`, given: local, from: 'client', to, endpoints: all, lands: ['a', 'b'] },
  { name: `Local, pod to ${to}: all, as itself`, given: local, from: 'a', to, endpoints: ['b', 'c'], lands: ['b', 'c'] },
  {
    name: `Local, node to ${to}: all, masqueraded`,
    given: local,
    from: 'node',
    to,
    endpoints: all,
    lands: all,
    masqueraded: true,
  },
  {
    name: `Local, pod to ${to}: short-circuit without local endpoint`,
    given: local,
    from: 'a',
    to,
    endpoints: ['c'],
    lands: ['c'],
  },
  {
    name: `Local, node to ${to}: short-circuit without local endpoint`,
    given: local,
    from: 'node',
    to,
    endpoints: ['c'],
    lands: ['c'],
    masqueraded: true,
  },
  {
    name: `Local, no local endpoint at ${to}: dropped`,
    given: local,
    from: 'client',
    to,
    endpoints: ['c'],
    outcome: 'NO_LOCAL_ENDPOINT',
  },
  { name: `no endpoint at ${to}: rejected`, from: 'client', to, outcome: 'NO_ENDPOINT' },
  { name: `Local, no endpoint anywhere at ${to}: rejected`, given: local, from: 'client', to, outcome: 'NO_ENDPOINT' },
  { name: `Local, no endpoint anywhere at ${to}, from a pod: rejected`, given: local, from: 'a', to, outcome: 'NO_ENDPOINT' },
]);

const refusedRows: readonly Row[] = [
  { name: 'no endpoints at the cluster IP', from: 'a', to: 'cluster', outcome: 'NO_ENDPOINT' },
  {
    name: 'none ready, none serving',
    from: 'a',
    to: 'cluster',
    endpoints: [['b', { ready: false, serving: false }]],
    outcome: 'NO_ENDPOINT',
  },
  { name: 'wrong port of a cluster IP', from: 'a', to: 'cluster', port: 81, endpoints: all, outcome: 'WRONG_PORT' },
  { name: 'wrong port from outside', from: 'client', to: 'cluster', port: 81, endpoints: all, outcome: 'WRONG_PORT' },
  { name: 'wrong port of a service without endpoints', from: 'a', to: 'cluster', port: 81, outcome: 'WRONG_PORT' },
  { name: 'an address that no service has', from: 'a', to: 'unallocated', endpoints: all, outcome: 'UNALLOCATED' },
  {
    name: 'an address that no service has, the range not known',
    given: { node: { serviceCIDRs: [] } },
    from: 'a',
    to: 'unallocated',
    endpoints: all,
    outcome: 'landed at nobody',
  },
  {
    name: 'another port of the node is no node port',
    from: 'client',
    to: 'nodePort',
    port: 30081,
    endpoints: all,
    lands: ['node'],
  },
  {
    name: 'node ports only where they shall be open',
    given: { node: { nodePortAddresses: [] } },
    from: 'client',
    to: 'nodePort',
    endpoints: ['a'],
    lands: ['node'],
  },
  {
    name: 'internal Local: endpoints of this node',
    given: internalLocal,
    from: 'd',
    to: 'cluster',
    endpoints: all,
    lands: ['a', 'b'],
  },
  {
    name: 'internal Local, none here',
    given: internalLocal,
    from: 'a',
    to: 'cluster',
    endpoints: ['c'],
    outcome: 'NO_LOCAL_ENDPOINT',
  },
  { name: 'internal Local, none anywhere', given: internalLocal, from: 'a', to: 'cluster', outcome: 'NO_ENDPOINT' },
  {
    name: 'internal Local is not for node ports',
    given: internalLocal,
    from: 'client',
    to: 'nodePort',
    endpoints: ['c'],
    lands: ['c'],
    masqueraded: true,
  },
  { name: 'external Local is not for cluster IPs', given: local, from: 'a', to: 'cluster', endpoints: ['c'], lands: ['c'] },
  {
    name: 'terminating ones if no other is left',
    from: 'd',
    to: 'cluster',
    endpoints: [
      ['a', dying],
      ['c', dying],
    ],
    lands: ['a', 'c'],
  },
  { name: 'no terminating one beside a ready one', from: 'd', to: 'cluster', endpoints: [['a', dying], 'c'], lands: ['c'] },
  {
    name: 'external Local: the terminating one here, though others are ready elsewhere',
    given: local,
    from: 'client',
    to: 'lb',
    endpoints: [['a', dying], 'c'],
    lands: ['a'],
  },
];

const ranges = (family: Family, places: readonly Place[]): Given['service'] => ({
  loadBalancerSourceRanges: places.map((place) => `${endpoint(family, place).addresses[0]}/${family === 4 ? 32 : 128}`),
});

const rangeRows: readonly (Row & { readonly allowed: readonly Place[] })[] = [
  {
    name: 'a client in the ranges',
    allowed: ['client', 'd'],
    from: 'client',
    to: 'lb',
    endpoints: ['a'],
    lands: ['a'],
    masqueraded: true,
  },
  { name: 'a client out of them', allowed: ['d'], from: 'client', to: 'lb', endpoints: ['a'], outcome: 'SOURCE_RANGE' },
  { name: 'a pod out of them', allowed: ['client'], from: 'd', to: 'lb', endpoints: ['a'], outcome: 'SOURCE_RANGE' },
  { name: 'out of them comes before no endpoint', allowed: ['d'], from: 'client', to: 'lb', outcome: 'SOURCE_RANGE' },
  {
    name: 'never for node ports',
    allowed: ['d'],
    from: 'client',
    to: 'nodePort',
    endpoints: ['a'],
    lands: ['a'],
    masqueraded: true,
  },
  { name: 'nor external IPs', allowed: ['d'], from: 'client', to: 'external', endpoints: ['a'], lands: ['a'], masqueraded: true },
  { name: 'nor the cluster IP', allowed: ['client'], from: 'd', to: 'cluster', endpoints: ['a'], lands: ['a'] },
  {
    name: 'the node, if it is in them',
    allowed: ['node'],
    from: 'node',
    to: 'lb',
    endpoints: ['a'],
    lands: ['a'],
    masqueraded: true,
  },
];

const variants = families.flatMap((family) =>
  (
    [
      { runs: 'wasm', from: 'manifests' },
      { runs: 'wasm', from: 'API server' },
      { runs: 'interp', from: 'as it stands' },
    ] as const satisfies readonly { runs: string; from: SourceName }[]
  ).map((each) => ({ family, ...each })),
);

describe.each(variants)('IPv$family, $runs, model from $from', ({ family, runs, from }) => {
  let source: Source;
  let net: ServiceWorld;

  beforeAll(async () => {
    source = await startSource(from);
    net = new ServiceWorld(compiled, family, runs, source);
  });

  afterAll(() => source.stop());

  const check = (row: Row): Promise<void> => checkRow(net, row);

  describe('cluster IPs', () => test.each(clusterRows)('$name', check));
  describe('external addresses', () => test.each(externalRows)('$name', check));
  describe('refused and Local', () => test.each(refusedRows)('$name', check));
  describe('loadBalancerSourceRanges', () => {
    test.each(rangeRows)('$name', ({ allowed, ...row }) => check({ ...row, given: { service: ranges(family, allowed) } }));

    // A node that has the balancer's address itself may take it for its own when it asks
    test.each([
      [['node'], { lands: 'a' }],
      [['client'], { outcome: 'SOURCE_RANGE' }],
    ] as const)("the node with the balancer's address, %j allowed", async (allowed, expected) => {
      await net.set({ service: ranges(family, allowed), endpoints: ['a'] });
      expect(net.open({ from: 'node', source: 'lb', to: 'lb' })).toMatchObject(expected);
    });
  });
});
