/*
 * Multicast groups: egress runs once per replica, with its port and replication id, on the headers and metadata that ingress left, among them a header
 * that no parser would find, a stack and a varbit field. mcast_grp wins over egress_spec; a group without members sends nothing.
 */
#include <v1model.p4>

header packet_t {
    bit<16> group;
    bit<8> port;
    bit<8> instance;
    bit<8> type;
    bit<8> value;
}

header extra_t {
    bit<8> mark;
}

header options_t {
    bit<8> length;
    varbit<64> data;
}

struct metadata_t {
    bit<8> value;
    int<8> negative;
}

struct headers_t {
    packet_t p;
    options_t options;
    extra_t[3] extra;
}
#define HEADERS

#define PARSER
parser p(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.p);
        bit<8> length = packet.lookahead<bit<8>>();
        packet.extract(hdr.options, (bit<32>)length * 8);
        transition accept;
    }
}

control ingress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    apply {
        standard_metadata.egress_spec = 1;
        standard_metadata.mcast_grp = hdr.p.group;
        meta.value = 0x55;
        meta.negative = -1;
        hdr.extra.push_front(1);
        hdr.extra[0].setValid();
        hdr.extra[0].mark = 0xe0;
    }
}

control egress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    apply {
        hdr.p.port = standard_metadata.egress_port[7:0];
        hdr.p.instance = standard_metadata.egress_rid[7:0];
        hdr.p.type = standard_metadata.instance_type[7:0];
        hdr.p.value = meta.value;
        if (meta.negative < 0 && standard_metadata.egress_port == 6) {
            hdr.extra.push_front(1);
            hdr.extra[0].setValid();
            hdr.extra[0].mark = 0xe1;
        }
        // A replica is dropped alone.
        if (standard_metadata.egress_rid == 3) {
            mark_to_drop(standard_metadata);
        }
    }
}

#define INGRESS ingress
#define EGRESS egress
#include "../include/v1model.p4h"
