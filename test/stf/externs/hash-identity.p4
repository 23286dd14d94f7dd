/* IDENTITY: the data itself, in the low bits of the result; CRC over fields that are no whole bytes together. */
#include <bmv2/pna.p4>

header operands_t {
    bit<8>  a;
    bit<16> b;
    bit<4>  c;
    bit<4>  d;
}

header results_t {
    bit<32> wider;
    bit<16> exact_;
    bit<8>  narrower;
    bit<16> crc_of_nibbles;
}

control Operate(inout operands_t x, inout results_t r) {
    Hash<bit<32>>(PNA_HashAlgorithm_t.IDENTITY) wide;
    Hash<bit<16>>(PNA_HashAlgorithm_t.IDENTITY) same;
    Hash<bit<8>>(PNA_HashAlgorithm_t.IDENTITY) narrow;
    Hash<bit<16>>(PNA_HashAlgorithm_t.CRC16) crc16;

    apply {
        r.wider = wide.get_hash({ x.a, x.b });
        r.exact_ = same.get_hash(x.b);
        r.narrower = narrow.get_hash(x.b);
        r.crc_of_nibbles = crc16.get_hash({ x.c, x.a, x.d });
    }
}

#include "../include/operate.p4h"
