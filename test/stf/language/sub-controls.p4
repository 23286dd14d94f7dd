/* Controls inside controls: one instance applied twice, two instances with tables of their own, a constructor's parameter (P4-16 §13, §14). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
    bit<8> b;
}

header results_t {
    bit<8> first;
    bit<8> second;
    bit<8> again;
    bit<8> stepped;
}

control Lookup(in bit<8> key, out bit<8> value)(bit<8> otherwise) {
    action found(bit<8> v) {
        value = v;
    }

    action missing() {
        value = otherwise;
    }

    table map {
        key = { key: exact @name("key"); }
        actions = { found; missing; }
        default_action = missing();
    }

    apply {
        map.apply();
    }
}

control Step(inout bit<8> value, in bit<8> by) {
    bit<8> calls = 0;       // a new variable at each call

    apply {
        calls = calls + 1;
        value = value + by * calls;
    }
}

control Operate(inout operands_t x, inout results_t r) {
    Lookup(0xaa) one;
    Lookup(0xbb) two;
    Step() step;

    apply {
        one.apply(x.a, r.first);
        two.apply(x.a, r.second);
        one.apply(x.b, r.again);
        r.stepped = x.b;
        step.apply(r.stepped, 0x10);
        step.apply(r.stepped, 0x10);
    }
}

#include "../include/operate.p4h"
