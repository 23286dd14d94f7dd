/* Register: initial value, read before write, odd and wide cells; beyond the end a write is lost (PNA §6.9). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8>  index;
    bit<8>  add;
}

header results_t {
    bit<16> before;
    bit<16> after;
    bit<88> wide;
    bit<5>  odd;
    bit<3>  unused;
}

control Operate(inout operands_t x, inout results_t r) {
    Register<bit<16>, bit<8>>(4, 0x0100) sums;
    Register<bit<88>, bit<8>>(4) wide;
    Register<bit<5>, bit<8>>(4, 31) odd;

    apply {
        r.before = sums.read(x.index);
        sums.write(x.index, r.before + (bit<16>)x.add);
        r.after = sums.read(x.index);
        bit<88> w = wide.read(x.index);
        wide.write(x.index, (w << 8) | (bit<88>)x.add);
        r.wide = wide.read(x.index);
        r.odd = odd.read(x.index) + 1;
        odd.write(x.index, r.odd);
    }
}

#include "../include/operate.p4h"
