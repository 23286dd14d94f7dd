/*
 * What runs in `softipu switch --p4runtime ADDR` before a controller has pushed a program: no packet passes.
 */
#include <core.p4>
#include <bmv2/pna.p4>

struct headers_t {}
struct metadata_t {}

parser NoParser(packet_in pkt, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        transition accept;
    }
}

control NoControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    apply {
        drop_packet();
    }
}

control NoDeparser(packet_out pkt, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {}
}

PNA_NIC(NoParser(), NoControl(), NoDeparser()) main;
