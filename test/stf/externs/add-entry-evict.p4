/* `@softipu_when_full("evict")`: a full table of flows that age gives up the one nearest its end for the new one. */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> key;
}

header results_t {
    bit<8> hit;
}

control Operate(inout operands_t x, inout results_t r) {
    Counter<bit<32>, bit<1>>(2, PNA_CounterType_t.PACKETS) statuses;

    action found() {
        r.hit = 1;
        restart_expire_timer();
    }

    action learn() {
        statuses.count(add_entry("found", {}, (ExpireTimeProfileId_t)8w0));
    }

    @softipu_when_full("evict")
    table flows {
        key = { x.key: exact; }
        actions = { @tableonly found; @defaultonly learn; }
        const default_action = learn;
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
        size = 4;
    }

    apply {
        if (x.key[7:7] == 1) {
            for (bit<8> i = x.key & 0x7f; i < 100; i += 1) {
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
