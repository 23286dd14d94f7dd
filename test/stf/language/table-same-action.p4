/* One action in two tables, one table applied on either side of an if, tables that depend on one another's results. */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
}

header results_t {
    bit<8> first;
    bit<8> second;
}

control Operate(inout operands_t x, inout results_t r) {
    bit<8> next = 0;

    action to(bit<8> v) {
        next = v;
    }

    action stay() {
    }

    table one {
        key = { x.a: exact; }
        actions = { to; stay; }
        default_action = to(0xff);
    }

    table two {
        key = { next: exact @name("next"); }
        actions = { to; stay; }
        default_action = stay();
    }

    apply {
        one.apply();
        r.first = next;
        if (x.a[0:0] == 1) {
            two.apply();
        } else {
            next = next + 1;
            two.apply();
        }
        r.second = next;
    }
}

#include "../include/operate.p4h"
