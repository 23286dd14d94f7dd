/**
 * A node in one process: k8s-lb.p4 compiled, memory ports, the device and the manager. Packets go in at ports and come out at ports; the clock stands
 * until somebody moves it.
 */
import { readFileSync } from 'node:fs';
import { Arena, layoutArena, sweep } from '../../src/arena/index.ts';
import { printDiagnostics } from '../../src/diag/index.ts';
import { Engine, engineBytes, instantiate, makeMemory, startProgram } from '../../src/engine/index.ts';
import { Interpreter } from '../../src/interp/index.ts';
import { IpuManager, type ManagedDevice, type Model } from '../../src/manager/index.ts';
import { compileToIr } from '../../src/p4/compile.ts';
import { compileToWasm } from '../../src/p4/wasm/index.ts';
import { Device, EntityBuilder } from '../../src/p4runtime/index.ts';
import { MemoryPort, memoryPortBytes } from '../../src/ports/memory.ts';
import type { Offload } from '../../src/ports/vnet.ts';
import { type PacketSpec, packet } from '../../src/wire/index.ts';

/** Compiles k8s-lb.p4, with small tables. About a second. */
export function compileK8s() {
  const { ir, p4info, diagnostics } = compileToIr({
    path: 'p4/k8s-lb.p4',
    readFile: (path) => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
    },
    includeDirs: ['p4/include'],
    defines: { FLOWS: '4096', SERVICES: '64', FRONTENDS: '256', AFFINITIES: '256', MAGLEV_SIZE: '251' },
  });
  if (!ir || !p4info) throw new Error(printDiagnostics(diagnostics));
  return { ir, p4info, artifact: compileToWasm(ir) };
}

export type Compiled = ReturnType<typeof compileK8s>;

/** A packet that came out, and where. */
export interface Out {
  readonly port: number;
  readonly bytes: Uint8Array;
}

export class TestNode {
  readonly manager: IpuManager;
  readonly device: Device;
  readonly arena: Arena;
  readonly #engine: Engine;
  readonly #ports: readonly MemoryPort[];
  readonly #flows: readonly number[];
  readonly #program: Compiled['ir'];
  nowMs = 1_000_000;

  /** `runs`: what executes the program, the compiled code or the reference interpreter. `isFar`: the manager has no more than P4Runtime, as a process of its own. */
  constructor(
    { ir, p4info, artifact }: Compiled,
    portNumbers: readonly number[],
    netPorts: readonly number[],
    runs: 'wasm' | 'interp' = 'wasm',
    isFar = false,
  ) {
    const layout = layoutArena(artifact.arena);
    const up = (n: number): number => Math.ceil(n / 65536) * 65536;
    const portsAt = up(layout.programEnd + engineBytes);
    const slots = 16;
    const memory = makeMemory(portsAt + portNumbers.length * up(memoryPortBytes(slots)));
    this.arena = new Arena(memory.buffer, layout);
    startProgram(this.arena, ir, { random: () => 12345, hashSeed: 7 });
    for (const port of netPorts) this.arena.setNetPort(port, true);
    this.#engine = new Engine({
      memory,
      layout,
      backend: (hooks) =>
        runs === 'wasm' ? instantiate(artifact, memory, hooks) : new Interpreter(ir, this.arena).backend(hooks),
      worker: 0,
      region: layout.programEnd,
      punt: (bytes) => {
        const packetIn = this.device.toPacketIn(bytes);
        if (packetIn) this.manager.packetIn(packetIn, this.nowMs);
      },
    });
    this.#ports = portNumbers.map((number, i) => {
      const start = portsAt + i * up(memoryPortBytes(slots));
      const port = new MemoryPort(number, { memory, start, end: start + up(memoryPortBytes(slots)) }, `port${number}`, slots);
      this.#engine.addPort(port);
      return port;
    });
    const target = {
      arena: this.arena,
      atomically: <T>(change: () => T): T => change(),
      nowMs: () => this.nowMs,
      inject: (bytes: Uint8Array) => {
        this.#engine.setTime(this.nowMs * 1e6);
        this.#engine.inject(bytes);
      },
    };
    this.device = new Device({ target, p4info, program: ir });
    const { device } = this;
    const far: ManagedDevice = {
      write: (updates, atomicity) => device.write(updates, atomicity),
      read: (filters) => device.read(filters),
      readInstalled: () => device.readInstalled(),
      packetOut: (packet) => device.packetOut(packet),
    };
    this.manager = new IpuManager({ device: isFar ? far : device, build: new EntityBuilder(p4info) });
    this.#program = ir;
    this.#flows = ir.tables.flatMap(({ name }, i) => (/\.flows(_ipv6)?$/.test(name) ? [i] : []));
  }

  /** Applies a model; throws what the device refuses. Returns what was sent meanwhile. */
  setModel(model: Model): Out[] {
    const { errors } = this.manager.setModel(model, this.nowMs);
    if (errors.length > 0) throw new Error(errors.join('\n'));
    return this.#take();
  }

  /** Sends a packet in at a port; everything that comes out. */
  send(port: number, spec: PacketSpec | Uint8Array, offload?: Offload): Out[] {
    this.#ports.find((p) => p.number === port)!.push(spec instanceof Uint8Array ? spec : packet(spec), offload);
    this.#engine.step(this.nowMs * 1e6);
    return this.#take();
  }

  /** Packets counted in `outcomes` under a reason. */
  outcome(index: number): number {
    return Number(this.arena.counters[0]!.read(index).packets);
  }

  /** Entries of the flow caches of both families. */
  get flowCount(): number {
    return this.#flows.reduce((sum, table) => sum + this.arena.tables[table]!.count, 0);
  }

  /** Entries of a table, by the last part of its name. */
  flowCountOf(name: string): number {
    return this.arena.tables[this.#program.tables.findIndex((table) => table.name.endsWith(`.${name}`))]!.count;
  }

  /** What each entry of the flow cache counted. */
  flowCounters(): { readonly packets: bigint; readonly bytes: bigint }[] {
    const tables = this.#flows.map((index) => this.arena.tables[index]!);
    return tables.flatMap((table) => [...table.entries()].map((entry) => table.counter(entry.handle)));
  }

  /** Timeout and expire-time profile of each entry of the flow cache. */
  flowTimeouts(): { readonly timeoutMs: number; readonly profile: number }[] {
    const entries = this.#flows.flatMap((index) => [...this.arena.tables[index]!.entries()]);
    return entries.map(({ idleTimeoutMs, profile }) => ({ timeoutMs: idleTimeoutMs, profile }));
  }

  /** Takes expired flows out and tells the manager. */
  sweep(): void {
    for (const index of this.#flows) {
      const table = this.arena.tables[index]!;
      sweep(table, 0, table.layout.slotCount, this.nowMs, (handle) => {
        const entry = table.read(handle);
        if (entry.call.kind !== 'action') return;
        const tableEntry = this.device.toExpired({
          table: index,
          matches: entry.matches.map((m) => ('value' in m ? String(m.value) : '')),
          action: entry.call.action,
          params: entry.call.params.map(String),
        });
        if (tableEntry) this.manager.idleTimeout({ tableEntry: [tableEntry], timestamp: 0n }, this.nowMs);
      });
    }
  }

  #take(): Out[] {
    return this.#ports.flatMap((port) => port.take().map(({ bytes }) => ({ port: port.number, bytes })));
  }
}
