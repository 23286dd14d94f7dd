/*
 * Clones. From ingress: the packet as it came in, parsed again, metadata of the field list. From egress: the packet as egress left it. A session
 * names a port or a multicast group; one that is not there gives no clone, and a dropped packet can have one.
 */
#include <v1model.p4>

header packet_t {
    bit<8> what;
    bit<8> value;
    bit<8> type;
    bit<8> kept;
    bit<8> lost;
}

struct inner_t {
    @field_list(1) bit<8> kept;
    bit<8> lost;
}

struct metadata_t {
    inner_t inner;
    @field_list(1, 2) bit<8> both;
}

struct headers_t {
    packet_t p;
}
#define HEADERS

#define PARSER
parser p(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.p);
        // A clone's parser runs again; the field list wins.
        meta.both = 0x77;
        transition accept;
    }
}

control ingress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    apply {
        standard_metadata.egress_spec = 2;
        meta.inner.kept = 0x11;
        meta.inner.lost = 0x22;
        if (hdr.p.what == 1) {
            clone(CloneType.I2E, 5);
        } else if (hdr.p.what == 2) {
            clone_preserving_field_list(CloneType.I2E, 5, 1);
            // What counts is the value at the end.
            meta.inner.kept = 0x33;
            meta.both = 0x44;
        } else if (hdr.p.what == 3) {
            clone_preserving_field_list(CloneType.I2E, 6, 2);
            mark_to_drop(standard_metadata);
        } else if (hdr.p.what == 4) {
            clone(CloneType.I2E, 99);
        }
        hdr.p.value = hdr.p.value + 1;
    }
}

control egress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    apply {
        hdr.p.type = standard_metadata.instance_type[7:0];
        hdr.p.kept = meta.inner.kept + meta.both;
        hdr.p.lost = meta.inner.lost;
        if (standard_metadata.instance_type == 0) {
            if (hdr.p.what == 16) {
                clone_preserving_field_list(CloneType.E2E, 5, 1);
            } else if (hdr.p.what == 17) {
                clone(CloneType.E2E, 6);
                mark_to_drop(standard_metadata);
            }
            hdr.p.value = hdr.p.value + 0x10;
        } else {
            hdr.p.value = hdr.p.value + 0x20;
            standard_metadata.egress_spec = 0;
        }
    }
}

#define INGRESS ingress
#define EGRESS egress
#include "../include/v1model.p4h"
