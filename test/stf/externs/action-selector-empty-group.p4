/* pna_empty_group_action: what an entry does whose group has no members (PNA §6.12); a miss is something else. */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> service;
    bit<8> client;
}

header results_t {
    bit<8> member;
}

control Operate(inout operands_t x, inout results_t r) {
    @softipu_maglev_size(251)
    @softipu_max_groups(4)
    ActionSelector(PNA_HashAlgorithm_t.TARGET_DEFAULT, 16, 16) selector;

    action to(bit<8> member) {
        r.member = member;
    }

    action empty() {
        r.member = 0xee;
    }

    action missing() {
        r.member = 0xff;
    }

    table map {
        key = {
            x.service: exact;
            x.client: selector;
        }
        actions = { to; empty; @defaultonly missing; }
        default_action = missing();
        pna_implementation = selector;
        pna_empty_group_action = empty;
    }

    apply {
        map.apply();
    }
}

#include "../include/operate.p4h"
