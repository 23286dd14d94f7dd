/* ActionProfile: entries share members; changing a member changes all its entries (PNA §6.11). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
}

header results_t {
    bit<8> kind;
    bit<16> value;
}

control Operate(inout operands_t x, inout results_t r) {
    ActionProfile(8) profile;

    action first(bit<16> v) {
        r.kind = 1;
        r.value = v;
    }

    action second() {
        r.kind = 2;
    }

    action missing() {
        r.kind = 0xff;
    }

    table map {
        key = { x.a: exact; }
        actions = { first; second; @defaultonly missing; }
        default_action = missing();
        pna_implementation = profile;
    }

    apply {
        map.apply();
    }
}

#include "../include/operate.p4h"
