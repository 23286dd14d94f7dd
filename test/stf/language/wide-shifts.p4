/* bit<128> and int<128>: shifts across machine words, slices that straddle them. */
#include <bmv2/pna.p4>

header operands_t {
    bit<128> a;
    bit<8>   amount;
}

header results_t {
    bit<128> left;
    bit<128> right;
    bit<128> arithmetic;
    bit<72>  middle;      // bits 99..28
    bit<128> replaced;    // bits 71..56 of a replaced by 0xbeef
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.left = x.a << x.amount;
        r.right = x.a >> x.amount;
        r.arithmetic = (bit<128>)((int<128>)x.a >> x.amount);
        r.middle = x.a[99:28];
        r.replaced = x.a;
        r.replaced[71:56] = 0xbeef;
    }
}

#include "../include/operate.p4h"
