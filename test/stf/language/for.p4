/* for, with break and continue: three-part with one or several variables, over a range, nested (P4-16 after 1.2.5). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> n;
}

header results_t {
    bit<8> sum;          // 1 + .. + n
    bit<8> even;         // of these, the even ones
    bit<8> until;        // 1 + .. + n, but no further than 5
    bit<8> of_range;     // 2 + 3 + .. + 6
    bit<8> set_bits;     // how many bits of n are set
    bit<8> nested;       // pairs i < j < 4 with i + j == n
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        for (bit<8> i = 1; i <= x.n; i = i + 1) {
            r.sum = r.sum + i;
        }
        for (bit<8> i = 1; i <= x.n; i += 1) {
            if (i[0:0] == 1) {
                continue;
            }
            r.even += i;
        }
        for (bit<8> i = 1; i <= x.n; i += 1) {
            if (i > 5) {
                break;
            }
            r.until += i;
        }
        for (bit<8> i in 8w2 .. 8w6) {
            r.of_range += i;
        }
        for (bit<8> i = 0, bit<8> bits = x.n; bits != 0; bits = bits & (bits - 1), i = i + 1) {
            r.set_bits = i + 1;
        }
        for (bit<8> i = 0; i < 4; i += 1) {
            for (bit<8> j = i + 1; j < 4; j += 1) {
                if (i + j != x.n) {
                    continue;
                }
                r.nested += 1;
            }
        }
    }
}

#include "../include/operate.p4h"
