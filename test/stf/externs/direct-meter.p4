/* DirectMeter beside a DirectCounter on one table: each entry has its own bucket. Colors: 1 green, 2 yellow, 3 red. */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
}

header results_t {
    bit<8> color;
}

control Operate(inout operands_t x, inout results_t r) {
    DirectMeter(PNA_MeterType_t.PACKETS) meter;
    DirectCounter<bit<32>>(PNA_CounterType_t.PACKETS) counter;

    action metered() {
        PNA_MeterColor_t color = meter.execute();
        counter.count();
        if (color == PNA_MeterColor_t.GREEN) {
            r.color = 1;
        } else if (color == PNA_MeterColor_t.YELLOW) {
            r.color = 2;
        } else {
            r.color = 3;
        }
    }

    table map {
        key = { x.a: exact; }
        actions = { metered; NoAction; }
        default_action = NoAction();
        pna_direct_meter = meter;
        pna_direct_counter = counter;
    }

    apply {
        map.apply();
    }
}

#include "../include/operate.p4h"
