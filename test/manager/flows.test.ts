/** Flows through the desired entries: who lands where, by which route. */
import { describe, expect, test } from 'vitest';
import { desiredState, type Model, type Neighbour } from '../../src/manager/index.ts';
import { EntityBuilder } from '../../src/p4runtime/index.ts';
import { makeP4Info } from '../p4runtime/program.ts';
import { Evaluator, type Flow } from './evaluate.ts';
import { k8sProgram } from './k8s-program.ts';
import { emptyModel, localPod, netPort, remotePod, service, slice } from './models.ts';

const build = new EntityBuilder(makeP4Info(k8sProgram));

interface Row extends Flow {
  readonly name: string;
  readonly model?: Partial<Model>;
  readonly learned?: readonly Neighbour[];
  readonly lands?: readonly string[];
  readonly by?: string;
  readonly drop?: string;
}

const a = localPod('a', 1);
const b = localPod('b', 2);
const vip = '10.96.0.1';
const web = service('web', vip);
const remoteNode = {
  name: 'node-b',
  podCIDRs: ['10.2.0.0/24'],
  vtepAddress: '192.168.50.2',
  vtepMac: '02:00:00:00:50:02',
  vni: 4096,
};
const underlay: Neighbour = { address: '192.168.50.2', mac: '02:00:00:00:aa:02', port: 1 };
const gateway: Neighbour = { address: '192.168.50.254', mac: '02:00:00:00:aa:fe', port: 1 };
const endpoint = (address: string, more: object = {}) => ({
  addresses: [address],
  ready: true,
  serving: true,
  terminating: false,
  ...more,
});
const sliceOf = (...endpoints: ReturnType<typeof endpoint>[]) => [{ ...slice('web', []), endpoints }];
const toB = 'to_port(port=12, source_mac=02:00:00:00:00:01, destination_mac=02:00:00:00:01:02)';

