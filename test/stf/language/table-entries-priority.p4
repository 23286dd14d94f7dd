/* entries with priorities: the largest wins by default, the smallest with `largest_priority_wins = false` (P4-16 §14.2.1.4). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
}

header results_t {
    bit<8> largest;
    bit<8> smallest;
    bit<8> delta;
}

control Operate(inout operands_t x, inout results_t r) {
    action largest_is(bit<8> v) {
        r.largest = v;
    }

    action smallest_is(bit<8> v) {
        r.smallest = v;
    }

    action delta_is(bit<8> v) {
        r.delta = v;
    }

    table largest {
        key = { x.a: ternary; }
        actions = { largest_is; }
        default_action = largest_is(0);
        entries = {
            const priority = 10: 0x10 &&& 0xf0: largest_is(1);
            const priority = 30: 0x12 &&& 0xff: largest_is(2);
            priority = 20: 0x12 &&& 0xfe: largest_is(3);
        }
    }

    table smallest {
        key = { x.a: ternary; }
        actions = { smallest_is; }
        largest_priority_wins = false;
        default_action = smallest_is(0);
        entries = {
            priority = 10: 0x10 &&& 0xf0: smallest_is(1);
            priority = 30: 0x12 &&& 0xff: smallest_is(2);
            priority = 5: 0x13: smallest_is(3);
        }
    }

    /* Without a number an entry stands behind the one before it. */
    table delta {
        key = { x.a: ternary; }
        actions = { delta_is; }
        default_action = delta_is(0);
        entries = {
            0x12 &&& 0xff: delta_is(1);
            0x10 &&& 0xf0: delta_is(2);
            _: delta_is(3);
        }
    }

    apply {
        largest.apply();
        smallest.apply();
        delta.apply();
    }
}

#include "../include/operate.p4h"
