/* const entries: the first that matches wins; keys as values, masks, ranges, don't care, prefixes by mask (P4-16 §14.2.1.4). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
    bit<8> b;
}

header results_t {
    bit<8> which;
    bit<8> by_lpm;
    bit<8> single;
}

const bit<8> SEVEN = 7;

control Operate(inout operands_t x, inout results_t r) {
    action is(bit<8> which) {
        r.which = which;
    }

    action lpm_is(bit<8> which) {
        r.by_lpm = which;
    }

    action single_is(bit<8> which) {
        r.single = which;
    }

    table rules {
        key = {
            x.a: ternary;
            x.b: range;
        }
        actions = { is; }
        const default_action = is(0);
        const entries = {
            (SEVEN, 0 .. 0x0f): is(1);
            (0x10 &&& 0xf0, 5): is(2);
            (0x10 &&& 0xf0, _): is(3);
            (_, 0x80 .. 0xff): is(4);
        }
    }

    table prefixes {
        key = { x.a: lpm; }
        actions = { lpm_is; }
        const default_action = lpm_is(0);
        const entries = {
            0x10 &&& 0xf0: lpm_is(1);
            0x18 &&& 0xf8: lpm_is(2);
            0x1f: lpm_is(3);
        }
    }

    table single {
        key = { x.b: exact; }
        actions = { single_is; NoAction; }
        const default_action = NoAction;
        const entries = {
            5: single_is(0x55);
            SEVEN + 1: single_is(0x88);
            9: NoAction();
        }
    }

    apply {
        rules.apply();
        prefixes.apply();
        single.apply();
    }
}

#include "../include/operate.p4h"
