/* `a op= b` (P4-16 after 1.2.5), on a field, on a slice, on a variable. */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
    bit<8> b;
}

header results_t {
    bit<8> add;
    bit<8> sub;
    bit<8> mul;
    bit<8> and_;
    bit<8> or_;
    bit<8> xor_;
    bit<8> shl;
    bit<8> shr;
    bit<8> sat_add;
    bit<8> sat_sub;
    bit<8> slice;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.add = x.a;
        r.add += x.b;
        r.sub = x.a;
        r.sub -= x.b;
        r.mul = x.a;
        r.mul *= x.b;
        r.and_ = x.a;
        r.and_ &= x.b;
        r.or_ = x.a;
        r.or_ |= x.b;
        r.xor_ = x.a;
        r.xor_ ^= x.b;
        r.shl = x.a;
        r.shl <<= x.b;
        r.shr = x.a;
        r.shr >>= x.b;
        r.sat_add = x.a;
        r.sat_add |+|= x.b;
        r.sat_sub = x.b;
        r.sat_sub |-|= x.a;
        bit<8> v = x.a;
        v[7:4] += 1;
        r.slice = v;
    }
}

#include "../include/operate.p4h"
