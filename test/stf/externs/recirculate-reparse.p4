/* A header added in one pass is what the next pass parses first: encapsulation, then handling of the result. */
#include <pna.p4>

header label_t {
    bit<8> kind;
    bit<8> value;
}

struct headers_t {
    label_t outer;
    label_t inner;
}

struct metadata_t {
    bit<8> seen;
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        transition select(packet.lookahead<bit<8>>()) {
            0xff: outer;
            default: inner;
        }
    }

    state outer {
        packet.extract(hdr.outer);
        transition inner;
    }

    state inner {
        packet.extract(hdr.inner);
        transition accept;
    }
}

control PreControl(in headers_t hdr, inout metadata_t meta, in pna_pre_input_metadata_t istd, inout pna_pre_output_metadata_t ostd) {
    apply {
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    apply {
        if (!hdr.outer.isValid()) {
            hdr.outer = { 0xff, hdr.inner.value + 1 };
            meta.seen = hdr.inner.kind;
            recirculate();
        } else {
            hdr.inner.value = hdr.outer.value;
            hdr.inner.kind = meta.seen;
            send_to_port((PortId_t)32w1);
        }
    }
}

control MainDeparser(packet_out packet, in headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        packet.emit(hdr);
    }
}

PNA_NIC(MainParser(), PreControl(), MainControl(), MainDeparser()) main;
