/* Keys above 64 bits: exact over 128 bits, lpm and ternary over 128 bits (IPv6 addresses). */
#include <bmv2/pna.p4>

header operands_t {
    bit<128> a;
}

header results_t {
    bit<8>  by_exact;
    bit<8>  by_lpm;
    bit<8>  by_ternary;
    bit<128> param;
}

control Operate(inout operands_t x, inout results_t r) {
    action exact_is(bit<8> v, bit<128> p) {
        r.by_exact = v;
        r.param = p;
    }

    action lpm_is(bit<8> v) {
        r.by_lpm = v;
    }

    action ternary_is(bit<8> v) {
        r.by_ternary = v;
    }

    table by_exact {
        key = { x.a: exact; }
        actions = { exact_is; NoAction; }
        default_action = NoAction();
    }

    table by_lpm {
        key = { x.a: lpm; }
        actions = { lpm_is; NoAction; }
        default_action = NoAction();
    }

    table by_ternary {
        key = { x.a: ternary; }
        actions = { ternary_is; NoAction; }
        default_action = NoAction();
    }

    apply {
        by_exact.apply();
        by_lpm.apply();
        by_ternary.apply();
    }
}

#include "../include/operate.p4h"
