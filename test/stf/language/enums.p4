/* enum: comparison, assignment, in a struct; its members have no numbers (P4-16 §7.2.1). */
#include <bmv2/pna.p4>

enum shape_t { POINT, LINE, AREA }

struct figure_t {
    shape_t shape;
    bit<8>  size;
}

header operands_t {
    bit<8> a;
}

header results_t {
    bit<8> is_line;
    bit<8> is_same;
    bit<8> corners;
}

shape_t shape_of(in bit<8> a) {
    if (a == 0) {
        return shape_t.POINT;
    } else if (a < 16) {
        return shape_t.LINE;
    }
    return shape_t.AREA;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        figure_t one = { shape_of(x.a), x.a };
        figure_t other = { shape = shape_t.AREA, size = 16 };
        r.is_line = one.shape == shape_t.LINE ? 8w1 : 8w0;
        r.is_same = one == other ? 8w1 : 8w0;
        r.corners = one.shape != shape_t.AREA ? 8w0 : one.size;
    }
}

#include "../include/operate.p4h"
