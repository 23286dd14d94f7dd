/* ++ puts the left side above the right; the result has the left side's sign (P4-16 §8.6, §8.7). */
#include <bmv2/pna.p4>

header operands_t {
    bit<4> a;
    bit<4> b;
    int<8> c;
}

header results_t {
    bit<8>  b_a;
    bit<24> c_a_4_b_b;
    bit<40> repeated;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.b_a = x.b ++ x.a;
        int<24> mixed = x.c ++ x.a ++ 4w4 ++ (x.b ++ x.b);
        r.c_a_4_b_b = (bit<24>)mixed;
        r.repeated = x.a ++ x.b ++ x.a ++ x.b ++ x.a ++ x.b ++ x.a ++ x.b ++ x.a ++ x.b;
    }
}

#include "../include/operate.p4h"
