/**
 * Several threads at the same registers and meters: what a packet does with a register is done whole before another packet comes to it, and a meter gives
 * out each token once.
 */
import { expect, test } from 'vitest';
import { batch, crowd } from './crowd.ts';

const workers = 4;
const batchesPerWorker = 500;
const cells = 4;
const packets = workers * batchesPerWorker * batch;
/** Packets that may be green, and those that may be green or yellow, of each cell. */
const [committed, peak] = [10_000n, 20_000n];

/** Every packet counts itself in a cell, writes a number that is the same word four times over, and reads what others wrote there. */
const source = `
#include <bmv2/pna.p4>
header operands_t { bit<32> key; }
header results_t { bit<8> color; bit<8> torn; }
struct headers_t { operands_t x; results_t r; }
struct metadata_t { }
parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start { packet.extract(hdr.x); transition accept; }
}
control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    Register<bit<32>, bit<32>>(${cells}) seen;
    Register<bit<128>, bit<32>>(${cells}) wide;
    Meter<bit<32>>(${cells}, PNA_MeterType_t.PACKETS) rate;
    apply {
        send_to_port((PortId_t)32w1);
        hdr.r.setValid();
        bit<32> cell = hdr.x.key & ${cells - 1};
        hdr.r.color = rate.execute(cell) == PNA_MeterColor_t.GREEN ? 8w1 : 8w0;
        bit<128> before = wide.read(cell);
        hdr.r.torn = before[127:96] == before[31:0] && before[95:64] == before[63:32] ? 8w0 : 8w1;
        wide.write(cell, hdr.x.key ++ hdr.x.key ++ hdr.x.key ++ hdr.x.key);
        seen.write(cell, seen.read(cell) + 1);
    }
}
control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply { packet.emit(hdr.r); }
}
PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
`;

const thread = `
Atomics.add(gate, 0, 1);
while (Atomics.load(gate, 0) < d.workers);
let green = 0, torn = 0;
for (let n = 0; n < ${batchesPerWorker}; n++) {
  for (let i = 0; i < ${batch}; i++) send(i, (n * ${batch} + i) * d.workers + d.worker + (i % 7));
  run();
  for (let i = 0; i < ${batch}; i++) {
    green += view.getUint8(answer(i));
    torn += view.getUint8(answer(i) + 1);
  }
}
parentPort.postMessage({ green, torn });
`;

test(`${workers} threads count in the same registers, and share meters`, async () => {
  const { arena, start } = crowd(source, workers);
  // Time stands still: there are the tokens of the bursts and no others.
  for (let worker = 0; worker < workers; worker++) arena.setNow(worker, 1_000_000_000n);
  const [meters] = arena.meters;
  for (let cell = 0; cell < cells; cell++) meters!.configure(cell, { cir: 1n, cburst: committed, pir: 1n, pburst: peak });
  const results = await start<{ green: number; torn: number }>(thread, () => ({}));
  const counted = Array.from({ length: cells }, (_, cell) => Number(arena.registers[0]!.read(cell)[0]));
  expect(counted.reduce((sum, n) => sum + n, 0)).toBe(packets);
  expect(results.reduce((sum, { torn }) => sum + torn, 0)).toBe(0);
  expect(results.reduce((sum, { green }) => sum + green, 0)).toBe(cells * Number(committed));
});
