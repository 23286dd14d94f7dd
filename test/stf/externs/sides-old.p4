/* istd.direction and SelectByDirection of the older dialect. */
#include <pna.p4>

header operands_t {
    bit<8> local;
    bit<8> remote;
}

header results_t {
    bit<8> direction;     // 1 from the network, 2 from the host
    bit<8> selected;
    bit<8> pass;
    bit<8> loopedback;
}

control Operate(inout operands_t x, inout results_t r, in pna_main_input_metadata_t istd) {
    apply {
        r.direction = istd.direction == PNA_Direction_t.NET_TO_HOST ? 8w1 : 8w2;
        r.selected = SelectByDirection(istd.direction, x.remote, x.local);
        r.pass = (bit<8>)(PassNumberUint_t)istd.pass;
        r.loopedback = istd.loopedback ? 8w1 : 8w0;
    }
}

#include "../include/operate-old.p4h"
