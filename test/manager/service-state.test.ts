/**
 * What services remember: masqueraded flows and their ports, session affinity, flows of endpoints that are gone; through the real manager and program.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Service } from '../../src/manager/index.ts';
import { type Source, startSource } from '../kubernetes/sources.ts';
import { compileK8s } from './data-plane.ts';
import { endpoint, type Given, type L4, type Place, ports, type Result, ServiceWorld } from './service-world.ts';

const compiled = compileK8s();
const families = ([4, 6] as const).filter((family) =>
  compiled.p4info.tables.some(({ preamble }) => preamble.name.endsWith(family === 4 ? '.services' : '.services_ipv6')),
);
const second = 1000;

function landed(result: Result): Extract<Result, { lands: Place }> {
  if (!('lands' in result)) throw new Error(result.outcome);
  return result;
}

const variants = families.flatMap((family) => (['manifests', 'API server'] as const).map((from) => ({ family, from })));

describe.each(variants)('IPv$family, model from $from', ({ family, from }) => {
  let source: Source;

  beforeAll(async () => {
    source = await startSource(from);
  });

  afterAll(() => source.stop());

  const start = async (given: Given): Promise<ServiceWorld> => {
    const net = new ServiceWorld(compiled, family, 'wasm', source);
    await net.set(given);
    return net;
  };

  describe('masquerading', () => {
    test('flows to one endpoint never have the same port', async () => {
      const net = await start({ endpoints: ['a'] });
      const flows = Array.from({ length: 600 }, () => landed(net.open({ from: 'client', to: 'nodePort' })));
      expect(new Set(flows.map(({ tuple }) => tuple.sourcePort)).size).toBe(flows.length);
      expect(Math.min(...flows.map(({ tuple }) => tuple.sourcePort))).toBeGreaterThanOrEqual(1024);
      for (const flow of flows) {
        expect(net.answer(flow)).toMatchObject({ lands: 'client', tuple: { destinationPort: flow.sent.sourcePort } });
      }
    }, 120_000);

    test('ports are given back when flows end; with none left a flow is dropped and counted', async () => {
      const net = await start({ endpoints: ['a'] });
      narrow(net, 4);
      const results = Array.from({ length: 5 }, () => net.open({ from: 'client', to: 'nodePort' }));
      expect(results.map((r) => ('lands' in r ? r.lands : r.outcome))).toEqual(['a', 'a', 'a', 'a', 'NO_MASQUERADE_PORT']);
      net.node.nowMs += net.node.arena.expireProfile(0);
      net.node.sweep();
      expect(net.node.flowCount).toBe(0);
      expect(landed(net.open({ from: 'client', to: 'nodePort' })).lands).toBe('a');
    });

    test('a flow of one direction only keeps its port for as long as it lasts', async () => {
      const net = await start({ endpoints: ['a'], protocol: 'UDP' });
      narrow(net, 1, 17);
      const open = (sourcePort: number): Result => net.open({ from: 'client', to: 'nodePort', protocol: 'UDP', sourcePort });
      const flow = landed(open(4000));
      for (let elapsed = 0; elapsed < 300 * second; elapsed += 10 * second) {
        net.node.nowMs += 10 * second;
        net.node.sweep();
        expect(open(4001)).toEqual({ outcome: 'NO_MASQUERADE_PORT' });
        expect(landed(open(4000)).tuple).toEqual(flow.tuple);
      }
      expect(landed(net.answer(flow)).lands).toBe('client');
    });

    test('the same port serves flows to different endpoints', async () => {
      const net = await start({ endpoints: ['a', 'b'] });
      narrow(net, 1);
      const seen = new Set<Place>();
      for (let i = 0; i < 20; i++) {
        const result = net.open({ from: 'client', to: 'nodePort' });
        if ('lands' in result) seen.add(result.lands);
      }
      expect([...seen].sort()).toEqual(['a', 'b']);
    });

    test('a client that asks two services of one endpoint from one port gets both answers', async () => {
      const net = await start({ endpoints: ['b'], service: { externalTrafficPolicy: 'Local' } });
      const [first, second] = [
        landed(net.open({ from: 'a', to: 'cluster', sourcePort: 5000 })),
        landed(net.open({ from: 'a', to: 'lb', sourcePort: 5000 })),
      ];
      expect(first.tuple.source).toBe(second.tuple.source);
      expect(first.tuple.sourcePort).not.toBe(second.tuple.sourcePort);
      for (const flow of [first, second]) {
        expect(net.answer(flow)).toMatchObject({ lands: 'a', tuple: { source: flow.sent.destination, destinationPort: 5000 } });
      }
    });

    test('and the endpoint itself beside its service', async () => {
      const net = await start({ endpoints: ['b'] });
      const viaService = landed(net.open({ from: 'a', to: 'cluster', sourcePort: 5000 }));
      const direct = landed(net.open({ from: 'a', to: net.address('b'), port: ports.target, sourcePort: 5000 }));
      expect(direct.tuple.sourcePort).not.toBe(5000);
      expect(net.answer(viaService)).toMatchObject({ tuple: { source: net.address('cluster'), destinationPort: 5000 } });
      expect(net.answer(direct)).toMatchObject({ tuple: { source: net.address('b'), destinationPort: 5000 } });
    });
  });

  describe('session affinity', () => {
    const sticky = (seconds: number, more: Partial<Service> = {}): Partial<Service> => ({
      sessionAffinitySeconds: seconds,
      ...more,
    });
    const where = (net: ServiceWorld, from: Place = 'd', to: 'cluster' | 'nodePort' | 'lb' = 'cluster'): Place =>
      landed(net.open({ from, to })).lands;

    test('a client stays with its endpoint, at whichever address it asks', async () => {
      const net = await start({ endpoints: ['a', 'b', 'c'], service: sticky(10_800) });
      const first = where(net);
      for (const to of ['cluster', 'nodePort', 'lb'] as const) {
        for (let i = 0; i < 10; i++) expect(where(net, 'd', to)).toBe(first);
      }
    });

    test('new endpoints do not take it away', async () => {
      const net = await start({ endpoints: ['a'], service: sticky(10_800) });
      expect(where(net)).toBe('a');
      await net.set({ endpoints: ['a', 'b', 'c'], service: sticky(10_800) });
      for (let i = 0; i < 10; i++) expect(where(net)).toBe('a');
    });

    test('the timeout runs from the last connection', async () => {
      const net = await start({ endpoints: ['a'], service: sticky(60) });
      where(net);
      await net.set({ endpoints: ['a', 'b', 'c'], service: sticky(60) });
      for (let i = 0; i < 5; i++) {
        net.node.nowMs += 59 * second;
        expect(where(net)).toBe('a');
      }
      net.node.nowMs += 60 * second;
      expect(
        new Set(
          Array.from({ length: 12 }, (_, i) => {
            net.node.nowMs += 61 * second * Math.min(i, 1);
            return where(net);
          }),
        ).size,
      ).toBeGreaterThan(1);
    });

    test('each service has its own timeout', async () => {
      const net = await start({
        endpoints: ['a'],
        service: sticky(60),
        more: {
          services: [
            {
              ...net96(family),
              sessionAffinitySeconds: 600,
            },
          ],
          endpointSlices: [slice96(family, ['a'])],
        },
      });
      const other = family === 4 ? '10.96.0.2' : 'fd00:96::2';
      where(net);
      landed(net.open({ from: 'd', to: other }));
      await net.set({
        endpoints: ['a', 'b', 'c'],
        service: sticky(60),
        more: {
          services: [{ ...net96(family), sessionAffinitySeconds: 600 }],
          endpointSlices: [slice96(family, ['a', 'b', 'c'])],
        },
      });
      net.node.nowMs += 300 * second;
      for (let i = 0; i < 10; i++) expect(landed(net.open({ from: 'd', to: other })).lands).toBe('a');
      expect(
        new Set(
          Array.from({ length: 20 }, () => {
            net.node.nowMs += 61 * second;
            return where(net);
          }),
        ).size,
      ).toBe(3);
    });

    test('lost when the endpoint goes; another one is chosen and kept', async () => {
      const net = await start({ endpoints: ['a'], service: sticky(10_800) });
      where(net);
      await net.set({ endpoints: ['b', 'c'], service: sticky(10_800) });
      const next = where(net);
      expect(['b', 'c']).toContain(next);
      await net.set({ endpoints: ['a', 'b', 'c'], service: sticky(10_800) });
      for (let i = 0; i < 10; i++) expect(where(net)).toBe(next);
    });

    test('a client from outside keeps to the endpoints of its policy', async () => {
      const service = sticky(10_800, { externalTrafficPolicy: 'Local' });
      const net = await start({ endpoints: ['c'], service });
      expect(landed(net.open({ from: 'client', to: 'cluster' })).lands).toBe('c');
      await net.set({ endpoints: ['a', 'c'], service });
      for (let i = 0; i < 10; i++) expect(where(net, 'client', 'lb')).toBe('a');
      for (let i = 0; i < 10; i++) expect(where(net, 'client', 'cluster')).toBe('c');
    });

    test('without affinity nothing is remembered', async () => {
      const net = await start({ endpoints: ['a', 'b', 'c'] });
      expect(new Set(Array.from({ length: 24 }, () => where(net))).size).toBe(3);
    });
  });

  describe('flows of endpoints that are gone', () => {
    const gone = (protocol: L4): Given => ({ protocol, endpoints: ['b'] });

    test.each([
      { protocol: 'UDP', from: 'a', to: 'cluster' },
      { protocol: 'UDP', from: 'client', to: 'nodePort' },
      { protocol: 'UDP', from: 'client', to: 'external' },
      { protocol: 'UDP', from: 'client', to: 'lb' },
    ] as const)('$protocol to $to: the next packet goes to another one', async ({ protocol, from, to }) => {
      const net = await start({ protocol, endpoints: ['d'] });
      const flow = landed(net.open({ from, to, protocol }));
      expect(flow.lands).toBe('d');
      await net.set(gone(protocol));
      expect(net.node.flowCount).toBe(0);
      expect(net.node.manager.staleEntries[family]).toBe(2);
      const again = landed(net.open({ from, to, protocol, sourcePort: flow.sent.sourcePort }));
      expect(again.lands).toBe('b');
      expect(net.answer(again)).toMatchObject({ lands: from });
    });

    test('UDP: an endpoint that still serves keeps its flows, and all do while the service has none', async () => {
      const net = await start({ protocol: 'UDP', endpoints: ['d', 'b'] });
      const flows = Array.from({ length: 12 }, () => landed(net.open({ from: 'a', to: 'cluster', protocol: 'UDP' })));
      const again = (): Place[] =>
        flows.map(
          ({ sent }) => landed(net.open({ from: 'a', to: 'cluster', protocol: 'UDP', sourcePort: sent.sourcePort })).lands,
        );
      await net.set({ protocol: 'UDP', endpoints: ['b', endpoint(family, 'd', { ready: false, terminating: true })] });
      expect(again()).toEqual(flows.map(({ lands }) => lands));
      await net.set({ protocol: 'UDP', endpoints: [] });
      expect(again()).toEqual(flows.map(({ lands }) => lands));
    });

    test.each(['cluster', 'nodePort'] as const)('TCP to %s: connections stay', async (to) => {
      const net = await start({ endpoints: ['d'] });
      const flow = landed(net.open({ from: 'client', to }));
      await net.set(gone('TCP'));
      expect(landed(net.open({ from: 'client', to, sourcePort: flow.sent.sourcePort, flags: 'A' }))).toMatchObject({
        lands: 'd',
        tuple: flow.tuple,
      });
      expect(net.answer(flow)).toMatchObject({ lands: 'client' });
      expect(landed(net.open({ from: 'client', to })).lands).toBe('b');
    });
  });

  test('TCP and UDP at one port are two ports', async () => {
    const both: Given = {
      service: {
        ports: [
          { name: 'tcp', protocol: 'TCP', port: 80, nodePort: 30080 },
          { name: 'udp', protocol: 'UDP', port: 80, nodePort: 30080 },
        ],
      },
    };
    const net = new ServiceWorld(compiled, family, 'wasm', source);
    const slice = (name: string, protocol: L4, place: Place) => ({
      namespace: 'default',
      service: 'web',
      addressType: `IPv${family}` as const,
      ports: [{ name, protocol, port: ports.target }],
      endpoints: [endpoint(family, place)],
    });
    await net.set({ ...both, more: { services: [], endpointSlices: [slice('tcp', 'TCP', 'a'), slice('udp', 'UDP', 'b')] } });
    for (const to of ['cluster', 'nodePort'] as const) {
      expect(landed(net.open({ from: 'client', to })).lands).toBe('a');
      expect(landed(net.open({ from: 'client', to, protocol: 'UDP' })).lands).toBe('b');
    }
  });

  test('weights: new flows in proportion; weight 0 gets none', async () => {
    const net = await start({
      endpoints: [
        endpoint(family, 'a', { weight: 3 }),
        endpoint(family, 'b', { weight: 1 }),
        endpoint(family, 'd', { weight: 0 }),
      ],
    });
    const count: Record<string, number> = {};
    for (let i = 0; i < 800; i++) {
      const { lands } = landed(net.open({ from: 'c', to: 'cluster' }));
      count[lands] = (count[lands] ?? 0) + 1;
    }
    expect(count.d).toBeUndefined();
    expect(count.a! / count.b!).toBeGreaterThan(2);
    expect(count.a! / count.b!).toBeLessThan(4.5);
  });
});

/** Leaves so few masquerade ports. */
function narrow(net: ServiceWorld, count: number, wanted = 6): void {
  const { manager, device } = net.node;
  const entry = manager.installed.find((entity) => {
    if (!('tableEntry' in entity) || !entity.tableEntry.action || !('action' in entity.tableEntry.action)) return false;
    const table = manager.names.tables.byId(entity.tableEntry.tableId)?.preamble.alias;
    const protocol =
      entity.tableEntry.match[0] && 'exact' in entity.tableEntry.match[0] ? entity.tableEntry.match[0].exact.value[0] : 0;
    return table === (net.family === 4 ? 'masquerade' : 'masquerade_ipv6') && protocol === wanted;
  });
  if (!entry || !('tableEntry' in entry) || !entry.tableEntry.action || !('action' in entry.tableEntry.action))
    throw new Error('no entry');
  const { action } = entry.tableEntry.action;
  const params = action.params.map((param, i) => (i === 2 ? { ...param, value: Uint8Array.of(count) } : param));
  const statuses = device.write([
    { type: 'MODIFY', entity: { tableEntry: { ...entry.tableEntry, action: { action: { ...action, params } } } } },
  ]);
  expect(statuses.map(({ code }) => code)).toEqual(['OK']);
}

function net96(family: 4 | 6): Service {
  return {
    namespace: 'default',
    name: 'shop',
    clusterIPs: [family === 4 ? '10.96.0.2' : 'fd00:96::2'],
    ports: [{ name: '', protocol: 'TCP', port: ports.service }],
    internalTrafficPolicy: 'Cluster',
  };
}

function slice96(family: 4 | 6, places: readonly Place[]) {
  return {
    namespace: 'default',
    service: 'shop',
    addressType: `IPv${family}` as const,
    ports: [{ name: '', protocol: 'TCP' as const, port: ports.target }],
    endpoints: places.map((place) => endpoint(family, place)),
  };
}
