/* Macros with arguments, conditions, and a value that the STF file defines (P4-16 §4.1). */
#include <bmv2/pna.p4>

#define SQUARE(v) ((v) * (v))
#define JOIN_HIGH(high, low) \
    ((high) ++ (low))

#ifndef OFFSET
#define OFFSET 1
#endif

#if OFFSET == 5 && !defined(NOTHING)
#define KIND 0x55
#elif OFFSET > 5
#define KIND 0x66
#else
#define KIND 0x11
#endif

header operands_t {
    bit<8> a;
}

header results_t {
    bit<8>  square;
    bit<16> joined;
    bit<8>  offset;
    bit<8>  kind;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.square = SQUARE(x.a + 1);
        r.joined = JOIN_HIGH(x.a, 8w0xee);
        r.offset = x.a + OFFSET;
        r.kind = KIND;
    }
}

#include "../include/operate.p4h"
