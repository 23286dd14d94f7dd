/**
 * Several threads over one arena: real threads add flows to one table at the same time. Whatever they do, an entry is there once, whole, under its
 * own key, and the table's count is right.
 */
import { expect, test } from 'vitest';
import { batch, crowd } from './crowd.ts';

const workers = 4;
/** Keys of each worker. */
const keysPerWorker = 20_000;

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

/** Runs every key of its range, in batches, and counts what add_entry said. */
const thread = `
Atomics.add(gate, 0, 1);
while (Atomics.load(gate, 0) < d.workers);
let added = 0;
for (let first = d.first; first < d.end; first += ${batch}) {
  for (let i = 0; i < ${batch}; i++) send(i, first + i);
  run();
  for (let i = 0; i < ${batch}; i++) if (view.getUint8(answer(i) + 9) === 0) added++;
}
parentPort.postMessage(added);
`;

test(`${workers} threads learn ${keysPerWorker} keys each, half of them shared with the next`, async () => {
  const { arena, start } = crowd(source, workers);
  const added = await start<number>(thread, (worker) => {
    const first = (worker * keysPerWorker) / 2;
    return { first, end: first + Math.floor(keysPerWorker / batch) * batch };
  });
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
