/**
 * What does a lookup cost, by kind of table and number of entries? Nanoseconds of a packet of which the program reads its key, looks it up and sends it on, with
 * those of a packet that looks nothing up as baseline; packets of random entries, and packets that no entry was made for. Beside it what inserting costs.
 */
import { fileURLToPath } from 'node:url';
import { Arena, descriptor, layoutArena, tableHeader } from '../src/arena/index.ts';
import { type Measure, measure, type Run } from '../src/cli/bench/measure.ts';
import { compileSource, objectsOf } from '../src/cli/program.ts';
import { instantiate, makeMemory, startProgram } from '../src/engine/index.ts';
import { compileToWasm } from '../src/p4/wasm/index.ts';
import { loadAddon } from '../src/ports/index.ts';
import { xorshift } from './packets.ts';
import { type Kind, kinds, makeEntries, type Point } from './tables/entries.ts';

const source = fileURLToPath(new URL('../../../bench/tables/tables.p4', import.meta.url));
const batch = 1024;
const batches = 64;
const rounds = 4;
const packetBytes = 32;
const counts = [100, 1000, 10_000, 100_000];
/** How full an exact table is, of all its slots. */
const loads = [50, 80, 90];

export function tablesBench(runs: number): Measure[] {
  const none = new Trial('none', undefined, 8, 0);
  const measures: Measure[] = [];
  const of = (name: string, trial: Trial): void => {
    const runsOf = (points: readonly Point[]): Run[] => {
      const write = (each: Trial): void => each.write(points);
      write(none);
      write(trial);
      trial.time();
      return Array.from({ length: runs }, () => {
        const baseline = none.time();
        return { value: trial.time(), baseline };
      });
    };
    if (trial.tuples > 0) measures.push(measure(`${name}: tuples`, '', [{ value: trial.tuples }]));
    measures.push(
      measure(`${name}: insert`, 'us', [{ value: trial.insertUs }]),
      measure(`${name}: entries found`, 'ns/packet', runsOf(trial.hits)),
      measure(`${name}: others`, 'ns/packet', runsOf(trial.others)),
    );
  };
  for (const load of loads) {
    const slots = 2 ** 17;
    const count = Math.floor((slots * load) / 100);
    of(`exact, ${count} entries in ${slots} slots (${load} %)`, new Trial('exact', kinds.exact, Math.floor(slots * 0.9), count));
  }
  for (const [name, kind] of Object.entries(kinds)) {
    for (const count of counts) of(`${name}, ${count} entries`, new Trial(name, kind, count, count));
  }
  return measures;
}

class Trial {
  readonly insertUs: number;
  /** Hash lookups that a packet may need; 0 for exact tables. */
  readonly tuples: number;
  /** For each entry a packet. */
  readonly hits: readonly Point[];
  readonly others: readonly Point[];
  readonly #process: () => void;
  readonly #view: DataView;
  readonly #packets: number;

  constructor(name: string, kind: Kind | undefined, size: number, count: number) {
    const { ir } = compileSource({ path: source, defines: [`TABLE=${kind?.table ?? name}`, `SIZE=${size}`] }).result;
    const artifact = compileToWasm(ir!);
    const layout = layoutArena(artifact.arena);
    const region = layout.programEnd;
    this.#packets = region + descriptor.bytes * batch * batches;
    const memory = makeMemory(this.#packets + packetBytes * 2 * batch * batches);
    loadAddon().adviseHugePages(new Uint8Array(memory.buffer), 0, memory.buffer.byteLength);
    this.#view = new DataView(memory.buffer);
    const arena = new Arena(memory.buffer, layout);
    const objects = objectsOf(ir!);
    const random = xorshift(0x9e3779b9);
    startProgram(arena, objects, { random });
    arena.setNow(0, 1_000_000_000n);
    const program = instantiate(artifact, memory, { mirror: () => {}, multicast: () => {} });
    this.#process = () => {
      for (let i = 0; i < batches; i++) program.process(layout.contexts, region + i * batch * descriptor.bytes, batch);
    };
    const made = kind ? makeEntries(kind, count, random) : [];
    const start = performance.now();
    let inserted = 0;
    for (const { entry } of made) if (typeof arena.tables[0]!.insert(entry) === 'number') inserted++;
    this.tuples = this.#view.getUint32(layout.tables[0]!.header + tableHeader.tuples, true);
    this.insertUs = ((performance.now() - start) * 1000) / Math.max(1, count);
    if (inserted < count * 0.9) throw new Error(`${name}: only ${inserted} of ${count} entries went in`);
    this.hits = made.map(({ point }) => point);
    this.others = kind
      ? makeEntries(kind, Math.min(count, 10_000), xorshift(77)).map(({ point }) => ({
          ...point,
          protocol: 99,
          destination: point.destination ^ 0x8000_0001,
          address6: point.address6 ^ (1n << 127n),
        }))
      : [];
    for (let i = 0; i < batch * batches; i++) {
      const at = region + i * descriptor.bytes;
      const packet = this.#packets + i * 2 * packetBytes;
      this.#view.setUint32(at + descriptor.addr, packet, true);
      this.#view.setUint32(at + descriptor.length, packetBytes, true);
      this.#view.setUint32(at + descriptor.bufferStart, packet, true);
      this.#view.setUint32(at + descriptor.bufferEnd, packet + 2 * packetBytes, true);
    }
  }

  /** Packets of randomly chosen points. */
  write(points: readonly Point[]): void {
    const random = xorshift(4711);
    for (let i = 0; i < batch * batches; i++) {
      const point = points[random() % points.length]!;
      const at = this.#packets + i * 2 * packetBytes;
      this.#view.setBigUint64(at, point.address6 >> 64n);
      this.#view.setBigUint64(at + 8, point.address6 & 0xffff_ffff_ffff_ffffn);
      this.#view.setUint32(at + 16, point.source);
      this.#view.setUint32(at + 20, point.destination);
      this.#view.setUint16(at + 24, point.sourcePort);
      this.#view.setUint16(at + 26, point.destinationPort);
      this.#view.setUint8(at + 28, point.protocol);
    }
  }

  /** Nanoseconds per packet, the best of some rounds. */
  time(): number {
    const once = (): number => {
      const start = process.hrtime.bigint();
      this.#process();
      return Number(process.hrtime.bigint() - start) / (batch * batches);
    };
    return Math.min(...Array.from({ length: rounds }, once));
  }
}
