/**
 * `node.yaml`: how one node runs softipu. Paths are relative to the file. docs/node-yaml.md shows every field.
 *
 *   node: {name: node-a, addresses: [192.168.50.1], vtep: {address: 192.168.50.1, mac: "02:00:00:00:50:01"}}
 *   gateway: {addresses: [169.254.1.1], mac: "02:00:00:00:00:01"}
 *   vxlan: {vni: 4096, port: 4789, encapsulation: auto, device: softipu-vxlan}
 *   podCIDR: 10.244.1.0/24
 *   uplink: {gateway: 192.168.50.254}
 *   manifests: ./manifests              (or kubernetes: {kubeconfig: ./kubeconfig} or {inCluster: true})
 *   control: ./control.sock
 *   cni: {socket: /run/softipu/cni.sock, state: /var/lib/softipu/cni.json}
 *   health: {address: 0.0.0.0:10256}
 *   metrics: {address: 127.0.0.1:10249}
 *   services: {serviceCIDRs: [10.96.0.0/12], clusterCIDRs: [10.244.0.0/16]}
 *   hashSeed: 0x5eed
 *   workers: 1
 *   spin: 100us
 *   flows: {timeouts: {tcpSyn: 60s, tcpEstablished: 86400s, tcpClosing: 120s, udp: 30s, icmp: 30s, other: 600s, fragment: 30s}}
 *   ports:
 *     - {interface: veth-net, kind: net}
 *     - {interface: veth-b1, kind: pod, pod: default/b1, mac: "02:00:00:00:01:01"}
 */

import { dirname, resolve } from 'node:path';
import type { ServiceSettings } from '../kubernetes/index.ts';
import { spinAlways } from '../ports/index.ts';
import { parseAddress, parseMac, parsePrefix } from '../wire/index.ts';
import { readServices } from './config-services.ts';
import { type Listen, parseListen } from './http-server.ts';
import { maxWorkers } from './load-program.ts';
import { YamlReader, type YamlValue } from './yaml-reader.ts';

export interface PortConfig {
  /** Interface or port spec (`veth0`, `tap:name`), see ports' openPort. */
  readonly interface: string;
  readonly kind: 'net' | 'host' | 'pod';
  /** namespace/name, of a pod port. */
  readonly pod?: string;
  /** MAC address of what is behind the port, if known; learnt by ARP otherwise. */
  readonly mac?: string;
  /** MAC address of the interface itself, where it cannot be looked up: in another namespace, or on another machine. */
  readonly hardwareAddress?: string;
  /** Number in the P4 program: given, or 1, 2, ... in order. */
  readonly number: number;
}

/** Names of the expire-time profiles of k8s-lb.p4, in the order of their ids. */
export const timeoutNames = ['tcpSyn', 'tcpEstablished', 'tcpClosing', 'udp', 'icmp', 'other', 'fragment'] as const;
export type Timeouts = Record<(typeof timeoutNames)[number], number>;

export interface NodeConfig {
  /** The file itself, absolute. */
  readonly file: string;
  readonly nodeName: string;
  /** Addresses of the node itself: they always reach their pods. */
  readonly nodeAddresses: readonly string[];
  readonly zone?: string;
  readonly services: ServiceSettings;
  readonly vtep?: { readonly address: string; readonly mac: string };
  readonly gateway: { readonly addresses: readonly string[]; readonly mac: string };
  readonly vxlan: {
    readonly vni: number;
    readonly port: number;
    /** Who encapsulates: the kernel's vxlan device, the P4 program, or the device where the kernel has our tunnel address. */
    readonly encapsulation: 'auto' | 'kernel' | 'program';
    /** Name of the device: made unless it is there. */
    readonly device: string;
  };
  /** Of both families. */
  readonly podCIDRs: readonly string[];
  /** Next hop for what is neither pod nor neighbour, one per family. */
  readonly uplinkGateways: readonly string[];
  readonly manifests?: string;
  /** API server instead of manifests. */
  readonly kubernetes?: { readonly kubeconfig: string } | { readonly inCluster: true };
  /** Least time between two programmings for changes from the API server. */
  readonly minSyncMs?: number;
  readonly controlSocket: string;
  /** Pods' interfaces are made by us: where the plugin's client asks, and what a restart must know. */
  readonly cni?: { readonly socket: string; readonly state: string };
  /** Where /healthz and /livez answer. */
  readonly health?: Listen;
  /** Where /metrics answers. */
  readonly metrics?: Listen;
  readonly hashSeed: number;
  /** Data-plane threads. */
  readonly workers: number;
  /** How long a data-plane thread looks for packets before it sleeps, microseconds (`spinAlways`: it never does); absent: the data plane's own idea. */
  readonly spinUs?: number;
  /** Milliseconds. */
  readonly timeouts: Timeouts;
  readonly ports: readonly PortConfig[];
  /** The P4 program; absent: the shipped k8s-lb.p4. */
  readonly program?: string;
}

