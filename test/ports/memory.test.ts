/**
 * Ports without a kernel: what goes in comes out, offload metadata keeps its promise through a program's incremental updates, names of ports are understood.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { descriptor, noPort } from '../../src/arena/layout.ts';
import {
  bytesNeeded,
  MemoryPort,
  memoryPortBytes,
  OperatorError,
  openPort,
  type PcapPort,
  parsePortSpec,
} from '../../src/ports/index.ts';
import { CaptureReader, captureHead, captureRecord } from '../../src/ports/pcap-format.ts';
import { internetChecksum, l4Checksum, packetErrors } from '../../src/wire/index.ts';
import { makeArena } from './forwarder.ts';
import { partialFrame } from './frames.ts';

const at = 65536;
const listAt = 65536 + 64 * 64;

function memoryPorts(count: number) {
  const { memory, regions } = makeArena(Array.from({ length: count }, () => memoryPortBytes()));
  return { view: new DataView(memory.buffer), ports: regions.map((region, i) => new MemoryPort(i, region)), memory };
}

/** Receives one packet on a port, lets `change` have it, sends it on the other; returns what came out. */
function pass(
  view: DataView,
  from: MemoryPort,
  to: MemoryPort,
  change: (addr: number) => void = () => {},
): Uint8Array | undefined {
  expect(from.receive(at, 64)).toBe(1);
  change(view.getUint32(at + descriptor.addr, true));
  view.setUint32(listAt, at, true);
  to.transmit(listAt, 1);
  from.release(at, 1);
  return to.take()[0]?.bytes;
}

/** RFC 1624 equation 3, as a program does it. */
function update(view: DataView, field: number, old: number, now: number): void {
  let sum = (~view.getUint16(field) & 0xffff) + (~old & 0xffff) + now;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(field, ~sum & 0xffff);
}

/** Sets a 16-bit word of the packet and updates a checksum. */
function set16(view: DataView, word: number, field: number | undefined, value: number): void {
  if (field !== undefined) update(view, field, view.getUint16(word), value);
  view.setUint16(word, value);
}

/** The L4 checksum that the frame should have. */
function expectedChecksum(bytes: Uint8Array, csumOffset: number): number {
  const l4 = bytes.slice(34);
  l4.set([0, 0], csumOffset);
  return l4Checksum(bytes.subarray(26, 30), bytes.subarray(30, 34), bytes[23]!, l4);
}

