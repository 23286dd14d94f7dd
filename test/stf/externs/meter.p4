/* Meter of packets, color-blind and color-aware (RFC 2698). Colors in the result: 1 green, 2 yellow, 3 red. */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> index;
    bit<8> color;     // 0: blind, else aware
}

header results_t {
    bit<8> color;
}

control Operate(inout operands_t x, inout results_t r) {
    Meter<bit<8>>(4, PNA_MeterType_t.PACKETS) meter;

    apply {
        PNA_MeterColor_t color = PNA_MeterColor_t.GREEN;
        if (x.color == 0) {
            color = meter.execute(x.index);
        } else {
            if (x.color == 2) {
                color = PNA_MeterColor_t.YELLOW;
            } else if (x.color == 3) {
                color = PNA_MeterColor_t.RED;
            }
            color = meter.execute(x.index, color);
        }
        if (color == PNA_MeterColor_t.GREEN) {
            r.color = 1;
        } else if (color == PNA_MeterColor_t.YELLOW) {
            r.color = 2;
        } else if (color == PNA_MeterColor_t.RED) {
            r.color = 3;
        }
    }
}

#include "../include/operate.p4h"
