/* Keys that are expressions, bools, validity, enums, signed numbers, a slice, a type of its own. */
#include <bmv2/pna.p4>

enum bit<4> kind_t {
    NEW = 1,
    OLD = 2
}

type bit<8> label_t;

header operands_t {
    bit<8>  a;
    kind_t  kind;
    int<4>  s;
    label_t label;
}

header results_t {
    bit<8> by_expression;
    bit<8> by_bool;
    bit<8> by_kind;
    bit<8> by_slice;
}

control Operate(inout operands_t x, inout results_t r) {
    action expression_is(bit<8> v) {
        r.by_expression = v;
    }

    action bool_is(bit<8> v) {
        r.by_bool = v;
    }

    action kind_is(bit<8> v, label_t l, int<8> s) {
        r.by_kind = v + (bit<8>)l + (bit<8>)(s < 0 ? 8w0x80 : 8w0);
    }

    action slice_is(bit<8> v) {
        r.by_slice = v;
    }

    table by_expression {
        key = { x.a + 1: exact @name("next"); }
        actions = { expression_is; NoAction; }
        default_action = NoAction();
    }

    table by_bool {
        key = {
            x.isValid(): exact;
            x.a > 0x7f: exact @name("is_high");
        }
        actions = { bool_is; NoAction; }
        default_action = NoAction();
    }

    table by_kind {
        key = {
            x.kind: exact;
            x.s: exact;
            x.label: exact;
        }
        actions = { kind_is; NoAction; }
        default_action = NoAction();
    }

    table by_slice {
        key = { x.a[7:4]: ternary; }
        actions = { slice_is; NoAction; }
        default_action = NoAction();
    }

    apply {
        by_expression.apply();
        by_bool.apply();
        by_kind.apply();
        by_slice.apply();
    }
}

#include "../include/operate.p4h"
