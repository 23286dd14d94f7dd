/* recirculate (older dialect): the packet as deparsed goes through the parser again, pass + 1; metadata stays, headers are parsed anew. */
#include <pna.p4>

header packet_t {
    bit<8> left;      // passes to go
    bit<8> sum;
}

header added_t {
    bit<8> pass;
}

struct headers_t {
    added_t  added;
    packet_t p;
}

struct metadata_t {
    bit<8> passes;
    bit<8> pass_in_parser;
    bit<8> pass_in_pre;
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        meta.pass_in_parser = (bit<8>)(PassNumberUint_t)istd.pass;
        packet.extract(hdr.p);
        transition accept;
    }
}

control PreControl(in headers_t hdr, inout metadata_t meta, in pna_pre_input_metadata_t istd, inout pna_pre_output_metadata_t ostd) {
    apply {
        meta.pass_in_pre = (bit<8>)(PassNumberUint_t)istd.pass;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    apply {
        meta.passes = meta.passes + 1;
        hdr.p.sum = hdr.p.sum + meta.passes + meta.pass_in_parser + meta.pass_in_pre;
        if (hdr.p.left == 0) {
            send_to_port((PortId_t)32w1);
            if (istd.pass != (PassNumber_t)(PassNumberUint_t)0) {
                hdr.added.setValid();
                hdr.added.pass = (bit<8>)(PassNumberUint_t)istd.pass;
            }
        } else if (hdr.p.left == 0xee) {
            recirculate();
            drop_packet();
        } else {
            hdr.p.left = hdr.p.left - 1;
            send_to_port((PortId_t)32w2);
            recirculate();
        }
    }
}

control MainDeparser(packet_out packet, in headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        packet.emit(hdr);
    }
}

PNA_NIC(MainParser(), PreControl(), MainControl(), MainDeparser()) main;
