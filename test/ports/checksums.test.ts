/**
 * Every kind of packet through every kind of port arrives with right checksums, as a kernel and as our own decoder see it:
 *
 *   {plain, partial checksum, GSO} x {TCP, UDP} x {no tunnel, encapsulated, decapsulated} x {packet, TAP}
 *
 *   memory port -> program's change -> port under test | kernel: vxlan device or none, IP, L4 without a socket
 *                                                      | capture on the same interface -> our decoder
 *
 * Without a socket the kernel still checks the sum: TCP answers by RST and UDP counts NoPorts if it is right, both count InCsumErrors if not.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { descriptor } from '../../src/arena/layout.ts';
import type { Port } from '../../src/engine/port.ts';
import { bytesNeeded, interfaceFacts, MemoryPort, openPort, type SentPacket } from '../../src/ports/index.ts';
import { internetChecksum, packetErrors, parseIpv4, pseudoHeaderSum } from '../../src/wire/index.ts';
import { makeArena } from './forwarder.ts';
import { Namespaces, run, whyNoTap, whyNotPrivileged } from './netns.ts';

const reason = whyNotPrivileged();
const at = 65536;
const listAt = at + 64 * 64;
const [from, to] = ['10.9.0.1', '10.9.0.2'].map((text) => parseIpv4(text)!) as [Uint8Array, Uint8Array];
const ourMac = [2, 0, 0, 0, 8, 1];
const macText = '02:00:00:00:08:01';
const segmentBytes = 1000;
const outerBytes = 50;

type Kind = 'plain' | 'partial' | 'GSO';
type Protocol = 'TCP' | 'UDP';
type Tunnel = 'no tunnel' | 'encapsulated' | 'decapsulated';

/** Ethernet, IPv4, L4 to 10.9.0.2; the checksum whole, or only the pseudo header's. */
function innerFrame(mac: Uint8Array, kind: Kind, protocol: Protocol, payload: Uint8Array): Uint8Array {
  const [number, headerBytes, csumAt] = protocol === 'TCP' ? [6, 20, 16] : [17, 8, 6];
  const l4 = new Uint8Array(headerBytes + payload.length);
  const l4View = new DataView(l4.buffer);
  l4.set([0x12, 0x34, 0x13, 0x88]);
  if (protocol === 'TCP') l4.set([0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 0x10, 0], 4);
  else l4View.setUint16(4, l4.length);
  l4.set(payload, headerBytes);
  l4View.setUint16(csumAt, pseudoHeaderSum(from, to, number, l4.length));
  if (kind === 'plain') l4View.setUint16(csumAt, internetChecksum(l4));
  const bytes = new Uint8Array(34 + l4.length);
  bytes.set([...mac, ...ourMac, 8, 0, 0x45, 0, 0, 0, 0, 7, 0x40, 0, 64, number]);
  const view = new DataView(bytes.buffer);
  view.setUint16(16, 20 + l4.length);
  bytes.set(from, 26);
  bytes.set(to, 30);
  view.setUint16(24, internetChecksum(bytes.subarray(14, 34)));
  bytes.set(l4, 34);
  return bytes;
}

/** VXLAN (VNI 42) from 10.8.0.1 to 10.8.0.2 around a frame. */
function outerHeaders(mac: Uint8Array, innerBytes: number): Uint8Array {
  const bytes = new Uint8Array(outerBytes);
  bytes.set([...mac, ...ourMac, 8, 0, 0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, 17, 0, 0, 10, 8, 0, 1, 10, 8, 0, 2]);
  bytes.set([0xc3, 0x50, 0x12, 0xb5, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 42, 0], 34);
  const view = new DataView(bytes.buffer);
  view.setUint16(16, 36 + innerBytes);
  view.setUint16(24, internetChecksum(bytes.subarray(14, 34)));
  view.setUint16(38, 16 + innerBytes);
  return bytes;
}

/** What a program does that pushes, or pops, the tunnel's headers. */
function move(view: DataView, bytes: number): void {
  view.setUint32(at + descriptor.addr, view.getUint32(at + descriptor.addr, true) + bytes, true);
  view.setUint32(at + descriptor.length, view.getUint32(at + descriptor.length, true) - bytes, true);
}

/** Payload of packets as they arrived, in order; throws what is wrong with one. A train of tunnelled segments is taken apart as the kernel would. */
function payloadOf(sent: readonly SentPacket[], isTunnelled: boolean): number[] {
  const frames = sent.flatMap(({ bytes, gsoType, gsoSize }) => {
    if (!isTunnelled) return [bytes];
    if (gsoType === 0) expect(packetErrors(bytes)).toEqual([]);
    const size = gsoType === 0 ? bytes.length - 42 : gsoSize;
    const trains: Uint8Array[] = [];
    for (let start = 42; start < bytes.length; start += size) trains.push(bytes.subarray(start + 8, start + size));
    return trains;
  });
  return frames.flatMap((frame) => {
    expect(packetErrors(frame)).toEqual([]);
    return [...frame.subarray(frame[23] === 6 ? 54 : 42)];
  });
}

