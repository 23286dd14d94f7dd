/* Headers as values: assignment takes validity along, comparison looks at it, literals are valid, {#} is not (P4-16 §8.17). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> selector;
    bit<8> a;
}

header results_t {
    bit<8> equal;
}

header part_t {
    bit<8> p;
    bit<8> q;
}

struct headers_t {
    operands_t x;
    results_t  r;
    part_t     one;
    part_t     two;
}

struct metadata_t {
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.x);
        transition accept;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    part_t local;

    apply {
        send_to_port((PortId_t)32w1);
        hdr.r.setValid();
        if (hdr.x.selector == 1) {
            hdr.one = { hdr.x.a, 1 };
            hdr.two = hdr.one;
        } else if (hdr.x.selector == 2) {
            hdr.one = { q = hdr.x.a, p = 2 };
            hdr.two = { 9, 9 };
            hdr.two = local;                // invalid
        } else if (hdr.x.selector == 3) {
            hdr.one = { 3, hdr.x.a };
            hdr.two = { 3, 5 };
        } else if (hdr.x.selector == 4) {
            hdr.one = { 4, 4 };
            hdr.two = hdr.one;
            hdr.one = {#};
        } else if (hdr.x.selector == 5) {
            local = { hdr.x.a, 5 };
            hdr.one = local;
            local.p = 0xff;                 // the copy stays
        }
        hdr.r.equal = hdr.one == hdr.two ? 8w1 : 8w0;
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        packet.emit(hdr.r);
        packet.emit(hdr.one);
        packet.emit(hdr.two);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
