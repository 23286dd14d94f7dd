/* Integers without width stand for values of a `type`: as constants, in variables, arguments and entries, and where they are assigned. */
#include <bmv2/pna.p4>

type bit<16> number_t;
const number_t first = 0x0102;

header operands_t {
    number_t a;
}

header results_t {
    number_t constant;
    number_t variable;
    number_t assigned;
    number_t argument;
}

control Operate(inout operands_t x, inout results_t r) {
    action set(number_t value) { r.argument = value; }
    action clear() { set(0); }

    table numbers {
        key = { x.a : exact; }
        actions = { set; clear; }
        const entries = { 7 : set(0x0708); }
        default_action = clear();
    }

    apply {
        number_t variable = 0x0304;
        r.constant = first;
        r.variable = variable;
        r.assigned = 0x0506;
        numbers.apply();
    }
}

#include "../include/operate.p4h"
