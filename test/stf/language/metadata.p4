/* User metadata: from the parser through the control to the deparser, structs in structs; zero when the packet comes in; a stack of headers in it. */
#include <bmv2/pna.p4>

header byte_t {
    bit<8> value;
}

struct nested_t {
    bit<8> from_parser;
    bool   flag;
}

struct metadata_t {
    nested_t  nested;
    bit<8>    from_control;
    byte_t    kept;
}

struct headers_t {
    byte_t a;
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.a);
        packet.extract(meta.kept);
        meta.nested.from_parser = hdr.a.value + 1;
        transition accept;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    apply {
        send_to_port((PortId_t)32w1);
        if (hdr.a.value[0:0] == 1) {
            meta.nested.flag = true;
        }
        meta.from_control = meta.nested.from_parser + 1;
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        byte_t out_ = { meta.from_control };
        packet.emit(out_);
        if (meta.nested.flag) {
            packet.emit(meta.kept);
        }
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
