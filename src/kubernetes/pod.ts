/** v1 Pod and v1 Namespace: labels, address and container ports. */
import { type ContainerPort, type Namespace, oneOfEachFamily } from '../manager/index.ts';
import { readBandwidth, readWeight } from './annotations.ts';
import type { Field } from './field.ts';
import { type Metadata, readProtocol } from './metadata.ts';
import type { PodObject } from './objects.ts';

export function readPod(object: Field, { namespace, name, labels, annotations }: Metadata): PodObject {
  const spec = object.get('spec');
  const status = object.get('status');
  const containers = [
    ...spec.get('containers').items(),
    // A restartable init container is a sidecar, and its ports are the pod's.
    ...spec
      .get('initContainers')
      .items()
      .filter((container) => container.get('restartPolicy').string() === 'Always'),
  ];
  const addresses = [
    status.get('podIP'),
    ...status
      .get('podIPs')
      .items()
      .map((item) => item.get('ip')),
  ].flatMap((field) => field.address() ?? []);
  const weight = readWeight(object);
  const bandwidth = readBandwidth(object);
  const phase = status.get('phase').string();
  const nodeName = spec.get('nodeName').string();
  return {
    namespace,
    name,
    labels,
    ...(nodeName !== undefined && { nodeName }),
    hostNetwork: spec.get('hostNetwork').boolean() ?? false,
    isOver: phase === 'Succeeded' || phase === 'Failed',
    // `podIPs` repeats `podIP`.
    addresses: oneOfEachFamily(addresses),
    containerPorts: containers.flatMap((container) => container.get('ports').items().flatMap(readContainerPort)),
    ...(weight !== undefined && { weight }),
    ...(Object.keys(bandwidth).length > 0 && { bandwidth }),
    ...(annotations['softipu.io/interface'] !== undefined && { interface: annotations['softipu.io/interface'] }),
  };
}

function readContainerPort(item: Field): ContainerPort[] {
  item.get('containerPort').required();
  const port = item.get('containerPort').port();
  const name = item.get('name').string();
  const protocol = readProtocol(item.get('protocol'));
  return port === undefined ? [] : [{ ...(name !== undefined && { name }), protocol, port }];
}

/** Every namespace has its name as a label. */
export function readNamespace({ name, labels }: Metadata): Namespace {
  return { name, labels: { ...labels, 'kubernetes.io/metadata.name': name } };
}