describe('memory port', () => {
  test('packets come out as they went in, in order, with a whole descriptor', () => {
    const { view, ports } = memoryPorts(2);
    const [a, b] = ports as [MemoryPort, MemoryPort];
    const packets = [14, 60, 61, 1514, 65549].map((length, i) => new Uint8Array(length).fill(i + 1));
    for (const bytes of packets) a.push(bytes);
    a.push(new Uint8Array(13));
    expect(a.receive(at, 3)).toBe(3);
    expect(a.receive(at + 3 * 64, 61)).toBe(2);
    for (let i = 0; i < 5; i++) {
      expect(view.getUint32(at + 64 * i + descriptor.outPort, true)).toBe(noPort);
      expect(
        view.getUint32(at + 64 * i + descriptor.addr, true) - view.getUint32(at + 64 * i + descriptor.bufferStart, true),
      ).toBe(256);
      view.setUint32(listAt + 4 * i, at + 64 * i, true);
    }
    b.transmit(listAt, 5);
    expect(b.take().map((sent) => sent.bytes)).toEqual(packets);
    expect(a.stats).toMatchObject({ rxPackets: 5, rxDropsInvalid: 1 });
    expect(b.stats).toMatchObject({ txPackets: 5, txBytes: 14 + 60 + 61 + 1514 + 65549 });
  });

  test('receives no more than it has slots until release', () => {
    const { ports } = memoryPorts(1);
    const port = ports[0]!;
    for (let i = 0; i < 70; i++) port.push(new Uint8Array(60));
    expect(port.receive(at, 100)).toBe(64);
    expect(port.receive(at, 100)).toBe(0);
    port.release(at, 64);
    expect(port.receive(at, 100)).toBe(6);
  });

  test.each([
    ['TCP', 6, 100],
    ['TCP, odd', 6, 101],
    ['TCP, empty', 6, 0],
    ['UDP', 17, 100],
    ['UDP, odd', 17, 33],
  ] as const)('partial checksum: %s', (_name, protocol, length) => {
    const { view, ports } = memoryPorts(2);
    const [a, b] = ports as [MemoryPort, MemoryPort];
    const payload = Uint8Array.from({ length }, (_, i) => (i * 37) & 255);
    const { bytes, csumOffset } = partialFrame(protocol, payload);
    const push = () => a.push(bytes, { csumStart: 34, csumOffset });

    push();
    const same = pass(view, a, b)!;
    expect(new DataView(same.buffer).getUint16(34 + csumOffset)).toBe(expectedChecksum(bytes, csumOffset));
    expect(packetErrors(same)).toEqual([]);

    // A program that translates addresses and ports updates the field incrementally for all of them.
    push();
    const translated = pass(view, a, b, (addr) => {
      const field = addr + 34 + csumOffset;
      set16(view, addr + 30, field, 0xc0a8);
      set16(view, addr + 32, field, 0x0105);
      set16(view, addr + 34, field, 0xfedc);
      set16(view, addr + 36, field, 8080);
      const ip = new Uint8Array(view.buffer, addr + 14, 20);
      ip.set([0, 0], 10);
      view.setUint16(addr + 24, internetChecksum(ip));
    })!;
    expect(packetErrors(translated)).toEqual([]);
    expect([...translated.subarray(30, 38)]).toEqual([0xc0, 0xa8, 1, 5, 0xfe, 0xdc, 0x1f, 0x90]);
  });

  test('a header with partial checksum that the program stripped or cut off is no concern any more', () => {
    const { view, ports } = memoryPorts(2);
    const [a, b] = ports as [MemoryPort, MemoryPort];
    const { bytes, csumOffset } = partialFrame(6, new Uint8Array(60));
    a.push(bytes, { csumStart: 34, csumOffset });
    const cut = pass(view, a, b, () => view.setUint32(at + descriptor.length, 40, true));
    expect(cut).toEqual(bytes.slice(0, 40));
    a.push(bytes, { csumStart: 34, csumOffset });
    const stripped = pass(view, a, b, (addr) => {
      view.setUint32(at + descriptor.addr, addr + 40, true);
      view.setUint32(at + descriptor.length, bytes.length - 40, true);
    });
    expect(stripped!.length).toBe(bytes.length - 40);
  });
});

