/** v1model programs between ports: what `softipu switch` does with clones, replicas, the drop port and the control plane's port. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Arena, layoutArena } from '../../src/arena/index.ts';
import { cpuPortOf, Engine, engineBytes, instantiate, makeMemory, startProgram } from '../../src/engine/index.ts';
import { Interpreter } from '../../src/interp/index.ts';
import { compileToIr } from '../../src/p4/compile.ts';
import { compileToWasm } from '../../src/p4/wasm/index.ts';
import { MemoryPort, memoryPortBytes } from '../../src/ports/index.ts';

const padding = Array.from({ length: 16 }, () => 0xee);

const up = (n: number): number => Math.ceil(n / 65536) * 65536;

/** A switch with memory ports 1 .. 11, and what it sends to the control plane. */
function makeSwitch(program: string, runs: 'wasm' | 'interp') {
  const directory = join(import.meta.dirname, '..', 'stf', 'v1model');
  const read = (path: string): string | undefined => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  };
  const { ir } = compileToIr({
    path: join(directory, program),
    readFile: read,
    includeDirs: [join(import.meta.dirname, '..', '..', 'p4', 'include')],
  });
  if (!ir) throw new Error(`'${program}' does not compile`);
  const artifact = compileToWasm(ir);
  const layout = layoutArena(artifact.arena);
  const portsAt = up(layout.programEnd + engineBytes);
  const bytesPerPort = up(memoryPortBytes());
  const memory = makeMemory(portsAt + 11 * bytesPerPort);
  const arena = new Arena(memory.buffer, layout);
  startProgram(arena, ir, { random: () => 1 });
  const punted: { bytes: number[]; inPort: number }[] = [];
  const engine = new Engine({
    memory,
    layout,
    worker: 0,
    region: layout.programEnd,
    cpuPort: cpuPortOf(ir.architecture),
    backend: (hooks) => (runs === 'wasm' ? instantiate(artifact, memory, hooks) : new Interpreter(ir, arena).backend(hooks)),
    punt: (bytes, inPort) => punted.push({ bytes: [...bytes], inPort }),
  });
  const ports = new Map<number, MemoryPort>();
  for (let n = 1; n <= 11; n++) {
    const start = portsAt + (n - 1) * bytesPerPort;
    const port = new MemoryPort(n, { memory, start, end: start + bytesPerPort });
    engine.addPort(port);
    ports.set(n, port);
  }
  /** Sends packets into port 3, each with 16 bytes of padding (ports refuse runts); what came out, `port: bytes`, without the padding. */
  const send = (...packets: number[][]): string[] => {
    for (const bytes of packets) ports.get(3)!.push(Uint8Array.from([...bytes, ...padding]));
    engine.step(1e9);
    return [...ports].flatMap(([n, port]) =>
      port.take().map(
        (p) =>
          `${n}: ${Buffer.from(p.bytes)
            .toString('hex')
            .replace(/(ee)+$/, '')}`,
      ),
    );
  };
  return { engine, send, punted };
}

describe.each(['wasm', 'interp'] as const)('on %s', (runs) => {
  test('forwarding, the drop port, the port of the control plane', () => {
    const { send, punted, engine } = makeSwitch('forward.p4', runs);
    expect(send([0, 0, 2, 0, 0], [0, 1, 0xff, 0, 0], [0, 1, 0xfe, 0, 0])).toEqual(['2: 0000030002']);
    expect(punted).toEqual([{ bytes: [0, 0, 3, 1, 0xfe, ...padding], inPort: 3 }]);
    engine.inject(Uint8Array.from([0, 0, 5, 0, 0, ...padding]));
    expect(send()).toEqual(['5: 0001fe0005']);
  });

  test('clones beside the packet, all in one batch', () => {
    const { send, engine } = makeSwitch('clone.p4', runs);
    engine.setMirrorSession(5, { port: 9 });
    engine.setMirrorSession(6, { group: 3, truncateBytes: 20 });
    engine.setMulticastGroup(3, [
      { port: 10, instance: 1 },
      { port: 11, instance: 1 },
    ]);
    const out = send([1, 0, 0, 0, 0], [3, 0, 0, 0, 0, 7, 8], [0, 0, 0, 0, 0]);
    expect(out).toEqual(['2: 0111008822', '2: 0011008822', '9: 0120017700', '10: 03200177000708', '11: 03200177000708']);
  });

  test('replicas, more than there are buffers for', () => {
    const { send, engine } = makeSwitch('multicast.p4', runs);
    const replicas = Array.from({ length: 400 }, (_, i) => ({ port: 1 + (i % 2), instance: 1 }));
    engine.setMulticastGroup(7, replicas);
    const packet = [0, 7, 0, 0, 0, 0, 0];
    expect(send(packet)).toHaveLength(400);
    expect(send(packet, packet).length).toBeGreaterThanOrEqual(512);
    expect(send(packet)).toHaveLength(400);
    engine.setMulticastGroup(7, undefined);
    expect(send(packet)).toEqual([]);
  });

  test('a packet that is resubmitted for ever ends', () => {
    const { send } = makeSwitch('again.p4', runs);
    expect(send([4, 0, 0, 0], [0, 0, 0, 0])).toEqual(['2: 00010000']);
  });
});
