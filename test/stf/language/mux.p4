/* cond ? a : b, nested on both sides (P4-16 §8.5.1). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
    bit<8> b;
}

header results_t {
    bit<8> larger;
    bit<8> kind;       // 1 equal, 2 both small, 3 a small, 4 b small, 5 neither
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.larger = x.a > x.b ? x.a : x.b;
        r.kind = x.a == x.b ? 8w1 : x.a < 16 ? (x.b < 16 ? 8w2 : 8w3) : x.b < 16 ? 8w4 : 8w5;
    }
}

#include "../include/operate.p4h"
