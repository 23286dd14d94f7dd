/** A model as the Kubernetes objects and node settings that it could come from: what tests say in the manager's words goes through the sources' readers. */
import type { NodeSettings } from '../../src/kubernetes/index.ts';
import type {
  ClusterNetworkPolicy,
  ClusterRule,
  Endpoint,
  EndpointSlice,
  LabelSelector,
  Model,
  NetworkPolicy,
  Pod,
  PolicyPeer,
  PolicyPort,
  RemoteNode,
  Service,
} from '../../src/manager/index.ts';
import type { Stored } from './api-double.ts';

export type StoredObject = Stored & { readonly kind: string; readonly apiVersion: string };

const elsewhere = 'node-b';

export function toObjects(model: Model): StoredObject[] {
  const weights = weightsByAddress(model);
  return [
    ...model.namespaces.map(({ name, labels }) => object('v1', 'Namespace', { name, labels })),
    ...model.pods.map((pod) => toPod(pod, model.node.name, weights)),
    ...model.services.map(toService),
    ...model.endpointSlices.map((slice, i) => toSlice(slice, i, model.pods)),
    ...model.policies.map(toPolicy),
    ...(model.clusterPolicies ?? []).map(toClusterPolicy),
    ...model.remoteNodes.map(toNode),
  ];
}

/** What node.yaml would say. Neighbours are for the node to learn, but for those that its host port is given. */
export function toSettings({ node, ports, pods, routes, neighbours }: Model): NodeSettings {
  const { tunnel, nodePortAddresses, masqueradeAddresses, masqueradeAll, serviceCIDRs, clusterCIDRs, rejectWith, zone } = node;
  return {
    nodeName: node.name,
    nodeAddresses: node.addresses,
    ...(tunnel && { vtep: { address: tunnel.address, mac: tunnel.mac } }),
    gateway: node.gateway,
    vxlan: { vni: tunnel?.vni ?? 1 },
    podCIDRs: node.podCIDRs,
    uplinkGateways: routes.flatMap(({ via }) => via ?? []),
    ports: ports.map(({ number, kind, mac, mtu }) => {
      const pod = pods.find(({ port }) => port === number);
      const host = kind === 'host' ? neighbours.find(({ port }) => port === number)?.mac : undefined;
      return {
        number,
        interface: `port${number}`,
        kind,
        ...(kind === 'net' && { hardwareAddress: mac }),
        ...(pod && { pod: `${pod.namespace}/${pod.name}`, mac: pod.mac }),
        ...(host !== undefined && { mac: host }),
        ...(mtu !== undefined && { mtu }),
      };
    }),
    ...(zone !== undefined && { zone }),
    services: {
      ...(nodePortAddresses && { nodePortAddresses }),
      ...(masqueradeAddresses && { masqueradeAddresses }),
      ...(masqueradeAll && { masqueradeAll }),
      ...(serviceCIDRs && { serviceCIDRs }),
      ...(clusterCIDRs && { clusterCIDRs }),
      ...(rejectWith && { rejectWith }),
    },
  };
}

function object(apiVersion: string, kind: string, metadata: Stored['metadata'], more: object = {}): StoredObject {
  return { apiVersion, kind, metadata, ...more };
}

/** Endpoints have the weights of their pods. */
function weightsByAddress({ endpointSlices }: Model): ReadonlyMap<string, number> {
  const endpoints = endpointSlices.flatMap((slice) => slice.endpoints);
  return new Map(endpoints.flatMap(({ addresses, weight }) => (weight === undefined ? [] : [[addresses[0]!, weight]])));
}

function toPod(pod: Pod, here: string, weights: ReadonlyMap<string, number>): StoredObject {
  const { namespace, name, labels, addresses, port, containerPorts, bandwidth } = pod;
  const weight = addresses.map((address) => weights.get(address)).find((w) => w !== undefined);
  const annotations = {
    ...(weight !== undefined && { 'softipu.io/weight': String(weight) }),
    ...(bandwidth?.ingress && { 'kubernetes.io/ingress-bandwidth': String(bandwidth.ingress.bitsPerSecond) }),
    ...(bandwidth?.egress && { 'kubernetes.io/egress-bandwidth': String(bandwidth.egress.bitsPerSecond) }),
  };
  return object(
    'v1',
    'Pod',
    { namespace, name, labels, annotations },
    {
      spec: {
        nodeName: port === undefined ? elsewhere : here,
        containers: [
          { name: 'c', ports: containerPorts.map(({ port: containerPort, ...rest }) => ({ containerPort, ...rest })) },
        ],
      },
      status: { phase: 'Running', podIP: addresses[0], podIPs: addresses.map((ip) => ({ ip })) },
    },
  );
}

function toService(service: Service): StoredObject {
  const { namespace, name, proxyName, type = 'ClusterIP', clusterIPs, ports, maglevSize, sessionAffinitySeconds } = service;
  return object(
    'v1',
    'Service',
    {
      namespace,
      name,
      ...(proxyName !== undefined && { labels: { 'service.kubernetes.io/service-proxy-name': proxyName } }),
      ...(maglevSize !== undefined && { annotations: { 'softipu.io/maglev-size': String(maglevSize) } }),
    },
    {
      spec: {
        // A service with node ports is of a type that has them
        type: type === 'ClusterIP' && ports.some(({ nodePort }) => nodePort) ? 'NodePort' : type,
        clusterIP: clusterIPs[0],
        clusterIPs,
        ports: ports.map(({ name: portName, ...rest }) => ({ ...(portName !== '' && { name: portName }), ...rest })),
        ...(service.externalIPs && { externalIPs: service.externalIPs }),
        internalTrafficPolicy: service.internalTrafficPolicy,
        ...(service.externalTrafficPolicy && { externalTrafficPolicy: service.externalTrafficPolicy }),
        ...(service.loadBalancerSourceRanges && { loadBalancerSourceRanges: service.loadBalancerSourceRanges }),
        ...(service.healthCheckNodePort && { healthCheckNodePort: service.healthCheckNodePort }),
        ...(service.trafficDistribution && { trafficDistribution: service.trafficDistribution }),
        ...(service.publishNotReadyAddresses && { publishNotReadyAddresses: true }),
        ...(sessionAffinitySeconds !== undefined && {
          sessionAffinity: 'ClientIP',
          sessionAffinityConfig: { clientIP: { timeoutSeconds: sessionAffinitySeconds } },
        }),
      },
      status: { loadBalancer: { ingress: (service.loadBalancerIPs ?? []).map((ip) => ({ ip })) } },
    },
  );
}

