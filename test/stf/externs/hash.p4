/* Hash, every algorithm, over nine bytes; and the form base + hash % max (PNA §6.4). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8>  a;
    bit<64> b;
}

header results_t {
    bit<32> crc32;
    bit<16> crc16;
    bit<16> ones_complement;
    bit<16> in_range;       // 10 + crc16 % 100
    bit<8>  same;           // TARGET_DEFAULT gives the same for the same data
}

control Operate(inout operands_t x, inout results_t r) {
    Hash<bit<32>>(PNA_HashAlgorithm_t.CRC32) crc32;
    Hash<bit<16>>(PNA_HashAlgorithm_t.CRC16) crc16;
    Hash<bit<16>>(PNA_HashAlgorithm_t.ONES_COMPLEMENT16) ones_complement;
    Hash<bit<32>>(PNA_HashAlgorithm_t.TARGET_DEFAULT) target_default;

    apply {
        r.crc32 = crc32.get_hash({ x.a, x.b });
        r.crc16 = crc16.get_hash({ x.a, x.b });
        r.ones_complement = ones_complement.get_hash(x.b);
        r.in_range = crc16.get_hash(16w10, { x.a, x.b }, 16w100);
        bit<32> first = target_default.get_hash({ x.a, x.b });
        bit<32> again = target_default.get_hash({ x.a, x.b });
        r.same = first == again ? 8w1 : 8w0;
    }
}

#include "../include/operate.p4h"
