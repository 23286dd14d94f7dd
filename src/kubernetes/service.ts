/** v1 Service: cluster IPs and ports. What kube-proxy leaves to others is left to others here, too. */
import type { Service, ServicePort } from '../manager/index.ts';
import type { Field } from './field.ts';
import { type Metadata, readProtocol } from './metadata.ts';

/** Labels of services that belong to somebody else. */
const foreignLabels = ['service.kubernetes.io/headless', 'service.kubernetes.io/service-proxy-name'];

const portFields = ['name', 'protocol', 'port', 'targetPort', 'nodePort', 'appProtocol'];

/** undefined for a service without cluster IP of ours: headless, ExternalName, another proxy's. */
export function readService(object: Field, { namespace, name, labels }: Metadata): Service | undefined {
  const spec = object.get('spec');
  if (!spec.required()) return undefined;
  const type = spec.get('type').oneOf(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] as const) ?? 'ClusterIP';
  const internalTrafficPolicy = spec.get('internalTrafficPolicy').oneOf(['Cluster', 'Local'] as const) ?? 'Cluster';
  const addresses = clusterAddresses(spec);
  const ports = readPorts(spec.get('ports'));
  if (type === 'ExternalName' || addresses.includes('None') || foreignLabels.some((label) => label in labels)) return undefined;
  const address = spec.get('clusterIP');
  if (!address.exists && !spec.get('clusterIPs').exists) {
    address.fail('is missing; without an API server nobody else chooses one');
  }
  spec.get('ports').required();
  return { namespace, name, clusterIPs: addresses.filter((a) => !a.includes(':')), ports, internalTrafficPolicy };
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

function readPorts(list: Field): ServicePort[] {
  const items = list.items();
  const result: ServicePort[] = [];
  for (const item of items) {
    item.only(portFields);
    item.get('port').required();
    const port = {
      name: item.get('name').string() ?? '',
      protocol: readProtocol(item.get('protocol')),
      port: item.get('port').port() ?? 0,
    };
    if (items.length > 1 && port.name === '') item.get('name').fail('is missing; ports need names where there are several');
    if (port.name !== '' && result.some((p) => p.name === port.name))
      item.get('name').fail(`'${port.name}' is the name of another port`);
    if (result.some((p) => p.port === port.port && p.protocol === port.protocol && p.port !== 0)) {
      item.get('port').fail(`${port.protocol} port ${port.port} is listed twice`);
    }
    result.push(port);
  }
  return result;
}
