/**
 * What the IPU Manager knows about the cluster: plain data, whatever it came from (manifests, API server, CNI).
 *
 * Whoever makes a model has checked it: addresses are IPv4 in dotted decimal, prefixes are `address/length` with no bit set behind the length, MAC
 * addresses are lower case with colons, names are unique. Names of fields are Kubernetes' where Kubernetes has one.
 */

export interface Model {
  readonly node: Node;
  readonly ports: readonly Port[];
  readonly namespaces: readonly Namespace[];
  /** Pods with an address of their own, on this node and elsewhere; none that uses its node's network. */
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
  readonly policies: readonly NetworkPolicy[];
  readonly remoteNodes: readonly RemoteNode[];
  readonly routes: readonly Route[];
  /** Known for certain; what ARP teaches comes on top. */
  readonly neighbours: readonly Neighbour[];
}

export type Labels = Readonly<Record<string, string>>;

export interface Node {
  readonly name: string;
  /** The node's own addresses: they always reach the node's pods, and lie behind its host port if it has one. */
  readonly addresses: readonly string[];
  /** What pods have as their gateway. */
  readonly gateway: { readonly addresses: readonly string[]; readonly mac: string };
  /** Where the addresses of this node's pods come from. */
  readonly podCIDRs: readonly string[];
  readonly tunnel?: Tunnel;
}

/** Our end of the VXLAN tunnels. */
export interface Tunnel {
  /** Outer address. */
  readonly address: string;
  /** Inner MAC address that other nodes send to. */
  readonly mac: string;
  readonly vni: number;
  /** Net port that the tunnels leave through. */
  readonly port: number;
}

export interface Port {
  /** In the P4 program. */
  readonly number: number;
  readonly kind: 'net' | 'host' | 'pod';
  /** Our MAC address on it. */
  readonly mac: string;
  /** Our address on it, which ARP requests come from. */
  readonly address?: string;
  /** 802.1Q tag of what leaves through it. */
  readonly vlan?: number;
}

export interface Namespace {
  readonly name: string;
  readonly labels: Labels;
}

export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly address: string;
  /** Port that it lives behind, of pods on this node. */
  readonly port?: number;
  readonly mac?: string;
  readonly containerPorts: readonly ContainerPort[];
}

export interface ContainerPort {
  readonly name?: string;
  readonly protocol: Protocol;
  readonly port: number;
}

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

export interface Service {
  readonly namespace: string;
  readonly name: string;
  readonly clusterIPs: readonly string[];
  readonly ports: readonly ServicePort[];
  readonly internalTrafficPolicy: 'Cluster' | 'Local';
}

export interface ServicePort {
  /** '' if there is only one. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
}

export interface EndpointSlice {
  readonly namespace: string;
  readonly service: string;
  readonly ports: readonly ServicePort[];
  readonly endpoints: readonly Endpoint[];
}

export interface Endpoint {
  readonly addresses: readonly string[];
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly nodeName?: string;
}

export interface NetworkPolicy {
  readonly namespace: string;
  readonly name: string;
  readonly podSelector: LabelSelector;
  /** Present if the policy is about this direction; an empty list allows nothing. */
  readonly ingress?: readonly PolicyRule[];
  readonly egress?: readonly PolicyRule[];
}

export interface PolicyRule {
  /** Any of them; none given: everybody. */
  readonly peers: readonly PolicyPeer[];
  /** Any of them; none given: all ports and protocols. */
  readonly ports: readonly PolicyPort[];
}

export type PolicyPeer =
  /** Without namespaceSelector: pods of the policy's namespace. Without podSelector: all pods. */
  | { readonly kind: 'pods'; readonly namespaceSelector?: LabelSelector; readonly podSelector?: LabelSelector }
  /** A prefix of another family than IPv4 matches nothing. */
  | { readonly kind: 'block'; readonly cidr: string; readonly except: readonly string[] };

export interface PolicyPort {
  readonly protocol: Protocol;
  /** A number, the name of a container port of the destination pod, or every port. */
  readonly port?: number | string;
  /** Last port of a range. */
  readonly endPort?: number;
}

/** All requirements hold; none: everything is selected. */
export type LabelSelector = readonly LabelRequirement[];

export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

export interface RemoteNode {
  readonly name: string;
  readonly podCIDRs: readonly string[];
  /** Outer address of its tunnel end point. */
  readonly vtepAddress: string;
  /** Inner MAC address. */
  readonly vtepMac: string;
  readonly vni: number;
}

export interface Route {
  readonly destination: string;
  readonly port: number;
  /** Next hop; without it the destination itself is on the port's link. */
  readonly via?: string;
}

export interface Neighbour {
  readonly address: string;
  readonly mac: string;
  readonly port: number;
}

/** IP protocol numbers. */
export const protocolNumbers: Readonly<Record<Protocol, number>> = { TCP: 6, UDP: 17, SCTP: 132 };

/** Whether labels fulfil a selector (apimachinery's labels.Selector: NotIn and DoesNotExist also hold for a missing key). */
export function selects(selector: LabelSelector, labels: Labels): boolean {
  return selector.every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      default:
        return assertNever(operator);
    }
  });
}

function assertNever(value: never): never {
  throw new Error(`not reached: ${String(value)}`);
}
