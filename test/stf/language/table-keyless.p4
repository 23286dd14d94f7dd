/* A table without keys always runs its default action, and that is a miss. */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
}

header results_t {
    bit<8> value;
    bit<8> is_hit;
}

control Operate(inout operands_t x, inout results_t r) {
    action set(bit<8> v) {
        r.value = v + x.a;
    }

    table config {
        actions = { set; }
        default_action = set(0x10);
    }

    apply {
        r.is_hit = config.apply().hit ? 8w1 : 8w0;
    }
}

#include "../include/operate.p4h"
