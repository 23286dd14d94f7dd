/* return ends the control it stands in, not its caller; in an action, the action (P4-16 §12.4). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
}

header results_t {
    bit<8> inner;
    bit<8> action_;
    bit<8> outer;
}

control Inner(in bit<8> a, out bit<8> reached) {
    apply {
        reached = 1;
        if (a == 1) {
            return;
        }
        reached = 2;
    }
}

control Operate(inout operands_t x, inout results_t r) {
    Inner() inner;

    action leave_early() {
        r.action_ = 1;
        if (x.a == 2) {
            return;
        }
        r.action_ = 2;
    }

    apply {
        inner.apply(x.a, r.inner);
        leave_early();
        r.outer = 1;
        if (x.a == 3) {
            return;
        }
        r.outer = 2;
    }
}

#include "../include/operate.p4h"
