/** Objects of the cluster and the settings of this node -> the manager's model. */
import {
  type Bandwidth,
  type Family,
  familyOf,
  type Model,
  type Namespace,
  type NetworkPolicy,
  oneOfEachFamily,
  type Pod,
  type Port,
  type RemoteNode,
  type Service,
  type Tunnel,
} from '../manager/index.ts';
import { parseAddress, parseMac, parsePrefix, prefixContains, printAddress, printMac, printPrefix } from '../wire/index.ts';
import { ByKind } from './by-kind.ts';
import { type ObjectChange, ObjectSet } from './object-set.ts';
import type { KubernetesObject, NodeObject, PodObject, ServiceCIDRObject, Vtep } from './objects.ts';
import { WeightedSlices } from './weights.ts';

/** How this node is set up: what `node.yaml` says. */
export interface NodeSettings {
  readonly nodeName: string;
  readonly nodeAddresses: readonly string[];
  /** Default: what the Node object's annotations say. */
  readonly vtep?: { readonly address: string; readonly mac: string };
  readonly gateway: { readonly addresses: readonly string[]; readonly mac: string };
  /** `device`: the port that is a vxlan device, if the kernel encapsulates, and the longest packet that it takes. */
  readonly vxlan: { readonly vni: number; readonly device?: { readonly port: number; readonly mtu: number } };
  /** Of both families; beside them what the Node object says. */
  readonly podCIDRs?: readonly string[];
  /** Next hops for everything that is neither pod nor neighbour, one per family. */
  readonly uplinkGateways?: readonly string[];
  readonly ports: readonly PortSettings[];
  /** Default: what the Node object's label says. */
  readonly zone?: string;
  readonly services?: ServiceSettings;
}

/** What holds for all services on this node. */
export interface ServiceSettings {
  /** Node ports are open at those of the node's addresses that lie in one of these prefixes; 'primary': at the first address of each family (default); 'all'. */
  readonly nodePortAddresses?: readonly string[];
  readonly masqueradeAddresses?: readonly string[];
  readonly masqueradeAll?: boolean;
  /** Default: what the ServiceCIDR objects say. */
  readonly serviceCIDRs?: readonly string[];
  /** Sources that are not masqueraded on their way to a cluster IP; 'podCIDR': this node's pods. Default: all. */
  readonly clusterCIDRs?: readonly string[] | 'podCIDR';
  readonly rejectWith?: 'icmp' | 'reset';
  /** Only services with this name in the label service.kubernetes.io/service-proxy-name; default: only those without the label. */
  readonly proxyName?: string;
}

export interface PortSettings {
  readonly number: number;
  readonly interface: string;
  readonly kind: 'net' | 'host' | 'pod';
  /** namespace/name of the pod behind it. */
  readonly pod?: string;
  /** MAC address of what is behind it. */
  readonly mac?: string;
  /** Others have the same number: pods that share it. */
  readonly isShared?: boolean;
  /** What the pod behind it may send and receive. */
  readonly bandwidth?: Bandwidth;
  /** Our own MAC address on it, of net ports: the interface's. Default: the tunnel's. */
  readonly hardwareAddress?: string;
  /** Of the interface; default: packets of any size are sent. */
  readonly mtu?: number;
}

export interface ToModel {
  readonly model: Model;
  /** What is not as one might expect, one sentence each. */
  readonly notes: readonly string[];
}

/** The model of these objects. O(objects). */
export function toModel(objects: readonly KubernetesObject[], settings: NodeSettings): ToModel {
  return new Modeller().build(objects, settings);
}

/**
 * The same over time: whatever of a model did not change is the same object, list or element as in the model before, so that who compares has little to do,
 * and who asks for the `difference` of services, slices or policies nothing at all.
 */
export class Modeller {
  readonly #kinds = new ByKind();
  readonly #objects = new ObjectSet();
  readonly #canonical = memo(canonical);
  readonly #node = memo(noted(toNode));
  readonly #pods = memo(noted(toPods));
  readonly #services = memo(ourServices);
  readonly #slices = new WeightedSlices();
  readonly #namespaces = memo(withNamespaces);

