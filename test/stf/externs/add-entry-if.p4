/* add_entry_if: adds only if the condition holds, else ADD_ENTRY_NOT_DONE; one of two actions is learned (new dialect). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> key;
    bit<8> want;
}

header results_t {
    bit<8> kind;
    bit<8> status;
}

control Operate(inout operands_t x, inout results_t r) {
    action one(bit<8> v) {
        r.kind = v;
    }

    action two() {
        r.kind = 2;
    }

    action learn() {
        r.status = (bit<8>)add_entry_if(x.want == 1, "one", { x.want }, (ExpireTimeProfileId_t)8w0) << 4;
        if (x.want == 2) {
            r.status = r.status | (bit<8>)add_entry("two", {}, (ExpireTimeProfileId_t)8w0);
        } else {
            r.status = r.status | 2;
        }
    }

    table flows {
        key = { x.key: exact; }
        actions = { one; two; @defaultonly learn; }
        const default_action = learn;
        add_on_miss = true;
    }

    apply {
        flows.apply();
    }
}

#include "../include/operate.p4h"
