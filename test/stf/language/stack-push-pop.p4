/* push_front and pop_front move elements with their validity; what is pushed out is gone, what comes in is invalid (P4-16 §8.18). */
#include <bmv2/pna.p4>

header command_t {
    bit<8> command;
    bit<8> count;
}

header item_t {
    bit<8> value;
}

struct headers_t {
    command_t command;
    item_t[3] items;
}

struct metadata_t {
    bit<8> left;
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.command);
        meta.left = hdr.command.count;
        transition items;
    }

    state items {
        transition select(meta.left) {
            0: accept;
            default: item;
        }
    }

    state item {
        packet.extract(hdr.items.next);
        meta.left = meta.left - 1;
        transition items;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    apply {
        send_to_port((PortId_t)32w1);
        switch (hdr.command.command) {
            1: {
                hdr.items.push_front(1);
                hdr.items[0] = { 0xf0 };
            }
            2: { hdr.items.push_front(2); }
            3: { hdr.items.push_front(5); }
            4: { hdr.items.pop_front(1); }
            5: { hdr.items.pop_front(2); }
            6: { hdr.items.pop_front(5); }
            7: {
                hdr.items.pop_front(1);
                hdr.items.push_front(1);
            }
        }
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        packet.emit(hdr);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
