/**
 * Frontends: the addresses and ports that services answer at. A port of a service has one for each cluster IP, for each external and load balancer address
 * and, with a node port, for each address that node ports are open at. Where two services want the same one the first counts, cluster IPs before the rest.
 */
import { eligibleEndpoints, type Target } from './endpoints.ts';
import type { Model, Protocol, Service, ServicePort } from './model.ts';
import { type Family, familyOf, oneOfEachFamily } from './prefixes.ts';

export type FrontendKind = 'cluster' | 'external' | 'loadBalancer' | 'node';

export interface Frontend {
  readonly kind: FrontendKind;
  readonly address: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly service: Service;
  readonly servicePort: ServicePort;
}

/** One port of a service in one address family: where it answers. */
export interface AnsweringPort {
  /** `default/web:http/TCP`. */
  readonly name: string;
  readonly service: Service;
  readonly port: ServicePort;
  readonly frontends: readonly Frontend[];
}

/** And the endpoints behind it. */
export interface BalancedPort extends AnsweringPort {
  /** Endpoints for the traffic policies Cluster and Local. */
  readonly cluster: readonly Target[];
  readonly local: readonly Target[];
  readonly hasAny: boolean;
}

/** Addresses of this node at which node ports are open. Never loopback. */
export function nodePortAddresses({ node }: Pick<Model, 'node'>): string[] {
  const given = node.nodePortAddresses ?? oneOfEachFamily(node.addresses);
  return given.filter((address) => !address.startsWith('127.') && address !== '::1');
}

/** The node's address of a family that masqueraded packets have as their source. */
export function masqueradeAddress({ node }: Model, family: Family): string | undefined {
  return (node.masqueradeAddresses ?? node.addresses).find((address) => familyOf(address) === family);
}

/** All ports of all services that have a frontend in this family. O(services + endpoints). */
export function balancedPorts(model: Model, family: Family): BalancedPort[] {
  return answeringPorts(model, family).map((port) => ({ ...port, ...eligibleEndpoints(model, port.service, port.port, family) }));
}

/** The same without a look at endpoints. O(services). */
export function answeringPorts(model: Pick<Model, 'services' | 'node'>, family: Family): AnsweringPort[] {
  const taken = new Set<string>();
  const all = model.services.flatMap((service) => service.ports.map((port) => ({ service, port, frontends: [] as Frontend[] })));
  const nodeAddresses = nodePortAddresses(model);
  for (const isCluster of [true, false]) {
    for (const { service, port, frontends } of all) {
      for (const frontend of frontendsOf(service, port, nodeAddresses)) {
        const key = `${frontend.address} ${frontend.port} ${frontend.protocol}`;
        if ((frontend.kind === 'cluster') !== isCluster || familyOf(frontend.address) !== family || taken.has(key)) continue;
        taken.add(key);
        frontends.push(frontend);
      }
    }
  }
  return all
    .filter(({ frontends }) => frontends.length > 0)
    .map(({ service, port, frontends }) => ({
      name: `${service.namespace}/${service.name}:${port.name}/${port.protocol}`,
      service,
      port,
      frontends,
    }));
}

/** Where one port of a service answers, in both families. */
export function frontendsOf(service: Service, servicePort: ServicePort, nodeAddresses: readonly string[]): Frontend[] {
  const { protocol, port, nodePort } = servicePort;
  const at = (kind: FrontendKind, addresses: readonly string[] | undefined, number = port): Frontend[] =>
    (addresses ?? []).map((address) => ({ kind, address, port: number, protocol, service, servicePort }));
  return [
    ...at('cluster', service.clusterIPs),
    ...at('external', service.externalIPs),
    ...at('loadBalancer', service.loadBalancerIPs),
    ...(nodePort ? at('node', nodeAddresses, nodePort) : []),
  ];
}
