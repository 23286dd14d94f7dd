/* Where a packet goes: egress_spec, the drop port 511, mark_to_drop in ingress and in egress, and what egress sees of it. */
#include <v1model.p4>

header packet_t {
    bit<8> what;
    bit<16> port;
    bit<16> seen;
}

struct metadata_t {}

struct headers_t {
    packet_t p;
}
#define HEADERS

control ingress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    apply {
        standard_metadata.egress_spec = hdr.p.port[8:0];
        if (hdr.p.what == 1) {
            mark_to_drop(standard_metadata);
        } else if (hdr.p.what == 2) {
            // A later assignment takes the drop back.
            mark_to_drop(standard_metadata);
            standard_metadata.egress_spec = 7;
        } else if (hdr.p.what == 4) {
            exit;
        }
        hdr.p.port = (bit<16>)standard_metadata.ingress_port;
    }
}

control egress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    apply {
        hdr.p.seen = 7w0 ++ standard_metadata.egress_port;
        if (standard_metadata.egress_spec != 0 || standard_metadata.instance_type != 0) {
            hdr.p.seen = 0xffff;
        }
        if (hdr.p.what == 3) {
            mark_to_drop(standard_metadata);
        } else if (hdr.p.what == 5) {
            hdr.p.seen = standard_metadata.packet_length[15:0];
        }
    }
}

#define INGRESS ingress
#define EGRESS egress
#include "../include/v1model.p4h"
