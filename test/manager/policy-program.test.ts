/**
 * Policy through the real manager and the compiled program: the rows of policy-rows.ts with packets, and what becomes of flows that exist when policies,
 * labels or pods change.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Model, NetworkPolicy } from '../../src/manager/index.ts';
import { icmpv6Types, ipv4, type PacketSpec } from '../../src/wire/index.ts';
import { type Edit, type Source, startSource } from '../kubernetes/sources.ts';
import { type Compiled, compileK8s, TestNode } from './data-plane.ts';
import { emptyModel, service, slice } from './models.ts';
import { admin, db, far, onDb, ops, outside, pods, podsWith, rows, rule, tcp, web } from './policy-rows.ts';
import { sixOf, toSix } from './six.ts';

const base: Model = {
  ...emptyModel,
  pods,
  routes: [{ destination: '0.0.0.0/0', port: 1, via: '192.168.50.254' }],
  neighbours: [{ address: '192.168.50.254', mac: '02:00:00:00:aa:fe', port: 1 }],
};
const deniedFlow = 21;
let compiled: Compiled;
let nextPort = 20_000;

beforeAll(() => {
  compiled = compileK8s();
}, 120_000);

const start = (): TestNode => new TestNode(compiled, [1, 11, 12, 14], [1]);

/** Port that packets of an address come in at. */
function portOf(address: string): number {
  return /^10\.1\.0\./.test(address) ? 10 + Number(address.split('.')[3]) : 1;
}

/** The first packet of a flow `from > to[:port][/protocol]`, TCP 80 if not said; each time another flow. */
function firstPacket(flow: string, family: 4 | 6): { readonly from: string; readonly spec: PacketSpec } {
  const [, from, to, port, protocol] = /^(\S+) > ([\d.]+)(?::(\d+))?(?:\/(\d+))?$/.exec(flow)!;
  const ip = family === 4 ? { source: from!, destination: to! } : { source: sixOf(from!), destination: sixOf(to!) };
  const ports = { sourcePort: nextPort++, destinationPort: Number(port ?? 80) };
  const spec = (rest: PacketSpec): { from: string; spec: PacketSpec } => ({ from: from!, spec: { ip, ...rest } });
  switch (protocol ?? '6') {
    case '6':
      return spec({ tcp: { ...ports, flags: 'S' } });
    case '17':
      return spec({ udp: ports });
    case '1':
      return spec(
        family === 4
          ? { icmp: { type: 8, identifier: ports.sourcePort } }
          : {
              icmpv6: { type: icmpv6Types.echoRequest, identifier: ports.sourcePort },
            },
      );
    default: {
      const header = new Uint8Array(12);
      new DataView(header.buffer).setUint16(0, ports.sourcePort);
      new DataView(header.buffer).setUint16(2, ports.destinationPort);
      return { from: from!, spec: { ip: family === 4 ? { ...ip, protocol: 132 } : { ...ip, nextHeader: 132 }, payload: header } };
    }
  }
}

const variants = ([4, 6] as const).flatMap((family) => (['manifests', 'API server'] as const).map((from) => ({ family, from })));

