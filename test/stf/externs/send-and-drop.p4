/* send_to_port and drop_packet: of several calls the last one counts; without any the packet is dropped (PNA §6.7). */
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
    action send(PortId_t port) {
        send_to_port(port);
    }

    table ports {
        key = { hdr.p.what: exact @name("what"); }
        actions = { send; NoAction; }
        default_action = NoAction();
    }

    apply {
        if (hdr.p.what == 1) {
            send_to_port((PortId_t)32w1);
        } else if (hdr.p.what == 2) {
            send_to_port((PortId_t)32w1);
            send_to_port((PortId_t)32w2);
        } else if (hdr.p.what == 3) {
            send_to_port((PortId_t)32w1);
            drop_packet();
        } else if (hdr.p.what == 4) {
            drop_packet();
            send_to_port((PortId_t)32w3);
        } else if (hdr.p.what == 5) {
            send_to_port(istd.input_port);
        }
        ports.apply();
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        packet.emit(hdr);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
