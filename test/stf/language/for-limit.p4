/* A loop whose rounds the packet decides: all loops together may begin 65536, then the packet is dropped (reason loop-limit). */
#include <bmv2/pna.p4>

header operands_t {
    bit<32> outer;
    bit<32> inner;
}

header results_t {
    bit<32> rounds;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.rounds = 0;
        for (bit<32> i = 0; i < x.outer; i = i + 1) {
            for (bit<32> k = 0; k < x.inner; k = k + 1) {
                r.rounds = r.rounds + 1;
            }
        }
    }
}

#include "../include/operate.p4h"
