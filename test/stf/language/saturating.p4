/* |+| and |-| stop at the bounds of the type (P4-16 §8.6, §8.7). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
    bit<8> b;
    int<8> c;
    int<8> d;
}

header results_t {
    bit<8> u_add;
    bit<8> u_sub;
    int<8> s_add;
    int<8> s_sub;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.u_add = x.a |+| x.b;
        r.u_sub = x.a |-| x.b;
        r.s_add = x.c |+| x.d;
        r.s_sub = x.c |-| x.d;
    }
}

#include "../include/operate.p4h"
