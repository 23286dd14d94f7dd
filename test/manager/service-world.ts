/**
 * A small cluster around one real data plane, in either family, for tests of services that read as tables of flows.
 *
 *        +-------- node-a --------+
 *   11 --| pod a                  |-- 1 -- router -- client (outside the cluster)
 *   12 --| pod b                  |    \
 *   14 --| pod d                  |     == VXLAN == node-b, pod c
 *    2 --| the node itself        |
 *        +------------------------+
 *
 * `open` sends a flow's first packet and says where it landed and as whose; `answer` sends from there, and says what the client gets.
 */
import type { Endpoint, EndpointSlice, Model, Node, Service } from '../../src/manager/index.ts';
import { decode, ipv4, ipv6, type PacketSpec, packetErrors, udp } from '../../src/wire/index.ts';
import type { Edit, Source } from '../kubernetes/sources.ts';
import { type Compiled, type Out, TestNode } from './data-plane.ts';
import { emptyModel, gatewayMac, localPod, podPort, remotePod } from './models.ts';
import { isRight, sctp } from './sctp-packets.ts';

export type Family = 4 | 6;
export type Place = 'a' | 'b' | 'd' | 'c' | 'node' | 'client' | 'nodeB';
export type FrontendName = 'cluster' | 'external' | 'lb' | 'nodePort';

const addresses: Readonly<Record<Family, Readonly<Record<Place | Exclude<FrontendName, 'nodePort'> | 'unallocated', string>>>> = {
  4: {
    a: '10.1.0.1',
    b: '10.1.0.2',
    d: '10.1.0.4',
    c: '10.2.0.3',
    node: '192.168.50.1',
    client: '203.0.113.9',
    nodeB: '192.168.50.2',
    cluster: '10.96.0.1',
    external: '198.51.100.7',
    lb: '198.51.100.8',
    unallocated: '10.96.7.7',
  },
  6: {
    a: 'fd00:1::1',
    b: 'fd00:1::2',
    d: 'fd00:1::4',
    c: 'fd00:2::3',
    node: 'fd00:50::1',
    client: '2001:db8:9::9',
    nodeB: 'fd00:50::2',
    cluster: 'fd00:96::1',
    external: '2001:db8:7::7',
    lb: '2001:db8:7::8',
    unallocated: 'fd00:96::707',
  },
};

const prefixes = {
  4: { pods: '10.1.0.0/24', remotePods: '10.2.0.0/24', cluster: '10.0.0.0/12', services: '10.96.0.0/16', all: '0.0.0.0/0' },
  6: { pods: 'fd00:1::/64', remotePods: 'fd00:2::/64', cluster: 'fd00::/30', services: 'fd00:96::/112', all: '::/0' },
} as const;

const places: readonly Place[] = ['a', 'b', 'd', 'c', 'node', 'client', 'nodeB'];
const localPorts: Readonly<Partial<Record<Place, number>>> = { a: 11, b: 12, d: 14, node: 2 };
const netPortNumber = 1;
const routerMac = '02:00:00:00:aa:fe';

export const ports = { service: 80, target: 8080, nodePort: 30080 };

/** In the order of outcome_t (p4/k8s-types.p4). */
const outcomes = [
  ...['FORWARDED', 'MALFORMED', 'NOT_IPV4', 'UNKNOWN_TUNNEL', 'TTL_EXPIRED', 'NO_ROUTE', 'NO_ENDPOINT', 'DENIED_EGRESS'],
  ...['DENIED_INGRESS', 'FLOW_CLASH', 'FRAGMENT_UNKNOWN', 'ARP_UNKNOWN', 'UNTRACKED', 'NOT_UNICAST', 'SPOOFED_SOURCE'],
  ...['WRONG_PORT', 'NO_LOCAL_ENDPOINT', 'SOURCE_RANGE', 'UNALLOCATED', 'NO_MASQUERADE_PORT', 'TOO_BIG', 'DENIED_FLOW'],
];

export type L4 = 'TCP' | 'UDP' | 'SCTP';

export interface Flow {
  readonly from: Place;
  /** A frontend of the service, or an address. */
  readonly to: FrontendName | string;
  readonly port?: number;
  readonly protocol?: L4;
  /** Where the sender has another address than its own. */
  readonly source?: FrontendName;
  readonly sourcePort?: number;
  readonly flags?: string;
}

/** Addresses and ports of a packet. */
export interface Tuple {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
}

