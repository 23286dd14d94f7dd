/**
 * What happens around the packets: interfaces that go down, vanish and come back, ports that are closed and opened again, worker threads, a TAP,
 * VLAN tags, messages for operators.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { descriptor } from '../../src/arena/layout.ts';
import type { Port } from '../../src/engine/port.ts';
import {
  bytesNeeded,
  interfaceFacts,
  loadAddon,
  MemoryPort,
  memoryPortBytes,
  OperatorError,
  openPort,
  spinAlways,
} from '../../src/ports/index.ts';
import { Forwarder, makeArena } from './forwarder.ts';
import { Joint } from './joint.ts';
import { isInitialUser, Namespaces, run, runIn, runNode, whyNoTap, whyNotPrivileged } from './netns.ts';
import { tcpClient, tcpEcho, udpClient, udpEcho } from './talk.ts';

const reason = whyNotPrivileged();
const at = 65536;
const listAt = 65536 + 32768;

describe.skipIf(reason)(`interfaces come and go${reason ? ` (${reason})` : ''}`, () => {
  let joint: Joint;
  beforeEach(() => {
    joint = new Joint();
  });
  afterEach(() => joint.end());

  /** Datagrams pass in both directions. */
  async function expectPassage(): Promise<void> {
    const [, done] = await Promise.all([
      runNode(joint.server, udpEcho),
      runNode(joint.client, udpClient('10.9.0.2', [10, 1000])),
    ]);
    expect(done).toBe('10,1000');
  }

  test('down and up again', async () => {
    joint.join();
    await expectPassage();
    run(`ip -n ${joint.router} link set r1 down`);
    await until(() => joint.ports[1]!.state === 'down');
    expect(joint.ports[0]!.state).toBe('up');
    // The neighbour is known, so the client goes on sending into the void.
    await runNode(joint.client, `const s = require('dgram').createSocket('udp4'); s.send('x', 9, '10.9.0.2', () => s.close());`);
    await until(() => joint.ports[1]!.stats.txDropsDown > 0);
    run(`ip -n ${joint.router} link set r1 up`);
    await until(() => joint.ports[1]!.state === 'up');
    await expectPassage();
  });

  test('deleted while running, made again under the same name', async () => {
    joint.join();
    await expectPassage();
    const { isolation } = joint.ports[1]!;
    if (isInitialUser()) expect(isolation).toBe('tcx');
    run(`ip -n ${joint.router} link del r1`);
    await until(() => joint.ports[1]!.state === 'gone');
    joint.namespaces.veth(joint.server, 'b0', joint.router, 'r1');
    joint.addServerAddresses('b0');
    run(`ip -n ${joint.client} neigh flush all`);
    await until(() => joint.ports[1]!.state === 'up');
    expect(joint.ports[1]!.isolation).toBe(isolation);
    await expectPassage();
  });

  test('deleted under TCP load', async () => {
    joint.join();
    const talk = Promise.all([runNode(joint.server, tcpEcho), runNode(joint.client, tcpClient('10.9.0.2', 2000))]).catch(
      () => 'cut off',
    );
    await until(() => joint.ports[0]!.stats.rxBytes > 5e6);
    run(`ip -n ${joint.router} link del r0`);
    await until(() => joint.ports[0]!.state === 'gone');
    for (const netns of [joint.client, joint.server]) {
      for (const pid of run(`ip netns pids ${netns}`).split(/\s+/).filter(Boolean)) process.kill(Number(pid));
    }
    expect(await talk).toBe('cut off');
  });
});

