/* Digest: messages to the control plane, packed in the deparser (PNA §6.13). */
#include <bmv2/pna.p4>

struct seen_t {
    bit<8>  a;
    bit<13> b;
}

header packet_t {
    bit<8>  a;
    bit<16> b;
}

struct headers_t {
    packet_t p;
}

struct metadata_t {
    seen_t seen;
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.p);
        transition accept;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    apply {
        send_to_port((PortId_t)32w1);
        meta.seen = { hdr.p.a + 1, hdr.p.b[12:0] };
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    Digest<seen_t>() seen;

    apply {
        if (hdr.p.a != 0) {
            seen.pack(meta.seen);
        }
        packet.emit(hdr);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
