/* Much longer and much shorter packets: 200 bytes of headers put in front, 200 taken away. */
#include <bmv2/pna.p4>

header command_t {
    bit<8> what;
}

header large_t {
    bit<1600> data;
}

struct headers_t {
    command_t command;
    large_t   added;
    large_t   taken;
}

struct metadata_t {
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.command);
        transition select(hdr.command.what) {
            2: take;
            default: accept;
        }
    }

    state take {
        packet.extract(hdr.taken);
        transition accept;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    apply {
        send_to_port((PortId_t)32w1);
        if (hdr.command.what == 1) {
            hdr.added.setValid();
            hdr.added.data[15:0] = 0xbeef;
            hdr.added.data[1599:1584] = 0xcafe;
        }
        hdr.taken.setInvalid();
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        packet.emit(hdr);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
