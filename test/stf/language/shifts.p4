/* Shifts by amounts that only the packet knows; by the width and more they leave zeros, or copies of the sign (P4-16 §8.6, §8.7). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8>  u;
    int<8>  s;
    bit<8>  amount;
}

header results_t {
    bit<8> u_left;
    bit<8> u_right;
    int<8> s_left;
    int<8> s_right;
    bit<8> by_three;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.u_left = x.u << x.amount;
        r.u_right = x.u >> x.amount;
        r.s_left = x.s << x.amount;
        r.s_right = x.s >> x.amount;
        r.by_three = (x.u << 3) | (x.u >> 5);
    }
}

#include "../include/operate.p4h"
