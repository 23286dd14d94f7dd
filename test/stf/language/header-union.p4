/* A union holds one header at a time: making one valid, also by extracting it, makes the others invalid (P4-16 §8.19). */
#include <bmv2/pna.p4>

header kind_t {
    bit<8> kind;
}

header small_t {
    bit<8> p;
}

header large_t {
    bit<16> p;
}

header_union body_t {
    small_t small;
    large_t large;
}

struct headers_t {
    kind_t kind;
    body_t body;
    kind_t facts;    // bit 0: body is valid, bit 1: small is, bit 2: large is
}

struct metadata_t {
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.kind);
        transition select(hdr.kind.kind[3:0]) {
            1: parse_small;
            2: parse_large;
            3: parse_both;
            default: accept;
        }
    }

    state parse_small {
        packet.extract(hdr.body.small);
        transition accept;
    }

    state parse_large {
        packet.extract(hdr.body.large);
        transition accept;
    }

    state parse_both {
        packet.extract(hdr.body.small);
        transition parse_large;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    apply {
        send_to_port((PortId_t)32w1);
        if (hdr.kind.kind[7:4] == 1) {
            hdr.body.large.setValid();
            hdr.body.large.p = 0xbeef;
        } else if (hdr.kind.kind[7:4] == 2) {
            hdr.body.small = { 0x77 };
        } else if (hdr.kind.kind[7:4] == 3) {
            hdr.body.small.setInvalid();
        } else if (hdr.kind.kind[7:4] == 4) {
            body_t copy = hdr.body;
            hdr.body.large = { 1 };
            hdr.body = copy;
        }
        hdr.facts.setValid();
        hdr.facts.kind = 5w0 ++ (bit<1>)hdr.body.large.isValid() ++ (bit<1>)hdr.body.small.isValid() ++ (bit<1>)hdr.body.isValid();
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        packet.emit(hdr.kind);
        packet.emit(hdr.facts);
        packet.emit(hdr.body);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
