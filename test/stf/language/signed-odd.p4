/* int<W> of odd widths: the sign is bit W - 1, casts extend it. */
#include <bmv2/pna.p4>

header operands_t {
    int<5>  a;
    int<11> b;
}

header results_t {
    int<16> a;
    int<16> b;
    int<72> a_wide;
    int<8>  b_cut;
    int<16> product;
    bit<8>  compared;    // (int<11>)a < b, a < 0, a >> 1 in bits 5..1, 0
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.a = (int<16>)x.a;
        r.b = (int<16>)x.b;
        r.a_wide = (int<72>)x.a;
        r.b_cut = (int<8>)x.b;
        r.product = (int<16>)x.a * (int<16>)x.b;
        r.compared = (bit<1>)((int<11>)x.a < x.b) ++ (bit<1>)(x.a < 0) ++ (bit<5>)(x.a >> 1) ++ 1w0;
    }
}

#include "../include/operate.p4h"
