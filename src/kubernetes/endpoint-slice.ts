/** discovery.k8s.io/v1 EndpointSlice. A condition that is not set: ready is true, serving is as ready, terminating is false. */
import type { Endpoint, EndpointSlice } from '../manager/index.ts';
import { readWeight } from './annotations.ts';
import type { Field } from './field.ts';
import { readHealthCheck } from './health-check.ts';
import { type Metadata, readProtocol } from './metadata.ts';

const serviceLabel = 'kubernetes.io/service-name';
const endpointFields = ['addresses', 'conditions', 'hostname', 'targetRef', 'deprecatedTopology', 'nodeName', 'zone', 'hints'];

/** undefined for a slice of no service, or of names instead of addresses. */
export function readEndpointSlice(object: Field, { namespace, labels }: Metadata): EndpointSlice | undefined {
  object.only(['apiVersion', 'kind', 'metadata', 'addressType', 'endpoints', 'ports']);
  object.get('addressType').required();
  const addressType = object.get('addressType').oneOf(['IPv4', 'IPv6', 'FQDN'] as const);
  const endpoints = object
    .get('endpoints')
    .items()
    .map((endpoint) => readEndpoint(endpoint, addressType, namespace));
  const weight = readWeight(object);
  const ports = object
    .get('ports')
    .items()
    .flatMap((item) => {
      item.only(['name', 'protocol', 'port', 'appProtocol']);
      const port = item.get('port').port();
      // A slice without port number leaves the port open: nothing that a service port can be sent to.
      return port === undefined
        ? []
        : [{ name: item.get('name').string() ?? '', protocol: readProtocol(item.get('protocol')), port }];
    });
  const healthCheck = readHealthCheck(object, ports);
  const service = labels[serviceLabel];
  if (service === undefined || addressType === undefined || addressType === 'FQDN') return undefined;
  return {
    namespace,
    service,
    addressType,
    ports,
    endpoints: weight === undefined ? endpoints : endpoints.map((endpoint) => ({ ...endpoint, weight })),
    ...(healthCheck && { healthCheck }),
  };
}

function readEndpoint(endpoint: Field, addressType: 'IPv4' | 'IPv6' | 'FQDN' | undefined, namespace: string): Endpoint {
  endpoint.only(endpointFields);
  const list = endpoint.get('addresses');
  const items = list.items();
  if (list.required() && items.length === 0) list.fail('is empty');
  const texts = items.map((address) =>
    addressType === 'FQDN' ? address.string() : addressType === 'IPv6' ? address.ipv6() : address.ipv4(),
  );
  const addresses = texts.filter((text) => text !== undefined);
  const conditions = endpoint.get('conditions');
  conditions.only(['ready', 'serving', 'terminating']);
  const ready = conditions.get('ready').boolean() ?? true;
  const nodeName = endpoint.get('nodeName').string();
  const zone = endpoint.get('zone').string();
  const hints = readHints(endpoint.get('hints'));
  const pod = readPodOf(endpoint.get('targetRef'), namespace);
  return {
    addresses,
    ready,
    serving: conditions.get('serving').boolean() ?? ready,
    terminating: conditions.get('terminating').boolean() ?? false,
    ...(nodeName !== undefined && { nodeName }),
    ...(zone !== undefined && { zone }),
    ...(hints && { hints }),
    ...(pod !== undefined && { pod }),
  };
}

/** undefined if nothing is hinted. */
function readHints(field: Field): Endpoint['hints'] {
  if (!field.exists) return undefined;
  const names = (list: Field): string[] => list.items().flatMap((item) => item.get('name').string() ?? []);
  const zones = names(field.get('forZones'));
  const nodes = names(field.get('forNodes'));
  return zones.length > 0 || nodes.length > 0 ? { zones, nodes } : undefined;
}

/** `namespace/name` of the pod that an endpoint is. */
function readPodOf(target: Field, namespace: string): string | undefined {
  if (!target.exists) return undefined;
  const name = target.get('name').string();
  if (target.get('kind').string() !== 'Pod' || name === undefined) return undefined;
  return `${target.get('namespace').string() ?? namespace}/${name}`;
}
