/*
 * One large table for the P4Runtime benchmark: what a controller writes entry by entry.
 */
#include <core.p4>
#include <bmv2/pna.p4>

header ethernet_t {
    bit<48> destination;
    bit<48> source;
    bit<16> type;
}

header ipv4_t {
    bit<96> head;
    bit<32> source;
    bit<32> destination;
}

struct headers_t {
    ethernet_t ethernet;
    ipv4_t ipv4;
}

struct metadata_t {}

parser MainParser(packet_in pkt, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        pkt.extract(hdr.ethernet);
        pkt.extract(hdr.ipv4);
        transition accept;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd,
                    inout pna_main_output_metadata_t ostd) {
    action to_port(PortId_t port, bit<48> mac) {
        hdr.ethernet.destination = mac;
        send_to_port(port);
    }
    action drop() { drop_packet(); }
    table hosts {
        key = { hdr.ipv4.destination: exact @name("address"); }
        actions = { to_port; drop; }
        default_action = drop();
        size = 262144;
    }
    apply { hosts.apply(); }
}

control MainDeparser(packet_out pkt, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        pkt.emit(hdr.ethernet);
        pkt.emit(hdr.ipv4);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
