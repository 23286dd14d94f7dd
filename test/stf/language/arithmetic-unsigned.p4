/* bit<8>: everything wraps modulo 256 (P4-16 §8.6). Division and remainder are for values known at compile time. */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
    bit<8> b;
}

header results_t {
    bit<8> sum;
    bit<8> difference;
    bit<8> product;
    bit<8> negated;
    bit<8> plus_literal;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.sum = x.a + x.b;
        r.difference = x.a - x.b;
        r.product = x.a * x.b;
        r.negated = -x.a;
        r.plus_literal = 1 + x.a;
    }
}

#include "../include/operate.p4h"