describe.skipIf(reason)(`ports and namespaces${reason ? ` (${reason})` : ''}`, () => {
  let namespaces: Namespaces;
  let netns: string;
  const open: Port[] = [];
  beforeEach(() => {
    namespaces = new Namespaces();
    netns = namespaces.add('n');
    namespaces.veth(netns, 'v0', netns, 'v1');
  });
  afterEach(() => {
    for (const port of open.splice(0)) port.close();
    namespaces.remove();
  });

  test('a closed port gives its memory back: opened again in the same region, 20 times', () => {
    const spec = `v0,netns=${netns}`;
    const { memory, regions } = makeArena([bytesNeeded(spec)]);
    for (let i = 0; i < 20; i++) {
      const port = openPort(spec, 0, regions[0]!);
      expect(port.state).toBe('up');
      port.close();
      port.close();
      expect(port.receive(at, 64)).toBe(0);
      expect(port.state).toBe('gone');
      const bytes = new Uint8Array(memory.buffer, regions[0]!.start, 4096);
      expect(bytes.every((byte) => byte === 0)).toBe(true);
      bytes.fill(i);
    }
  });

  test('a memory that grows keeps its rings where they are', () => {
    const spec = `v0,netns=${netns},frames=256`;
    const { memory, regions } = makeArena([bytesNeeded(spec)]);
    const port = openPort(spec, 0, regions[0]!);
    open.push(port);
    const before = memory.buffer;
    memory.grow(256);
    expect(memory.buffer).not.toBe(before);
    const frame = new Uint8Array(60).fill(7);
    frame.set([8, 0], 12);
    const options = { name: 'v1', netns: `/run/netns/${netns}`, frameBytes: 60, packetsPerSecond: 0, batch: 1 };
    loadAddon().generate({ ...options, frames: frame, seconds: 0.001 });
    const count = port.receive(at, 64);
    const view = new DataView(memory.buffer);
    // The kernel reports its multicast groups, too.
    const received = Array.from({ length: count }, (_, i) => {
      const addr = view.getUint32(at + i * descriptor.bytes + descriptor.addr, true);
      return [...new Uint8Array(memory.buffer, addr, 60)];
    });
    expect(received).toContainEqual([...frame]);
    port.release(at, count);
    // Behind the memory's end there is no place for a ring, even if it could grow there.
    const end = memory.buffer.byteLength;
    const beyond = { memory, start: end - 65536, end: end - 65536 + bytesNeeded(spec) };
    expect(() => openPort(spec, 1, beyond)).toThrowError(expect.objectContaining({ code: 'no-memory' }));
  });

  test('a VLAN tag that the kernel takes out of a frame is put back', () => {
    const specs = [`v0,netns=${netns}`, `v1,netns=${netns}`];
    const { memory, regions } = makeArena([...specs.map(bytesNeeded), memoryPortBytes()]);
    const [sender, receiver] = specs.map((spec, i) => openPort(spec, i, regions[i]!)) as [Port, Port];
    open.push(sender, receiver);
    const source = new MemoryPort(2, regions[2]!);
    const view = new DataView(memory.buffer);
    const frame = Uint8Array.from({ length: 100 }, (_, i) => i);
    frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0, 0x60, 7, 0x88, 0xb5]);
    source.push(frame);
    expect(source.receive(at, 1)).toBe(1);
    view.setUint32(listAt, at, true);
    sender.transmit(listAt, 1);
    source.release(at, 1);
    // Router solicitations and the like may come first.
    const received: Uint8Array[] = [];
    for (let count = receiver.receive(at, 64), i = 0; i < count; i++) {
      const [addr, length] = [view.getUint32(at + 64 * i, true), view.getUint32(at + 64 * i + descriptor.length, true)];
      received.push(new Uint8Array(memory.buffer, addr, length).slice());
    }
    expect(received).toContainEqual(frame);
  });

  test('frames longer than the MTU are refused and counted', () => {
    const spec = `v0,netns=${netns}`;
    const { memory, regions } = makeArena([bytesNeeded(spec), memoryPortBytes()]);
    const port = openPort(spec, 0, regions[0]!);
    open.push(port);
    const source = new MemoryPort(1, regions[1]!);
    const view = new DataView(memory.buffer);
    for (const length of [1514, 1600, 60]) source.push(new Uint8Array(length));
    expect(source.receive(at, 64)).toBe(3);
    for (let i = 0; i < 3; i++) view.setUint32(listAt + 4 * i, at + 64 * i, true);
    port.transmit(listAt, 3);
    expect(port.stats).toMatchObject({ txPackets: 2, txDropsTooBig: 1, txErrors: 0 });
    // A descriptor that points out of its buffer is refused.
    view.setUint32(at, 64, true);
    port.transmit(listAt, 1);
    expect(port.stats).toMatchObject({ txPackets: 2, txErrors: 1 });
  });

  test('a ring that was not emptied counts what it lost', async () => {
    const spec = `v0,netns=${netns},frames=32`;
    const { regions } = makeArena([bytesNeeded(spec)]);
    const port = openPort(spec, 0, regions[0]!);
    open.push(port);
    run(`ip -n ${netns} addr add 10.1.1.1/24 dev v1`);
    run(`ip -n ${netns} neigh add 10.1.1.2 lladdr 02:00:00:00:00:09 dev v1`);
    await runNode(
      netns,
      `const s = require('dgram').createSocket('udp4'); let n = 100; const go = () => (n-- ? s.send('x', 9, '10.1.1.2', go) : s.close()); go();`,
    );
    let received = 0;
    for (let count = port.receive(at, 20); count > 0; count = port.receive(at, 20)) {
      received += count;
      port.release(at, count);
    }
    const { rxPackets, rxDropsRing, rxDropsInvalid } = port.stats;
    expect(received).toBe(32);
    expect(rxPackets).toBe(32);
    expect(rxDropsRing).toBeGreaterThanOrEqual(68);
    expect(rxDropsInvalid).toBe(0);
  });

  test('TAP: TCP through an interface of our own', async (context) => {
    const noTap = whyNoTap();
    if (noTap) context.skip(noTap);
    const other = namespaces.add('t');
    const specs = [`tap:tap0,netns=${netns}`, `tap:tap0,netns=${other}`];
    const { memory, regions } = makeArena(specs.map(bytesNeeded));
    const [a, b] = specs.map((spec, i) => openPort(spec, i, regions[i]!)) as [Port, Port];
    open.push(a, b);
    run(`ip -n ${netns} addr add 10.9.0.1/24 dev tap0`);
    run(`ip -n ${other} addr add 10.9.0.2/24 dev tap0`);
    const forwarder = new Forwarder(memory, [
      { from: a, to: b },
      { from: b, to: a },
    ]);
    try {
      const [, same] = await Promise.all([runNode(other, tcpEcho), runNode(netns, tcpClient('10.9.0.2', 48))]);
      expect(same).toBe('same');
      expect(a.stats.rxBytes / a.stats.rxPackets).toBeGreaterThan(3000);
      expect(a.stats).toMatchObject({ rxDropsInvalid: 0, txErrors: 0, txDropsTooBig: 0 });
      run(`ip -n ${other} link set tap0 down`);
      await until(() => b.state === 'down');
      run(`ip -n ${other} link set tap0 up`);
      await until(() => b.state === 'up');
      run(`ip -n ${other} link del tap0`);
      await until(() => b.state === 'gone');
      expect(loadAddon().wait(Int32Array.of(b.pollFd!), 0, 0)).toBe(0);
    } finally {
      await forwarder.stop();
    }
    run(`ip -n ${other} tuntap add tap0 mode tap`);
    run(`ip -n ${other} link set tap0 up`);
    await until(() => b.receive(at, 64) >= 0 && b.state === 'up');
  });

  test('ports of a worker thread: namespace of the others untouched, buffers given back when it ends', async () => {
    const spec = `v0,netns=${netns}`;
    const { memory, regions } = makeArena([bytesNeeded(spec)]);
    const before = await runIn(netns, ['ip', '-o', 'link']);
    for (let i = 0; i < 3; i++) {
      const answer = await inWorker(memory, netns, regions[0]!.start, regions[0]!.start + 4096 * 2048);
      expect(answer).toEqual({ state: 0, isMainThread: false });
      // The region is ordinary memory again, although the port was never closed.
      const bytes = new Uint8Array(memory.buffer, regions[0]!.start, regions[0]!.end - regions[0]!.start);
      bytes.fill(i);
      expect(bytes[4096]).toBe(i);
    }
    expect(await runIn(netns, ['ip', '-o', 'link'])).toBe(before);
  });
});

