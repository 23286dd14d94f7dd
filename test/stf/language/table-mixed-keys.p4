/* exact, lpm, ternary, range and optional in one table: with a ternary, range or optional key, priority decides, not the prefix. */
#include <bmv2/pna.p4>

header operands_t {
    bit<8>  exact_;
    bit<32> lpm_;
    bit<8>  ternary_;
    bit<16> range_;
    bit<8>  optional_;
}

header results_t {
    bit<8> which;
}

control Operate(inout operands_t x, inout results_t r) {
    action is(bit<8> which) {
        r.which = which;
    }

    table rules {
        key = {
            x.exact_: exact @name("e");
            x.lpm_: lpm @name("l");
            x.ternary_: ternary @name("t");
            x.range_: range @name("r");
            x.optional_: optional @name("o");
        }
        actions = { is; }
        default_action = is(0);
    }

    apply {
        rules.apply();
    }
}

#include "../include/operate.p4h"
