/* int<8>: two's complement, wrapping (P4-16 §8.7). */
#include <bmv2/pna.p4>

header operands_t {
    int<8> a;
    int<8> b;
}

header results_t {
    int<8> sum;
    int<8> difference;
    int<8> product;
    int<8> negated;
    bit<8> compared;     // a < b, a <= b, a > b, a >= b, a == b, a != b, a < 0, 0
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.sum = x.a + x.b;
        r.difference = x.a - x.b;
        r.product = x.a * x.b;
        r.negated = -x.a;
        r.compared = (bit<1>)(x.a < x.b) ++ (bit<1>)(x.a <= x.b) ++ (bit<1>)(x.a > x.b) ++ (bit<1>)(x.a >= x.b)
                   ++ (bit<1>)(x.a == x.b) ++ (bit<1>)(x.a != x.b) ++ (bit<1>)(x.a < 0) ++ 1w0;
    }
}

#include "../include/operate.p4h"
