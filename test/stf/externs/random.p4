/* Random: 200 values per packet, all within the bounds, both bounds among them (PNA §6.10). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> unused;
}

header results_t {
    bit<8> lowest;
    bit<8> highest;
    bit<8> single;
    bit<8> differ;     // a wide one changes from read to read
}

control Operate(inout operands_t x, inout results_t r) {
    Random<bit<8>>(3, 6) dice;
    Random<bit<8>>(9, 9) loaded;
    Random<bit<32>>(0, 0xffffffff) wide;

    apply {
        r.lowest = 0xff;
        for (bit<8> i = 0; i < 200; i += 1) {
            bit<8> v = dice.read();
            if (v < r.lowest) {
                r.lowest = v;
            }
            if (v > r.highest) {
                r.highest = v;
            }
        }
        r.single = loaded.read();
        bit<32> one = wide.read();
        bit<32> two = wide.read();
        bit<32> three = wide.read();
        r.differ = one != two && two != three && one != three ? 8w1 : 8w0;
    }
}

#include "../include/operate.p4h"
