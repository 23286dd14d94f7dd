/**
 * Ports that several threads have of one interface: each flow goes to one of them, whole and in order, nothing twice, and all come back together.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { descriptor } from '../../src/arena/layout.ts';
import type { Port } from '../../src/engine/port.ts';
import { startDescriptor } from '../../src/ports/buffers.ts';
import { bytesNeeded, interfaceFacts, loadAddon, MemoryPort, openPort } from '../../src/ports/index.ts';
import { packet, printMac } from '../../src/wire/index.ts';
import { makeArena } from './forwarder.ts';
import { Namespaces, run, runNode, whyNoTap, whyNotPrivileged } from './netns.ts';

const reason = whyNotPrivileged();
const at = 65536;
const flows = 64;
const rounds = 5;

/** Sends every flow's datagrams in turn, numbered, from ports 1000 + flow. */
const udpFlows = (address: string): string => `
  const dgram = require('dgram');
  const sockets = Array.from({ length: ${flows} }, () => dgram.createSocket('udp4'));
  Promise.all(sockets.map((s, flow) => new Promise((done) => s.bind(1000 + flow, done)))).then(async () => {
    for (let n = 0; n < ${rounds}; n++)
      for (const s of sockets) await new Promise((done) => s.send(Uint8Array.of(...new Array(20).fill(0), n), 2000, '${address}', done));
    for (const s of sockets) s.close();
  });`;

describe.skipIf(reason)(`shared interfaces${reason ? ` (${reason})` : ''}`, () => {
  let namespaces: Namespaces;
  let netns: string;
  let ports: Port[];
  let memory: WebAssembly.Memory;
  beforeEach(() => {
    namespaces = new Namespaces();
    netns = namespaces.add('f');
    namespaces.veth(netns, 'v0', netns, 'v1');
    const spec = `v0,netns=${netns},frames=1024`;
    const arena = makeArena([bytesNeeded(spec), bytesNeeded(spec)]);
    memory = arena.memory;
    ports = arena.regions.map((region) => openPort(spec, 0, region, { group: 4711 }));
  });
  afterEach(() => {
    for (const port of ports ?? []) port.close();
    namespaces.remove();
  });

  /** Sends every flow's packets in turn, numbered, into the other end. */
  function send(): void {
    const frames = Array.from({ length: flows * rounds }, (_, i) =>
      packet({
        eth: { source: '02:00:00:00:77:01', destination: '02:00:00:00:77:02' },
        ip: { source: '10.0.0.1', destination: '10.0.0.2' },
        udp: { sourcePort: 1000 + (i % flows), destinationPort: 2000 },
        payload: Uint8Array.of(...new Array<number>(20).fill(0), Math.floor(i / flows)),
      }),
    );
    loadAddon().generate({
      name: 'v1',
      netns: `/run/netns/${netns}`,
      frames: Uint8Array.from(Buffer.concat(frames)),
      frameBytes: frames[0]!.length,
      packetsPerSecond: 5000,
      batch: 32,
      // The generator starts again from the first frame: as many batches as fit.
      seconds: (flows * rounds) / 5000 - 0.001,
    });
  }

  const received = (port: Port): [number, number][] => take(port, new DataView(memory.buffer));

  /** Flow and number of our packets that a port has, in order. */
  function take(port: Port, view: DataView): [flow: number, number: number][] {
    const found: [number, number][] = [];
    for (let count = port.receive(at, 64); count > 0; count = port.receive(at, 64)) {
      for (let i = 0; i < count; i++) {
        const addr = view.getUint32(at + i * descriptor.bytes + descriptor.addr, true);
        if (view.getUint16(addr + 4) === 0x7702) found.push([view.getUint16(addr + 34), view.getUint8(addr + 62)]);
      }
      port.release(at, count);
    }
    return found;
  }

  function expectShared(): void {
    send();
    expectSpread(ports.map(received) as [[number, number][], [number, number][]]);
  }

  function expectSpread([first, second]: [[number, number][], [number, number][]]): void {
    expect(first.length).toBeGreaterThan(0);
    expect(second.length).toBeGreaterThan(0);
    const all = [...first, ...second];
    expect(new Set(all.map(String)).size).toBe(all.length);
    const of = (packets: [number, number][]): Set<number> => new Set(packets.map(([flow]) => flow));
    expect([...of(first)].filter((flow) => of(second).has(flow))).toEqual([]);
    for (const packets of [first, second]) {
      for (const flow of of(packets)) {
        const numbers = packets.filter(([f]) => f === flow).map(([, number]) => number);
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      }
    }
  }

  test('each flow goes to one of two ports, in order', expectShared);

  test('an interface that comes back is shared again', async () => {
    run(`ip -n ${netns} link del v0`);
    await new Promise((done) => setTimeout(done, 150));
    expect(ports.map((port) => port.state)).toEqual(['gone', 'gone']);
    namespaces.veth(netns, 'v0', netns, 'v1');
    // One after the other leaves the old group; the last of them makes the new one.
    await expect.poll(() => ports.map((port) => port.state), { timeout: 2000 }).toEqual(['up', 'up']);
    expectShared();
  });

  test('TAP: two queues share what the kernel sends, and both send', async (context) => {
    const noTap = whyNoTap();
    if (noTap) context.skip(noTap);
    const spec = `tap:t0,netns=${netns}`;
    const arena = makeArena([bytesNeeded(spec), bytesNeeded(spec)]);
    const queues = arena.regions.map((region) => openPort(spec, 0, region, { group: 1 }));
    try {
      run(`ip -n ${netns} addr add 10.9.0.1/24 dev t0`);
      run(`ip -n ${netns} neigh replace 10.9.0.2 lladdr 02:00:00:00:77:02 dev t0 nud permanent`);
      await runNode(netns, udpFlows('10.9.0.2'));
      const view = new DataView(arena.memory.buffer);
      // Flow and number, as in the packets to `v0`: source ports and payload.
      const taken = queues.map((queue) => take(queue, view));
      expectSpread(taken as [[number, number][], [number, number][]]);
      const { mac } = interfaceFacts('t0', netns);
      const before = loadAddon().interfaceCounters('t0', `/run/netns/${netns}`).rxPackets;
      for (const queue of queues) {
        const frame = packet({
          eth: { source: '02:00:00:00:77:02', destination: printMac(mac) },
          ip: { source: '10.9.0.2', destination: '10.9.0.1' },
          udp: { sourcePort: 1, destinationPort: 2 },
          payload: 20,
        });
        const slot = arena.regions[0]!.start;
        new Uint8Array(arena.memory.buffer).set(frame, slot + 256);
        startDescriptor(view, at, 0, slot + 256, frame.length, slot, slot + 2048);
        view.setUint32(at + 64, at, true);
        queue.transmit(at + 64, 1);
        expect(queue.stats).toMatchObject({ txPackets: 1, txErrors: 0 });
      }
      expect(loadAddon().interfaceCounters('t0', `/run/netns/${netns}`).rxPackets - before).toBe(2);
    } finally {
      for (const queue of queues) queue.close();
    }
  });

  test('memory cannot be shared', () => {
    const arena = makeArena([bytesNeeded('memory')]);
    expect(() => openPort('memory', 0, arena.regions[0]!, { group: 1 })).toThrow('cannot be shared');
    expect(openPort('memory', 0, arena.regions[0]!)).toBeInstanceOf(MemoryPort);
  });
});
