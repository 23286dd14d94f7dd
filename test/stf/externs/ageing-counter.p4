/* An entry that was deleted and learned again counts from zero; the notification comes with the whole key of several fields. */
#include <bmv2/pna.p4>

header operands_t {
    bit<32> address;
    bit<16> port;
    bit<3>  kind;
    bit<5>  unused;
}

header results_t {
    bit<8> hit;
}

control Operate(inout operands_t x, inout results_t r) {
    DirectCounter<bit<64>>(PNA_CounterType_t.PACKETS_AND_BYTES) hits;

    action found() {
        r.hit = 1;
        hits.count();
    }

    action learn() {
        add_entry("found", {}, (ExpireTimeProfileId_t)8w1);
    }

    table flows {
        key = {
            x.address: exact;
            x.port: exact;
            x.kind: exact;
        }
        actions = { @tableonly found; @defaultonly learn; }
        const default_action = learn;
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
        pna_direct_counter = hits;
        size = 64;
    }

    apply {
        flows.apply();
    }
}

#include "../include/operate.p4h"