const defaultTimeouts: Timeouts = {
  tcpSyn: 60_000,
  tcpEstablished: 86_400_000,
  tcpClosing: 120_000,
  udp: 30_000,
  icmp: 30_000,
  other: 600_000,
  fragment: 30_000,
};

const defaultDevice = 'softipu-vxlan';
const defaultGatewayMac = '02:00:00:00:00:01';

/** What holds where node.yaml says nothing: from another file, such as kube-proxy's. */
export type NodeDefaults = Partial<Pick<NodeConfig, 'nodeName' | 'kubernetes' | 'health' | 'metrics' | 'minSyncMs'>> & {
  readonly timeouts?: Partial<Timeouts>;
  readonly services?: ServiceSettings;
};

/** Reads a configuration; throws one UserError that lists every mistake with its line. */
export function parseNodeConfig(file: string, text: string, defaults: NodeDefaults = {}): NodeConfig {
  const reader = new YamlReader(file, text);
  const base = dirname(resolve(file));
  const root = reader.root.fields([
    'node',
    'gateway',
    'vxlan',
    'podCIDR',
    'uplink',
    'manifests',
    'kubernetes',
    'control',
    'cni',
    'health',
    'metrics',
    'services',
    'hashSeed',
    'workers',
    'spin',
    'flows',
    'ports',
    'program',
  ]);
  const node = root.node.fields(['name', 'addresses', 'zone', 'vtep']);
  if (defaults.nodeName === undefined) node.name.required();
  const vtep = node.vtep.fields(['address', 'mac']);
  const gateway = root.gateway.fields(['addresses', 'mac']);
  const vxlan = root.vxlan.fields(['vni', 'port', 'encapsulation', 'device']);
  const uplink = root.uplink.fields(['gateway']);
  if (vtep.address.exists) vtep.mac.required();
  const config: NodeConfig = {
    file: resolve(file),
    nodeName: node.name.string() ?? defaults.nodeName ?? '',
    nodeAddresses: node.addresses.items().flatMap((a) => address(a) ?? []),
    zone: node.zone.string(),
    services: readServices(root.services, defaults.services),
    vtep: vtep.address.exists ? { address: address(vtep.address) ?? '', mac: mac(vtep.mac) ?? '' } : undefined,
    gateway: {
      addresses: gateway.addresses.items().flatMap((a) => address(a) ?? []),
      mac: mac(gateway.mac) ?? defaultGatewayMac,
    },
    vxlan: {
      vni: vxlan.vni.integer(0, 0xffffff) ?? 4096,
      port: vxlan.port.integer(1, 65535) ?? 4789,
      encapsulation: vxlan.encapsulation.oneOf(['auto', 'kernel', 'program'] as const) ?? 'auto',
      device: vxlan.device.string() ?? defaultDevice,
    },
    podCIDRs: oneOrMore(root.podCIDR).flatMap((p) => prefix(p) ?? []),
    uplinkGateways: oneOrMore(uplink.gateway).flatMap((a) => address(a) ?? []),
    manifests: path(base, root.manifests),
    kubernetes: kubernetes(base, root.kubernetes) ?? (root.manifests.exists ? undefined : defaults.kubernetes),
    minSyncMs: defaults.minSyncMs,
    controlSocket: path(base, root.control) ?? resolve(base, 'softipu.sock'),
    cni: cni(base, root.cni),
    health: listen(root.health) ?? defaults.health,
    metrics: listen(root.metrics) ?? defaults.metrics,
    hashSeed: root.hashSeed.integer(0, 0xffffffff) ?? 0x50f71b0,
    workers: root.workers.integer(1, maxWorkers) ?? 1,
    spinUs: spinUs(root.spin),
    timeouts: timeouts(root.flows.fields(['timeouts']).timeouts, { ...defaultTimeouts, ...defaults.timeouts }),
    ports: ports(root.ports),
    program: path(base, root.program),
  };
  if (!/^[^\s/]{1,15}$/.test(config.vxlan.device)) vxlan.device.fail('expected the name of an interface');
  if (config.vxlan.encapsulation === 'kernel' && !vtep.address.exists)
    vxlan.encapsulation.fail("the device needs our tunnel address and MAC address: give 'node.vtep'");
  if (root.manifests.exists && root.kubernetes.exists)
    root.kubernetes.fail("objects come from 'manifests' already; leave one of the two out");
  reader.throwProblems();
  return config;
}

