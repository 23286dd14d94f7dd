/* is_net_port, is_host_port and SelectByDirection, in the control, in the parser, in a table's key (new dialect). */
#include <bmv2/pna.p4>

header packet_t {
    bit<8> local;
    bit<8> remote;
}

header facts_t {
    bit<8> from_net;
    bit<8> from_host;
    bit<8> in_parser;
    bit<8> selected;
    bit<8> looked_up;
}

struct headers_t {
    facts_t  facts;
    packet_t p;
}

struct metadata_t {
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.p);
        hdr.facts.setValid();
        transition select(is_net_port(istd.input_port)) {
            true: net;
            false: host;
        }
    }

    state net {
        hdr.facts.in_parser = 1;
        transition accept;
    }

    state host {
        hdr.facts.in_parser = 2;
        transition accept;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    bool from_net = is_net_port(istd.input_port);

    action found(bit<8> v) {
        hdr.facts.looked_up = v;
    }

    /* One table for both directions: the key is the address of the far side. */
    table far {
        key = { SelectByDirection(from_net, hdr.p.remote, hdr.p.local): exact @name("address"); }
        actions = { found; NoAction; }
        default_action = NoAction();
    }

    apply {
        send_to_port((PortId_t)32w1);
        hdr.facts.from_net = from_net ? 8w1 : 8w0;
        hdr.facts.from_host = is_host_port(istd.input_port) ? 8w1 : 8w0;
        hdr.facts.selected = SelectByDirection(from_net, hdr.p.remote, hdr.p.local);
        far.apply();
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        packet.emit(hdr);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
