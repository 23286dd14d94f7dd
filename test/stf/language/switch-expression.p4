/* switch over a value: labels without a body fall through to the next body; bodies do not (P4-16 §12.7.2). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
}

header results_t {
    bit<8> kind;
    bit<8> behind;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        switch (x.a & 0x7f) {
            0: { r.kind = 0x10; }
            1:
            2:
            3: { r.kind = 0x11; }
            0x7f: { }
            default: { r.kind = 0x1f; }
        }
        r.behind = 0x99;
    }
}

#include "../include/operate.p4h"
