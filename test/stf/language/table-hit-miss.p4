/* apply().hit and .miss as conditions; a hit whose action is the default's action is still a hit (P4-16 §14.2.2). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
}

header results_t {
    bit<8> hit;
    bit<8> miss;
    bit<8> in_expression;
}

control Operate(inout operands_t x, inout results_t r) {
    action nothing() {
    }

    table one {
        key = { x.a: exact; }
        actions = { nothing; }
        default_action = nothing();
    }

    table two {
        key = { x.a: exact; }
        actions = { nothing; }
        default_action = nothing();
    }

    table three {
        key = { x.a: exact; }
        actions = { nothing; }
        default_action = nothing();
    }

    apply {
        if (one.apply().hit) {
            r.hit = 1;
        } else {
            r.hit = 2;
        }
        if (two.apply().miss) {
            r.miss = 1;
        } else {
            r.miss = 2;
        }
        bool both = three.apply().hit && x.a > 1;
        r.in_expression = both ? 8w1 : 8w2;
    }
}

#include "../include/operate.p4h"
