/* Actions called like functions: directions, directionless parameters given by the caller, calls of other actions, return (P4-16 §14.1). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
    bit<8> b;
}

header results_t {
    bit<8> sum;
    bit<8> doubled;
    bit<8> twice_nested;
    bit<8> early;
    bit<8> late;
}

control Operate(inout operands_t x, inout results_t r) {
    action add(in bit<8> p, in bit<8> q, out bit<8> sum) {
        sum = p + q;
    }

    action twice(inout bit<8> value) {
        add(value, value, value);
    }

    action four_times(inout bit<8> value) {
        twice(value);
        twice(value);
    }

    action until_zero(in bit<8> value, bit<8> mark) {
        r.early = mark;
        if (value == 0) {
            return;
        }
        r.late = mark + 1;
    }

    apply {
        add(x.a, x.b, r.sum);
        r.doubled = x.a;
        twice(r.doubled);
        r.twice_nested = x.a;
        four_times(r.twice_nested);
        until_zero(x.b, 0x40);
    }
}

#include "../include/operate.p4h"
