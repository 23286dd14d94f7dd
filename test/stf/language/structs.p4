/* Nested structs: whole and part assignment, comparison, literals in order and by name, defaults with `...` (P4-16 §7.2.5, §8.13). */
#include <bmv2/pna.p4>

struct inner_t {
    bit<8> p;
    bit<8> q;
}

struct outer_t {
    inner_t first;
    bit<8>  middle;
    inner_t last;
}

header operands_t {
    bit<8> a;
    bit<8> b;
}

header results_t {
    bit<40> copied;
    bit<8>  equal_before;
    bit<8>  equal_after;
    bit<40> by_name;
    bit<16> defaulted;
    bit<16> returned;
}

bit<40> packed(in outer_t o) {
    return o.first.p ++ o.first.q ++ o.middle ++ o.last.p ++ o.last.q;
}

inner_t flipped(in inner_t i) {
    return { i.q, i.p };
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        outer_t one = { { x.a, x.b }, 0x77, { 1, 2 } };
        outer_t copy = one;
        r.equal_before = copy == one ? 8w1 : 8w0;
        copy.last = copy.first;
        copy.first.p = 0;
        r.copied = packed(copy);
        r.equal_after = copy == one ? 8w1 : 8w0;
        outer_t named = { last = { q = x.a, p = 3 }, first = one.last, middle = x.b };
        r.by_name = packed(named);
        inner_t partly = { q = x.b, ... };
        r.defaulted = partly.p ++ partly.q;
        inner_t turned = flipped(one.first);
        r.returned = turned.p ++ turned.q;
    }
}

#include "../include/operate.p4h"
