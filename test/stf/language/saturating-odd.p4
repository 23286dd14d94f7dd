/* Saturation at the bounds of odd widths, and of widths above 64 bits. */
#include <bmv2/pna.p4>

header operands_t {
    bit<5>  a;
    bit<5>  b;
    int<11> c;
    int<11> d;
    bit<72> e;
    bit<72> f;
}

header results_t {
    bit<5>  u_add;
    bit<5>  u_sub;
    int<11> s_add;
    int<11> s_sub;
    bit<72> w_add;
    bit<72> w_sub;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.u_add = x.a |+| x.b;
        r.u_sub = x.a |-| x.b;
        r.s_add = x.c |+| x.d;
        r.s_sub = x.c |-| x.d;
        r.w_add = x.e |+| x.f;
        r.w_sub = x.e |-| x.f;
    }
}

#include "../include/operate.p4h"
