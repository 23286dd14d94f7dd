/* A full table refuses: add_entry says ADD_ENTRY_NOT_DONE, what is there stays. `size` entries fit in any case. */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> key;
}

header results_t {
    bit<8> hit;
}

control Operate(inout operands_t x, inout results_t r) {
    Counter<bit<32>, bit<1>>(2, PNA_CounterType_t.PACKETS) statuses;

    action found(bit<8> v) {
        r.hit = v;
    }

    action learn() {
        statuses.count(add_entry("found", { 8w1 }, (ExpireTimeProfileId_t)8w0));
    }

    table flows {
        key = { x.key: exact; }
        actions = { @tableonly found; @defaultonly learn; }
        const default_action = learn;
        add_on_miss = true;
        size = 4;
    }

    /* Keys key .. 0xff, from one packet. */
    apply {
        if (x.key[7:7] == 1) {
            for (bit<8> i = x.key & 0x7f; i < 0xff; i += 1) {
                x.key = i;
                flows.apply();
            }
            r.hit = 0xee;
        } else {
            flows.apply();
        }
    }
}

#include "../include/operate.p4h"
