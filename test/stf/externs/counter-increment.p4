/* Older dialect: count with an increment of bytes instead of the packet's length. */
#include <pna.p4>

header operands_t {
    bit<8>  index;
    bit<16> amount;
}

header results_t {
    bit<8> done;
}

control Operate(inout operands_t x, inout results_t r, in pna_main_input_metadata_t istd) {
    Counter<bit<64>, bit<8>>(4, PNA_CounterType_t.PACKETS_AND_BYTES) both;

    apply {
        if (x.amount == 0) {
            both.count(x.index);
        } else {
            both.count(x.index, (bit<32>)x.amount);
        }
        r.done = 1;
    }
}

#include "../include/operate-old.p4h"
