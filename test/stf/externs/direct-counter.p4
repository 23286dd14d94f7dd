/* DirectCounter: one per entry, counted where the action says so; the default entry has its own (PNA §6.6). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
}

header results_t {
    bit<8> value;
}

control Operate(inout operands_t x, inout results_t r) {
    DirectCounter<bit<64>>(PNA_CounterType_t.PACKETS_AND_BYTES) hits;

    action counted(bit<8> v) {
        hits.count();
        r.value = v;
    }

    action silent(bit<8> v) {
        r.value = v;
    }

    table map {
        key = { x.a: exact; }
        actions = { counted; silent; }
        default_action = counted(0);
        pna_direct_counter = hits;
    }

    apply {
        map.apply();
    }
}

#include "../include/operate.p4h"