export type Result =
  | { readonly lands: Place; readonly tuple: Tuple; readonly sent: Tuple; readonly protocol: L4 }
  | { readonly outcome: string };

/** Ready endpoints; those on this node say so. */
export function endpoint(family: Family, place: Place, more: Partial<Endpoint> = {}): Endpoint {
  const nodeName = place === 'c' || place === 'nodeB' ? 'node-b' : 'node-a';
  return { addresses: [addresses[family][place]], ready: true, serving: true, terminating: false, nodeName, ...more };
}

export interface Given {
  readonly service?: Partial<Service>;
  readonly endpoints?: readonly (Place | Endpoint)[];
  readonly node?: Partial<Node>;
  readonly protocol?: L4;
  /** Other services and their slices. */
  readonly more?: { readonly services: readonly Service[]; readonly endpointSlices: readonly EndpointSlice[] };
  /** Of the objects, on their way through a source. */
  readonly edit?: Edit;
}

/** One service with all kinds of frontends. */
export function world(family: Family, { service, endpoints = [], node, protocol = 'TCP', more }: Given = {}): Model {
  const own = addresses[family];
  const prefix = prefixes[family];
  // The tunnel's outer addresses are IPv4 either way
  const nodeAddresses = family === 4 ? [own.node] : [addresses[4].node, own.node];
  const gateways = family === 4 ? ['169.254.1.1'] : ['169.254.1.1', 'fe80::1'];
  const pods = (['a', 'b', 'd'] as const).map((name) =>
    localPod(name, localPorts[name]! - 10, { app: name }, { addresses: [own[name]] }),
  );
  return {
    ...emptyModel,
    node: {
      ...emptyModel.node,
      addresses: nodeAddresses,
      gateway: { addresses: gateways, mac: gatewayMac },
      podCIDRs: [prefix.pods],
      clusterCIDRs: [prefix.cluster],
      serviceCIDRs: [prefix.services],
      ...node,
    },
    ports: [
      { number: netPortNumber, kind: 'net', mac: '02:00:00:00:aa:01', addresses: nodeAddresses },
      { number: 2, kind: 'host', mac: gatewayMac, addresses: gateways },
      ...[11, 12, 14].map(podPort),
    ],
    pods: [...pods, remotePod('c', own.c)],
    services: [
      {
        namespace: 'default',
        name: 'web',
        type: 'LoadBalancer',
        clusterIPs: [own.cluster],
        externalIPs: [own.external],
        loadBalancerIPs: [own.lb],
        internalTrafficPolicy: 'Cluster',
        ports: [{ name: '', protocol, port: ports.service, nodePort: ports.nodePort }],
        ...service,
      },
      ...(more?.services ?? []),
    ],
    endpointSlices: [
      {
        namespace: 'default',
        service: 'web',
        addressType: `IPv${family}`,
        ports: [{ name: '', protocol, port: ports.target }],
        endpoints: endpoints.map((e) => (typeof e === 'string' ? endpoint(family, e) : e)),
      },
      ...(more?.endpointSlices ?? []),
    ],
    remoteNodes: [
      {
        name: 'node-b',
        podCIDRs: [prefix.remotePods],
        vtepAddress: '192.168.50.2',
        vtepMac: '02:00:00:00:50:02',
        vni: 4096,
      },
    ],
    routes: [{ destination: prefix.all, port: netPortNumber, via: family === 4 ? '192.168.50.254' : 'fd00:50::fe' }],
    neighbours: [
      { address: '192.168.50.2', mac: '02:00:00:00:aa:02', port: netPortNumber },
      { address: family === 4 ? '192.168.50.254' : 'fd00:50::fe', mac: routerMac, port: netPortNumber },
      ...nodeAddresses.map((address) => ({ address, mac: '02:00:00:00:bb:01', port: 2 })),
    ],
  };
}

export class ServiceWorld {
  readonly family: Family;
  readonly node: TestNode;
  readonly #source: Source | undefined;
  #nextPort = 20_000;

  /** `source`: what makes the model of the objects; the model of `world` itself unless given. */
  constructor(compiled: Compiled, family: Family, runs: 'wasm' | 'interp' = 'wasm', source?: Source) {
    this.family = family;
    this.#source = source;
    this.node = new TestNode(compiled, [netPortNumber, 2, 11, 12, 14], [netPortNumber], runs);
  }

