/** networking.k8s.io/v1 ServiceCIDR: where the cluster takes its cluster IPs from, one prefix of each family at most. */
import type { Field } from './field.ts';
import type { ServiceCIDRObject } from './objects.ts';

export function readServiceCIDR(object: Field): ServiceCIDRObject {
  const spec = object.get('spec');
  spec.required();
  spec.get('cidrs').required();
  const items = spec.get('cidrs').items();
  return { cidrs: items.map((item) => item.prefix()).filter((prefix) => prefix !== undefined) };
}
