/* An action with directions in a table: the table binds `in`, `out` and `inout` arguments, the entry gives the rest (P4-16 §14.1.1). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
    bit<8> b;
}

header results_t {
    bit<8> sum;
    bit<8> counted;
    bit<8> untouched;
}

control Operate(inout operands_t x, inout results_t r) {
    action add(in bit<8> base, out bit<8> sum, inout bit<8> calls, bit<8> amount, bit<4> factor) {
        sum = base + amount * (bit<8>)factor;
        calls = calls + 1;
    }

    action skip() {
    }

    table map {
        key = { x.a: exact; }
        actions = { add(x.b, r.sum, r.counted); skip; }
        default_action = add(x.b, r.sum, r.counted, 0x20, 2);
    }

    apply {
        r.counted = 5;
        map.apply();
    }
}

#include "../include/operate.p4h"