describe('messages for operators', () => {
  const privileged = test.skipIf(reason);
  privileged('no such interface, no such namespace', () => {
    const { regions } = makeArena([bytesNeeded('nosuch0')]);
    expect(() => openPort('nosuch0', 0, regions[0]!)).toThrowError(expect.objectContaining({ code: 'no-such-interface' }));
    expect(() => openPort('eth0,netns=nosuch', 0, regions[0]!)).toThrowError(expect.objectContaining({ code: 'no-such-netns' }));
    expect(() => interfaceFacts('nosuch0')).toThrowError(OperatorError);
    expect(interfaceFacts('lo')).toMatchObject({ mtu: 65536, mac: new Uint8Array(6) });
  });

  test('a port specification that does not fit its region is refused', () => {
    const { regions } = makeArena([65536]);
    expect(() => openPort('v0', 0, regions[0]!)).toThrowError(expect.objectContaining({ code: 'no-memory' }));
    expect(() => openPort('v0,frames=100', 0, regions[0]!)).toThrowError(expect.objectContaining({ code: 'bad-port-spec' }));
  });
});

describe('waiting', () => {
  test('wake, clear, time out, spin', () => {
    const addon = loadAddon();
    const fd = addon.createWake();
    const fds = Int32Array.of(fd, -1);
    expect(addon.wait(fds, 0, 0)).toBe(0);
    addon.wake(fd);
    addon.wake(fd);
    expect(addon.wait(fds, 1000, 0)).toBe(1);
    expect(addon.clearWake(fd)).toBe(true);
    expect(addon.clearWake(fd)).toBe(false);
    const clock = new Uint32Array(2);
    const nowMs = () => {
      addon.readClock(clock);
      return (clock[1]! * 2 ** 32 + clock[0]!) / 1e6;
    };
    const start = nowMs();
    expect(addon.wait(fds, 20, 5000)).toBe(0);
    expect(nowMs() - start).toBeGreaterThanOrEqual(24);
    addon.closeWake(fd);
  });
});

