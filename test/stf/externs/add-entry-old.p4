/* Older dialect: add_entry is a bool, the table's property is idle_timeout_with_auto_delete; expire times from the program's profiles. */
#include <pna.p4>

header operands_t {
    bit<8> key;
    bit<8> profile;
}

header results_t {
    bit<8> hit;
    bit<8> added;
}

control Operate(inout operands_t x, inout results_t r, in pna_main_input_metadata_t istd) {
    action found(bit<8> v) {
        r.hit = v;
    }

    action learn() {
        bool is_added = add_entry("found", { 8w1 }, (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)x.profile);
        r.added = is_added ? 8w1 : 8w0;
    }

    table flows {
        key = { x.key: exact; }
        actions = { @tableonly found; @defaultonly learn; }
        const default_action = learn;
        add_on_miss = true;
        idle_timeout_with_auto_delete = true;
        size = 16;
    }

    apply {
        flows.apply();
    }
}

#include "../include/operate-old.p4h"
