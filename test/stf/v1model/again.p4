/* Resubmit (the packet as it came in) and recirculate (as it was sent): metadata is gone but for the field list, and there is an end to it. */
#include <v1model.p4>

header packet_t {
    bit<8> what;
    bit<8> value;
    bit<8> type;
    bit<8> rounds;
}

struct metadata_t {
    @field_list(3) bit<8> rounds;
    bit<8> lost;
}

struct headers_t {
    packet_t p;
}
#define HEADERS

control ingress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    apply {
        standard_metadata.egress_spec = 2;
        hdr.p.value = hdr.p.value + 1 + meta.lost;
        meta.lost = 0x80;
        hdr.p.type = standard_metadata.instance_type[7:0];
        hdr.p.rounds = meta.rounds;
        if (hdr.p.what == 1 && meta.rounds < 3) {
            meta.rounds = meta.rounds + 1;
            resubmit_preserving_field_list(3);
            mark_to_drop(standard_metadata);
        } else if (hdr.p.what == 4) {
            resubmit_preserving_field_list(0);
        }
    }
}

control egress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    apply {
        if (hdr.p.what == 2 && meta.rounds < 3) {
            meta.rounds = meta.rounds + 1;
            recirculate_preserving_field_list(3);
        } else if (hdr.p.what == 3) {
            // Dropped in egress: not recirculated.
            recirculate_preserving_field_list(3);
            mark_to_drop(standard_metadata);
        } else if (hdr.p.what == 5) {
            recirculate_preserving_field_list(0);
        }
    }
}

#define INGRESS ingress
#define EGRESS egress
#include "../include/v1model.p4h"
