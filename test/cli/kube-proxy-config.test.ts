/** KubeProxyConfiguration: what applies, what is named as ignored, what is wrong; node.yaml comes first. */
import { expect, test } from 'vitest';
import { parseNodeConfig } from '../../src/cli/config.ts';
import { parseKubeProxyConfig } from '../../src/cli/kube-proxy-config.ts';

const head = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';
const kubeadm = `${head}bindAddress: 0.0.0.0
bindAddressHardFail: false
clientConnection: {acceptContentTypes: "", burst: 0, contentType: "", kubeconfig: /var/lib/kube-proxy/kubeconfig.conf, qps: 0}
clusterCIDR: 10.244.0.0/16
conntrack: {maxPerCore: null, min: null, tcpCloseWaitTimeout: 90s, tcpEstablishedTimeout: 24h0m0s}
healthzBindAddress: ""
hostnameOverride: node-a
iptables: {masqueradeAll: true, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s}
nftables: {minSyncPeriod: 1s}
metricsBindAddress: 127.0.0.1:10249
mode: nftables
nodePortAddresses: null
`;

test('a file as kubeadm writes it', () => {
  expect(parseKubeProxyConfig('/etc/kube-proxy.yaml', kubeadm)).toEqual({
    settings: {
      nodeName: 'node-a',
      kubernetes: { kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf' },
      metrics: { host: '127.0.0.1', port: 10249 },
      minSyncMs: 1000,
      timeouts: { tcpEstablished: 86_400_000, tcpClosing: 90_000 },
      services: { nodePortAddresses: ['primary'], clusterCIDRs: ['10.244.0.0/16'] },
    },
    ignored: ['bindAddress', 'iptables.masqueradeAll', 'mode'],
  });
});

test.each([
  ["iptables, kube-proxy's default", '', { nodePortAddresses: ['all'] }],
  ['masquerading', 'iptables: {masqueradeAll: true}', { nodePortAddresses: ['all'], masqueradeAll: true }],
  ['the section of the mode', 'mode: nftables\niptables: {masqueradeAll: true}', { nodePortAddresses: ['primary'] }],
  ['addresses', 'nodePortAddresses: [10.0.0.0/8, localhost]', { nodePortAddresses: ['10.0.0.0/8'] }],
  ['local pods', 'detectLocalMode: NodeCIDR\nclusterCIDR: 10.0.0.0/8', { nodePortAddresses: ['all'], clusterCIDRs: 'podCIDR' }],
  [
    'both families',
    'clusterCIDR: "10.0.0.0/8, fd00::/8"',
    { nodePortAddresses: ['all'], clusterCIDRs: ['10.0.0.0/8', 'fd00::/8'] },
  ],
])('services: %s', (_, text, services) =>
  expect(parseKubeProxyConfig('f.yaml', `${head}${text}\n`).settings.services).toEqual(services),
);

test('services: node.yaml comes first, field by field', () => {
  const { settings } = parseKubeProxyConfig('/etc/kube-proxy.yaml', kubeadm);
  const text = 'ports: []\nservices: {nodePortAddresses: [all, 10.1.2.3/8], serviceCIDRs: [10.96.0.0/12], rejectWith: reset}\n';
  expect(parseNodeConfig('/etc/node.yaml', text, settings).services).toEqual({
    nodePortAddresses: ['all', '10.0.0.0/8'],
    clusterCIDRs: ['10.244.0.0/16'],
    serviceCIDRs: ['10.96.0.0/12'],
    rejectWith: 'reset',
  });
});

test('node.yaml comes first', () => {
  const { settings } = parseKubeProxyConfig('/etc/kube-proxy.yaml', kubeadm);
  const merged = parseNodeConfig('/etc/node.yaml', 'ports: []\nflows: {timeouts: {tcpClosing: 5s}}\n', settings);
  expect(merged).toMatchObject({
    nodeName: 'node-a',
    kubernetes: { kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf' },
    metrics: { port: 10249 },
    timeouts: { tcpClosing: 5000, tcpEstablished: 86_400_000 },
  });
  const own = 'node: {name: b}\nports: []\nmanifests: ./m\nmetrics: {address: "[::1]:9000"}\n';
  expect(parseNodeConfig('/etc/node.yaml', own, settings)).toMatchObject({
    nodeName: 'b',
    manifests: '/etc/m',
    kubernetes: undefined,
    metrics: { host: '::1', port: 9000 },
  });
});

test.each([
  ['kind: Pod\n', /apiVersion: expected 'kubeproxy.config.k8s.io\/v1alpha1', found ''/],
  [`${head}healthzBindAddress: nowhere\n`, /healthzBindAddress: expected an address such as '0.0.0.0:10256', found 'nowhere'/],
  [`${head}conntrack: {udpStreamTimeout: soon}\n`, /conntrack.udpStreamTimeout: expected a duration .*, found 'soon'/],
  [`${head}nodePortAddresses: [here]\n`, /nodePortAddresses: expected a prefix, 'primary', 'all' or 'localhost', found 'here'/],
  [`${head}detectLocalMode: Magic\n`, /detectLocalMode: expected one of .*, found 'Magic'/],
  [`${head}clusterCIDR: 10.0.0.0/99\n`, /clusterCIDR: expected prefixes .*, found '10.0.0.0\/99'/],
  [`${head}hostnameOverride: [a]\n`, /hostnameOverride: expected a string, found 'a'/],
])('%s', (text, message) => expect(() => parseKubeProxyConfig('f.yaml', text)).toThrow(message));

test.each([
  ['kubernetes: {}', /kubernetes: expected either 'kubeconfig' with a file or 'inCluster: true'/],
  ['kubernetes: {inCluster: true}\nmanifests: .', /objects come from 'manifests' already/],
  ['health: {address: x}', /health.address: expected an address such as '0.0.0.0:10256', found 'x'/],
  [
    'services: {nodePortAddresses: [localhost]}',
    /nodePortAddresses\[0\]: expected a prefix, 'primary' or 'all', found 'localhost'/,
  ],
  ['services: {masqueradeAddresses: [10.0.0.1, 10.0.0.2]}', /expected at most one address of each family/],
  ['services: {clusterCIDRs: pods}', /clusterCIDRs: expected one of 'podCIDR', found 'pods'/],
  ['services: {serviceCIDRs: [10.0.0.0/40]}', /serviceCIDRs\[0\]: expected a prefix such as '10.96.0.0\/12'/],
  ['services: {rejectWith: drop}', /rejectWith: expected one of 'icmp', 'reset', found 'drop'/],
  ['metrics: {}', /metrics.address: is missing/],
])('node.yaml: %s', (text, message) =>
  expect(() => parseNodeConfig('n.yaml', `node: {name: a}\nports: []\n${text}\n`)).toThrow(message),
);
