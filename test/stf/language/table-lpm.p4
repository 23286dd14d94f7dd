/* The longest prefix wins, whatever the order of adding; /0 takes the rest. */
#include <bmv2/pna.p4>

header operands_t {
    bit<32> address;
}

header results_t {
    bit<8> hop;
}

control Operate(inout operands_t x, inout results_t r) {
    action next_hop(bit<8> hop) {
        r.hop = hop;
    }

    table routes {
        key = { x.address: lpm; }
        actions = { next_hop; }
        default_action = next_hop(0xff);
        size = 32;
    }

    apply {
        routes.apply();
    }
}

#include "../include/operate.p4h"
