/**
 * What a packet port makes of descriptors, looked at frame by frame at the other end of a veth pair.
 *
 *   memory port 2 -> port 0, v0 <-veth-> v1, port 1 -> memory port 2
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { descriptor } from '../../src/arena/layout.ts';
import type { Port } from '../../src/engine/port.ts';
import { bytesNeeded, MemoryPort, memoryPortBytes, type Offload, openPort } from '../../src/ports/index.ts';
import { fromHex, internetChecksum, packetErrors } from '../../src/wire/index.ts';
import { makeArena } from './forwarder.ts';
import { partialFrame } from './frames.ts';
import { Namespaces, whyNotPrivileged } from './netns.ts';

const reason = whyNotPrivileged();
const at = 65536;
const listAt = 65536 + 32768;
/** IPv4 10.0.0.1 -> 10.0.0.2 in the outer and inner header alike: our frames are told from the kernel's by their MAC addresses. */
const macs = '020000000002020000000001';

describe.skipIf(reason)(`what leaves a packet port${reason ? ` (${reason})` : ''}`, () => {
  let namespaces: Namespaces;
  let ports: Port[];
  let memory: WebAssembly.Memory;
  let view: DataView;
  let inside: MemoryPort;
  beforeEach(() => {
    namespaces = new Namespaces();
    const netns = namespaces.add('o');
    namespaces.veth(netns, 'v0', netns, 'v1');
    const specs = ['v0', 'v1'].map((name) => `${name},netns=${netns}`);
    const arena = makeArena([...specs.map(bytesNeeded), memoryPortBytes()]);
    memory = arena.memory;
    view = new DataView(memory.buffer);
    ports = specs.map((spec, i) => openPort(spec, i, arena.regions[i]!));
    inside = new MemoryPort(2, arena.regions[2]!);
  });
  afterEach(() => {
    for (const port of ports ?? []) port.close();
    namespaces.remove();
  });

  /** Sends one packet so many times; returns our frames that arrive at the other end, with complete checksums. */
  function send(bytes: Uint8Array, offload: Offload, push: Uint8Array, times: number): Uint8Array[] {
    inside.push(bytes, offload);
    expect(inside.receive(at, 1)).toBe(1);
    const addr = view.getUint32(at + descriptor.addr, true) - push.length;
    new Uint8Array(memory.buffer).set(push, addr);
    view.setUint32(at + descriptor.addr, addr, true);
    view.setUint32(at + descriptor.length, bytes.length + push.length, true);
    view.setUint32(listAt, at, true);
    const before = new Uint8Array(memory.buffer, addr, bytes.length + push.length).slice();
    for (let i = 0; i < times; i++) ports[0]!.transmit(listAt, 1);
    expect(new Uint8Array(memory.buffer, addr, bytes.length + push.length)).toEqual(before);
    inside.release(at, 1);

    const count = ports[1]!.receive(at, 64);
    for (let i = 0; i < count; i++) view.setUint32(listAt + 4 * i, at + descriptor.bytes * i, true);
    inside.transmit(listAt, count);
    ports[1]!.release(at, count);
    return inside
      .take()
      .map((sent) => sent.bytes)
      .filter((frame) => Buffer.from(frame.subarray(0, 12)).toString('hex') === macs);
  }

  test('one buffer may go out several times', () => {
    for (const protocol of [6, 17] as const) {
      const { bytes, csumOffset } = partialFrame(protocol, new Uint8Array(101).fill(7));
      const frames = send(bytes, { csumStart: 34, csumOffset }, new Uint8Array(0), 3);
      expect(frames.length).toBe(3);
      for (const frame of frames) {
        expect(packetErrors(frame)).toEqual([]);
        expect(frame.length).toBe(bytes.length);
      }
    }
  });

  test('behind pushed headers the inner checksum is completed, the tunnel checksum 0 stays', () => {
    const { bytes, csumOffset } = partialFrame(17, new Uint8Array(33).fill(7));
    const [frame, ...more] = send(bytes, { csumStart: 34, csumOffset }, tunnelHeaders(bytes.length, 17), 1);
    expect(more).toEqual([]);
    expect([frame![40], frame![41]]).toEqual([0, 0]);
    expect(packetErrors(frame!.subarray(50))).toEqual([]);
  });

  /** TCP from 0xfffffff0 on with 2500 bytes, of a kernel that wants 1000 per segment; identification 0xffff; CWR, ACK, PSH, FIN. */
  function gsoFrame(payload: Uint8Array): { bytes: Uint8Array; offload: Offload } {
    const { bytes, csumOffset } = partialFrame(6, payload);
    const inner = new DataView(bytes.buffer);
    inner.setUint16(18, 0xffff);
    inner.setUint16(24, 0);
    inner.setUint16(24, internetChecksum(bytes.subarray(14, 34)));
    inner.setUint32(38, 0xfffffff0);
    bytes[47] = 0x99;
    return { bytes, offload: { csumStart: 34, csumOffset, gsoType: 1, gsoSize: 1000 } };
  }
  const payload = Uint8Array.from({ length: 2500 }, (_, i) => i & 255);
  /** Length, id, sequence, flags of the inner headers. */
  const innerRow = (inner: Uint8Array): (number | undefined)[] => {
    const v = new DataView(inner.buffer, inner.byteOffset);
    return [v.getUint16(16), v.getUint16(18), v.getUint32(38), inner[47]];
  };
  const innerRows = [
    [1040, 0xffff, 0xfffffff0, 0x90],
    [1040, 0x0000, 0x000003d8, 0x10],
    [540, 0x0001, 0x000007c0, 0x19],
  ];

  test('GSO behind other headers than UDP: TCP in segments', () => {
    const { bytes, offload } = gsoFrame(payload);
    const frames = send(bytes, offload, tunnelHeaders(bytes.length, 47), 1);
    const outerRows = frames.map((frame) => {
      const v = new DataView(frame.buffer, frame.byteOffset);
      return [v.getUint16(16), v.getUint16(18)];
    });
    expect(outerRows).toEqual([
      [1090, 0x0100],
      [1090, 0x0101],
      [590, 0x0102],
    ]);
    expect(frames.map((frame) => innerRow(frame.subarray(50)))).toEqual(innerRows);
    for (const frame of frames) {
      expect(packetErrors(frame)).toEqual([]);
      expect(packetErrors(frame.subarray(50))).toEqual([]);
    }
    expect(Buffer.concat(frames.map((frame) => frame.subarray(104)))).toEqual(Buffer.from(payload));
  });

  test('GSO behind UDP: a train of datagrams, the checksum of each to be finished by the kernel', () => {
    const { bytes, offload } = gsoFrame(payload);
    const [train, ...more] = send(bytes, offload, tunnelHeaders(bytes.length, 17), 1);
    expect(more).toEqual([]);
    const v = new DataView(train!.buffer, train!.byteOffset);
    // outer length, id, UDP length: those of the whole train
    expect([v.getUint16(16), v.getUint16(18), v.getUint16(38)]).toEqual([28 + 3 * 62 + 2500, 0x0100, 8 + 3 * 62 + 2500]);
    expect(packetErrors(train!)).toEqual([]);
    const segments = [0, 1, 2].map((i) => train!.subarray(42 + i * 1062, 42 + (i + 1) * 1062).subarray(8));
    expect(segments.map(innerRow)).toEqual(innerRows);
    for (const segment of segments) expect(packetErrors(segment)).toEqual([]);
    expect(Buffer.concat(segments.map((segment) => segment.subarray(54)))).toEqual(Buffer.from(payload));
  });

  test.each([
    ['segments of no bytes', 1, 0],
    ['more than 1024 segments', 1, 2],
    ['a kind of GSO that is not known', 3, 1000],
  ])('GSO behind pushed headers, refused: %s', (_name, gsoType, gsoSize) => {
    const { bytes, csumOffset } = partialFrame(6, new Uint8Array(2500));
    expect(send(bytes, { csumStart: 34, csumOffset, gsoType, gsoSize }, tunnelHeaders(bytes.length, 17), 1)).toEqual([]);
    expect(ports[0]!.stats).toMatchObject({ txPackets: 0, txDropsTooBig: 1, txErrors: 0 });
  });

  test('a GSO frame that the kernel refuses is dropped and counted at once', () => {
    const { bytes, csumOffset } = partialFrame(6, new Uint8Array(2500));
    // TCP over IPv6, says the metadata of an IPv4 packet.
    expect(send(bytes, { csumStart: 34, csumOffset, gsoType: 4, gsoSize: 1000 }, new Uint8Array(0), 1)).toEqual([]);
    const { txPackets, txDropsTooBig, txDropsFull } = ports[0]!.stats;
    expect({ txPackets, txDropsTooBig, txDropsFull }).toEqual({ txPackets: 0, txDropsTooBig: 1, txDropsFull: 0 });
  });
});

/** Ethernet, IPv4 with identification 0x100, and UDP without checksum and VXLAN, or as many bytes of another protocol. */
function tunnelHeaders(innerLength: number, protocol: number): Uint8Array {
  const bytes = fromHex(
    `${macs}0800 45000000010040004011 0000 0a0000010a000002 c00012b500000000 0800000000002a00`.replace(/\s/g, ''),
  )!;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint16(16, 36 + innerLength);
  view.setUint8(23, protocol);
  view.setUint16(24, 0);
  view.setUint16(24, internetChecksum(bytes.subarray(14, 34)));
  view.setUint16(38, 16 + innerLength);
  return bytes;
}
