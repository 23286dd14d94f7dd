/* Directions of parameters: `in` is a copy, `out` starts unset and is copied back, `inout` both; early return; overloading; defaults (P4-16 §6.8, §10). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
    bit<8> b;
}

header results_t {
    bit<8> larger;
    bit<8> swapped_a;
    bit<8> swapped_b;
    bit<8> from_out;
    bit<8> by_value;
    bit<8> overloaded_one;
    bit<8> overloaded_two;
    bit<8> defaulted;
    bit<8> named;
    bit<8> aliased;
}

bit<8> larger_of(in bit<8> p, in bit<8> q) {
    if (p > q) {
        return p;
    }
    return q;
}

void swap(inout bit<8> p, inout bit<8> q) {
    bit<8> old = p;
    p = q;
    q = old;
}

bool halve(in bit<8> value, out bit<8> half) {
    half = value >> 1;
    return value[0:0] == 0;
}

bit<8> count(in bit<8> p) {
    return p + 1;
}

bit<8> count(in bit<8> p, in bit<8> q) {
    return p + q + 2;
}

bit<8> shifted(in bit<8> value, in bit<8> by = 4) {
    return value << by;
}

/* The caller's variable changes only when the call returns: `p` still has the old value in the sum. */
bit<8> old_and_new(in bit<8> p, inout bit<8> q) {
    q = q + 10;
    return p + q;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.larger = larger_of(x.a, x.b);
        r.swapped_a = x.a;
        r.swapped_b = x.b;
        swap(r.swapped_a, r.swapped_b);
        if (!halve(x.a, r.from_out)) {
            r.from_out = r.from_out | 0x80;
        }
        r.by_value = old_and_new(x.a, x.a);
        r.overloaded_one = count(x.b);
        r.overloaded_two = count(x.b, x.b);
        r.defaulted = shifted(x.b);
        r.named = shifted(by = 1, value = x.b);
        r.aliased = x.a;
    }
}

#include "../include/operate.p4h"
