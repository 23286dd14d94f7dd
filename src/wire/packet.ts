/**
 * Packets for tests and tools, from a description: `packet({ ip: { source: '10.0.0.1', destination: '10.0.0.2' }, tcp: { flags: 'S' } })`.
 *
 * Whatever the description leaves out is filled in: MAC addresses, types, lengths, checksums. What it gives is taken as it is, wrong lengths and
 * checksums included. `vxlan` with `inner` makes a tunnelled packet (UDP port 4789, outer UDP checksum 0 as Linux sends it).
 */
import { parseAddress } from './addresses.ts';
import { arp, arpOperations } from './arp.ts';
import { l4Checksum } from './checksum.ts';
import { ethernet } from './ethernet.ts';
import type { FieldTable, Header, Values } from './header.ts';
import { fromHex } from './hexdump.ts';
import { icmp } from './icmp.ts';
import { icmpv6 } from './icmpv6.ts';
import { ipv4, isFragment, setIpv4Checksum } from './ipv4.ts';
import { ipv6 } from './ipv6.ts';
import { etherTypes, protocols, vxlanPort } from './protocols.ts';
import { parseTcpFlags, tcp } from './tcp.ts';
import { udp } from './udp.ts';
import { vlan } from './vlan.ts';
import { vxlan, vxlanFlagVni } from './vxlan.ts';

type Given<H> = H extends Header<infer T extends FieldTable> ? Partial<Values<T>> : never;

/** Bytes as they are, text as UTF-8, or a number of bytes counting 0, 1, 2 .. */
export type Payload = Uint8Array | string | number;

export interface PacketSpec {
  readonly eth?: Given<typeof ethernet>;
  readonly vlan?: Given<typeof vlan>;
  readonly arp?: Given<typeof arp>;
  /** Family by the addresses; `options` in hex for IPv4, a multiple of 4 bytes. */
  readonly ip?: (Given<typeof ipv4> & { readonly options?: string }) | Given<typeof ipv6>;
  /** `flags` as a number or in letters (`SA`); `options` in hex, a multiple of 4 bytes. */
  readonly tcp?: Omit<Given<typeof tcp>, 'flags'> & { readonly flags?: number | string; readonly options?: string };
  readonly udp?: Given<typeof udp>;
  readonly icmp?: Given<typeof icmp>;
  readonly icmpv6?: Given<typeof icmpv6>;
  readonly vxlan?: Given<typeof vxlan>;
  /** Behind `vxlan`. */
  readonly inner?: PacketSpec;
  readonly payload?: Payload;
}

/** The packet's bytes. Throws a RangeError for values that do not fit: a mistake in the test. */
export function packet(spec: PacketSpec): Uint8Array {
  const content = spec.vxlan || spec.inner ? join(vxlanHeader(spec), packet(spec.inner ?? {})) : payloadBytes(spec.payload ?? 0);
  const { type, bytes } = network(spec, content);
  const tagged = spec.vlan ? join(make(vlan, 4, { type, ...spec.vlan }), bytes) : bytes;
  const head = make(ethernet, 14, {
    destination: '02:00:00:00:00:02',
    source: '02:00:00:00:00:01',
    type: spec.vlan ? etherTypes.vlan : type,
    ...spec.eth,
  });
  return join(head, tagged);
}

