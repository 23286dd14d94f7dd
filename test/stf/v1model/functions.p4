/* The other extern functions: hash with base and maximum, random, digest, truncate; parser errors; log_msg and assert, which do nothing. */
#include <v1model.p4>

header packet_t {
    bit<8> what;
    bit<32> a;
    bit<32> b;
}

struct metadata_t {}

struct headers_t {
    packet_t p;
}
#define HEADERS

struct seen_t {
    bit<8> what;
    bit<32> a;
}

error { Odd }

#define PARSER
parser p(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.p);
        verify(hdr.p.what != 0x21, error.Odd);
        transition accept;
    }
}

control ingress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    apply {
        standard_metadata.egress_spec = 1;
        log_msg("what {}", {hdr.p.what});
        assert(hdr.p.what < 0x80);
        if (hdr.p.what == 1) {
            hash(hdr.p.b, HashAlgorithm.crc32, 32w0, {hdr.p.a}, 64w0x100000000);
        } else if (hdr.p.what == 2) {
            hash(hdr.p.b, HashAlgorithm.crc16, 16w0x1000, {hdr.p.a[11:0]}, 32w0x10000);
        } else if (hdr.p.what == 3) {
            hash(hdr.p.b, HashAlgorithm.csum16, 16w0, {hdr.p.a}, 32w0x10000);
        } else if (hdr.p.what == 4) {
            hash(hdr.p.b, HashAlgorithm.xor16, 32w7, {hdr.p.a}, 32w0x1000);
        } else if (hdr.p.what == 5) {
            hash(hdr.p.b, HashAlgorithm.identity, 32w1, {hdr.p.a}, 32w10);
        } else if (hdr.p.what == 6) {
            random(hdr.p.b, 7, 7);
        } else if (hdr.p.what == 7) {
            digest<seen_t>(1, {hdr.p.what, hdr.p.a});
        } else if (hdr.p.what == 8) {
            truncate(7);
        }
        if (standard_metadata.parser_error == error.Odd) {
            hdr.p.b = 0x0dd;
        } else if (standard_metadata.parser_error == error.PacketTooShort) {
            standard_metadata.egress_spec = 3;
        }
    }
}

control egress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    apply {
        if (hdr.p.what == 9) {
            truncate(hdr.p.a);
        }
    }
}

#define INGRESS ingress
#define EGRESS egress
#include "../include/v1model.p4h"