describe.skipIf(reason)(`checksums${reason ? ` (${reason})` : ''}`, () => {
  const noTap = whyNoTap();
  describe.each(['packet', 'TAP'] as const)('%s', (portKind) => {
    describe.skipIf(portKind === 'TAP' && noTap).each(['no tunnel', 'encapsulated', 'decapsulated'] as const)(
      '%s',
      (tunnel: Tunnel) => {
        let namespaces: Namespaces;
        let [netns, device, receiving] = ['', '', ''];
        let [source, copies]: MemoryPort[] = [];
        let [out, capture]: Port[] = [];
        let view: DataView;

        beforeAll(() => {
          namespaces = new Namespaces();
          netns = namespaces.add('s');
          device = portKind === 'packet' ? 'b0' : 't0';
          let spec = `tap:t0,netns=${netns}`;
          if (portKind === 'packet') {
            const router = namespaces.add('r');
            namespaces.veth(netns, 'b0', router, 'r1');
            spec = `r1,netns=${router},frames=256`;
          }
          const captureSpec = `${device},netns=${netns},frames=256,isolate=no`;
          const memory = bytesNeeded('memory');
          const arena = makeArena([memory, memory, bytesNeeded(spec), bytesNeeded(captureSpec)]);
          view = new DataView(arena.memory.buffer);
          source = new MemoryPort(0, arena.regions[0]!);
          copies = new MemoryPort(1, arena.regions[1]!);
          out = openPort(spec, 2, arena.regions[2]!);
          capture = openPort(captureSpec, 3, arena.regions[3]!);
          receiving = device;
          if (tunnel === 'encapsulated') {
            receiving = 'vx0';
            run(`ip -n ${netns} addr add 10.8.0.2/24 dev ${device}`);
            run(`ip -n ${netns} link add vx0 type vxlan id 42 local 10.8.0.2 remote 10.8.0.1 dstport 4789`);
            run(`ip -n ${netns} link set vx0 up`);
          }
          run(`ip -n ${netns} addr add 10.9.0.2/24 dev ${receiving}`);
          run(`ip -n ${netns} neigh replace 10.9.0.1 lladdr ${macText} dev ${receiving} nud permanent`);
        });
        afterAll(() => {
          for (const port of [out, capture]) port?.close();
          namespaces.remove();
        });

        const kinds: Kind[] = ['plain', 'partial', 'GSO'];
        test.each(kinds.flatMap((kind) => (['TCP', 'UDP'] as const).map((protocol) => [kind, protocol] as const)))(
          '%s %s',
          async (kind, protocol) => {
            const payload = Uint8Array.from({ length: kind === 'GSO' ? 4500 : 333 }, (_, i) => (i * 7) & 0xff);
            const inner = innerFrame(interfaceFacts(receiving, netns).mac, kind, protocol, payload);
            const outer = outerHeaders(interfaceFacts(device, netns).mac, inner.length);
            const hadOuter = tunnel === 'decapsulated';
            const before = kernelCounts(netns);
            take();
            const offload = {
              csumStart: 34 + (hadOuter ? outerBytes : 0),
              csumOffset: protocol === 'TCP' ? 16 : 6,
              ...(kind === 'GSO' && { gsoType: protocol === 'TCP' ? 1 : 5, gsoSize: segmentBytes }),
            };
            source!.push(hadOuter ? Uint8Array.from([...outer, ...inner]) : inner, kind === 'plain' ? undefined : offload);
            expect(source!.receive(at, 1)).toBe(1);
            if (hadOuter) move(view, outerBytes);
            if (tunnel === 'encapsulated') {
              move(view, -outerBytes);
              new Uint8Array(view.buffer, view.getUint32(at + descriptor.addr, true)).set(outer);
            }
            view.setUint32(listAt, at, true);
            out!.transmit(listAt, 1);
            source!.release(at, 1);
            const isRight = (now: KernelCounts): boolean =>
              protocol === 'TCP' ? now.resets > before.resets : now.noPorts > before.noPorts;
            for (let i = 0; i < 100 && !isRight(kernelCounts(netns)); i++) await new Promise((done) => setTimeout(done, 10));
            const after = kernelCounts(netns);
            expect(after.errors).toBe(before.errors);
            expect(isRight(after)).toBe(true);
            expect(payloadOf(take(), tunnel === 'encapsulated')).toEqual([...payload]);
            const { txErrors, txDropsTooBig, txDropsFull } = out!.stats;
            expect({ txErrors, txDropsTooBig, txDropsFull }).toEqual({ txErrors: 0, txDropsTooBig: 0, txDropsFull: 0 });
          },
        );

        /** What arrived at the interface from us since the last time, checksums completed. */
        function take(): readonly SentPacket[] {
          const count = capture!.receive(at, 64);
          for (let i = 0; i < count; i++) view.setUint32(listAt + 4 * i, at + 64 * i, true);
          copies!.transmit(listAt, count);
          capture!.release(at, count);
          return copies!.take().filter(({ bytes }) => ourMac.every((byte, i) => bytes[6 + i] === byte));
        }
      },
    );
  });
});

interface KernelCounts {
  readonly resets: number;
  readonly noPorts: number;
  readonly errors: number;
}

function kernelCounts(netns: string): KernelCounts {
  const lines = run(`ip netns exec ${netns} cat /proc/net/snmp`).split('\n');
  const value = (protocol: string, name: string): number => {
    const [names, values] = lines.filter((line) => line.startsWith(`${protocol}: `)).map((line) => line.split(' '));
    return Number(values?.[names?.indexOf(name) ?? -1]);
  };
  return {
    resets: value('Tcp', 'OutRsts'),
    noPorts: value('Udp', 'NoPorts'),
    errors: value('Tcp', 'InCsumErrors') + value('Udp', 'InCsumErrors') + value('Ip', 'InHdrErrors'),
  };
}
