/**
 * What the IPU Manager knows about the cluster: plain data, whatever it came from (manifests, API server, CNI).
 *
 * Whoever makes a model has checked it: addresses are canonical text of either family (RFC 5952), prefixes are `address/length` with no bit set behind the
 * length, MAC addresses are lower case with colons, names are unique. Names of fields are Kubernetes' where Kubernetes has one.
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
  readonly clusterPolicies?: readonly ClusterNetworkPolicy[];
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
  /** Label topology.kubernetes.io/zone. */
  readonly zone?: string;
  /** Where node ports are open; default: the first address of each family. */
  readonly nodePortAddresses?: readonly string[];
  /** What masqueraded packets have as their source, at most one of each family; default: the first address of each. */
  readonly masqueradeAddresses?: readonly string[];
  /** Where cluster IPs come from: an address in them that no service has is nowhere. */
  readonly serviceCIDRs?: readonly string[];
  /** Sources that reach a cluster IP without masquerading; absent: all of them. */
  readonly clusterCIDRs?: readonly string[];
  /** Everything that goes through a service is masqueraded. */
  readonly masqueradeAll?: boolean;
  /** How packets are answered that no endpoint is for; default 'icmp'. 'reset': TCP by RST, the rest by ICMP. */
  readonly rejectWith?: 'icmp' | 'reset';
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
  /** Whatever is behind the port encapsulates: it takes inner frames for the other nodes' inner MAC addresses, such as the kernel's vxlan device does. */
  readonly isDevice?: boolean;
}

export interface Port {
  /** In the P4 program. */
  readonly number: number;
  readonly kind: 'net' | 'host' | 'pod';
  /** Our MAC address on it. */
  readonly mac: string;
  /** Our addresses on it, the first one of each family being the one that ARP requests and neighbour solicitations come from. */
  readonly addresses: readonly string[];
  /** Bytes of the longest IP packet that it takes; default: any. */
  readonly mtu?: number;
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
  /** One per family at most, one at least. */
  readonly addresses: readonly string[];
  /** Port that it lives behind, of pods on this node. */
  readonly port?: number;
  readonly mac?: string;
  /** Other pods live behind the same port: its addresses go with its MAC address. */
  readonly sharesPort?: boolean;
  readonly bandwidth?: Bandwidth;
  readonly containerPorts: readonly ContainerPort[];
}

/** What a pod of this node may send (egress) and receive (ingress), as CNI's bandwidth capability has it. */
export interface Bandwidth {
  /** Of its rate limiters: unique among the node's pods, 1 to 2047. */
  readonly number: number;
  readonly ingress?: Rate;
  readonly egress?: Rate;
}

export interface Rate {
  readonly bitsPerSecond: number;
  readonly burstBits: number;
}

export interface ContainerPort {
  readonly name?: string;
  readonly protocol: Protocol;
  readonly port: number;
}

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** A Service whose cluster IPs are ours to serve: no headless one, no ExternalName, no other proxy's. */
export interface Service {
  readonly namespace: string;
  readonly name: string;
  /** Label service.kubernetes.io/service-proxy-name: who alone serves it. */
  readonly proxyName?: string;
  /** Default 'ClusterIP'. */
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  /** At most one of each family. */
  readonly clusterIPs: readonly string[];
  readonly externalIPs?: readonly string[];
  /** Ingress addresses that this node serves itself: those with ipMode VIP. */
  readonly loadBalancerIPs?: readonly string[];
  /** Who may use `loadBalancerIPs`; absent or empty: everybody. */
  readonly loadBalancerSourceRanges?: readonly string[];
  readonly ports: readonly ServicePort[];
  readonly internalTrafficPolicy: TrafficPolicy;
  /** Of external and load balancer addresses and node ports; default 'Cluster'. */
  readonly externalTrafficPolicy?: TrafficPolicy;
  /** Session affinity by client address; absent: none. */
  readonly sessionAffinitySeconds?: number;
  /** Where load balancers ask whether endpoints are on this node; with type LoadBalancer and externalTrafficPolicy Local only. */
  readonly healthCheckNodePort?: number;
  readonly trafficDistribution?: 'PreferSameZone' | 'PreferSameNode';
  /** Endpoints count before they are ready. */
  readonly publishNotReadyAddresses?: boolean;
  /** Slots of the Maglev tables of its ports; default: chosen by the endpoints. */
  readonly maglevSize?: number;
}

export type TrafficPolicy = 'Cluster' | 'Local';

export interface ServicePort {
  /** '' if there is only one. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** Of the types NodePort and LoadBalancer. */
  readonly nodePort?: number;
}

export interface EndpointSlice {
  readonly namespace: string;
  readonly service: string;
  /** Default 'IPv4'. */
  readonly addressType?: 'IPv4' | 'IPv6';
  /** Those with a number; the name finds the service's port. */
  readonly ports: readonly SlicePort[];
  readonly endpoints: readonly Endpoint[];
  /** Endpoints that nobody watches: whoever has the model asks them, and says which are ready. */
  readonly healthCheck?: HealthCheck;
}

/** How an endpoint is asked whether it works. */
export interface HealthCheck {
  /** A TCP connection that opens; an HTTP status from 200 to 399; an echo reply. */
  readonly type: 'tcp' | 'http' | 'icmp';
  /** Of 'tcp' and 'http'. */
  readonly port?: number;
  /** Of 'http'. */
  readonly path?: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** So many successes in a row bring an endpoint back; so many failures in a row take it out. */
  readonly rise: number;
  readonly fall: number;
}

export interface SlicePort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
}

export interface Endpoint {
  /** Interchangeable: the first one counts. */
  readonly addresses: readonly string[];
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly nodeName?: string;
  readonly zone?: string;
  /** Zones and nodes whose clients shall use it. */
  readonly hints?: { readonly zones: readonly string[]; readonly nodes: readonly string[] };
  /** `namespace/name` of the pod that it is. */
  readonly pod?: string;
  /** Share of new flows against the other endpoints of its service; default 1. 0: none. */
  readonly weight?: number;
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
  | { readonly kind: 'block'; readonly cidr: string; readonly except: readonly string[] };

export interface PolicyPort {
  /** Absent only beside a name: whichever protocol the container port has. */
  readonly protocol?: Protocol;
  /** A number, the name of a container port of the destination pod, or every port. */
  readonly port?: number | string;
  /** Last port of a range. */
  readonly endPort?: number;
}

/** policy.networking.k8s.io/v1alpha2: rules of administrators, before (Admin) or behind (Baseline) those of namespaces. The first rule that matches decides. */
export interface ClusterNetworkPolicy {
  readonly name: string;
  readonly tier: 'Admin' | 'Baseline';
  /** 0 .. 1000 inside its tier, lower ones first; ties by name. */
  readonly priority: number;
  readonly subject: { readonly namespaceSelector: LabelSelector; readonly podSelector: LabelSelector };
  /** None: the direction is not affected. */
  readonly ingress: readonly ClusterRule[];
  readonly egress: readonly ClusterRule[];
  /** What is not done as its author wrote it, one sentence each. */
  readonly notes?: readonly string[];
}

export interface ClusterRule {
  /** Pass: the rest of the tier is not asked. */
  readonly action: 'Accept' | 'Deny' | 'Pass';
  /** Any of them; none given: everybody. Selectors of pods are always those of the whole cluster. */
  readonly peers: readonly PolicyPeer[];
  readonly ports: readonly PolicyPort[];
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