  /** The model of all objects, whatever they were before. O(objects), a comparison each where they are the same. */
  build(objects: readonly KubernetesObject[], given: NodeSettings): ToModel {
    this.#objects.replace(objects);
    return this.change(this.#objects.take(), given);
  }

  /** The model after some changes. O(changes), and where they are of pods or nodes O(these). */
  change(changes: readonly ObjectChange[], given: NodeSettings): ToModel {
    const kinds = this.#kinds;
    kinds.apply(changes);
    const settings = this.#canonical(given);
    const node = this.#node(settings, kinds.of('Node'), kinds.of('ServiceCIDR'));
    const pods = this.#pods(settings, kinds.of('Pod'));
    const policies = kinds.of('NetworkPolicy');
    const clusterPolicies = kinds.of('ClusterNetworkPolicy');
    const model: Model = {
      ...node.value,
      namespaces: this.#namespaces(kinds.of('Namespace'), pods.value, policies),
      pods: pods.value,
      services: this.#services(kinds.of('Service'), settings.services?.proxyName),
      endpointSlices: this.#slices.update(kinds.of('EndpointSlice'), kinds.of('Pod')),
      policies,
      clusterPolicies,
    };
    const parts = [node, pods, ...clusterPolicies];
    return { model, notes: parts.flatMap(({ notes = [] }) => notes) };
  }
}

/** What the node itself is, and where it sends what is not for its pods. */
function toNode(
  settings: CanonicalSettings,
  nodes: readonly NodeObject[],
  serviceRanges: readonly ServiceCIDRObject[],
  notes: string[],
): Pick<Model, 'node' | 'ports' | 'remoteNodes' | 'routes' | 'neighbours'> {
  const own = nodes.find((node) => node.name === settings.nodeName);
  const net = settings.ports.find((port) => port.kind === 'net');
  const tunnel = toTunnel(settings, own, net?.number);
  const addresses = [...new Set([...settings.nodeAddresses, ...(own?.internalIPs ?? [])])];
  const { gateway } = settings;
  const { device } = settings.vxlan;
  const devicePort: Port[] =
    tunnel && device
      ? [{ number: device.port, kind: 'net', mac: tunnel.mac, addresses: [], mtu: Math.min(device.mtu, 65535) }]
      : [];
  const distinct = new Map(settings.ports.map((port) => [port.number, port]));
  const ports = [...distinct.values()].map(({ number, kind, hardwareAddress, mtu }): Port => {
    if (kind !== 'net') return { number, kind, mac: gateway.mac, addresses: gateway.addresses, ...(mtu && { mtu }) };
    const own = oneOfEachFamily([...(tunnel ? [tunnel.address] : []), ...addresses]);
    return { number, kind, mac: hardwareAddress ?? tunnel?.mac ?? gateway.mac, addresses: own, ...(mtu && { mtu }) };
  });
  const podCIDRs = [...new Set([...settings.podCIDRs, ...(own?.podCIDRs ?? [])])];
  const host = settings.ports.find((port) => port.kind === 'host');
  return {
    node: {
      name: settings.nodeName,
      addresses,
      gateway,
      podCIDRs,
      ...(tunnel && { tunnel }),
      ...toNodeServices(settings, own, addresses, podCIDRs, serviceRanges, notes),
    },
    ports: [...ports, ...devicePort],
    remoteNodes: nodes.filter((node) => node !== own).flatMap((node) => toRemoteNode(node, settings, tunnel, notes)),
    routes:
      net === undefined
        ? []
        : oneOfEachFamily(settings.uplinkGateways).map((via) => ({
            destination: familyOf(via) === 4 ? '0.0.0.0/0' : '::/0',
            port: net.number,
            via,
          })),
    neighbours: host?.mac === undefined ? [] : addresses.map((address) => ({ address, mac: host.mac!, port: host.number })),
  };
}

/** What the node's services are like. */
function toNodeServices(
  settings: NodeSettings,
  own: NodeObject | undefined,
  addresses: readonly string[],
  podCIDRs: readonly string[],
  serviceRanges: readonly ServiceCIDRObject[],
  notes: string[],
): Pick<
  Model['node'],
  'zone' | 'nodePortAddresses' | 'masqueradeAddresses' | 'serviceCIDRs' | 'clusterCIDRs' | 'masqueradeAll' | 'rejectWith'
> {
  const { services = {}, zone = own?.zone } = settings;
  const { nodePortAddresses: where, masqueradeAddresses, masqueradeAll, serviceCIDRs, clusterCIDRs, rejectWith } = services;
  const nodePortAddresses = where && addressesIn(addresses, where);
  const ranges = serviceCIDRs?.map(spelled) ?? [...new Set(serviceRanges.flatMap(({ cidrs }) => cidrs))].sort();
  if (nodePortAddresses?.length === 0) notes.push('no address of the node lies in nodePortAddresses: no node port is open');
  const local = clusterCIDRs === 'podCIDR' ? podCIDRs : clusterCIDRs?.map(spelled);
  return {
    ...(zone !== undefined && { zone }),
    ...(nodePortAddresses && { nodePortAddresses }),
    ...(masqueradeAddresses && { masqueradeAddresses: masqueradeAddresses.map((a) => printAddress(parseAddress(a)!)) }),
    ...(masqueradeAll && { masqueradeAll }),
    ...(ranges.length > 0 && { serviceCIDRs: ranges }),
    ...(local && { clusterCIDRs: local }),
    ...(rejectWith && { rejectWith }),
  };
}

/** A prefix, or an address, as the model spells prefixes. */
function spelled(prefix: string): string {
  return printPrefix(parsePrefix(prefix)!);
}

/** Those of `addresses` that `where` means: prefixes, 'primary', 'all'. */
function addressesIn(addresses: readonly string[], where: readonly string[]): string[] {
  const prefixes = where.flatMap((text) => parsePrefix(text) ?? []);
  const primary = [true, false].flatMap((isIpv6) => addresses.find((address) => address.includes(':') === isIpv6) ?? []);
  return addresses.filter((address) => {
    if (where.includes('all') || (where.includes('primary') && primary.includes(address))) return true;
    return prefixes.some((prefix) => prefixContains(prefix, parseAddress(address)!));
  });
}

/** The same list where all are ours, so that who asks for differences is told. */
function ourServices(services: readonly Service[], proxyName: string | undefined): readonly Service[] {
  const isOurs = (service: Service): boolean => service.proxyName === proxyName;
  return services.every(isOurs) ? services : services.filter(isOurs);
}

type CanonicalSettings = NodeSettings & Required<Pick<NodeSettings, 'podCIDRs' | 'uplinkGateways'>>;

/** The settings in the model's spelling. */
function canonical(settings: NodeSettings): CanonicalSettings {
  const ip = (text: string): string => printAddress(parseAddress(text) ?? new Uint8Array(4));
  const mac = (text: string): string => printMac(parseMac(text) ?? new Uint8Array(6));
  const { vtep, gateway, podCIDRs = [], uplinkGateways = [], ports, nodeAddresses } = settings;
  return {
    ...settings,
    nodeAddresses: nodeAddresses.map(ip),
    vtep: vtep && { address: ip(vtep.address), mac: mac(vtep.mac) },
    gateway: { addresses: gateway.addresses.map(ip), mac: mac(gateway.mac) },
    podCIDRs: podCIDRs.map(spelled),
    uplinkGateways: uplinkGateways.map(ip),
    ports: ports.map((port) => ({
      ...port,
      ...(port.mac !== undefined && { mac: mac(port.mac) }),
      ...(port.hardwareAddress !== undefined && { hardwareAddress: mac(port.hardwareAddress) }),
    })),
  };
}

function toTunnel(settings: NodeSettings, own: NodeObject | undefined, netPort: number | undefined): Tunnel | undefined {
  const address = settings.vtep?.address ?? own?.vtep.address ?? own?.vtepIpv6?.address ?? own?.internalIPs[0];
  const said = own && address !== undefined ? vtepOf(own, familyOf(address)) : undefined;
  const mac = settings.vtep?.mac ?? said?.mac;
  if (address === undefined || mac === undefined) return undefined;
  const vni = settings.vtep ? settings.vxlan.vni : (said?.vni ?? settings.vxlan.vni);
  const { device } = settings.vxlan;
  if (device) return { address, mac, vni, port: device.port, isDevice: true };
  if (netPort === undefined) return undefined;
  return { address, mac, vni, port: netPort };
}

/** What is said of the end of tunnels over this family: flannel has a device for each, softipu one for both. */
function vtepOf({ vtep, vtepIpv6 }: NodeObject, family: Family): Vtep {
  return family === 6 ? { ...vtep, ...vtepIpv6 } : vtep;
}

function toRemoteNode(node: NodeObject, settings: NodeSettings, tunnel: Tunnel | undefined, notes: string[]): RemoteNode[] {
  const { name, internalIPs, podCIDRs } = node;
  const vtep = vtepOf(node, tunnel ? familyOf(tunnel.address) : 4);
  const isReachable = (address: string): boolean => !tunnel || familyOf(address) === familyOf(tunnel.address);
  const vtepAddress = [vtep.address ?? [], internalIPs].flat().find(isReachable);
  if (podCIDRs.length === 0) return [];
  if (vtepAddress === undefined || vtep.mac === undefined) {
    notes.push(`node '${name}' has no VXLAN annotations (flannel's or Calico's): its pods cannot be reached`);
    return [];
  }
  return [{ name, podCIDRs, vtepAddress, vtepMac: vtep.mac, vni: vtep.vni ?? settings.vxlan.vni }];
}

/** Pods with an address; those of this node with the port that is set up for them. */
function toPods(settings: NodeSettings, pods: readonly PodObject[], notes: string[]): Pod[] {
  const ports = new Map(settings.ports.flatMap((port) => (port.pod === undefined ? [] : [[port.pod, port]])));
  const byAddress = new Map<string, Pod>();
  for (const pod of pods) {
    const { namespace, name, labels, containerPorts } = pod;
    const { addresses } = pod;
    const key = `${namespace}/${name}`;
    const port = ports.get(key);
    ports.delete(key);
    if (pod.hostNetwork || pod.isOver) continue;
    if (addresses.length === 0) {
      if (port) notes.push(`pod '${key}' behind port '${port.interface}' has no address yet`);
      continue;
    }
    if (pod.nodeName === settings.nodeName && !port) notes.push(`pod '${key}' is on this node, but no port is set up for it`);
    const taken = addresses.find((address) => byAddress.has(address));
    if (taken !== undefined) {
      const other = byAddress.get(taken)!;
      notes.push(`pods '${other.namespace}/${other.name}' and '${key}' have the same address ${taken}; the first one counts`);
      continue;
    }
    // What the runtime was told counts more than what the pod says; a port's number serves where nobody gave one.
    const bandwidth = port?.bandwidth ?? (port && !port.isShared && pod.bandwidth && { number: port.number, ...pod.bandwidth });
    const result: Pod = {
      namespace,
      name,
      labels,
      addresses,
      containerPorts,
      ...(port && { port: port.number }),
      ...(port?.mac !== undefined && { mac: port.mac }),
      ...(port?.isShared && { sharesPort: true }),
      ...(bandwidth && { bandwidth }),
    };
    for (const address of addresses) byAddress.set(address, result);
  }
  for (const [key, port] of ports) notes.push(`port '${port.interface}' is for pod '${key}', which is in no manifest`);
  return [...new Set(byAddress.values())];
}

/** A namespace that nobody described still has its name as a label. */
function withNamespaces(
  namespaces: readonly Namespace[],
  pods: readonly Pod[],
  policies: readonly NetworkPolicy[],
): readonly Namespace[] {
  const known = new Set(namespaces.map((ns) => ns.name));
  const named = new Set([...pods, ...policies].map((object) => object.namespace));
  const missing = [...named].filter((name) => !known.has(name));
  return [...namespaces, ...missing.map((name) => ({ name, labels: { 'kubernetes.io/metadata.name': name } }))];
}

/** With the notes that it made. */
function noted<A extends readonly unknown[], R>(
  make: (...args: [...A, notes: string[]]) => R,
): (...args: A) => { readonly value: R; readonly notes: readonly string[] } {
  return (...args) => {
    const notes: string[] = [];
    return { value: make(...args, notes), notes };
  };
}

/** Computed again only if an argument is another object than last time. */
function memo<A extends readonly unknown[], R>(compute: (...args: A) => R): (...args: A) => R {
  let last: { readonly args: A; readonly result: R } | undefined;
  return (...args) => {
    if (!last?.args.every((arg, i) => arg === args[i])) last = { args, result: compute(...args) };
    return last!.result;
  };
}
