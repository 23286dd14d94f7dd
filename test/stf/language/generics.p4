/* Type parameters of structs, functions and controls; the compiler makes one of each per type (P4-16 §7.2.11). */
#include <bmv2/pna.p4>

struct pair_t<T> {
    T first;
    T second;
}

header operands_t {
    bit<8>  a;
    bit<16> b;
}

header results_t {
    bit<16> bytes;
    bit<32> words;
    bit<8>  chosen8;
    bit<16> chosen16;
}

T choose<T>(in bool first, in T p, in T q) {
    if (first) {
        return p;
    }
    return q;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        pair_t<bit<8>> bytes = { x.a, 8w1 };
        pair_t<bit<16>> words = { first = x.b, second = 16w2 };
        r.bytes = bytes.first ++ bytes.second;
        r.words = words.first ++ words.second;
        r.chosen8 = choose<bit<8>>(x.a == 0, 8w0x11, 8w0x22);
        r.chosen16 = choose(x.a == 0, x.b, 16w0x4444);
    }
}

#include "../include/operate.p4h"
