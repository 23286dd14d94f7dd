/** Kubernetes objects as far as a node's data plane is concerned, checked. Services, slices, policies and namespaces already have the model's form. */
import type {
  Bandwidth,
  ClusterNetworkPolicy,
  ContainerPort,
  EndpointSlice,
  Labels,
  Namespace,
  NetworkPolicy,
  Service,
} from '../manager/index.ts';

export type KubernetesObject = Place & ObjectContent;

/** `content` is absent if the object is valid and none of our business (a headless service). */
export type ObjectContent =
  | { readonly kind: 'Service'; readonly content?: Service }
  | { readonly kind: 'EndpointSlice'; readonly content?: EndpointSlice }
  | { readonly kind: 'NetworkPolicy'; readonly content?: NetworkPolicy }
  | { readonly kind: 'ClusterNetworkPolicy'; readonly content?: ClusterNetworkPolicy }
  | { readonly kind: 'Namespace'; readonly content?: Namespace }
  | { readonly kind: 'Pod'; readonly content?: PodObject }
  | { readonly kind: 'Node'; readonly content?: NodeObject }
  | { readonly kind: 'ServiceCIDR'; readonly content?: ServiceCIDRObject };

export interface Place {
  /** '' for what lives in no namespace. */
  readonly namespace: string;
  readonly name: string;
  readonly file: string;
  /** 0 for what comes from no file. */
  readonly line: number;
  /** When the change was made that this state is the answer to (annotation endpoints.kubernetes.io/last-change-trigger-time), milliseconds since 1970. */
  readonly triggeredMs?: number;
}

export interface PodObject {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly nodeName?: string;
  readonly hostNetwork: boolean;
  /** Succeeded or Failed: its address may be another pod's by now. */
  readonly isOver: boolean;
  /** Of both families, the primary one first; none until it has some. */
  readonly addresses: readonly string[];
  readonly containerPorts: readonly ContainerPort[];
  /** Share of new flows of the services that it is an endpoint of; default: what their slices say. */
  readonly weight?: number;
  /** Annotation `softipu.io/interface`: what kind of interface it asks for. */
  readonly interface?: string;
  readonly bandwidth?: Omit<Bandwidth, 'number'>;
}

/** What annotations say of a tunnel's end point. */
export interface Vtep {
  readonly address?: string;
  readonly mac?: string;
  readonly vni?: number;
}

export interface NodeObject {
  readonly name: string;
  /** The primary address of each family first. */
  readonly internalIPs: readonly string[];
  readonly podCIDRs: readonly string[];
  /** What annotations say about its tunnel end point. */
  readonly vtep: Vtep;
  /** Of a tunnel over IPv6, if the annotations say more of it. */
  readonly vtepIpv6?: Vtep;
  /** It is being deleted, or the autoscaler is about to: load balancers shall look elsewhere. */
  readonly isLeaving?: boolean;
  readonly zone?: string;
}

export interface ServiceCIDRObject {
  readonly cidrs: readonly string[];
}

/** What identifies an object among all: `Service default/web`. */
export function objectKey({ kind, namespace, name }: KubernetesObject): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}