function network(spec: PacketSpec, content: Uint8Array): { type: number; bytes: Uint8Array } {
  if (spec.arp) {
    const defaults = {
      hardwareType: 1,
      protocolType: etherTypes.ipv4,
      hardwareLength: 6,
      protocolLength: 4,
      operation: arpOperations.request,
      senderMac: spec.eth?.source ?? '02:00:00:00:00:01',
    };
    return { type: etherTypes.arp, bytes: join(make(arp, 28, { ...defaults, ...spec.arp }), content) };
  }
  const hasIp = spec.ip ?? spec.tcp ?? spec.udp ?? spec.icmp ?? spec.icmpv6 ?? spec.vxlan;
  if (!hasIp) return { type: 0x88b5, bytes: content }; // EtherType for local experiments
  const source = spec.ip?.source ?? '10.0.0.1';
  const destination = spec.ip?.destination ?? '10.0.0.2';
  const isV6 = source.includes(':');
  const fragment = { fragmentOffset: 0, flags: 0, ...(spec.ip as Given<typeof ipv4>) };
  const { protocol, bytes } = transport(spec, content, source, destination, !isV6 && isFragment(fragment));
  if (isV6) {
    const given = spec.ip as Given<typeof ipv6>;
    const head = { version: 6, payloadLength: bytes.length, nextHeader: protocol, hopLimit: 64, source, destination };
    return { type: etherTypes.ipv6, bytes: join(make(ipv6, 40, { ...head, ...given }), bytes) };
  }
  const { options, ...given } = (spec.ip ?? {}) as Given<typeof ipv4> & { options?: string };
  const optionBytes = hexOptions(options);
  const length = 20 + optionBytes.length;
  const head = join(
    make(ipv4, 20, {
      ...{ version: 4, headerLength: length / 4, totalLength: length + bytes.length, ttl: 64, protocol, source, destination },
      ...given,
    }),
    optionBytes,
  );
  if (given.checksum === undefined) setIpv4Checksum(head);
  return { type: etherTypes.ipv4, bytes: join(head, bytes) };
}

function transport(
  spec: PacketSpec,
  content: Uint8Array,
  source: string,
  destination: string,
  isPart: boolean,
): { protocol: number; bytes: Uint8Array } {
  const finish = (bytes: Uint8Array, protocol: number, offset: number, given: number | undefined) => {
    // A fragment's checksum covers bytes that are not here: leave it to the description.
    if (given === undefined && !isPart) {
      const sum = l4Checksum(parseAddress(source)!, parseAddress(destination)!, protocol, bytes);
      bytes[offset] = sum >> 8;
      bytes[offset + 1] = sum & 0xff;
    }
    return { protocol, bytes };
  };
  if (spec.tcp) {
    const { flags, options, ...given } = spec.tcp;
    const optionBytes = hexOptions(options);
    const bits = typeof flags === 'string' ? parseTcpFlags(flags) : (flags ?? 0x10);
    if (bits === undefined) throw new RangeError(`tcp.flags: '${flags}' has letters other than FSRPAUEC`);
    const defaults = {
      sourcePort: 1024,
      destinationPort: 80,
      dataOffset: 5 + optionBytes.length / 4,
      flags: bits,
      window: 65535,
    };
    return finish(join(make(tcp, 20, { ...defaults, ...given }), optionBytes, content), protocols.tcp, 16, given.checksum);
  }
  if (spec.udp || spec.vxlan || spec.inner) {
    const isTunnel = spec.vxlan !== undefined || spec.inner !== undefined;
    const defaults = { sourcePort: 1024, destinationPort: isTunnel ? vxlanPort : 53, length: 8 + content.length };
    const given = { ...(isTunnel ? { checksum: 0 } : {}), ...spec.udp };
    return finish(join(make(udp, 8, { ...defaults, ...given }), content), protocols.udp, 6, given.checksum);
  }
  if (spec.icmp) {
    return finish(join(make(icmp, 8, { type: 8, ...spec.icmp }), content), protocols.icmp, 2, spec.icmp.checksum);
  }
  if (spec.icmpv6) {
    return finish(join(make(icmpv6, 8, { type: 128, ...spec.icmpv6 }), content), protocols.icmpv6, 2, spec.icmpv6.checksum);
  }
  return { protocol: 253, bytes: content }; // for experiments, RFC 3692
}

function vxlanHeader(spec: PacketSpec): Uint8Array {
  return make(vxlan, 8, { flags: vxlanFlagVni, ...spec.vxlan });
}

function make<T extends FieldTable>(codec: Header<T>, length: number, values: Partial<Values<NoInfer<T>>>): Uint8Array {
  const bytes = new Uint8Array(length);
  codec.set(bytes, values);
  return bytes;
}

function hexOptions(text: string | undefined): Uint8Array {
  const bytes = fromHex(text ?? '');
  if (bytes === undefined || bytes.length % 4 !== 0)
    throw new RangeError(`options '${text}': expected hex, a multiple of 4 bytes`);
  return bytes;
}

function payloadBytes(payload: Payload): Uint8Array {
  if (typeof payload === 'string') return new TextEncoder().encode(payload);
  return typeof payload === 'number' ? Uint8Array.from({ length: payload }, (_, i) => i & 0xff) : payload;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