function toSlice(slice: EndpointSlice, number: number, pods: readonly Pod[]): StoredObject {
  const { namespace, service, addressType = 'IPv4', ports, endpoints } = slice;
  return object(
    'discovery.k8s.io/v1',
    'EndpointSlice',
    { namespace, name: `${service}-${number}`, labels: { 'kubernetes.io/service-name': service } },
    { addressType, ports, endpoints: endpoints.map((endpoint) => toEndpoint(endpoint, pods)) },
  );
}

function toEndpoint({ addresses, ready, serving, terminating, nodeName, zone, hints }: Endpoint, pods: readonly Pod[]): object {
  const pod = pods.find((each) => each.addresses.includes(addresses[0]!));
  const names = (list: readonly string[]): object[] => list.map((name) => ({ name }));
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(nodeName !== undefined && { nodeName }),
    ...(zone !== undefined && { zone }),
    ...(hints && { hints: { forZones: names(hints.zones), forNodes: names(hints.nodes) } }),
    ...(pod && { targetRef: { kind: 'Pod', namespace: pod.namespace, name: pod.name } }),
  };
}

/** By flannel's annotations. */
function toNode({ name, podCIDRs, vtepAddress, vtepMac, vni }: RemoteNode): StoredObject {
  return object(
    'v1',
    'Node',
    {
      name,
      annotations: {
        'flannel.alpha.coreos.com/backend-type': 'vxlan',
        'flannel.alpha.coreos.com/backend-data': JSON.stringify({ VNI: vni, VtepMAC: vtepMac }),
      },
    },
    {
      spec: { podCIDR: podCIDRs[0], podCIDRs },
      status: { addresses: [{ type: 'InternalIP', address: vtepAddress }] },
    },
  );
}

const selector = (requirements: LabelSelector): object => ({
  matchExpressions: requirements.map(({ key, operator, values }) => ({ key, operator, ...(values.length > 0 && { values }) })),
});

function toPolicy({ namespace, name, podSelector, ingress, egress }: NetworkPolicy): StoredObject {
  const rules = (side: 'from' | 'to', list: NetworkPolicy['ingress']): object[] =>
    (list ?? []).map(({ peers, ports }) => ({
      ...(peers.length > 0 && { [side]: peers.map(toPeer) }),
      ...(ports.length > 0 && { ports }),
    }));
  return object(
    'networking.k8s.io/v1',
    'NetworkPolicy',
    { namespace, name },
    {
      spec: {
        podSelector: selector(podSelector),
        policyTypes: [...(ingress ? ['Ingress'] : []), ...(egress ? ['Egress'] : [])],
        ...(ingress && { ingress: rules('from', ingress) }),
        ...(egress && { egress: rules('to', egress) }),
      },
    },
  );
}

function toPeer(peer: PolicyPeer): object {
  if (peer.kind === 'block') return { ipBlock: { cidr: peer.cidr, except: peer.except } };
  return {
    ...(peer.namespaceSelector && { namespaceSelector: selector(peer.namespaceSelector) }),
    ...(peer.podSelector && { podSelector: selector(peer.podSelector) }),
  };
}

function toClusterPolicy({ name, tier, priority, subject, ingress, egress }: ClusterNetworkPolicy): StoredObject {
  return object(
    'policy.networking.k8s.io/v1alpha2',
    'ClusterNetworkPolicy',
    { name },
    {
      spec: {
        tier,
        priority,
        subject: toPods(subject),
        ingress: ingress.map((rule) => toClusterRule(rule, 'from')),
        egress: egress.map((rule) => toClusterRule(rule, 'to')),
      },
    },
  );
}

function toPods({ namespaceSelector, podSelector }: ClusterNetworkPolicy['subject']): object {
  if (podSelector.length === 0) return { namespaces: selector(namespaceSelector) };
  return { pods: { namespaceSelector: selector(namespaceSelector), podSelector: selector(podSelector) } };
}

function toClusterRule({ action, peers, ports }: ClusterRule, side: 'from' | 'to'): object {
  return {
    action,
    // Everybody is nobody's peer; a Deny rule with a peer that this version does not know is for everybody
    [side]: peers.length === 0 ? [{}] : peers.map(toClusterPeer),
    ...(ports.length > 0 && { protocols: ports.map(toClusterPort) }),
  };
}

function toClusterPeer(peer: PolicyPeer): object {
  if (peer.kind === 'block') return { networks: [peer.cidr] };
  return toPods({ namespaceSelector: peer.namespaceSelector ?? [], podSelector: peer.podSelector ?? [] });
}

function toClusterPort({ protocol, port, endPort }: PolicyPort): object {
  if (typeof port === 'string') return { destinationNamedPort: port };
  const destinationPort = endPort === undefined ? { number: port } : { range: { start: port, end: endPort } };
  return { [(protocol ?? 'TCP').toLowerCase()]: port === undefined ? {} : { destinationPort } };
}