const rows: readonly Row[] = [
  // routes
  { name: 'pod to pod', model: { pods: [a, b] }, from: '10.1.0.1', to: '10.1.0.2', lands: ['10.1.0.2:80'], by: toB },
  { name: 'nowhere', model: { pods: [a] }, from: '10.1.0.1', to: '10.9.0.1', drop: 'NO_ROUTE' },
  {
    name: 'a pod whose MAC address is learned',
    model: { pods: [a, { ...b, mac: undefined }] },
    learned: [{ address: '10.1.0.2', mac: '02:00:00:00:01:02', port: 12 }],
    from: '10.1.0.1',
    to: '10.1.0.2',
    by: toB,
  },
  {
    name: 'a neighbour on another port is not that pod',
    model: { pods: [a, { ...b, mac: undefined }] },
    learned: [{ address: '10.1.0.2', mac: '02:00:00:00:01:02', port: 11 }],
    from: '10.1.0.1',
    to: '10.1.0.2',
    drop: 'NO_ROUTE',
  },
  {
    name: 'through the tunnel',
    model: { pods: [a], remoteNodes: [remoteNode] },
    learned: [underlay],
    from: '10.1.0.1',
    to: '10.2.0.7',
    by:
      'to_node(port=1, source_mac=02:00:00:00:aa:01, destination_mac=02:00:00:00:aa:02, local_vtep=192.168.50.1, remote_vtep=192.168.50.2, ' +
      'vni=4096, local_vtep_mac=02:00:00:00:50:01, remote_vtep_mac=02:00:00:00:50:02)',
  },
  {
    name: 'a device that encapsulates takes inner frames',
    model: {
      pods: [a],
      remoteNodes: [remoteNode],
      node: { ...emptyModel.node, tunnel: { ...emptyModel.node.tunnel!, port: 2047, isDevice: true } },
      ports: [...emptyModel.ports, { ...netPort, number: 2047, addresses: [] }],
    },
    from: '10.1.0.1',
    to: '10.2.0.7',
    by: 'to_port(port=2047, source_mac=02:00:00:00:50:01, destination_mac=02:00:00:00:50:02)',
  },
  {
    name: 'no tunnel while the other node has not answered',
    model: { remoteNodes: [remoteNode] },
    from: '10.1.0.1',
    to: '10.2.0.7',
    drop: 'NO_ROUTE',
  },
  {
    name: 'a tunnel behind a router has the MAC address of the router',
    model: {
      remoteNodes: [{ ...remoteNode, vtepAddress: '172.16.0.9' }],
      routes: [{ destination: '0.0.0.0/0', port: 1, via: gateway.address }],
      neighbours: [gateway],
    },
    from: '10.1.0.1',
    to: '10.2.0.7',
    by:
      'to_node(port=1, source_mac=02:00:00:00:aa:01, destination_mac=02:00:00:00:aa:fe, local_vtep=192.168.50.1, remote_vtep=172.16.0.9, ' +
      'vni=4096, local_vtep_mac=02:00:00:00:50:01, remote_vtep_mac=02:00:00:00:50:02)',
  },
  {
    name: 'the world through the gateway',
    model: { routes: [{ destination: '0.0.0.0/0', port: 1, via: gateway.address }], neighbours: [gateway] },
    from: '10.1.0.1',
    to: '1.1.1.1',
    by: 'to_port(port=1, source_mac=02:00:00:00:aa:01, destination_mac=02:00:00:00:aa:fe)',
  },
  {
    name: 'a port that a service does not have is not asked for in the world',
    model: { services: [web], routes: [{ destination: '0.0.0.0/0', port: 1, via: gateway.address }], neighbours: [gateway] },
    from: '10.1.0.1',
    to: vip,
    port: 81,
    drop: 'WRONG_PORT',
  },
  {
    name: 'nor is a pod of this node that is not there',
    model: { routes: [{ destination: '0.0.0.0/0', port: 1, via: gateway.address }], neighbours: [gateway] },
    from: '10.1.0.1',
    to: '10.1.0.77',
    by: 'no_route()',
  },
  {
    name: 'a tagged network',
    model: {
      ports: [{ ...netPort, vlan: 7 }],
      routes: [{ destination: '0.0.0.0/0', port: 1, via: gateway.address }],
      neighbours: [gateway],
    },
    from: '10.1.0.1',
    to: '1.1.1.1',
    by: 'to_vlan(port=1, source_mac=02:00:00:00:aa:01, destination_mac=02:00:00:00:aa:fe, vlan=7)',
  },
  {
    name: 'a neighbour on the link',
    model: { routes: [{ destination: '192.168.50.0/24', port: 1 }] },
    learned: [underlay],
    from: '10.1.0.1',
    to: '192.168.50.2',
    by: 'to_port(port=1, source_mac=02:00:00:00:aa:01, destination_mac=02:00:00:00:aa:02)',
  },
  {
    name: 'the node behind its host port',
    model: {
      ports: [...emptyModel.ports, { number: 2, kind: 'host', mac: '02:00:00:00:00:01', addresses: ['169.254.1.1'] }],
      neighbours: [{ address: '192.168.50.1', mac: '02:00:00:00:bb:01', port: 2 }],
    },
    from: '10.1.0.1',
    to: '192.168.50.1',
    by: 'to_port(port=2, source_mac=02:00:00:00:00:01, destination_mac=02:00:00:00:bb:01)',
  },
  // services
  {
    name: 'one endpoint',
    model: { pods: [a, b], services: [web], endpointSlices: [slice('web', ['10.1.0.2'])] },
    from: '10.1.0.1',
    to: vip,
    lands: ['10.1.0.2:8080'],
    by: toB,
  },
  { name: 'no slices', model: { services: [web] }, from: '10.1.0.1', to: vip, drop: 'NO_ENDPOINT' },
  { name: 'another port', model: { services: [web] }, from: '10.1.0.1', to: vip, port: 81, drop: 'WRONG_PORT' },
  { name: 'another protocol', model: { services: [web] }, from: '10.1.0.1', to: vip, protocol: 17, drop: 'WRONG_PORT' },
  {
    name: 'slices of a service are one list without repeats',
    model: {
      pods: [a, b],
      services: [web],
      endpointSlices: [slice('web', ['10.1.0.2', '10.1.0.1']), slice('web', ['10.1.0.2'])],
    },
    from: '10.1.0.1',
    to: vip,
    lands: ['10.1.0.1:8080', '10.1.0.2:8080'],
  },
  {
    name: 'slices of another namespace do not count',
    model: { services: [web], endpointSlices: [{ ...slice('web', ['10.1.0.2']), namespace: 'other' }] },
    from: '10.1.0.1',
    to: vip,
    drop: 'NO_ENDPOINT',
  },
  {
    name: 'a port of the slice is found by its name',
    model: {
      pods: [b],
      services: [service('web', vip, 80, { ports: [{ name: 'http', protocol: 'TCP', port: 80 }] })],
      endpointSlices: [
        {
          ...slice('web', ['10.1.0.2']),
          ports: [
            { name: 'metrics', protocol: 'TCP', port: 9090 },
            { name: 'http', protocol: 'TCP', port: 8443 },
          ],
        },
      ],
    },
    from: '10.1.0.1',
    to: vip,
    lands: ['10.1.0.2:8443'],
  },
  {
    name: 'ready ones only',
    model: {
      pods: [a, b],
      services: [web],
      endpointSlices: sliceOf(endpoint('10.1.0.1', { ready: false, serving: false }), endpoint('10.1.0.2')),
    },
    from: '10.1.0.1',
    to: vip,
    lands: ['10.1.0.2:8080'],
  },
  {
    name: 'terminating ones if there is nothing else',
    model: {
      pods: [a, b],
      services: [web],
      endpointSlices: sliceOf(
        endpoint('10.1.0.1', { ready: false, serving: false }),
        endpoint('10.1.0.2', { ready: false, terminating: true }),
      ),
    },
    from: '10.1.0.1',
    to: vip,
    lands: ['10.1.0.2:8080'],
  },
  {
    name: 'Local: endpoints of this node',
    model: {
      pods: [a, b],
      services: [service('web', vip, 80, { internalTrafficPolicy: 'Local' })],
      endpointSlices: sliceOf(endpoint('10.1.0.1', { nodeName: 'node-b' }), endpoint('10.1.0.2', { nodeName: 'node-a' })),
    },
    from: '10.1.0.1',
    to: vip,
    lands: ['10.1.0.2:8080'],
  },
  {
    name: 'Local: none here',
    model: {
      services: [service('web', vip, 80, { internalTrafficPolicy: 'Local' })],
      endpointSlices: sliceOf(endpoint('10.1.0.1', { nodeName: 'node-b' })),
    },
    from: '10.1.0.1',
    to: vip,
    drop: 'NO_LOCAL_ENDPOINT',
  },
  {
    name: 'an endpoint on another node',
    model: {
      pods: [remotePod('c', '10.2.0.7')],
      services: [web],
      endpointSlices: [slice('web', ['10.2.0.7'])],
      remoteNodes: [remoteNode],
      neighbours: [underlay],
    },
    from: '10.1.0.1',
    to: vip,
    lands: ['10.2.0.7:8080'],
  },
];

describe('flows', () => {
  test.each(rows)('$name', ({ model, learned, from, to, port, protocol, lands, by, drop }) => {
    const { entities } = desiredState({ ...emptyModel, ...model }, build, undefined, learned);
    const outcome = new Evaluator(build.names, entities).send({ from, to, port, protocol });
    if (drop !== undefined) expect(outcome).toEqual({ drop });
    if (lands !== undefined) expect(outcome).toMatchObject({ lands });
    if (by !== undefined) expect(outcome).toMatchObject({ by });
  });

  test('unknown neighbours are listed with the question that finds them', () => {
    const model = { ...emptyModel, pods: [{ ...b, mac: undefined }], remoteNodes: [remoteNode] };
    expect(desiredState(model, build).unresolved).toEqual([
      { address: '10.1.0.2', port: 12, sourceAddress: '169.254.1.1', sourceMac: '02:00:00:00:00:01' },
      { address: '192.168.50.2', port: 1, sourceAddress: '192.168.50.1', sourceMac: '02:00:00:00:aa:01' },
    ]);
  });
});
