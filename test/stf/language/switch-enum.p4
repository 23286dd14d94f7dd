/* switch over enums: a plain one, and a serializable one with a value that no member has. */
#include <bmv2/pna.p4>

enum side_t { LEFT, RIGHT, NONE }

enum bit<8> code_t {
    STOP = 3,
    GO = 7
}

header operands_t {
    code_t code;
}

header results_t {
    bit<8> by_code;
    bit<8> by_side;
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        side_t side = side_t.NONE;
        switch (x.code) {
            code_t.STOP: {
                r.by_code = 1;
                side = side_t.LEFT;
            }
            code_t.GO: {
                r.by_code = 2;
                side = side_t.RIGHT;
            }
            default: { r.by_code = 0xff; }
        }
        switch (side) {
            side_t.LEFT: { r.by_side = 0x0a; }
            side_t.RIGHT: { r.by_side = 0x0b; }
        }
    }
}

#include "../include/operate.p4h"