/** With one processor between them a waiter that spins must not keep from running whom it waits for. */
test('a waiter that spins gives a shared processor away', (context) => {
  try {
    run('taskset -V');
  } catch {
    context.skip('needs taskset');
  }
  const script = `
    const { Worker, isMainThread, workerData } = require('node:worker_threads');
    const { readFileSync } = require('node:fs');
    const ran = () => Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;
    const shared = new Float64Array(new SharedArrayBuffer(8));
    const waiter = new Worker(\`
      const { parentPort, workerData } = require('node:worker_threads');
      const { readFileSync } = require('node:fs');
      const addon = require(workerData.addon);
      const waiter = new addon.Waiter(addon.createWake());
      waiter.watch([], new Uint8Array(0), new Float64Array(1));
      const ran = () => Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;
      parentPort.postMessage(0);
      const before = ran();
      waiter.wait(800, ${spinAlways});
      workerData.shared[0] = ran() - before;
    \`, { eval: true, workerData: { addon: ${JSON.stringify(fileURLToPath(new URL('../../build/native/Release/softipu.node', import.meta.url)))}, shared } });
    waiter.once('message', () => {
      const before = ran();
      for (const end = Date.now() + 800; Date.now() < end; );
      const own = ran() - before;
      waiter.once('exit', () => process.stdout.write(String(own / (own + shared[0]))));
    });`;
  const share = Number(execFileSync('taskset', ['-c', '0', process.execPath, '-e', script], { encoding: 'utf8' }));
  expect(share).toBeGreaterThan(0.75);
});

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not within 5 s: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Opens a port in a worker thread that ends without closing it. The addon alone: Node 20 runs no TypeScript in workers. */
function inWorker(memory: WebAssembly.Memory, netns: string, ring: number, pool: number): Promise<unknown> {
  const script = `
    const { parentPort, workerData, isMainThread } = require('node:worker_threads');
    const { memory, ...options } = workerData;
    const addon = require(${JSON.stringify(fileURLToPath(new URL('../../build/native/Release/softipu.node', import.meta.url)))});
    globalThis.port = new addon.PacketPort({ ...options, memory: new Uint8Array(memory.buffer) });
    port.receive(65536, 64);
    parentPort.postMessage({ state: port.state(), isMainThread });`;
  const options = {
    name: 'v0',
    netns: `/run/netns/${netns}`,
    number: 0,
    ring,
    frames: 4096,
    frameBytes: 2048,
    pool,
    poolSlots: 64,
    fanout: 0,
    isolate: true,
    keptUdpPort: 0,
  };
  return new Promise((resolve, reject) => {
    const worker = new Worker(script, { eval: true, workerData: { memory, ...options } });
    let answer: unknown;
    worker.on('message', (message) => {
      answer = message;
    });
    worker.on('error', reject);
    worker.on('exit', () => resolve(answer));
  });
}
