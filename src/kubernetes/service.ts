/**
 * v1 Service: addresses, ports and policies. What kube-proxy leaves to others is left to others here, too: headless and ExternalName services, those that
 * another proxy serves, and ingress addresses whose load balancer wants to see the packets itself (ipMode Proxy).
 *
 * Without an API server nobody chooses cluster IPs and node ports: a manifest gives them, and `status.loadBalancer.ingress` if it wants such addresses.
 */
import type { Service, ServicePort } from '../manager/index.ts';
import { annotation, wholeNumber } from './annotations.ts';
import type { Field } from './field.ts';
import { type Metadata, readProtocol } from './metadata.ts';

/** Label of services that are nobody's to balance, and of those that one proxy alone serves, by its name. */
const headlessLabel = 'service.kubernetes.io/headless';
const proxyNameLabel = 'service.kubernetes.io/service-proxy-name';

const portFields = ['name', 'protocol', 'port', 'targetPort', 'nodePort', 'appProtocol'];
const trafficPolicies = ['Cluster', 'Local'] as const;
/** k8s.io/api: DefaultClientIPServiceAffinitySeconds and MaxClientIPServiceAffinitySeconds. */
const defaultAffinitySeconds = 10_800;
const maxAffinitySeconds = 86_400;
/** Smallest and largest Maglev table. */
const minSlots = 2;
const maxSlots = 65_537;

/** undefined for a service without cluster IP: headless, ExternalName. */
export function readService(object: Field, { namespace, name, labels }: Metadata): Service | undefined {
  const spec = object.get('spec');
  if (!spec.required()) return undefined;
  const type = spec.get('type').oneOf(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] as const) ?? 'ClusterIP';
  const internalTrafficPolicy = spec.get('internalTrafficPolicy').oneOf(trafficPolicies) ?? 'Cluster';
  const externalTrafficPolicy = spec.get('externalTrafficPolicy').oneOf(trafficPolicies);
  const clusterIPs = clusterAddresses(spec);
  const hasNodePorts = type === 'NodePort' || type === 'LoadBalancer';
  const ports = readPorts(spec.get('ports'), hasNodePorts);
  const externalIPs = unique(
    spec
      .get('externalIPs')
      .items()
      .flatMap((item) => item.address() ?? []),
  );
  const loadBalancerIPs = type === 'LoadBalancer' ? ingressAddresses(object) : [];
  const ranges = unique(
    spec
      .get('loadBalancerSourceRanges')
      .items()
      .flatMap((item) => item.prefix() ?? []),
  );
  const healthCheckNodePort = spec.get('healthCheckNodePort').integer(0, 65_535) || undefined;
  const sessionAffinitySeconds = readAffinity(spec);
  const trafficDistribution = readTrafficDistribution(spec);
  const isEager = spec.get('publishNotReadyAddresses').boolean() ?? false;
  const maglevSize = wholeNumber(annotation(object, 'maglev-size'), minSlots, maxSlots);
  if (type === 'ExternalName' || clusterIPs.includes('None') || headlessLabel in labels) return undefined;
  const address = spec.get('clusterIP');
  if (!address.exists && !spec.get('clusterIPs').exists) {
    address.fail('is missing; without an API server nobody else chooses one');
  }
  spec.get('ports').required();
  if (type === 'NodePort') requireNodePorts(spec.get('ports'));
  const proxyName = labels[proxyNameLabel];
  return {
    ...(proxyName !== undefined && { proxyName }),
    namespace,
    name,
    clusterIPs,
    ports,
    internalTrafficPolicy,
    ...(type !== 'ClusterIP' && { type }),
    ...(externalIPs.length > 0 && { externalIPs }),
    ...(loadBalancerIPs.length > 0 && { loadBalancerIPs }),
    ...(ranges.length > 0 && { loadBalancerSourceRanges: ranges }),
    ...(externalTrafficPolicy === 'Local' && { externalTrafficPolicy }),
    ...(sessionAffinitySeconds !== undefined && { sessionAffinitySeconds }),
    ...(type === 'LoadBalancer' && externalTrafficPolicy === 'Local' && healthCheckNodePort && { healthCheckNodePort }),
    ...(trafficDistribution && { trafficDistribution }),
    ...(isEager && { publishNotReadyAddresses: true }),
    ...(maglevSize !== undefined && { maglevSize }),
  };
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

/** Addresses of the load balancer that are served on the node. */
function ingressAddresses(object: Field): string[] {
  const addresses = object
    .get('status')
    .get('loadBalancer')
    .get('ingress')
    .items()
    .flatMap((item) => {
      const mode = item.get('ipMode').oneOf(['VIP', 'Proxy'] as const) ?? 'VIP';
      const address = item.get('ip').address();
      return mode === 'VIP' && address !== undefined ? [address] : [];
    });
  return unique(addresses);
}

/** Seconds; undefined without affinity. */
function readAffinity(spec: Field): number | undefined {
  const affinity = spec.get('sessionAffinity').oneOf(['None', 'ClientIP'] as const) ?? 'None';
  const timeout = spec.get('sessionAffinityConfig').get('clientIP').get('timeoutSeconds');
  const seconds = timeout.integer(1, maxAffinitySeconds) ?? defaultAffinitySeconds;
  return affinity === 'ClientIP' ? seconds : undefined;
}

/** PreferClose is the former name of PreferSameZone (KEP-3015). */
function readTrafficDistribution(spec: Field): Service['trafficDistribution'] {
  const text = spec.get('trafficDistribution').oneOf(['PreferClose', 'PreferSameZone', 'PreferSameNode'] as const);
  return text === 'PreferClose' ? 'PreferSameZone' : text;
}

function requireNodePorts(list: Field): void {
  for (const item of list.items()) {
    const nodePort = item.get('nodePort');
    if (!nodePort.exists) nodePort.fail('is missing; without an API server nobody else chooses one');
  }
}

function clusterAddresses(spec: Field): string[] {
  const read = (field: Field): string[] => {
    const text = field.string();
    if (text === undefined || text === '') return [];
    return text === 'None' ? [text] : [field.address() ?? []].flat();
  };
  const all = [...read(spec.get('clusterIP')), ...spec.get('clusterIPs').items().flatMap(read)];
  return [...new Set(all)];
}

function readPorts(list: Field, hasNodePorts: boolean): ServicePort[] {
  const items = list.items();
  const result: ServicePort[] = [];
  for (const item of items) {
    item.only(portFields);
    item.get('port').required();
    // 0 is how Go says that there is none.
    const nodePort = item.get('nodePort').integer(0, 65_535) || undefined;
    const port: ServicePort = {
      name: item.get('name').string() ?? '',
      protocol: readProtocol(item.get('protocol')),
      port: item.get('port').port() ?? 0,
      ...(hasNodePorts && nodePort !== undefined && { nodePort }),
    };
    if (items.length > 1 && port.name === '') item.get('name').fail('is missing; ports need names where there are several');
    if (port.name !== '' && result.some((p) => p.name === port.name))
      item.get('name').fail(`'${port.name}' is the name of another port`);
    if (result.some((p) => p.port === port.port && p.protocol === port.protocol && p.port !== 0)) {
      item.get('port').fail(`${port.protocol} port ${port.port} is listed twice`);
    }
    if (port.nodePort !== undefined && result.some((p) => p.nodePort === port.nodePort && p.protocol === port.protocol)) {
      item.get('nodePort').fail(`${port.protocol} node port ${port.nodePort} is listed twice`);
    }
    result.push(port);
  }
  return result;
}