describe.each(variants)('rows, with packets of IPv$family, model from $from', ({ family, from }) => {
  let source: Source;

  beforeAll(async () => {
    source = await startSource(from);
  });

  afterAll(() => source.stop());

  test.each(rows)('$name', async ({ policies, clusterPolicies, allowed = [], denied = [] }) => {
    const node = start();
    const model = { ...base, policies, ...(clusterPolicies && { clusterPolicies }) };
    node.setModel(await source.get(family === 4 ? model : toSix(model)));
    const passes = (flow: string): boolean => {
      const { from, spec } = firstPacket(flow, family);
      return node.send(portOf(from), spec).length > 0;
    };
    expect(Object.fromEntries([...allowed, ...denied].map((flow) => [flow, passes(flow)]))).toEqual(
      Object.fromEntries([...allowed.map((f) => [f, true] as const), ...denied.map((f) => [f, false] as const)]),
    );
  });

  // Whoever has such an address now is somebody else: the node, or nobody
  test.each([
    ['uses the network of its node', 'spec', { hostNetwork: true }],
    ['has ended', 'status', { phase: 'Succeeded' }],
  ])('a pod that %s is no peer', async (_, part, change) => {
    const node = start();
    const edit: Edit = {
      objects: (objects) =>
        objects.map((each) =>
          each.kind === 'Pod' && each.metadata.name === 'far'
            ? { ...each, [part]: { ...(each[part] as object), ...change } }
            : each,
        ),
    };
    const model = { ...base, policies: [onDb({ ingress: [rule([podsWith('web')])] })] };
    const six = family === 4 ? model : toSix(model);
    const passes = (flow: string): boolean => {
      const { from: address, spec } = firstPacket(flow, family);
      return node.send(portOf(address), spec).length > 0;
    };
    node.setModel(await source.get(six));
    expect([passes(`${web} > ${db}`), passes(`${far} > ${db}`)]).toEqual([true, true]);
    node.setModel(await source.get(six, edit));
    expect([passes(`${web} > ${db}`), passes(`${far} > ${db}`)]).toEqual([true, false]);
  });
});

