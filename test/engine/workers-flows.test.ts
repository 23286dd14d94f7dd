/**
 * Two threads with flows of their own, as steering gives them: each flow's packets come out as one thread alone would send them, in their order, although
 * the flows' state lies side by side.
 */
import { expect, test } from 'vitest';
import { batch, crowd } from './crowd.ts';

const workers = 2;
const flows = 64;
const batches = 2000;

/** A packet is a flow and is answered with its number within the flow, from a register; the first of a flow learns its entry, the others hit it. */
const source = `
#include <bmv2/pna.p4>
header flow_t { bit<32> flow; }
header number_t { bit<8> hit; bit<24> value; bit<24> number; }
struct headers_t { flow_t x; number_t r; }
struct metadata_t { }
parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start { packet.extract(hdr.x); transition accept; }
}
control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    Register<bit<24>, bit<32>>(${flows}, 0) numbers;
    action found(bit<24> value) { hdr.r.value = value; }
    action learn() { add_entry("found", { hdr.x.flow[23:0] }, (ExpireTimeProfileId_t)8w0); hdr.r.value = hdr.x.flow[23:0]; }
    table flows {
        key = { hdr.x.flow: exact; }
        actions = { @tableonly found; @defaultonly learn; }
        const default_action = learn;
        add_on_miss = true;
        size = ${2 * flows};
    }
    apply {
        send_to_port((PortId_t)32w1);
        hdr.r.setValid();
        hdr.r.hit = flows.apply().hit ? 8w1 : 8w0;
        bit<24> number = numbers.read(hdr.x.flow);
        hdr.r.number = number;
        numbers.write(hdr.x.flow, number + 1);
    }
}
control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply { packet.emit(hdr.r); }
}
PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
`;

/** Every second flow is ours. Posts how many answers were not as one thread alone would give them, and the flows' counts. */
const thread = `
Atomics.add(gate, 0, 1);
while (Atomics.load(gate, 0) < d.workers);
let state = 0x2545f491 + d.worker, wrong = 0;
const random = () => ((state ^= state << 13), (state ^= state >>> 17), (state ^= state << 5), state >>> 0);
const counts = new Array(${flows}).fill(0);
for (let n = 0; n < ${batches}; n++) {
  const asked = Array.from({ length: ${batch} }, () => (random() % ${flows / workers}) * d.workers + d.worker);
  asked.forEach((flow, i) => send(i, flow));
  run();
  asked.forEach((flow, i) => {
    const at = answer(i);
    const three = (offset) => view.getUint32(at + offset - 1) & 0xffffff;
    const isRight = view.getUint8(at) === (counts[flow] === 0 ? 0 : 1) && three(1) === flow && three(4) === counts[flow];
    if (!isRight) wrong++;
    counts[flow]++;
  });
}
parentPort.postMessage({ wrong, counts });
`;

test(`${workers} threads, ${flows} flows: each flow's packets are the same and in order`, async () => {
  const { arena, start } = crowd(source, workers);
  const results = await start<{ wrong: number; counts: number[] }>(thread, () => ({}));
  expect(results.map(({ wrong }) => wrong)).toEqual([0, 0]);
  const counts = Array.from({ length: flows }, (_, flow) => results[flow % workers]!.counts[flow]!);
  expect(counts.map((_, flow) => Number(arena.registers[0]!.read(flow)))).toEqual(counts);
  expect(counts.reduce((sum, n) => sum + n, 0)).toBe(workers * batches * batch);
});
