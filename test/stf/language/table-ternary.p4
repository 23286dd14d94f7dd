/* Ternary: of the entries that match, the highest priority wins (in STF: the lowest number). */
#include <bmv2/pna.p4>

header operands_t {
    bit<16> a;
    bit<8>  b;
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
            x.a: ternary;
            x.b: ternary;
        }
        actions = { is; }
        default_action = is(0);
    }

    apply {
        rules.apply();
    }
}

#include "../include/operate.p4h"
