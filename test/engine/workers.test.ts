/**
 * Several threads over one arena: real threads add flows to one table at the same time. Whatever they do, an entry is there once, whole, under its
 * own key, and the table's count is right.
 */
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { Arena, descriptor, layoutArena } from '../../src/arena/index.ts';
import { includeDir } from '../../src/cli/package-root.ts';
import { readSource } from '../../src/cli/read-source.ts';
import { makeMemory, startProgram } from '../../src/engine/index.ts';
import { compileToIr } from '../../src/p4/compile.ts';
import { compileToWasm } from '../../src/p4/wasm/index.ts';

const workers = 4;
/** Keys of each worker. */
const keysPerWorker = 20_000;
const batch = 64;
const slotBytes = 256;

/** A packet is a key and gets a status; the entry of key k has the parameters k and ~k. */
const source = `
#include <bmv2/pna.p4>
header operands_t { bit<32> key; }
header results_t { bit<8> hit; bit<32> value; bit<32> complement; bit<8> status; }
struct headers_t { operands_t x; results_t r; }
struct metadata_t { }
parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start { packet.extract(hdr.x); transition accept; }
}
control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    action found(bit<32> value, bit<32> complement) { hdr.r.value = value; hdr.r.complement = complement; }
    action learn() { hdr.r.status = (bit<8>)add_entry("found", { hdr.x.key, ~hdr.x.key }, (ExpireTimeProfileId_t)8w0); }
    table flows {
        key = { hdr.x.key: exact; }
        actions = { @tableonly found; @defaultonly learn; }
        const default_action = learn;
        add_on_miss = true;
        size = ${2 * workers * keysPerWorker};
    }
    apply {
        send_to_port((PortId_t)32w1);
        hdr.r.setValid();
        hdr.r.status = 0xff;
        hdr.r.hit = flows.apply().hit ? 8w1 : 8w0;
    }
}
control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply { packet.emit(hdr.r); }
}
PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
`;

/** The thread: runs every key of its range, in batches, and counts what add_entry said; no imports, so that it needs no compiler. */
const thread = `
const { parentPort, workerData: d } = require('node:worker_threads');
const { exports } = new WebAssembly.Instance(d.module, { env: { memory: d.memory, mirror() {}, multicast() {}, copy() {} } });
const view = new DataView(d.memory.buffer);
const gate = new Int32Array(d.memory.buffer, d.gate, 1);
Atomics.add(gate, 0, 1);
while (Atomics.load(gate, 0) < d.workers);
let added = 0;
for (let first = d.first; first < d.end; first += d.batch) {
  for (let i = 0; i < d.batch; i++) {
    const at = d.region + i * 64, slot = d.region + d.batch * 64 + i * d.slotBytes;
    for (let w = 0; w < 64; w += 4) view.setUint32(at + w, 0, true);
    view.setUint32(slot + 128, first + i);
    view.setUint32(at, slot + 128, true);
    view.setUint32(at + 4, 4, true);
    view.setUint32(at + 16, slot, true);
    view.setUint32(at + 20, slot + d.slotBytes, true);
  }
  exports.process(d.context, d.region, d.batch);
  for (let i = 0; i < d.batch; i++) if (view.getUint8(view.getUint32(d.region + i * 64, true) + 9) === 0) added++;
}
parentPort.postMessage(added);
`;

test(`${workers} threads learn ${keysPerWorker} keys each, half of them shared with the next`, async () => {
  const readFile = (path: string): string | undefined => (path === 'workers.p4' ? source : readSource(path));
  const { ir, diagnostics } = compileToIr({ path: 'workers.p4', readFile, includeDirs: [includeDir] });
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  const artifact = compileToWasm(ir!, { workers });
  const layout = layoutArena(artifact.arena);
  const regionBytes = batch * (descriptor.bytes + slotBytes);
  const memory = makeMemory(layout.programEnd + 64 + workers * regionBytes);
  const arena = new Arena(memory.buffer, layout);
  let seed = 1;
  startProgram(arena, ir!, { random: () => (seed = (seed * 48271) % 2147483647) });
  const module = new WebAssembly.Module(artifact.wasm);
  const added = await Promise.all(
    Array.from({ length: workers }, (_, worker) => {
      const first = (worker * keysPerWorker) / 2;
      const workerData = {
        memory,
        module,
        workers,
        batch,
        slotBytes,
        gate: layout.programEnd,
        context: arena.contextAt(worker),
        region: layout.programEnd + 64 + worker * regionBytes,
        first,
        end: first + Math.floor(keysPerWorker / batch) * batch,
      };
      return new Promise<number>((done, failed) =>
        new Worker(thread, { eval: true, workerData }).once('message', done).once('error', failed),
      );
    }),
  );
  const table = arena.tables.find((t) => t.layout.spec.addOnMiss)!;
  const counts = new Map<bigint, number>();
  let live = 0;
  let torn = 0;
  for (const { matches, call } of table.entries()) {
    live++;
    const key = BigInt((matches[0] as { value: bigint }).value);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (call.kind !== 'action' || call.params[0] !== key || call.params[1] !== (~key & 0xffffffffn)) torn++;
  }
  expect(torn).toBe(0);
  // Every success is an entry, and every entry was a success.
  expect(added.reduce((sum, n) => sum + n, 0)).toBe(live);
  expect(table.count).toBe(live);
  const keys = ((workers + 1) * keysPerWorker) / 2;
  expect(counts.size).toBeGreaterThan(0.99 * keys);
  // Two threads that learn one key in the same instant may both succeed; lookups find the first.
  expect([...counts.values()].filter((n) => n > 1).length).toBeLessThan(keys / 1000);
});
