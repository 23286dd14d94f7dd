/* The right side of && and || runs only if the left side leaves the answer open; of ?: only the chosen side runs (P4-16 §8.5, §8.5.1). */
#include <bmv2/pna.p4>

header operands_t {
    bit<1> left;
    bit<1> right;
    bit<6> unused;
}

header results_t {
    bit<8> and_result;
    bit<8> and_calls;
    bit<8> or_result;
    bit<8> or_calls;
    bit<8> mux_result;
    bit<8> then_calls;
    bit<8> else_calls;
}

bool asked(in bit<1> answer, inout bit<8> calls) {
    calls = calls + 1;
    return answer == 1;
}

bit<8> chosen(in bit<8> value, inout bit<8> calls) {
    calls = calls + 1;
    return value;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.and_result = (bit<8>)(bit<1>)(x.left == 1 && asked(x.right, r.and_calls));
        r.or_result = (bit<8>)(bit<1>)(x.left == 1 || asked(x.right, r.or_calls));
        r.mux_result = x.left == 1 ? chosen(0x10, r.then_calls) : chosen(0x20, r.else_calls);
    }
}

#include "../include/operate.p4h"
