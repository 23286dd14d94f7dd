/* Meter of bytes: the packet's length is what counts; dpdk_execute takes another length. Colors: 1 green, 2 yellow, 3 red. */
#include <dpdk/pna.p4>

header operands_t {
    bit<8>  index;
    bit<16> amount;    // 0: the packet's length
}

header results_t {
    bit<8> color;
}

control Operate(inout operands_t x, inout results_t r, in pna_main_input_metadata_t istd) {
    Meter<bit<8>>(2, PNA_MeterType_t.BYTES) meter;

    apply {
        PNA_MeterColor_t color;
        if (x.amount == 0) {
            color = meter.execute(x.index);
        } else {
            color = meter.dpdk_execute(x.index, (bit<32>)x.amount);
        }
        r.color = color == PNA_MeterColor_t.GREEN ? 8w1 : color == PNA_MeterColor_t.YELLOW ? 8w2 : 8w3;
    }
}

#include "../include/operate-old.p4h"