describe('pcap port', () => {
  test('reads classic captures of both byte orders and units', () => {
    for (const [magic, little] of [
      [0xa1b2c3d4, true],
      [0xa1b2c3d4, false],
      [0xa1b23c4d, true],
      [0xa1b23c4d, false],
    ] as const) {
      const view = new DataView(new ArrayBuffer(24 + 16 + 60));
      view.setUint32(0, magic, little);
      view.setUint32(20, 1, little);
      view.setUint32(24 + 8, 60, little);
      view.setUint32(24 + 12, 61, little);
      const reader = new CaptureReader(pullFrom(new Uint8Array(view.buffer), 7), 'x.pcap');
      expect(reader.read()).toMatchObject({ wireLength: 61, bytes: new Uint8Array(60) });
      expect(reader.read()).toBeUndefined();
    }
  });

  test('reads pcapng: enhanced and simple packet blocks, unknown blocks skipped', () => {
    const section = block(0x0a0d0d0a, [0x1a2b3c4d, 0x00000001, 0xffffffff, 0xffffffff]);
    const bytes = concat([
      section,
      block(1, [1, 0]),
      block(5, [0]),
      block(6, [0, 1, 2, 5, 6, 0x04030201, 5]),
      block(3, [4, 0x0d0c0b0a]),
    ]);
    const reader = new CaptureReader(pullFrom(bytes, 1000), 'x.pcapng');
    expect([...reader.read()!.bytes]).toEqual([1, 2, 3, 4, 5]);
    expect([...reader.read()!.bytes]).toEqual([10, 11, 12, 13]);
    expect(reader.read()).toBeUndefined();
  });

  test('file in, file out', () => {
    const directory = mkdtempSync(join(tmpdir(), 'softipu-'));
    try {
      const packets = [60, 1514, 300].map((length, i) => new Uint8Array(length).fill(i));
      const [input, output] = [join(directory, 'in.pcap'), join(directory, 'out.pcap')];
      writeFileSync(input, concat([captureHead(), ...packets.map((bytes) => captureRecord(bytes, 1, 2))]));
      const spec = `pcap:${input},${output}`;
      const { memory, regions } = makeArena([bytesNeeded(spec)]);
      const port = openPort(spec, 0, regions[0]!) as PcapPort;
      expect(port.receive(at, 64)).toBe(3);
      expect(port.inputEnded).toBe(true);
      const view = new DataView(memory.buffer);
      for (let i = 0; i < 3; i++) view.setUint32(listAt + 4 * i, at + 64 * (2 - i), true);
      port.transmit(listAt, 3);
      port.close();
      const reader = new CaptureReader(pullFrom(readFileSync(output), 1e6), output);
      for (const bytes of packets.reverse()) expect(reader.read()!.bytes).toEqual(bytes);
      expect(reader.read()).toBeUndefined();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('files that are no Ethernet captures are refused with a code', () => {
    const head = captureHead();
    new DataView(head.buffer).setUint32(20, 101, true);
    expect(codeOf(() => new CaptureReader(pullFrom(head, 100), 'raw.pcap'))).toBe('not-ethernet');
    expect(codeOf(() => new CaptureReader(pullFrom(new Uint8Array(100), 100), 'zero'))).toBe('not-a-pcap');
    expect(codeOf(() => openPort('pcap:/nowhere/in.pcap', 0, makeArena([memoryPortBytes()]).regions[0]!))).toBe('no-such-file');
  });
});

describe('port specifications', () => {
  test.each([
    ['veth0', { kind: 'packet', interface: 'veth0' }],
    ['xdp:eth1,netns=blue,queue=3,chunks=256', { kind: 'xdp', interface: 'eth1', netns: 'blue', queue: 3, chunks: 256 }],
    [
      'packet:eth0.5,netns=blue,frames=1024,isolate=no',
      { kind: 'packet', interface: 'eth0.5', netns: 'blue', frames: 1024, isolate: false },
    ],
    ['tap:tap0', { kind: 'tap', interface: 'tap0' }],
    ['pcap:a,b', { kind: 'pcap', input: 'a', output: 'b' }],
    ['pcap:,b', { kind: 'pcap', output: 'b' }],
    ['memory', { kind: 'memory' }],
  ])('%s', (text, spec) => expect(parsePortSpec(text)).toEqual(spec));

  test.each([
    '',
    'a-name-that-is-too-long',
    'xdp:veth0,queue=first',
    'pcap:',
    'pcap:a,b,c',
    'veth0,speed=10',
    'veth0,frames=many',
    'veth0,isolate=maybe',
    'a/b',
  ])("'%s' is refused", (text) => expect(codeOf(() => parsePortSpec(text))).toBe('bad-port-spec'));
});

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return error instanceof OperatorError ? error.code : String(error);
  }
  return undefined;
}

/** A file that gives at most `step` bytes at a time. */
function pullFrom(bytes: Uint8Array, step: number): (target: Uint8Array) => number {
  let position = 0;
  return (target) => {
    const part = bytes.subarray(position, position + Math.min(step, target.length));
    target.set(part);
    position += part.length;
    return part.length;
  };
}

function block(type: number, words: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(12 + 4 * words.length));
  view.setUint32(0, type, true);
  view.setUint32(4, view.byteLength, true);
  words.forEach((word, i) => {
    view.setUint32(8 + 4 * i, word, true);
  });
  view.setUint32(view.byteLength - 4, view.byteLength, true);
  return new Uint8Array(view.buffer);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
