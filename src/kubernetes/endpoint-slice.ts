/** discovery.k8s.io/v1 EndpointSlice. A condition that is not set: ready is true, serving is as ready, terminating is false. */
import type { Endpoint, EndpointSlice } from '../manager/index.ts';
import type { Field } from './field.ts';
import { type Metadata, readProtocol } from './metadata.ts';

const serviceLabel = 'kubernetes.io/service-name';
const endpointFields = ['addresses', 'conditions', 'hostname', 'targetRef', 'deprecatedTopology', 'nodeName', 'zone', 'hints'];

/** undefined for a slice of no service, or of another family than IPv4. */
export function readEndpointSlice(object: Field, { namespace, labels }: Metadata): EndpointSlice | undefined {
  object.only(['apiVersion', 'kind', 'metadata', 'addressType', 'endpoints', 'ports']);
  object.get('addressType').required();
  const addressType = object.get('addressType').oneOf(['IPv4', 'IPv6', 'FQDN'] as const);
  const endpoints = object
    .get('endpoints')
    .items()
    .map((endpoint) => readEndpoint(endpoint, addressType));
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
  const service = labels[serviceLabel];
  if (service === undefined || addressType !== 'IPv4') return undefined;
  return { namespace, service, ports, endpoints };
}

function readEndpoint(endpoint: Field, addressType: 'IPv4' | 'IPv6' | 'FQDN' | undefined): Endpoint {
  endpoint.only(endpointFields);
  const list = endpoint.get('addresses');
  if (list.required() && list.items().length === 0) list.fail('is empty');
  const addresses = list.items().flatMap((address) => {
    const text = addressType === 'FQDN' ? address.string() : addressType === 'IPv6' ? address.address() : address.ipv4();
    return text ?? [];
  });
  const conditions = endpoint.get('conditions');
  conditions.only(['ready', 'serving', 'terminating']);
  const ready = conditions.get('ready').boolean() ?? true;
  const nodeName = endpoint.get('nodeName').string();
  return {
    addresses,
    ready,
    serving: conditions.get('serving').boolean() ?? ready,
    terminating: conditions.get('terminating').boolean() ?? false,
    ...(nodeName !== undefined && { nodeName }),
  };
}
