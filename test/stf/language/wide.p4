/* bit<128>: arithmetic across machine words. */
#include <bmv2/pna.p4>

header operands_t {
    bit<128> a;
    bit<128> b;
}

header results_t {
    bit<128> sum;
    bit<128> difference;
    bit<128> product;
    bit<128> exclusive;
    bit<128> inverted;
    bit<8>   compared;   // a < b, a <= b, a > b, a >= b, a == b, a != b, 0, 0
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.sum = x.a + x.b;
        r.difference = x.a - x.b;
        r.product = x.a * x.b;
        r.exclusive = x.a ^ x.b;
        r.inverted = ~x.a;
        r.compared = (bit<1>)(x.a < x.b) ++ (bit<1>)(x.a <= x.b) ++ (bit<1>)(x.a > x.b) ++ (bit<1>)(x.a >= x.b)
                   ++ (bit<1>)(x.a == x.b) ++ (bit<1>)(x.a != x.b) ++ 2w0;
    }
}

#include "../include/operate.p4h"
