/* tuple<..>: elements by number, comparison, functions that take and return them, nesting (P4-16 §7.2.6, §8.12). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8>  a;
    bit<16> b;
}

header results_t {
    bit<8>  first;
    bit<16> second;
    bit<16> nested;
    bit<8>  equal;
    bit<16> written;
}

tuple<bit<16>, bit<8>> turned(in tuple<bit<8>, bit<16>> t) {
    return { t[1], t[0] };
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        tuple<bit<8>, bit<16>> pair = { x.a, x.b };
        r.first = turned(pair)[1];
        r.second = turned(pair)[0];
        tuple<bit<4>, tuple<bit<4>, bit<8>>> deep = { 4w1, { x.a[3:0], x.a } };
        r.nested = deep[0] ++ deep[1][0] ++ deep[1][1];
        r.equal = pair == { 8w5, 16w0x1234 } ? 8w1 : 8w0;
        pair = { 8w9, x.b + 1 };
        r.written = pair[1];
    }
}

#include "../include/operate.p4h"
