/* add_entry: the default action learns the key that missed; the packet itself still misses, the entry is found by the next one (PNA §6.14). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8>  key;
    bit<16> value;
}

header results_t {
    bit<8>  hit;       // 1 hit, 0 miss
    bit<16> value;
    bit<8>  status;    // of add_entry: 0 success, 1 not done, ff not called
}

control Operate(inout operands_t x, inout results_t r) {
    action found(bit<16> value, bit<8> extra) {
        r.value = value + (bit<16>)extra;
    }

    action learn() {
        r.status = (bit<8>)add_entry("found", { x.value, 8w1 }, (ExpireTimeProfileId_t)8w0);
    }

    table flows {
        key = { x.key: exact; }
        actions = { @tableonly found; @defaultonly learn; }
        const default_action = learn;
        add_on_miss = true;
        size = 16;
    }

    apply {
        r.status = 0xff;
        r.hit = flows.apply().hit ? 8w1 : 8w0;
    }
}

#include "../include/operate.p4h"
