/*
 * One table of each kind for the benchmark of lookups: TABLE says which, SIZE how large. Packets are the keys themselves.
 */
#include <core.p4>
#include <bmv2/pna.p4>

header key_t {
    bit<128> address6;
    bit<32> source;
    bit<32> destination;
    bit<16> source_port;
    bit<16> destination_port;
    bit<8> protocol;
    bit<24> padding;
}

struct headers_t {
    key_t key;
}

struct metadata_t {}

parser MainParser(packet_in pkt, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        pkt.extract(hdr.key);
        transition accept;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd,
                    inout pna_main_output_metadata_t ostd) {
    action to_port(PortId_t port) { send_to_port(port); }
    action nowhere() { send_to_port((PortId_t) 1); }

    table none {
        actions = { nowhere; }
        default_action = nowhere();
    }
    table exact_match {
        key = {
            hdr.key.source: exact;
            hdr.key.destination: exact;
            hdr.key.source_port: exact;
            hdr.key.destination_port: exact;
            hdr.key.protocol: exact;
        }
        actions = { to_port; nowhere; }
        default_action = nowhere();
        size = SIZE;
    }
    table lpm_ipv4 {
        key = { hdr.key.destination: lpm; }
        actions = { to_port; nowhere; }
        default_action = nowhere();
        size = SIZE;
    }
    table lpm_ipv6 {
        key = { hdr.key.address6: lpm; }
        actions = { to_port; nowhere; }
        default_action = nowhere();
        size = SIZE;
    }
    table ternary_match {
        key = {
            hdr.key.source: ternary;
            hdr.key.destination: ternary;
            hdr.key.source_port: ternary;
            hdr.key.destination_port: ternary;
            hdr.key.protocol: ternary;
        }
        actions = { to_port; nowhere; }
        default_action = nowhere();
        size = SIZE;
    }
    table range_match {
        key = {
            hdr.key.source: ternary;
            hdr.key.destination: ternary;
            hdr.key.source_port: range;
            hdr.key.destination_port: range;
            hdr.key.protocol: ternary;
        }
        actions = { to_port; nowhere; }
        default_action = nowhere();
        size = SIZE;
    }
    table ranges_alone {
        key = { hdr.key.destination: range; }
        actions = { to_port; nowhere; }
        default_action = nowhere();
        size = SIZE;
    }
    apply { TABLE.apply(); }
}

control MainDeparser(packet_out pkt, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply { pkt.emit(hdr.key); }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
