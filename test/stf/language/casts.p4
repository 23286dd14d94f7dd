/* Explicit casts: between signs, up and down, bool and bit<1>, through an unsigned value to widen without the sign (P4-16 §8.11). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> u;
    int<8> s;
}

header results_t {
    bit<16> u_up;
    bit<4>  u_down;
    bit<4>  s_down;
    bit<16> s_up;        // sign extended: int<16>, then bits
    bit<16> s_up_zero;   // bit<8> first, then widened
    int<8>  u_as_signed;
    bit<8>  s_as_bits;
    bit<8>  from_bool;
    bit<8>  from_comparison;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.u_up = (bit<16>)x.u;
        r.u_down = (bit<4>)x.u;
        r.s_down = (bit<4>)(int<4>)x.s;
        r.s_up = (bit<16>)(int<16>)x.s;
        r.s_up_zero = (bit<16>)(bit<8>)x.s;
        r.u_as_signed = (int<8>)x.u;
        r.s_as_bits = (bit<8>)x.s;
        bool low = (bool)x.u[0:0];
        r.from_bool = low ? 8w1 : 8w0;
        r.from_comparison = (bit<8>)(bit<1>)(x.u > 127);
    }
}

#include "../include/operate.p4h"
