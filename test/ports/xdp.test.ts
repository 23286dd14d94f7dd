/**
 * AF_XDP ports between kernel namespaces: frames both ways, checksums completed and GSO cut up, interfaces that go and come back, memory given back. veth
 * stands for a NIC here; its peers leave nothing to it (offloads off) where the kernel is asked to talk.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { descriptor } from '../../src/arena/layout.ts';
import { bytesNeeded, interfaceFacts, MemoryPort, openPort, type XdpPort } from '../../src/ports/index.ts';
import { packet, packetErrors, printMac } from '../../src/wire/index.ts';
import { makeArena } from './forwarder.ts';
import { partialFrame } from './frames.ts';
import { isInitialUser, Namespaces, run, whyNotPrivileged } from './netns.ts';

const reason = whyNotPrivileged() ?? (isInitialUser() ? undefined : 'needs bpf(2)');
const at = 65536;
const listAt = at + 64 * 64;

describe.skipIf(reason)(`AF_XDP ports${reason ? ` (${reason})` : ''}`, () => {
  let namespaces: Namespaces;
  let netns: string;
  let view: DataView;
  let [a, b]: XdpPort[] = [];
  let [source, copies]: MemoryPort[] = [];
  beforeEach(() => {
    namespaces = new Namespaces();
    netns = namespaces.add('x');
    namespaces.veth(netns, 'v0', netns, 'v1');
    const specs = [`xdp:v0,netns=${netns},chunks=256`, `xdp:v1,netns=${netns},chunks=256`];
    const { memory, regions } = makeArena([...specs.map(bytesNeeded), bytesNeeded('memory'), bytesNeeded('memory')]);
    view = new DataView(memory.buffer);
    [a, b] = specs.map((spec, i) => openPort(spec, i, regions[i]!) as XdpPort);
    [source, copies] = [2, 3].map((i) => new MemoryPort(i, regions[i]!));
  });
  afterEach(() => {
    a?.close();
    b?.close();
    namespaces.remove();
  });

  /** Sends what was pushed into `source`, `times` over, through a port. */
  function send(port: XdpPort, times = 1): void {
    const count = source!.receive(at, 64);
    for (let i = 0; i < count; i++) view.setUint32(listAt + 4 * i, at + 64 * i, true);
    for (let n = 0; n < times; n++) port.transmit(listAt, count);
    source!.release(at, count);
  }

  /** What a port received, as bytes; router solicitations and the like left out. */
  function take(port: XdpPort): Uint8Array[] {
    const taken: Uint8Array[] = [];
    for (let count = port.receive(at, 64); count > 0; count = port.receive(at, 64)) {
      for (let i = 0; i < count; i++) {
        view.setUint32(listAt + 4 * i, at + 64 * i, true);
        // Headroom for headers that a program pushes.
        const [addr, start] = [descriptor.addr, descriptor.bufferStart].map((o) => view.getUint32(at + 64 * i + o, true));
        expect(addr! - start!).toBeGreaterThanOrEqual(256);
      }
      copies!.transmit(listAt, count);
      port.release(at, count);
      taken.push(...copies!.take().map(({ bytes }) => bytes));
    }
    return taken.filter((bytes) => bytes[12] === 8 && bytes[13] === 0);
  }

  const plain = (n: number): Uint8Array =>
    packet({
      eth: { destination: '02:00:00:00:00:02', source: '02:00:00:00:00:01' },
      ip: { source: '10.0.0.1', destination: '10.0.0.2' },
      udp: { sourcePort: 1000 + n, destinationPort: 9 },
      payload: 20 + n,
    });

  test('frames both ways, in order, many times the chunks there are', () => {
    expect(['native', 'generic']).toContain(a!.mode);
    for (const [from, to] of [
      [a!, b!],
      [b!, a!],
    ] as const) {
      for (let round = 0; round < 40; round++) {
        const frames = Array.from({ length: 32 }, (_, i) => plain(i));
        for (const frame of frames) source!.push(frame);
        send(from);
        expect(take(to).map((bytes) => [...bytes])).toEqual(frames.map((frame) => [...frame]));
      }
      expect(from.stats).toMatchObject({ txPackets: 40 * 32, txDropsFull: 0, txErrors: 0 });
    }
  });

  test('partial checksums are completed, GSO packets segmented', () => {
    for (const protocol of [6, 17] as const) {
      const payload = Uint8Array.from({ length: 4500 }, (_, i) => i & 0xff);
      for (const [length, gso] of [
        [300, {}],
        [4500, { gsoType: protocol === 6 ? 1 : 5, gsoSize: 1000 }],
      ] as const) {
        const { bytes, csumOffset } = partialFrame(protocol, payload.subarray(0, length));
        source!.push(bytes, { csumStart: 34, csumOffset, ...gso });
        send(a!);
        const sent = take(b!);
        expect(sent).toHaveLength(length === 300 ? 1 : 5);
        for (const one of sent) expect(packetErrors(one)).toEqual([]);
        const head = protocol === 6 ? 54 : 42;
        expect(sent.flatMap((one) => [...one.subarray(head)])).toEqual([...payload.subarray(0, length)]);
      }
    }
  });

  // Native XDP takes TSO from the peer, and a packet socket's GSO packets are refused there.
  test('GSO packets that the peer has to send us are segmented', () => {
    b!.close();
    const spec = `v1,netns=${netns},frames=256`;
    const { memory, regions } = makeArena([bytesNeeded(spec), bytesNeeded('memory')]);
    const peer = openPort(spec, 0, regions[0]!);
    const gso = new MemoryPort(1, regions[1]!);
    const payload = Uint8Array.from({ length: 4500 }, (_, i) => (i * 7) & 0xff);
    const { bytes, csumOffset } = partialFrame(6, payload);
    gso.push(bytes, { csumStart: 34, csumOffset, gsoType: 1, gsoSize: 1000 });
    expect(gso.receive(at, 1)).toBe(1);
    new DataView(memory.buffer).setUint32(listAt, at, true);
    // The second knows it beforehand.
    for (let n = 0; n < 2; n++) {
      peer.transmit(listAt, 1);
      const frames = take(a!);
      expect(frames.map(({ length }) => length)).toEqual([1054, 1054, 1054, 1054, 554]);
      for (const frame of frames) expect(packetErrors(frame)).toEqual([]);
      expect(frames.flatMap((frame) => [...frame.subarray(54)])).toEqual([...payload]);
    }
    expect(peer.stats).toMatchObject({ txPackets: 10, txDropsTooBig: 0, txErrors: 0 });
    peer.close();
  });

  test('what does not fit a chunk or finds no chunk is counted', () => {
    source!.push(Uint8Array.from([...plain(0).subarray(0, 14), ...new Uint8Array(5000)]));
    send(a!);
    expect(a!.stats).toMatchObject({ txPackets: 0, txDropsTooBig: 1 });
    // Nobody takes them at the other end: its 128 receive chunks are full at some time, and the rest is its loss.
    for (let i = 0; i < 50; i++) source!.push(plain(i));
    send(a!, 10);
    const { txPackets, txDropsFull } = a!.stats;
    expect(txPackets + txDropsFull).toBe(500);
    const received = take(b!).length;
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThan(txPackets);
  });

  test('deleted and made again, down and up: noticed, and frames flow again', async () => {
    run(`ip -n ${netns} link set v1 down`);
    await until(() => b!.state === 'down');
    run(`ip -n ${netns} link set v1 up`);
    await until(() => b!.state === 'up');
    run(`ip -n ${netns} link del v0`);
    await until(() => a!.state === 'gone' && b!.state === 'gone');
    source!.push(plain(1));
    send(a!);
    expect(a!.stats.txDropsDown).toBe(1);
    namespaces.veth(netns, 'v0', netns, 'v1');
    await until(() => a!.state === 'up' && b!.state === 'up');
    source!.push(plain(2));
    await until(() => {
      source!.push(plain(2));
      send(a!);
      return take(b!).length > 0;
    });
  });

  test('a closed port gives interface and memory back', () => {
    const spec = `xdp:v0,netns=${netns},chunks=256`;
    a!.close();
    for (let i = 0; i < 5; i++) {
      const { regions } = makeArena([bytesNeeded(spec)]);
      const again = openPort(spec, 0, regions[0]!);
      expect(again.state).toBe('up');
      again.close();
      expect(again.state).toBe('gone');
    }
    expect(printMac(interfaceFacts('v0', netns).mac)).toMatch(/:/);
  });
});

async function until(isTrue: () => boolean): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (isTrue()) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error('did not happen within 4 s');
}
