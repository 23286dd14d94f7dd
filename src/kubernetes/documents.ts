/** Manifests as text -> objects and problems: YAML or JSON, several documents, lists of objects. Kinds that say nothing to a data plane are skipped. */
import { type Document, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { readClusterNetworkPolicy } from './cluster-network-policy.ts';
import { readEndpointSlice } from './endpoint-slice.ts';
import { distance, Field } from './field.ts';
import { type Metadata, readMetadata } from './metadata.ts';
import { readNetworkPolicy } from './network-policy.ts';
import { readNode } from './node.ts';
import type { KubernetesObject, ObjectContent } from './objects.ts';
import { readNamespace, readPod } from './pod.ts';
import type { Problem } from './problems.ts';
import { readService } from './service.ts';
import { readServiceCIDR } from './service-cidr.ts';

export interface ManifestFile {
  /** As messages shall name it. */
  readonly path: string;
  readonly text: string;
}

export interface ReadManifests {
  readonly objects: readonly KubernetesObject[];
  readonly problems: readonly Problem[];
}

type Kind = KubernetesObject['kind'];

const apiVersions: Readonly<Record<Kind, string>> = {
  Service: 'v1',
  Pod: 'v1',
  Namespace: 'v1',
  Node: 'v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  ClusterNetworkPolicy: 'policy.networking.k8s.io/v1alpha2',
  ServiceCIDR: 'networking.k8s.io/v1',
};

/** Kinds that live in no namespace. */
const clusterWide: readonly Kind[] = ['Node', 'Namespace', 'ClusterNetworkPolicy', 'ServiceCIDR'];

/** Another project's kind of the same name (crd.antrea.io). */
const foreign = /^(?!policy\.networking\.k8s\.io\/).*\//;

/** Of an EndpointSlice: when the pod or service changed that it follows. */
const triggerAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';

/** Every object of a file, and everything that is wrong with it. */
export function readManifest({ path, text }: ManifestFile): ReadManifests {
  const lines = new LineCounter();
  const problems: Problem[] = [];
  const objects: KubernetesObject[] = [];
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  for (const document of Array.isArray(documents) ? documents : []) {
    for (const { pos, message } of document.errors) {
      problems.push({ file: path, line: lines.linePos(pos[0]).line, field: '', message: lowerFirst(message) });
    }
    if (document.errors.length > 0 || document.contents === null) continue;
    const source = { file: path, document: document as Document, lines, problems, reported: new WeakSet<object>() };
    objects.push(...readObject(new Field(source, document.contents as Node)));
  }
  return { objects, problems };
}

/** One object as the API server sends it. `name`: how messages shall call it; they have no line. O(size). */
export function readApiObject(name: string, value: unknown): ReadManifests {
  const problems: Problem[] = [];
  const source = { file: name, problems, reported: new WeakSet<object>() };
  return { objects: readObject(new Field(source, value)), problems };
}

/** `list`: kind of the list that the object is an item of. */
function readObject(object: Field, list?: string): KubernetesObject[] {
  if (!object.exists) return [];
  const fields = object.entries();
  if (fields.length === 0) return [];
  const kindField = object.get('kind');
  const kind = kindField.string() ?? (list === 'List' ? undefined : list?.slice(0, -'List'.length));
  if (kind === undefined) {
    kindField.required();
    return [];
  }
  if (kind.endsWith('List') && object.get('items').exists) {
    if (list === undefined) {
      return object
        .get('items')
        .items()
        .flatMap((item) => readObject(item, kind));
    }
    kindField.fail('a list cannot be in a list');
    return [];
  }
  if (!isKnown(kind)) {
    const near = Object.keys(apiVersions).find((known) => distance(known, kind) <= 2);
    if (near) kindField.fail(`unknown kind '${kind}'; did you mean '${near}'?`);
    return [];
  }
  const apiVersion = object.get('apiVersion');
  const version = apiVersion.string();
  if (kind === 'ClusterNetworkPolicy' && version !== undefined && foreign.test(version)) return [];
  if (version === undefined && (list === undefined || list === 'List')) apiVersion.required();
  else if (version !== undefined && version !== apiVersions[kind]) {
    apiVersion.fail(`expected '${apiVersions[kind]}' for kind '${kind}', found '${version}'`);
  }
  const metadata = readMetadata(object, !clusterWide.includes(kind));
  if (!metadata) return [];
  const { namespace, name, annotations } = metadata;
  const triggeredMs = Date.parse(annotations[triggerAnnotation] ?? '');
  const place = { namespace, name, file: object.file, line: object.line, ...(triggeredMs > 0 && { triggeredMs }) };
  return [{ ...place, ...readContent(kind, object, metadata) }];
}

function readContent(kind: Kind, object: Field, metadata: Metadata): ObjectContent {
  switch (kind) {
    case 'Service':
      return { kind, content: readService(object, metadata) };
    case 'EndpointSlice':
      return { kind, content: readEndpointSlice(object, metadata) };
    case 'NetworkPolicy':
      return { kind, content: readNetworkPolicy(object, metadata) };
    case 'ClusterNetworkPolicy':
      return { kind, content: readClusterNetworkPolicy(object, metadata) };
    case 'Pod':
      return { kind, content: readPod(object, metadata) };
    case 'Namespace':
      return { kind, content: readNamespace(metadata) };
    case 'Node':
      return { kind, content: readNode(object, metadata) };
    case 'ServiceCIDR':
      return { kind, content: readServiceCIDR(object) };
    default:
      return assertNever(kind);
  }
}

function isKnown(kind: string): kind is Kind {
  return Object.hasOwn(apiVersions, kind);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function assertNever(value: never): never {
  throw new Error(`not reached: ${String(value)}`);
}