  address(name: Place | FrontendName | string): string {
    const own: Readonly<Record<string, string>> = { ...addresses[this.family], nodePort: addresses[this.family].node };
    return own[name] ?? name;
  }

  async set(given: Given): Promise<void> {
    const model = world(this.family, given);
    this.node.setModel(this.#source ? await this.#source.get(model, given.edit) : model);
  }

  /** A flow's first packet, or another one with `sourcePort`. Throws if what comes out is broken or twice. */
  open({ from, to, port, protocol = 'TCP', source, sourcePort = this.#nextPort++, flags = 'S' }: Flow): Result {
    const sent: Tuple = {
      source: this.address(source ?? from),
      sourcePort,
      destination: this.address(to),
      destinationPort: port ?? (to === 'nodePort' ? ports.nodePort : ports.service),
    };
    return this.#send(from, sent, protocol, flags);
  }

  /** From where a flow landed, the answer to what was seen there. */
  answer(result: Result, flags = 'SA'): Result {
    if (!('lands' in result)) throw new Error(`nothing landed: ${result.outcome}`);
    const { tuple, lands, protocol } = result;
    return this.#send(lands, turned(tuple), protocol, flags);
  }

  #send(from: Place, tuple: Tuple, protocol: L4, flags: string): Result {
    const before = this.#outcomes();
    const out = this.node.send(localPorts[from] ?? netPortNumber, this.#packet(from, tuple, protocol, flags));
    const after = this.#outcomes();
    const reason = outcomes.findIndex((name, i) => !['FORWARDED', 'UNTRACKED'].includes(name) && after[i]! > before[i]!);
    if (reason >= 0) return { outcome: outcomes[reason]! };
    if (out.length !== 1) throw new Error(`expected one packet, found ${out.length}`);
    const errors = packetErrors(out[0]!.bytes);
    if (errors.length > 0) throw new Error(errors.join('\n'));
    return { lands: this.#placeOf(out[0]!), tuple: innerTuple(out[0]!.bytes), sent: tuple, protocol };
  }

  #outcomes(): number[] {
    return outcomes.map((_, i) => this.node.outcome(i));
  }

  #packet(from: Place, { source, destination, sourcePort, destinationPort }: Tuple, protocol: L4, flags: string): PacketSpec {
    const ip = { source, destination };
    const content: PacketSpec =
      protocol === 'TCP'
        ? { ip, tcp: { sourcePort, destinationPort, flags } }
        : protocol === 'UDP'
          ? { ip, udp: { sourcePort, destinationPort }, payload: 'data' }
          : {
              ip: this.family === 4 ? { ...ip, protocol: 132 } : { ...ip, nextHeader: 132 },
              payload: sctp(sourcePort, destinationPort, 20),
            };
    // A remote pod's packets to this node's pods come through the tunnel; those to the node itself do not.
    if (from !== 'c' || destination === this.address('node')) return content;
    return { ip: { source: '192.168.50.2', destination: '192.168.50.1' }, vxlan: { vni: 4096 }, inner: content };
  }

  #placeOf({ port, bytes }: Out): Place {
    const { destination } = innerTuple(bytes);
    const place = places.find((name) => this.address(name) === destination);
    if (place === undefined) throw new Error(`landed at ${destination}, which is nobody's`);
    const expected = localPorts[place] ?? netPortNumber;
    if (port !== expected) throw new Error(`landed at ${place} by port ${port} instead of ${expected}`);
    return place;
  }
}

export function turned({ source, sourcePort, destination, destinationPort }: Tuple): Tuple {
  return { source: destination, sourcePort: destinationPort, destination: source, destinationPort: sourcePort };
}

/** Of the innermost headers. */
function innerTuple(bytes: Uint8Array): Tuple {
  const { layers } = decode(bytes);
  const ip = layers.findLast(({ header }) => header === ipv4 || header === ipv6)!;
  const { source, destination } = ip.header === ipv4 ? ipv4.get(ip.bytes) : ipv6.get(ip.bytes);
  const l4 = ip.bytes.subarray(ip.length);
  const protocol = ip.header === ipv4 ? ipv4.get(ip.bytes).protocol : ipv6.get(ip.bytes).nextHeader;
  if (protocol === 132 && !isRight(l4)) throw new Error("SCTP's checksum is wrong");
  // Ports are where they are in each of the three.
  const { sourcePort, destinationPort } = udp.get(l4);
  return { source, destination, sourcePort, destinationPort };
}
