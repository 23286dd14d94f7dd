/* Optional keys: one value or anything. */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
    bit<8> b;
}

header results_t {
    bit<8> which;
}

control Operate(inout operands_t x, inout results_t r) {
    action is(bit<8> which) {
        r.which = which;
    }

    table rules {
        key = {
            x.a: optional;
            x.b: optional;
        }
        actions = { is; }
        default_action = is(0);
    }

    apply {
        rules.apply();
    }
}

#include "../include/operate.p4h"
