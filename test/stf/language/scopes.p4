/* Blocks have names of their own; an inner one hides the outer one; else belongs to the nearest if (P4-16 §6.9, §12.6). */
#include <bmv2/pna.p4>

const bit<8> depth = 0x0f;

header operands_t {
    bit<8> a;
}

header results_t {
    bit<8> outer;
    bit<8> inner;
    bit<8> global;
    bit<8> dangling;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        bit<8> depth = 1;
        {
            bit<8> next = depth + 1;
            bit<8> depth = next;
            r.inner = depth;
        }
        r.outer = depth;
        r.global = .depth;
        if (x.a > 0)
            if (x.a > 1)
                r.dangling = 2;
            else
                r.dangling = 1;
    }
}

#include "../include/operate.p4h"
