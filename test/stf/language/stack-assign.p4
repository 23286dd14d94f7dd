/* Stacks as values: assignment takes all elements with their validity, comparison looks at all; size (P4-16 §8.18). */
#include <bmv2/pna.p4>

header item_t {
    bit<8> value;
}

header facts_t {
    bit<8> size;
    bit<8> equal_before;
    bit<8> equal_after;
}

struct headers_t {
    facts_t   facts;
    item_t[3] one;
    item_t[3] two;
}

struct metadata_t {
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.one.next);
        packet.extract(hdr.one.next);
        transition select(hdr.one.last.value) {
            0: accept;
            default: more;
        }
    }

    state more {
        packet.extract(hdr.one.next);
        transition accept;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    apply {
        send_to_port((PortId_t)32w1);
        hdr.facts.setValid();
        hdr.facts.size = (bit<8>)hdr.one.size;
        hdr.facts.equal_before = hdr.one == hdr.two ? 8w1 : 8w0;
        hdr.two = hdr.one;
        hdr.facts.equal_after = hdr.one == hdr.two ? 8w1 : 8w0;
        hdr.two[0].value = 0xf0;
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        packet.emit(hdr);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
