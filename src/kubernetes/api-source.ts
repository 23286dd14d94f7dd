/**
 * The cluster's objects from its API server: one informer per kind, each object read by the same readers as a manifest, all of them handed on together.
 *
 * Nothing is handed on before every kind was listed: a data plane without its policies, or with services whose endpoints are still to come, would be wrong.
 * Changes that come close together are handed on once; after that there is a pause, so that a storm of events is a few programmings.
 * An object that cannot be read keeps what it last said, and the mistake is told once. A change that says nothing to a data plane (a node's heartbeat) is none.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ApiClient } from './api-client.ts';
import { readApiObject } from './documents.ts';
import { type ApiObject, type InformerOptions, inform } from './informer.ts';
import { ObjectSet } from './object-set.ts';
import type { KubernetesObject } from './objects.ts';
import { printProblem } from './problems.ts';

type Kind = KubernetesObject['kind'];

interface Resource {
  readonly kind: Kind;
  readonly apiVersion: string;
  readonly path: string;
  /** As kube-proxy asks: what belongs to other proxies is not even sent. */
  readonly isOfProxy?: boolean;
  /** A server that does not have the kind has no objects of it. */
  readonly isOptional?: boolean;
}

const resources: readonly Resource[] = [
  { kind: 'Service', apiVersion: 'v1', path: '/api/v1/services', isOfProxy: true },
  { kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1', path: '/apis/discovery.k8s.io/v1/endpointslices', isOfProxy: true },
  { kind: 'Pod', apiVersion: 'v1', path: '/api/v1/pods' },
  { kind: 'Namespace', apiVersion: 'v1', path: '/api/v1/namespaces' },
  { kind: 'Node', apiVersion: 'v1', path: '/api/v1/nodes' },
  { kind: 'NetworkPolicy', apiVersion: 'networking.k8s.io/v1', path: '/apis/networking.k8s.io/v1/networkpolicies' },
  {
    kind: 'ClusterNetworkPolicy',
    apiVersion: 'policy.networking.k8s.io/v1alpha2',
    path: '/apis/policy.networking.k8s.io/v1alpha2/clusternetworkpolicies',
    isOptional: true,
  },
  { kind: 'ServiceCIDR', apiVersion: 'networking.k8s.io/v1', path: '/apis/networking.k8s.io/v1/servicecidrs', isOptional: true },
];

/** kube-proxy's (pkg/proxy: BoundedFrequencyRunner). */
const burst = 2;

export interface ApiSourceOptions {
  readonly client: ApiClient;
  /** All objects, once every kind is known and after changes, which whoever is told may take: it is always the same set. */
  readonly onObjects: (objects: ObjectSet) => void;
  /** A change is known that the next `onObjects` brings. */
  readonly onQueued?: () => void;
  readonly onError: (message: string) => void;
  /** Whose services, by the label service.kubernetes.io/service-proxy-name; default: those without it. */
  readonly proxyName?: string;
  /** How long to wait for more before changes are handed on; default 20. */
  readonly quietMs?: number;
  /** Objects are handed on once in this time on average, and twice in a row after a pause; default 1000, as kube-proxy does it. */
  readonly minSyncMs?: number;
  /** For tests. */
  readonly informer?: Pick<InformerOptions, 'random' | 'sleep' | 'nowMs' | 'pageSize' | 'firstWaitMs' | 'lastWaitMs'>;
}

export interface ApiSource {
  /** Every kind was listed. */
  readonly isComplete: boolean;
  stop(): void;
}

/** Starts watching. */
export function followApi(options: ApiSourceOptions): ApiSource {
  const { client, onObjects, onQueued, onError, quietMs = 20, minSyncMs = 1000, proxyName } = options;
  const proxyLabel = 'service.kubernetes.io/service-proxy-name';
  const ours = `!service.kubernetes.io/headless,${proxyName === undefined ? `!${proxyLabel}` : `${proxyLabel}=${proxyName}`}`;
  const stopped = new AbortController();
  const objects = new ObjectSet();
  const problems = new Map<string, string>();
  const missing = new Set<Kind>(resources.map(({ kind }) => kind));
  let timer: NodeJS.Timeout | undefined;
  /** How many times objects may be handed on at once, as of `atMs`. */
  let allowed = burst;
  let atMs = performance.now();

  const handOn = (): void => {
    timer = undefined;
    allowed--;
    onObjects(objects);
  };
  const waitMs = (): number => {
    const nowMs = performance.now();
    allowed = Math.min(burst, allowed + (nowMs - atMs) / Math.max(minSyncMs, 1));
    atMs = nowMs;
    return Math.max(quietMs, (1 - allowed) * minSyncMs);
  };
  const soon = (): void => {
    onQueued?.();
    if (missing.size > 0 || timer || stopped.signal.aborted) return;
    timer = setTimeout(handOn, waitMs());
  };
  const take = ({ kind, apiVersion }: Resource, key: string, object: ApiObject): void => {
    const name = nameOf(kind, key);
    const read = readApiObject(name, { ...withoutBallast(object), kind, apiVersion });
    const text = read.problems.map(printProblem).join('\n');
    if (text !== '' && text !== problems.get(name)) onError(`this object is not used until it is right:\n${text}`);
    problems.set(name, text);
    if (text === '') problems.delete(name);
    const [first] = read.objects;
    if (text !== '' || !first) return;
    // Nodes and pods report their state all the time, of which nothing is read here.
    const before = objects.get(name);
    if (before && before.triggeredMs === first.triggeredMs && isDeepStrictEqual(before.content, first.content)) return;
    objects.put(first);
    soon();
  };
  for (const resource of resources) {
    void inform(
      {
        ...options.informer,
        client,
        path: resource.path,
        ...(resource.isOfProxy && { query: { labelSelector: ours } }),
        ...(resource.isOptional && { isOptional: true }),
        onObject: (key, object) => take(resource, key, object),
        onGone: (key) => {
          if (objects.delete(nameOf(resource.kind, key))) soon();
        },
        onListed: () => {
          if (missing.delete(resource.kind) && missing.size === 0) soon();
        },
        onError: (message) =>
          onError(
            `API server: ${message}${missing.has(resource.kind) ? `; nothing is programmed before ${resource.kind}s are known` : ''}`,
          ),
      },
      stopped.signal,
    );
  }
  return {
    get isComplete() {
      return missing.size === 0;
    },
    stop: () => {
      stopped.abort();
      clearTimeout(timer);
    },
  };
}

/** As `objectKey` has it, of an informer's key: `Service default/web`, `Node node-a`. */
function nameOf(kind: Kind, key: string): string {
  return `${kind} ${key.startsWith('/') ? key.slice(1) : key}`;
}

/** Large and of no interest here. */
function withoutBallast(object: ApiObject): object {
  return { ...object, metadata: { ...object.metadata, managedFields: undefined } };
}
