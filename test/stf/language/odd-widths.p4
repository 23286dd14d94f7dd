/* Fields that share bytes: 3 + 13 + 37 + 11 bits in eight bytes, each wrapping at its own width. */
#include <bmv2/pna.p4>

header operands_t {
    bit<3>  a;
    bit<13> b;
    bit<37> c;
    bit<11> d;
}

header results_t {
    bit<3>  a;
    bit<13> b;
    bit<37> c;
    bit<11> d;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.a = x.a + 1;
        r.b = x.b - 1;
        r.c = x.c * 3;
        r.d = ~x.d;
    }
}

#include "../include/operate.p4h"