/** `{kubeconfig: FILE}` or `{inCluster: true}` */
function kubernetes(base: string, value: YamlValue): NodeConfig['kubernetes'] {
  if (!value.exists) return undefined;
  const { kubeconfig, inCluster } = value.fields(['kubeconfig', 'inCluster']);
  const file = path(base, kubeconfig);
  const isInCluster = inCluster.boolean();
  if (file !== undefined && !isInCluster) return { kubeconfig: file };
  if (file === undefined && isInCluster) return { inCluster: true };
  value.fail("expected either 'kubeconfig' with a file or 'inCluster: true'");
  return undefined;
}

/** `{socket: PATH, state: FILE}`, both optional. */
function cni(base: string, value: YamlValue): NodeConfig['cni'] {
  const { socket, state } = value.fields(['socket', 'state']);
  if (!value.exists) return undefined;
  return { socket: path(base, socket) ?? '/run/softipu/cni.sock', state: path(base, state) ?? '/var/lib/softipu/cni.json' };
}

/** `100us`, `1ms`, `always`; 0us: sleeps at once. */
function spinUs(value: YamlValue): number | undefined {
  const text = value.string("a time such as '100us', or 'always'");
  if (text === undefined) return undefined;
  if (text === 'always') return spinAlways;
  const match = /^(\d{1,6})(us|ms)$/.exec(text);
  if (!match) value.fail(`expected a time such as '100us', or 'always', found '${text}'`);
  return match ? Number(match[1]) * (match[2] === 'ms' ? 1000 : 1) : undefined;
}

/** `{address: HOST:PORT}` */
function listen(value: YamlValue): Listen | undefined {
  const { address } = value.fields(['address']);
  if (value.exists) address.required();
  const text = address.string("an address such as '0.0.0.0:10256'");
  const result = text === undefined ? undefined : parseListen(text);
  if (text !== undefined && !result) address.fail(`expected an address such as '0.0.0.0:10256', found '${text}'`);
  return result;
}

function timeouts(value: YamlValue, defaults: Timeouts): Timeouts {
  const given = value.fields(timeoutNames);
  const result = { ...defaults };
  for (const name of timeoutNames) result[name] = given[name].durationMs() ?? defaults[name];
  return result;
}

function ports(value: YamlValue): PortConfig[] {
  value.required();
  const result: PortConfig[] = [];
  value.items().forEach((item, i) => {
    const port = item.fields(['interface', 'kind', 'pod', 'mac', 'hardwareAddress', 'number']);
    port.interface.required();
    port.kind.required();
    const kind = port.kind.oneOf(['net', 'host', 'pod'] as const) ?? 'host';
    const pod = port.pod.string();
    if (kind === 'pod' && port.pod.required() && pod !== undefined && !/^[^/]+\/[^/]+$/.test(pod)) {
      port.pod.fail(`expected 'namespace/name', found '${pod}'`);
    }
    const number = port.number.integer(0, 2047) ?? i + 1;
    const taken = result.find((p) => p.number === number);
    if (taken) item.fail(`port number ${number} is taken by '${taken.interface}'`);
    const name = port.interface.string() ?? '';
    // Ports that are no interface are as many as one likes.
    if (!/^(memory$|load:)/.test(name) && result.some((p) => p.interface === name))
      port.interface.fail(`'${name}' is listed twice`);
    result.push({ interface: name, kind, pod, mac: mac(port.mac), hardwareAddress: mac(port.hardwareAddress), number });
  });
  return result;
}

/** A list, or its only item. */
function oneOrMore(value: YamlValue): readonly YamlValue[] {
  if (!value.exists) return [];
  return value.isList ? value.items() : [value];
}

function address(value: YamlValue): string | undefined {
  const text = value.string('an IP address');
  if (text === undefined || parseAddress(text)) return text;
  value.fail(`expected an IP address, found '${text}'`);
  return undefined;
}

function prefix(value: YamlValue): string | undefined {
  const text = value.string("a prefix such as '10.244.1.0/24'");
  if (text === undefined || parsePrefix(text)) return text;
  value.fail(`expected a prefix such as '10.244.1.0/24', found '${text}'`);
  return undefined;
}

function mac(value: YamlValue): string | undefined {
  const text = value.string('a MAC address');
  if (text === undefined || parseMac(text)) return text;
  value.fail(`expected a MAC address such as '02:00:00:00:00:01', found '${text}'`);
  return undefined;
}

function path(base: string, value: YamlValue): string | undefined {
  const text = value.string('a path');
  return text === undefined ? undefined : resolve(base, text);
}
