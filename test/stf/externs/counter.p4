/* Counter: packets, bytes, both; an index beyond the end counts nothing (PNA §6.5). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> index;
}

header results_t {
    bit<8> done;
}

control Operate(inout operands_t x, inout results_t r) {
    Counter<bit<32>, bit<8>>(4, PNA_CounterType_t.PACKETS) packets;
    Counter<bit<32>, bit<8>>(4, PNA_CounterType_t.BYTES) octets;
    Counter<bit<64>, bit<8>>(4, PNA_CounterType_t.PACKETS_AND_BYTES) both;

    apply {
        packets.count(x.index);
        octets.count(x.index);
        both.count(x.index);
        both.count(3);
        r.done = 1;
    }
}

#include "../include/operate.p4h"
