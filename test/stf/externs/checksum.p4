/* Checksum: several updates are one stream of data, clear starts again, and every packet starts clear (PNA §6.2). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8>  a;
    bit<64> b;
}

header results_t {
    bit<32> crc32;
    bit<32> of_b;
    bit<16> crc16;
    bit<16> ones_complement;
}

control Operate(inout operands_t x, inout results_t r) {
    Checksum<bit<32>>(PNA_HashAlgorithm_t.CRC32) crc32;
    Checksum<bit<16>>(PNA_HashAlgorithm_t.CRC16) crc16;
    Checksum<bit<16>>(PNA_HashAlgorithm_t.ONES_COMPLEMENT16) ones_complement;

    apply {
        crc32.update(x.a);
        crc32.update(x.b);
        r.crc32 = crc32.get();
        crc32.clear();
        crc32.update(x.b);
        r.of_b = crc32.get();
        crc16.update({ x.a, x.b });
        r.crc16 = crc16.get();
        ones_complement.update(x.b);
        r.ones_complement = ones_complement.get();
    }
}

#include "../include/operate.p4h"
