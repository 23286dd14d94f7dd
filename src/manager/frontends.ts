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
function answeringPorts(model: Pick<Model, 'services' | 'node'>, family: Family): AnsweringPort[] {
  const claims = new FrontendClaims();
  const nodeAddresses = nodePortAddresses(model);
  const all = model.services.flatMap((service) => claimantsOf(service, family, nodeAddresses));
  for (const claimant of all) claims.add(claimant, new Set());
  return all.map((claimant) => claims.granted(claimant)).filter(({ frontends }) => frontends.length > 0);
}

/** One port of a service in one family, and where it would like to answer. */
export interface Claimant {
  readonly key: string;
  readonly family: Family;
  readonly name: string;
  readonly service: Service;
  readonly port: ServicePort;
  readonly wanted: readonly Frontend[];
}

interface Claim {
  readonly claimant: Claimant;
  readonly frontend: Frontend;
}

/** Those ports of a service that want to answer in this family. */
export function claimantsOf(service: Service, family: Family, nodeAddresses: readonly string[]): Claimant[] {
  const claimants: Claimant[] = [];
  for (const port of service.ports) {
    const wanted = frontendsOf(service, port, nodeAddresses).filter(({ address }) => familyOf(address) === family);
    if (wanted.length === 0) continue;
    const name = `${service.namespace}/${service.name}:${port.name}/${port.protocol}`;
    claimants.push({ key: `${name} IPv${family}`, family, name, service, port, wanted });
  }
  return claimants;
}

/** Who answers where, over time: of those that want the same address and port, the first by kind, namespace and name. */
export class FrontendClaims {
  /** The first one is granted. */
  readonly #claims = new Map<string, Claim[]>();

  /** `changed`: gets those for whom something is different. O(frontends). */
  add(claimant: Claimant, changed: Set<Claimant>): void {
    changed.add(claimant);
    for (const frontend of claimant.wanted) {
      const key = keyOf(frontend);
      const claims = this.#claims.get(key);
      if (!claims) {
        this.#claims.set(key, [{ claimant, frontend }]);
        continue;
      }
      const first = claims[0]!.claimant;
      claims.push({ claimant, frontend });
      claims.sort(byOrder);
      if (claims[0]!.claimant !== first) changed.add(first);
    }
  }

  remove(claimant: Claimant, changed: Set<Claimant>): void {
    for (const frontend of claimant.wanted) {
      const key = keyOf(frontend);
      const claims = this.#claims.get(key)!.filter((claim) => claim.frontend !== frontend);
      if (claims.length === 0) this.#claims.delete(key);
      else {
        this.#claims.set(key, claims);
        changed.add(claims[0]!.claimant);
      }
    }
    changed.delete(claimant);
  }

  /** The port with the frontends that it has. */
  granted({ name, service, port, wanted }: Claimant): AnsweringPort {
    const frontends = wanted.filter((frontend) => this.#claims.get(keyOf(frontend))?.[0]?.frontend === frontend);
    return { name, service, port, frontends };
  }
}

function keyOf({ address, port, protocol }: Frontend): string {
  return `${address} ${port} ${protocol}`;
}

/** Sorting keeps those of one service in their order. */
function byOrder({ frontend: a }: Claim, { frontend: b }: Claim): number {
  const kinds = Number(b.kind === 'cluster') - Number(a.kind === 'cluster');
  const [nameA, nameB] = [a, b].map(({ service }) => `${service.namespace}/${service.name}`) as [string, string];
  return kinds || (nameA < nameB ? -1 : nameA > nameB ? 1 : 0);
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
