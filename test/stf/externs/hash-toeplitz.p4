/* Hash by Toeplitz with the key that receive-side scaling is published with, and the custom CRCs, which are the standard ones (PNA §6.4). */
#include <bmv2/pna.p4>

header operands_t {
    bit<32> source;
    bit<32> destination;
    bit<16> source_port;
    bit<16> destination_port;
}

header results_t {
    bit<32> addresses;
    bit<32> all;
    bit<32> long;       // behind 40 bytes the key begins anew
    bit<8>  same;
}

control Operate(inout operands_t x, inout results_t r) {
    Hash<bit<32>>(PNA_HashAlgorithm_t.TOEPLITZ) toeplitz;
    Hash<bit<32>>(PNA_HashAlgorithm_t.CRC32) crc32;
    Hash<bit<32>>(PNA_HashAlgorithm_t.CRC32_CUSTOM) crc32_custom;
    Hash<bit<16>>(PNA_HashAlgorithm_t.CRC16) crc16;
    Hash<bit<16>>(PNA_HashAlgorithm_t.CRC16_CUSTOM) crc16_custom;

    apply {
        r.addresses = toeplitz.get_hash({ x.source, x.destination });
        r.all = toeplitz.get_hash(x);
        r.long = toeplitz.get_hash({ 320w0, x });
        bool is_same = crc32.get_hash(x) == crc32_custom.get_hash(x) && crc16.get_hash(x) == crc16_custom.get_hash(x);
        r.same = is_same ? 8w1 : 8w0;
    }
}

#include "../include/operate.p4h"
