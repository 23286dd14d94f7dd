/* error: own members beside those of core.p4, variables, comparison, a function that returns one (P4-16 §7.1.2). */
#include <bmv2/pna.p4>

error {
    TooLarge,
    Odd
}

header operands_t {
    bit<8> a;
}

header results_t {
    bit<8> kind;
}

error checked(in bit<8> a) {
    if (a > 100) {
        return error.TooLarge;
    }
    if (a[0:0] == 1) {
        return error.Odd;
    }
    return error.NoError;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        error e = checked(x.a);
        if (e == error.NoError) {
            r.kind = 0;
        } else if (e == error.TooLarge) {
            r.kind = 1;
        } else if (e != error.Odd) {
            r.kind = 0xff;
        } else {
            r.kind = 2;
        }
    }
}

#include "../include/operate.p4h"
