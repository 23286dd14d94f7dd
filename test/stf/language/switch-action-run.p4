/* switch over the action that a table ran, hit or miss; a case without body falls through (P4-16 §12.7.1, §14.2.2). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
}

header results_t {
    bit<8> kind;
    bit<8> param;
}

control Operate(inout operands_t x, inout results_t r) {
    action red() {
    }

    action green(bit<8> p) {
        r.param = p;
    }

    action blue(bit<8> p) {
        r.param = p;
    }

    action none() {
    }

    table colors {
        key = { x.a: exact; }
        actions = { red; green; blue; none; }
        default_action = none();
    }

    apply {
        switch (colors.apply().action_run) {
            red: { r.kind = 1; }
            green:
            blue: { r.kind = 2; }
            default: { r.kind = 3; }
        }
    }
}

#include "../include/operate.p4h"
