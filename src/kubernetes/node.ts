/**
 * v1 Node: where other nodes' pods are and how to tunnel to them. The end point of a node's VXLAN tunnel is in its annotations, flannel's or Calico's, so
 * that nodes with and without softipu can talk.
 */
import { parseMac, printMac } from '../wire/index.ts';
import type { Field } from './field.ts';
import type { Metadata } from './metadata.ts';
import type { NodeObject, Vtep } from './objects.ts';

const flannel = 'flannel.alpha.coreos.com/';
const zoneLabel = 'topology.kubernetes.io/zone';
/** Names of annotations by the family of the tunnel. */
const names = {
  4: { calicoMac: 'projectcalico.org/VXLANTunnelMACAddr', address: `${flannel}public-ip`, data: `${flannel}backend-data` },
  6: { calicoMac: 'projectcalico.org/VXLANTunnelMACAddrV6', address: `${flannel}public-ipv6`, data: `${flannel}backend-v6-data` },
} as const;
/** KEP-3836: the cluster autoscaler is about to delete the node. */
const leavingTaint = 'ToBeDeletedByClusterAutoscaler';
/** Calico's only VNI. */
const calicoVni = 4096;

export function readNode(object: Field, { name, labels }: Metadata): NodeObject {
  const spec = object.get('spec');
  const podCIDRs = [spec.get('podCIDR'), ...spec.get('podCIDRs').items()].flatMap((field) => field.prefix() ?? []);
  const internalIPs = object
    .get('status')
    .get('addresses')
    .items()
    .filter((item) => item.get('type').string() === 'InternalIP')
    .flatMap((item) => item.get('address').address() ?? []);
  const annotations = object.get('metadata').get('annotations');
  const [vtep, vtepIpv6] = [readVtep(annotations, 4), readVtep(annotations, 6)];
  return {
    name,
    internalIPs: [...new Set(internalIPs)],
    podCIDRs: [...new Set(podCIDRs)],
    vtep,
    ...(Object.keys(vtepIpv6).length > 0 && { vtepIpv6 }),
    ...(labels[zoneLabel] !== undefined && { zone: labels[zoneLabel] }),
    ...(isLeaving(object) && { isLeaving: true }),
  };
}

function isLeaving(object: Field): boolean {
  const taints = object.get('spec').get('taints').items();
  return (
    object.get('metadata').get('deletionTimestamp').exists || taints.some((taint) => taint.get('key').string() === leavingTaint)
  );
}

function readVtep(annotations: Field, family: 4 | 6): Vtep {
  const { calicoMac, address: addressName, data } = names[family];
  const type = annotations.get(`${flannel}backend-type`).string();
  const mac = annotations.get(calicoMac).mac();
  if (type !== 'vxlan') return mac === undefined ? {} : { mac, vni: calicoVni };
  const field = annotations.get(addressName);
  const address = family === 4 ? field.ipv4() : field.ipv6();
  return { ...(address !== undefined && { address }), ...readBackendData(annotations.get(data)) };
}

/** `{"VNI":1,"VtepMAC":"02:00:00:00:00:01"}` */
function readBackendData(field: Field): Pick<Vtep, 'mac' | 'vni'> {
  const text = field.string();
  if (text === undefined) return {};
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    data = undefined;
  }
  const { VNI, VtepMAC } = typeof data === 'object' && data !== null ? (data as { VNI?: unknown; VtepMAC?: unknown }) : {};
  const mac = typeof VtepMAC === 'string' ? parseMac(VtepMAC) : undefined;
  const isVni = typeof VNI === 'number' && Number.isInteger(VNI) && VNI >= 0 && VNI < 1 << 24;
  if (!mac || !isVni) {
    field.fail(`expected '{"VNI":1,"VtepMAC":"02:00:00:00:00:01"}', found '${text}'`);
    return {};
  }
  return { mac: printMac(mac), vni: VNI };
}
