/* A register's end: writes beyond it change nothing; reads there give zero in softipu. Cells of a struct. */
#include <bmv2/pna.p4>

struct cell_t {
    bit<8>  last;
    bit<16> count;
}

header operands_t {
    bit<8> index;
    bit<8> value;
}

header results_t {
    bit<8>  last;
    bit<16> count;
}

control Operate(inout operands_t x, inout results_t r) {
    Register<cell_t, bit<8>>(2) cells;

    apply {
        cell_t cell = cells.read(x.index);
        r.last = cell.last;
        r.count = cell.count;
        cell.last = x.value;
        cell.count = cell.count + 1;
        cells.write(x.index, cell);
    }
}

#include "../include/operate.p4h"
