/* Exact match over several keys of odd widths; parameters of the action; add, remove, default. */
#include <bmv2/pna.p4>

header operands_t {
    bit<3>  a;
    bit<13> b;
    bit<48> c;
}

header results_t {
    bit<8>  kind;
    bit<16> p;
    bit<48> q;
}

control Operate(inout operands_t x, inout results_t r) {
    action found(bit<16> p, bit<48> q) {
        r.kind = 1;
        r.p = p;
        r.q = q;
    }

    action other() {
        r.kind = 2;
    }

    action missing(bit<16> p) {
        r.kind = 3;
        r.p = p;
    }

    table map {
        key = {
            x.a: exact;
            x.b: exact @name("middle");
            x.c: exact;
        }
        actions = { found; other; missing; }
        default_action = missing(0xdead);
        size = 64;
    }

    apply {
        map.apply();
    }
}

#include "../include/operate.p4h"
