/**
 * Several threads over one crowded table: every packet is a lookup, every miss an add that takes another entry's place. What a lookup found must be whole
 * and its own key's as long as the packet lasts, whoever evicts it meanwhile; nothing that is counted may be lost.
 *
 *   rounds:  all threads run batches  ->  all stand  ->  the control thread sweeps  ->  ...
 */
import { expect, test } from 'vitest';
import { reclaimRetired } from '../../src/arena/index.ts';
import { batch, crowd } from './crowd.ts';

const workers = 3;
const keys = 2048;
const entries = 200;
const rounds = 60;
const batchesPerRound = 60;

/** A packet is a key; a hit answers with the entry's parameters, which are the key four times over, in both senses. */
const source = `
#include <bmv2/pna.p4>
header operands_t { bit<32> key; }
header results_t { bit<8> hit; bit<32> value; bit<32> complement; bit<64> both; }
struct headers_t { operands_t x; results_t r; }
struct metadata_t { }
parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start { packet.extract(hdr.x); transition accept; }
}
control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    Counter<bit<64>, bit<32>>(2, PNA_CounterType_t.PACKETS_AND_BYTES) seen;
    action found(bit<32> value, bit<32> complement, bit<64> both) {
        hdr.r.value = value; hdr.r.complement = complement; hdr.r.both = both;
    }
    action learn() { add_entry("found", { hdr.x.key, ~hdr.x.key, hdr.x.key ++ ~hdr.x.key }, (ExpireTimeProfileId_t)8w0); }
    @softipu_when_full("evict")
    table flows {
        key = { hdr.x.key: exact; }
        actions = { @tableonly found; @defaultonly learn; }
        const default_action = learn;
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
        size = ${entries};
    }
    apply {
        send_to_port((PortId_t)32w1);
        hdr.r.setValid();
        bool hit = flows.apply().hit;
        hdr.r.hit = hit ? 8w1 : 8w0;
        seen.count(hit ? 32w1 : 32w0);
    }
}
control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply { packet.emit(hdr.r); }
}
PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
`;

/** gate: round that may run, threads that are done with it. */
const thread = `
let state = 0x2545f491 + d.worker, hits = 0, misses = 0, torn = 0;
const random = () => ((state ^= state << 13), (state ^= state >>> 17), (state ^= state << 5), state >>> 0);
for (let round = 1; round <= d.rounds; round++) {
  while (Atomics.load(gate, 0) < round) Atomics.wait(gate, 0, round - 1, 100);
  for (let b = 0; b < d.batchesPerRound; b++) {
    const asked = Array.from({ length: ${batch} }, () => random() % d.keys);
    asked.forEach((key, i) => send(i, key));
    run();
    for (let i = 0; i < ${batch}; i++) {
      const at = answer(i);
      if (view.getUint8(at) === 0) { misses++; continue; }
      hits++;
      const key = asked[i];
      const isWhole = view.getUint32(at + 1) === key && view.getUint32(at + 5) === (~key >>> 0)
        && view.getUint32(at + 9) === key && view.getUint32(at + 13) === (~key >>> 0);
      if (!isWhole) torn++;
    }
  }
  Atomics.add(gate, 1, 1);
  Atomics.notify(gate, 1);
}
parentPort.postMessage({ hits, misses, torn });
`;

test(`${workers} threads, ${keys} keys in ${entries} places: no lookup sees another's entry, no count is lost`, {
  timeout: 60_000,
}, async () => {
  const { arena, gate, start } = crowd(source, workers);
  const table = arena.tables.find((t) => t.layout.spec.addOnMiss)!;
  const results = start<{ hits: number; misses: number; torn: number }>(thread, () => ({ keys, rounds, batchesPerRound }));
  for (let round = 1; round <= rounds; round++) {
    Atomics.store(gate, 0, round);
    Atomics.notify(gate, 0);
    while (Atomics.load(gate, 1) < workers * round) await new Promise((done) => setTimeout(done, 1));
    // All stand: what a sweep may do.
    const live = [...table.entries()];
    expect(table.count).toBe(live.length);
    for (const { matches, call } of live) {
      const { value: key } = matches[0] as { value: bigint };
      const complement = ~key & 0xffffffffn;
      expect(call).toMatchObject({ params: [key, complement, (key << 32n) | complement] });
    }
    reclaimRetired(table);
  }
  const done = await results;
  const sum = (of: (r: (typeof done)[number]) => number): number => done.reduce((total, r) => total + of(r), 0);
  const packets = workers * rounds * batchesPerRound * batch;
  expect(sum((r) => r.torn)).toBe(0);
  const { hits, misses, evicted } = table.stats();
  expect({ hits: Number(hits), misses: Number(misses) }).toEqual({ hits: sum((r) => r.hits), misses: sum((r) => r.misses) });
  expect(Number(hits + misses)).toBe(packets);
  // The crowd was one.
  expect(evicted).toBeGreaterThan(BigInt(rounds));
  expect(hits).toBeGreaterThan(BigInt(packets / 100));
  const [missed, hit] = [0, 1].map((i) => arena.counters[0]!.read(i)) as [
    { packets: bigint; bytes: bigint },
    { packets: bigint; bytes: bigint },
  ];
  expect([missed.packets, hit.packets]).toEqual([misses, hits]);
  expect(missed.bytes + hit.bytes).toBe(BigInt(packets * 4));
});
