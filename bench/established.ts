/**
 * k8s-lb.p4 with N established flows in its cache, and batches of their packets: what the in-memory benchmarks run. Same packets and tables
 * as pipeline/pipeline.c.
 */
import { Arena, addEntry, layoutArena, type MatchTable, packKey } from '../src/arena/index.ts';
import { shippedProgram } from '../src/cli/package-root.ts';
import { compileSource, objectsOf } from '../src/cli/program.ts';
import { instantiate, makeMemory, startProgram } from '../src/engine/index.ts';
import type { Pass } from '../src/p4/passes/index.ts';
import { type Artifact, type BackEndStep, compileToWasm } from '../src/p4/wasm/index.ts';
import { loadAddon } from '../src/ports/index.ts';
import { ack, PacketBatch, xorshift } from './packets.ts';

export const batch = 1024;
const stride = 2048;
/** Descriptors and packets of one worker. */
export const regionBytes = PacketBatch.bytesOf(batch, stride);

/** What another thread needs to take part. */
export interface Shared {
  readonly memory: WebAssembly.Memory;
  readonly artifact: Artifact;
  readonly flowCount: number;
}

const vip = 0x0a600001n;
const client = (n: number): bigint => BigInt(0x0b000000 + n);
const clientPort = (n: number): bigint => BigInt(1024 + (n % 60000));

/** Source, destination, ports and protocol of a flow. */
export function tupleOf(n: number): [bigint, bigint, bigint, bigint, bigint] {
  return [client(n), vip, clientPort(n), 80n, 6n];
}

/** Compiles the program (never a cached one: the compiler is what is measured), fills its tables. */
export function establish(flowCount: number, workers = 1, passes?: readonly Pass[], without?: readonly BackEndStep[]): Shared {
  const source = { path: shippedProgram, defines: [`FLOWS=${flowCount * 2}`, 'FLOWS_IPV6=1024', 'SERVICES=8'] };
  const { artifact, objects } = compileFor(source, workers, passes, without);
  const layout = layoutArena(artifact.arena);
  const memory = makeMemory(layout.programEnd + workers * regionBytes);
  // As the node's own memory.
  loadAddon().adviseHugePages(new Uint8Array(memory.buffer), 0, layout.programEnd);
  const arena = new Arena(memory.buffer, layout);
  const random = xorshift(0x9e3779b9);
  startProgram(arena, objects, { random });
  for (let worker = 0; worker < workers; worker++) arena.setNow(worker, 1_000_000_000n);
  const table = (name: string): { table: MatchTable; action: (name: string) => number } => {
    const index = objects.tables.findIndex((t) => t.name.endsWith(name));
    return {
      table: arena.tables[index]!,
      action: (action) => objects.tables[index]!.actions.findIndex((a) => objects.actions[a.action]!.name.endsWith(action)),
    };
  };
  arena.setExpireProfile(1, 86_400_000);
  const flows = table('.flows');
  for (let n = 0; n < flowCount; n++) {
    const key = packKey(flows.table.layout, tupleOf(n));
    const call = { action: flows.action('translate_destination'), params: [0x0af40101n + BigInt(n % 8), 8080n] };
    addEntry(flows.table, layout, key, call, 1, 1000);
  }
  const routes = table('.routes');
  const route = (value: bigint, prefixLength: number, port: bigint): void => {
    routes.table.insert({
      matches: [{ kind: 'lpm', value, prefixLength }],
      call: { kind: 'action', action: routes.action('to_port'), params: [port, 0x020000000001n, 0x020000000100n + port] },
    });
  };
  for (let i = 1n; i <= 8n; i++) route(0x0af40100n + i, 32, i);
  route(0x0af40200n, 24, 9n);
  route(0n, 0, 10n);
  return { memory, artifact, flowCount };
}

function compileFor(
  source: { path: string; defines: string[] },
  workers: number,
  passes?: readonly Pass[],
  without?: readonly BackEndStep[],
) {
  const { ir } = compileSource({ ...source, passes }).result;
  return { artifact: compileToWasm(ir!, { workers, without }), objects: objectsOf(ir!) };
}

/** One worker's batches. */
export class Batches {
  readonly #batch: PacketBatch;
  readonly #context: number;
  readonly #process: (context: number, descriptors: number, count: number) => void;
  readonly #flowCount: number;
  readonly #random: () => number;

  constructor({ memory, artifact, flowCount }: Shared, worker: number, packetBytes: number) {
    const layout = layoutArena(artifact.arena);
    this.#batch = new PacketBatch(memory, layout.programEnd + worker * regionBytes, batch, stride, packetBytes);
    this.#context = layout.contexts + worker * layout.contextBytes;
    const program = instantiate(artifact, memory, { mirror: () => {}, multicast: () => {} });
    this.#process = (context, descriptors, count) => program.process(context, descriptors, count);
    this.#flowCount = flowCount;
    this.#random = xorshift(0x2545f491 + worker);
  }

  /** Writes a batch of packets of random flows; with `shards`, of those that are `shard` modulo `shards`. */
  write(shard = 0, shards = 1): void {
    const perShard = Math.floor(this.#flowCount / shards);
    for (let i = 0; i < batch; i++) {
      const n = (this.#random() % perShard) * shards + shard;
      const [source, sourcePort] = [Number(client(n)), Number(clientPort(n))];
      this.#batch.put(i, { source, destination: Number(vip), sourcePort, destinationPort: 80, flags: ack, inPort: 20 });
    }
  }

  /** A copy of the first `count` packets of the batch as they are now. */
  frames(count: number): Uint8Array {
    return this.#batch.frames(count);
  }

  process(): void {
    this.#process(this.#context, this.#batch.region, batch);
  }

  /** Packets of the batch that go to a port. */
  forwarded(): number {
    let count = 0;
    for (let i = 0; i < batch; i++) if (this.#batch.outPort(i) <= 10) count++;
    return count;
  }
}
