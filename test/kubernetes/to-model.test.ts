/** Objects and this node's settings -> model. */
import { describe, expect, test } from 'vitest';
import { type NodeSettings, readManifest, toModel } from '../../src/kubernetes/index.ts';

const settings: NodeSettings = {
  nodeName: 'node-a',
  nodeAddresses: [],
  gateway: { addresses: ['169.254.1.1'], mac: '02:00:00:00:00:01' },
  vxlan: { vni: 4096 },
  ports: [
    { number: 1, interface: 'veth-net', kind: 'net', hardwareAddress: '02:00:00:00:aa:01' },
    { number: 2, interface: 'veth-a', kind: 'pod', pod: 'default/a', mac: '02:00:00:00:01:01' },
  ],
};

const model = (text: string, more: Partial<NodeSettings> = {}) => {
  const { objects, problems } = readManifest({ path: 'x.yaml', text });
  expect(problems).toEqual([]);
  return toModel(objects, { ...settings, ...more });
};

const pod = (name: string, spec: string, status: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: ${spec}\nstatus: ${status}\n---\n`;

const node = (name: string, address: string, annotations: string, podCIDR = '10.2.0.0/24'): string => `apiVersion: v1
kind: Node
metadata: {name: ${name}, annotations: {${annotations}}}
spec: {podCIDR: ${podCIDR}, podCIDRs: [${podCIDR}, "fd00::/64"]}
status: {addresses: [{type: Hostname, address: ${name}}, {type: InternalIP, address: ${address}}]}
---
`;
const flannel = (mac: string, vni = 1): string =>
  `flannel.alpha.coreos.com/backend-type: vxlan, flannel.alpha.coreos.com/backend-data: '{"VNI":${vni},"VtepMAC":"${mac}"}', ` +
  'flannel.alpha.coreos.com/public-ip: 192.168.9.9';

const a = pod('a', '{nodeName: node-a}', '{podIP: 10.1.0.1}');

describe('pods', () => {
  test('a pod and its port', () => {
    const text = pod(
      'a',
      '{nodeName: node-a, containers: [{ports: [{name: http, containerPort: 8080}]}]}',
      '{phase: Running, podIPs: [{ip: "fd00::1"}, {ip: 10.1.0.1}]}',
    );
    const { model: m, notes } = model(text);
    expect(notes).toEqual([]);
    expect(m.pods).toEqual([
      {
        namespace: 'default',
        name: 'a',
        labels: {},
        addresses: ['fd00::1', '10.1.0.1'],
        port: 2,
        mac: '02:00:00:00:01:01',
        containerPorts: [{ name: 'http', protocol: 'TCP', port: 8080 }],
      },
    ]);
    expect(m.namespaces).toEqual([{ name: 'default', labels: { 'kubernetes.io/metadata.name': 'default' } }]);
  });

  test.each([
    ['no manifest', '', [`port 'veth-a' is for pod 'default/a', which is in no manifest`]],
    [
      'no address yet',
      pod('a', '{nodeName: node-a}', '{phase: Pending}'),
      ["pod 'default/a' behind port 'veth-a' has no address yet"],
    ],
    [
      'no port',
      a + pod('b', '{nodeName: node-a}', '{podIP: 10.1.0.2}'),
      ["pod 'default/b' is on this node, but no port is set up for it"],
    ],
    [
      'an address twice',
      a + pod('c', '{}', '{podIP: 10.1.0.1}'),
      ["pods 'default/a' and 'default/c' have the same address 10.1.0.1; the first one counts"],
    ],
    [
      'a node without tunnel',
      a + node('node-b', '192.168.50.2', ''),
      ["node 'node-b' has no VXLAN annotations (flannel's or Calico's): its pods cannot be reached"],
    ],
  ])('a note: %s', (_, text, notes) => {
    expect(model(text).notes).toEqual(notes);
  });

  test('pods that are over, and pods with the network of their node, are none', () => {
    const text = `${a}${pod('b', '{}', '{phase: Succeeded, podIP: 10.1.0.1}')}${pod('c', '{hostNetwork: true}', '{podIP: 192.168.50.1}')}`;
    const { model: m, notes } = model(text);
    expect([m.pods.map((p) => p.name), notes]).toEqual([['a'], []]);
  });
});

describe('nodes', () => {
  test('flannel over IPv6: by the annotations of its own, where there are some', () => {
    const v6 = `flannel.alpha.coreos.com/backend-v6-data: '{"VNI":3,"VtepMAC":"02:00:00:00:60:02"}', flannel.alpha.coreos.com/public-ipv6: "fd00:50::2"`;
    const vtep = { address: 'fd00:50::1', mac: '02:00:00:00:60:01' };
    const both = node('node-b', '192.168.50.2', `${flannel('02:00:00:00:50:02', 7)}, ${v6}`);
    const of = (text: string, settings: object = {}) => model(a + text, settings).model.remoteNodes;
    expect(of(both)).toMatchObject([{ vtepAddress: '192.168.9.9', vtepMac: '02:00:00:00:50:02', vni: 7 }]);
    expect(of(both, { vtep })).toMatchObject([{ vtepAddress: 'fd00:50::2', vtepMac: '02:00:00:00:60:02', vni: 3 }]);
    const alone = node('node-b', 'fd00:50::2', `flannel.alpha.coreos.com/backend-type: vxlan, ${v6}`);
    expect(of(alone, { vtep })).toMatchObject([{ vtepAddress: 'fd00:50::2', vtepMac: '02:00:00:00:60:02', vni: 3 }]);
    const own = node(
      'node-a',
      'fd00:50::1',
      `flannel.alpha.coreos.com/backend-type: vxlan, ${v6.replace('::2', '::1')}`,
      '10.1.0.0/24',
    );
    expect(model(a + own).model.node.tunnel).toMatchObject({ address: 'fd00:50::1', mac: '02:00:00:00:60:02', vni: 3 });
  });

  test('flannel', () => {
    const { model: m } = model(a + node('node-b', '192.168.50.2', flannel('02:00:00:00:50:02', 7)));
    expect(m.remoteNodes).toEqual([
      {
        name: 'node-b',
        podCIDRs: ['10.2.0.0/24', 'fd00::/64'],
        vtepAddress: '192.168.9.9',
        vtepMac: '02:00:00:00:50:02',
        vni: 7,
      },
    ]);
  });

  test('Calico', () => {
    const annotations =
      'projectcalico.org/IPv4VXLANTunnelAddr: 10.2.0.0, projectcalico.org/VXLANTunnelMACAddr: "02:00:00:00:50:02"';
    const { model: m } = model(a + node('node-b', '192.168.50.2', annotations));
    expect(m.remoteNodes).toMatchObject([{ vtepAddress: '192.168.50.2', vtepMac: '02:00:00:00:50:02', vni: 4096 }]);
  });

  test('our own end by the Node object, or by the settings', () => {
    const own = node('node-a', '192.168.50.1', flannel('02:00:00:00:50:01', 7), '10.1.0.0/24');
    expect(model(a + own).model.node).toMatchObject({
      addresses: ['192.168.50.1'],
      podCIDRs: ['10.1.0.0/24', 'fd00::/64'],
      tunnel: { address: '192.168.9.9', mac: '02:00:00:00:50:01', vni: 7, port: 1 },
    });
    const vtep = { address: '192.168.50.9', mac: '02:00:00:00:50:09' };
    const { model: m } = model(a + own, { vtep });
    expect(m.node.tunnel).toEqual({ ...vtep, vni: 4096, port: 1 });
    expect(m.ports).toEqual([
      { number: 1, kind: 'net', mac: '02:00:00:00:aa:01', addresses: ['192.168.50.9'] },
      { number: 2, kind: 'pod', mac: '02:00:00:00:00:01', addresses: ['169.254.1.1'] },
    ]);
    expect(m.remoteNodes).toEqual([]);
  });

  test('settings in the spelling of the model', () => {
    const { model: m, notes } = model(a, {
      nodeAddresses: ['FD00:0::1', '192.168.50.1'],
      podCIDRs: ['10.1.0.7/24', 'FD00:1::9/64'],
      gateway: { addresses: ['169.254.1.1', 'FE80::1'], mac: '02-00-00-00-00-0A' },
    });
    expect(m.node).toMatchObject({
      addresses: ['fd00::1', '192.168.50.1'],
      podCIDRs: ['10.1.0.0/24', 'fd00:1::/64'],
      gateway: { addresses: ['169.254.1.1', 'fe80::1'], mac: '02:00:00:00:00:0a' },
    });
    expect(notes).toEqual([]);
  });

  test('uplink and host', () => {
    const host = { number: 3, interface: 'veth-host', kind: 'host' as const, mac: '02:00:00:00:bb:01' };
    const { model: m } = model(a, {
      nodeAddresses: ['192.168.50.1'],
      uplinkGateways: ['192.168.50.254', 'fd00:50::fe'],
      ports: [...settings.ports, host],
    });
    expect(m.routes).toEqual([
      { destination: '0.0.0.0/0', port: 1, via: '192.168.50.254' },
      { destination: '::/0', port: 1, via: 'fd00:50::fe' },
    ]);
    expect(m.neighbours).toEqual([{ address: '192.168.50.1', mac: '02:00:00:00:bb:01', port: 3 }]);
  });
});

describe('services on this node', () => {
  const addresses = ['192.168.50.1', '10.0.0.1'];
  const nodeOf = (services: NodeSettings['services'], more: Partial<NodeSettings> = {}) =>
    model(a, { nodeAddresses: addresses, podCIDRs: ['10.1.0.0/24'], ...more, ...(services && { services }) });

  test.each([
    ['nothing', {}, {}],
    ['node ports at the primary address', { nodePortAddresses: ['primary'] }, { nodePortAddresses: ['192.168.50.1'] }],
    ['node ports everywhere', { nodePortAddresses: ['all'] }, { nodePortAddresses: addresses }],
    ['node ports by prefix', { nodePortAddresses: ['10.0.0.0/8', '172.16.0.0/12'] }, { nodePortAddresses: ['10.0.0.1'] }],
    ['local sources: the pods of this node', { clusterCIDRs: 'podCIDR' as const }, { clusterCIDRs: ['10.1.0.0/24'] }],
    ['local sources', { clusterCIDRs: ['10.1.2.3/16', 'FD00::/64'] }, { clusterCIDRs: ['10.1.0.0/16', 'fd00::/64'] }],
    [
      'the rest',
      { masqueradeAll: true, masqueradeAddresses: ['10.0.0.1'], serviceCIDRs: ['10.96.0.0/12'], rejectWith: 'reset' as const },
      { masqueradeAll: true, masqueradeAddresses: ['10.0.0.1'], serviceCIDRs: ['10.96.0.0/12'], rejectWith: 'reset' },
    ],
  ])('%s', (_, services, expected) => {
    const { model: m, notes } = nodeOf(services);
    const { name, addresses: __, gateway, podCIDRs, tunnel, ...rest } = m.node;
    expect([rest, notes]).toEqual([expected, []]);
  });

  test('no address for node ports', () => {
    expect(nodeOf({ nodePortAddresses: ['172.16.0.0/12'] }).notes).toEqual([
      'no address of the node lies in nodePortAddresses: no node port is open',
    ]);
  });

  test('the zone: what the Node object says, unless node.yaml knows better', () => {
    const own = node('node-a', '192.168.50.1', '').replace(
      'annotations',
      'labels: {topology.kubernetes.io/zone: east}, annotations',
    );
    expect(model(a + own).model.node.zone).toBe('east');
    expect(model(a + own, { zone: 'west' }).model.node.zone).toBe('west');
  });

  const sliceOf = (name: string, weight: string, pods: string): string => `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}, labels: {kubernetes.io/service-name: web}, annotations: {${weight}}}
addressType: IPv4
endpoints: [${pods}]
---
`;
  test("weights: a pod's counts more than its slice's; other slices stay the objects that they were", () => {
    const heavy = pod('b', '{}', '{podIP: 10.2.0.1}').replace('{name: b}', '{name: b, annotations: {softipu.io/weight: "7"}}');
    const text =
      a +
      heavy +
      sliceOf(
        's',
        'softipu.io/weight: "2"',
        '{addresses: [10.1.0.1], targetRef: {kind: Pod, name: a}}, {addresses: [10.2.0.1], targetRef: {kind: Pod, name: b}}',
      ) +
      sliceOf('t', '', '{addresses: [10.9.0.1]}');
    const { objects } = readManifest({ path: 'x.yaml', text });
    const { endpointSlices } = toModel(objects, settings).model;
    expect(endpointSlices.map((s) => s.endpoints.map((e) => e.weight))).toEqual([[2, 7], [undefined]]);
    expect(endpointSlices[1]).toBe(objects.at(-1)?.content);
  });
});
