/* verify_checksum and update_checksum: csum16 over fields, a varbit field and the payload; other algorithms; the condition. */
#include <v1model.p4>

header packet_t {
    bit<8> what;
    bit<8> failed;
    bit<16> given;
    bit<4> high;
    bit<12> low;
    bit<16> word;
    bit<16> sum;
    bit<8> length;
    bit<8> pad;
    varbit<128> data;
}

struct metadata_t {}

struct headers_t {
    packet_t p;
}
#define HEADERS

#define PARSER
parser p(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    state start {
        bit<96> front = packet.lookahead<bit<96>>();
        packet.extract(hdr.p, (bit<32>)front[15:8] * 8);
        transition accept;
    }
}

#define VERIFY
control verify_all(inout headers_t hdr, inout metadata_t meta) {
    apply {
        verify_checksum(hdr.p.what == 1, {hdr.p.high, hdr.p.low, hdr.p.word}, hdr.p.given, HashAlgorithm.csum16);
        verify_checksum_with_payload(hdr.p.what == 2, {hdr.p.high, hdr.p.low, hdr.p.word}, hdr.p.given, HashAlgorithm.csum16);
    }
}

#define COMPUTE
control compute_all(inout headers_t hdr, inout metadata_t meta) {
    apply {
        update_checksum(hdr.p.what == 1, {hdr.p.word, hdr.p.data}, hdr.p.sum, HashAlgorithm.csum16);
        update_checksum_with_payload(hdr.p.what == 2, {hdr.p.word, hdr.p.data}, hdr.p.sum, HashAlgorithm.csum16);
        update_checksum(hdr.p.what == 3, {hdr.p.word}, hdr.p.sum, HashAlgorithm.crc16);
        update_checksum(hdr.p.what == 4, {hdr.p.high, hdr.p.low, hdr.p.word}, hdr.p.sum, HashAlgorithm.xor16);
    }
}

control ingress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    apply {
        standard_metadata.egress_spec = 1;
        hdr.p.failed = 7w0 ++ standard_metadata.checksum_error;
    }
}

control egress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    apply {}
}

#define INGRESS ingress
#define EGRESS egress
#include "../include/v1model.p4h"
