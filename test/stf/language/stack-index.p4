/*
 * Elements by an index that only the packet knows, or that comes as an argument. Beyond the end a write does nothing (P4-16 §8.18 leaves reads
 * there open: they give 0).
 */
#include <bmv2/pna.p4>

header command_t {
    bit<8> read;
    bit<8> write;
    bit<8> got;
}

header item_t {
    bit<8> value;
}

struct headers_t {
    command_t command;
    item_t[4] items;
}

struct metadata_t {
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.command);
        packet.extract(hdr.items[0]);
        packet.extract(hdr.items[1]);
        packet.extract(hdr.items[2]);
        transition accept;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    /* Both arguments are constants, one of them beyond the end: no error, since the action does not know. */
    action touch(bit<8> index, bit<8> value) {
        hdr.items[index].value = hdr.items[index].value | value;
    }

    apply {
        send_to_port((PortId_t)32w1);
        touch(0, 0x40);
        touch(25, 0x40);
        if (hdr.command.read < 4) {
            hdr.command.got = hdr.items[hdr.command.read].isValid() ? hdr.items[hdr.command.read].value : 8w0xff;
        }
        hdr.items[hdr.command.write].setValid();
        hdr.items[hdr.command.write].value = 0x99;
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        packet.emit(hdr);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
