/** Small models to start tests from. Node 10.1.0.0/24 with pods behind ports 11, 12, ...; the network behind port 1. */
import type { EndpointSlice, LabelSelector, Model, Pod, Port, Service } from '../../src/manager/index.ts';

export const gatewayMac = '02:00:00:00:00:01';

export const netPort: Port = { number: 1, kind: 'net', mac: '02:00:00:00:aa:01', addresses: ['192.168.50.1'] };

export function podPort(number: number): Port {
  return { number, kind: 'pod', mac: gatewayMac, addresses: ['169.254.1.1'] };
}

export const emptyModel: Model = {
  node: {
    name: 'node-a',
    addresses: ['192.168.50.1'],
    gateway: { addresses: ['169.254.1.1'], mac: gatewayMac },
    podCIDRs: ['10.1.0.0/24'],
    tunnel: { address: '192.168.50.1', mac: '02:00:00:00:50:01', vni: 4096, port: 1 },
  },
  ports: [netPort, ...[11, 12, 13, 14, 15, 16, 17, 18, 19].map(podPort)],
  namespaces: [
    { name: 'default', labels: { 'kubernetes.io/metadata.name': 'default' } },
    { name: 'other', labels: { 'kubernetes.io/metadata.name': 'other', team: 'blue' } },
  ],
  pods: [],
  services: [],
  endpointSlices: [],
  policies: [],
  remoteNodes: [],
  routes: [],
  neighbours: [],
};

/** Pod `default/<name>` with address 10.1.0.<host>, behind port 10 + host. */
export function localPod(name: string, host: number, labels: Record<string, string> = {}, more: Partial<Pod> = {}): Pod {
  return {
    namespace: 'default',
    name,
    labels,
    addresses: [`10.1.0.${host}`],
    port: 10 + host,
    mac: `02:00:00:00:01:${host.toString(16).padStart(2, '0')}`,
    containerPorts: [],
    ...more,
  };
}

export function remotePod(name: string, address: string, labels: Record<string, string> = {}, namespace = 'default'): Pod {
  return { namespace, name, labels, addresses: [address], containerPorts: [] };
}

export function service(name: string, clusterIP: string, port = 80, more: Partial<Service> = {}): Service {
  return {
    namespace: 'default',
    name,
    clusterIPs: [clusterIP],
    ports: [{ name: '', protocol: 'TCP', port }],
    internalTrafficPolicy: 'Cluster',
    ...more,
  };
}

/** Ready endpoints of a service at one port. */
export function slice(serviceName: string, addresses: readonly string[], port = 8080): EndpointSlice {
  return {
    namespace: 'default',
    service: serviceName,
    ports: [{ name: '', protocol: 'TCP', port }],
    endpoints: addresses.map((address) => ({ addresses: [address], ready: true, serving: true, terminating: false })),
  };
}

export function labels(requirements: Readonly<Record<string, string>>): LabelSelector {
  return Object.entries(requirements).map(([key, value]) => ({ key, operator: 'In', values: [value] }));
}
