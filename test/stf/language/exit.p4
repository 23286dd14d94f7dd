/* exit ends the whole block, from wherever: an action of a table of a sub-control; inout arguments are still copied back (P4-16 §12.5). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
}

header results_t {
    bit<8> step;
    bit<8> in_action;
    bit<8> behind;
}

control Inner(inout bit<8> step, inout bit<8> in_action, in bit<8> a) {
    action leave() {
        in_action = 0x55;
        exit;
    }

    action stay() {
        in_action = 0x66;
    }

    table decide {
        key = { a: exact @name("a"); }
        actions = { leave; stay; }
        default_action = stay();
    }

    apply {
        step = 1;
        decide.apply();
        step = 2;
        if (a == 2) {
            exit;
        }
        step = 3;
    }
}

control Operate(inout operands_t x, inout results_t r) {
    Inner() inner;

    apply {
        inner.apply(r.step, r.in_action, x.a);
        r.behind = 0x77;
    }
}

#include "../include/operate.p4h"
