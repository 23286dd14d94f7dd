/* mirror_packet: copies beside the packet's own fate; per slot the last session counts; sessions that are not set up make nothing (PNA §6.8). */
#include <bmv2/pna.p4>

header packet_t {
    bit<8> what;
}

struct headers_t {
    packet_t p;
}

struct metadata_t {
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.p);
        transition accept;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    action copy(bit<8> slot, bit<16> session) {
        mirror_packet((MirrorSlotId_t)slot, (MirrorSessionId_t)session);
    }

    apply {
        if (hdr.p.what[7:7] == 1) {
            drop_packet();
        } else {
            send_to_port((PortId_t)32w1);
        }
        if (hdr.p.what[3:0] == 1) {
            copy(0, 10);
        } else if (hdr.p.what[3:0] == 2) {
            copy(0, 10);
            copy(3, 11);
        } else if (hdr.p.what[3:0] == 3) {
            copy(1, 10);
            copy(1, 11);
        } else if (hdr.p.what[3:0] == 4) {
            copy(2, 99);
        }
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        packet.emit(hdr);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
