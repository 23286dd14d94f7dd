/* What the compiler computes: `int` of any size, / and %, constants of constants, sizes, local constants (P4-16 §8.8, §18.1). */
#include <bmv2/pna.p4>

const bit<16> BASE = 0x1000;
const bit<16> DERIVED = BASE + (1 << 4) - 10 % 4;
const int HUGE = 1 << 100;
const bit<8> OF_HUGE = (bit<8>)(HUGE / (1 << 97));
const int NEGATIVE = -7;

header operands_t {
    bit<8> a;
}

header results_t {
    bit<16> derived;
    bit<8>  of_huge;
    bit<8>  quotient;
    bit<8>  size;
    int<8>  negative;
    bit<8>  in_words;
    bit<16> local;
}

struct two_t {
    operands_t one;
    operands_t other;
}

control Operate(inout operands_t x, inout results_t r) {
    const bit<16> LOCAL = DERIVED ^ 0xffff;

    apply {
        static_assert(BASE == 4096, "the base moved");
        r.derived = DERIVED;
        r.of_huge = OF_HUGE;
        r.quotient = 8w100 / 8w7 + 8w100 % 8w7;
        r.size = (bit<8>)x.minSizeInBits();
        r.negative = NEGATIVE;
        r.in_words = (bit<8>)x.minSizeInBytes() + x.a;
        r.local = LOCAL;
    }
}

#include "../include/operate.p4h"
