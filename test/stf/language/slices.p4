/* Reading and writing parts of a value; `[low +: width]` names a part by its lowest bit and width. */
#include <bmv2/pna.p4>

header operands_t {
    bit<16> a;
    bit<8>  b;
}

header results_t {
    bit<4>  top;
    bit<8>  middle;
    bit<4>  bottom;
    bit<8>  by_width;
    bit<16> high_written;
    bit<16> middle_written;
    bit<16> by_width_written;
    bit<8>  of_sum;
    bit<8>  of_slice;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.top = x.a[15:12];
        r.middle = x.a[11:4];
        r.bottom = x.a[3:0];
        r.by_width = x.a[2 +: 8];
        r.high_written = x.a;
        r.high_written[15:8] = x.b;
        r.middle_written = x.a;
        r.middle_written[11:4] = x.b;
        r.by_width_written = x.a;
        r.by_width_written[4 +: 8] = x.b;
        bit<16> sum = x.a + 1;
        r.of_sum = (x.a + 1)[15:8];
        r.of_slice = (sum[11:0])[9:2];
    }
}

#include "../include/operate.p4h"