describe.each([
  { isFar: false, from: 'manifests' },
  { isFar: true, from: 'API server' },
] as const)('flows that exist, manager elsewhere: $isFar, model from $from', ({ isFar, from }) => {
  let source: Source;

  beforeAll(async () => {
    source = await startSource(from);
  });

  afterAll(() => source.stop());

  const start = (): TestNode => new TestNode(compiled, [1, 11, 12, 14], [1], 'wasm', isFar);
  const noWeb: NetworkPolicy = onDb({ ingress: [rule([podsWith('ops')])] });
  const vip = '10.96.0.9';
  const withService = { ...base, services: [service('db', vip)], endpointSlices: [slice('db', [db])] };
  const segment = (
    source: string,
    destination: string,
    sourcePort: number,
    destinationPort: number,
    flags: string,
  ): PacketSpec => ({
    ip: { source, destination },
    tcp: { sourcePort, destinationPort, flags },
  });
  const addressesOf = (out: readonly { bytes: Uint8Array }[]): string[] =>
    out.map(({ bytes }) => {
      const { source, destination } = ipv4.get(bytes.subarray(14));
      return `${source} > ${destination}`;
    });

  test('a policy ends them in both directions, and gives them back', async () => {
    const node = start();
    node.setModel(await source.get(withService));
    const there = (flags = 'A') => addressesOf(node.send(11, segment(web, vip, 1000, 80, flags)));
    const back = (flags = 'A') => addressesOf(node.send(12, segment(db, web, 8080, 1000, flags)));
    expect([there('S'), back('SA'), there()]).toEqual([[`${web} > ${db}`], [`${vip} > ${web}`], [`${web} > ${db}`]]);

    node.setModel(await source.get({ ...withService, policies: [noWeb] }));
    expect([there(), back()]).toEqual([[], []]);
    expect(node.outcome(deniedFlow)).toBe(2);
    expect(node.flowCount).toBe(2);

    // The endpoint has left the service meanwhile: the flow is still its own
    node.setModel(await source.get({ ...withService, endpointSlices: [slice('db', ['10.2.0.3'])] }));
    expect([there(), back()]).toEqual([[`${web} > ${db}`], [`${vip} > ${web}`]]);
  });

  test('a withdrawn UDP flow does not come back to an endpoint that is gone', async () => {
    const node = start();
    const dns = service('dns', vip, 53, { ports: [{ name: '', protocol: 'UDP', port: 53 }] });
    const model = (...addresses: string[]): Model => ({
      ...base,
      services: [dns],
      endpointSlices: [{ ...slice('dns', addresses), ports: [{ name: '', protocol: 'UDP', port: 5353 }] }],
    });
    const ask = () =>
      addressesOf(node.send(11, { ip: { source: web, destination: vip }, udp: { sourcePort: 1000, destinationPort: 53 } }));
    node.setModel(await source.get(model(db)));
    expect(ask()).toEqual([`${web} > ${db}`]);
    node.setModel(await source.get({ ...model(db), policies: [noWeb] }));
    expect(ask()).toEqual([]);
    node.setModel(await source.get({ ...model('10.2.0.3'), policies: [noWeb] }));
    node.setModel(await source.get(model('10.2.0.3')));
    expect(ask()).toEqual([`${web} > 10.2.0.3`]);
  });

  test('sending does not keep a withdrawn flow', async () => {
    const node = start();
    node.setModel(await source.get(base));
    node.send(11, segment(web, db, 1000, 80, 'S'));
    node.setModel(await source.get({ ...base, policies: [noWeb] }));
    const { timeoutMs } = node.flowTimeouts()[0]!;
    for (let i = 0; i < 10; i++) {
      node.nowMs += timeoutMs / 9;
      node.send(11, segment(web, db, 1000, 80, 'A'));
    }
    node.sweep();
    expect(node.flowCount).toBe(0);
    expect(node.outcome(8)).toBeGreaterThan(0);
  });

  test('answers are not asked: a policy against what the server would begin', async () => {
    const node = start();
    node.setModel(await source.get(base));
    node.send(11, segment(web, db, 1000, 80, 'S'));
    node.setModel(await source.get({ ...base, policies: [onDb({ egress: [] })] }));
    expect(node.send(12, segment(db, web, 80, 1000, 'SA'))).toHaveLength(1);
    expect(node.send(12, segment(db, web, 81, 1000, 'S'))).toHaveLength(0);
  });

  test('labels, a namespace, a pod, a cluster policy: whatever changes the verdict', async () => {
    const changes: readonly [string, Partial<Model>][] = [
      ['labels of the peer', { pods: pods.map((pod) => (pod.name === 'web' ? { ...pod, labels: { app: 'other' } } : pod)) }],
      ['labels of the namespace', { namespaces: [{ name: 'default', labels: { team: 'none' } }] }],
      ['a rule less', { policies: [onDb({ ingress: [] })] }],
      ['another port', { policies: [onDb({ ingress: [rule([podsWith('web')], [tcp(81)])] })] }],
      ['a cluster policy', { clusterPolicies: [admin(1, { ingress: [{ action: 'Deny', peers: [], ports: [] }] })] }],
    ];
    const inDefault = { kind: 'pods' as const, namespaceSelector: [{ key: 'team', operator: 'In' as const, values: ['red'] }] };
    const first: Model = {
      ...base,
      namespaces: [{ name: 'default', labels: { team: 'red' } }],
      policies: [onDb({ ingress: [rule([{ ...inDefault, ...podsWith('web') }])] })],
    };
    for (const [name, change] of changes) {
      const node = start();
      node.setModel(await source.get(first));
      expect(node.send(11, segment(web, db, 1000, 80, 'S')), name).toHaveLength(1);
      node.setModel(await source.get({ ...first, ...change }));
      expect(node.send(11, segment(web, db, 1000, 80, 'A')), name).toHaveLength(0);
      node.setModel(await source.get(first));
      expect(node.send(11, segment(web, db, 1000, 80, 'A')), name).toHaveLength(1);
    }
  });

  test('flows that the change does not concern go on, with their state', async () => {
    const node = start();
    node.setModel(await source.get(base));
    node.send(14, segment(ops, db, 1000, 80, 'S'));
    node.send(1, segment(outside, web, 1000, 80, 'S'));
    const before = node.flowTimeouts();
    node.setModel(
      await source.get({ ...base, policies: [onDb({ ingress: [rule([{ kind: 'pods', namespaceSelector: [] }])] })] }),
    );
    expect(node.send(14, segment(ops, db, 1000, 80, 'A'))).toHaveLength(1);
    expect(node.send(1, segment(outside, web, 1000, 80, 'A'))).toHaveLength(1);
    expect(node.flowTimeouts().length).toBe(before.length);
  });
});
