/* A varbit field is copied with its length: by a header's assignment, and from field to field of the same type (P4-16 §8.9). */
#include <bmv2/pna.p4>

header length_t {
    bit<8> bytes;
    bit<8> what;
}

header options_t {
    bit<8>     kind;
    varbit<64> data;
}

header other_t {
    varbit<64> data;
    bit<8>     end;
}

struct headers_t {
    length_t  length;
    options_t one;
    options_t two;
    other_t   other;
}

struct metadata_t {
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.length);
        packet.extract(hdr.one, (bit<32>)hdr.length.bytes << 3);
        transition accept;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    apply {
        send_to_port((PortId_t)32w1);
        if (hdr.length.what == 1) {
            hdr.two = hdr.one;
            hdr.two.kind = 0x22;
        } else if (hdr.length.what == 2) {
            hdr.other.setValid();
            hdr.other.data = hdr.one.data;
            hdr.other.end = 0x33;
        } else if (hdr.length.what == 3) {
            hdr.two.setValid();
            hdr.two.kind = 0x44;        // data stays empty
        }
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        packet.emit(hdr);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
