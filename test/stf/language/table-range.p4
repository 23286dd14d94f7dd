/* Range keys, both bounds included; overlapping ranges go by priority; next to an exact key. */
#include <bmv2/pna.p4>

header operands_t {
    bit<8>  protocol;
    bit<16> port;
}

header results_t {
    bit<8> which;
}

control Operate(inout operands_t x, inout results_t r) {
    action is(bit<8> which) {
        r.which = which;
    }

    table ports {
        key = {
            x.protocol: exact;
            x.port: range;
        }
        actions = { is; }
        default_action = is(0);
    }

    apply {
        ports.apply();
    }
}

#include "../include/operate.p4h"
