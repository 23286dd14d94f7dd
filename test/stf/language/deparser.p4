/* emit: in the order of the calls, valid headers only, the same header twice, structs and stacks member by member; the payload follows (P4-16 §15.1). */
#include <bmv2/pna.p4>

header byte_t {
    bit<8> value;
}

struct inner_t {
    byte_t    one;
    byte_t[2] two;
}

struct headers_t {
    byte_t  a;
    inner_t inner;
    byte_t  c;
}

struct metadata_t {
    bit<8> kind;
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.a);
        packet.extract(hdr.inner.one);
        packet.extract(hdr.inner.two[0]);
        packet.extract(hdr.inner.two[1]);
        packet.extract(hdr.c);
        transition accept;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    apply {
        send_to_port((PortId_t)32w1);
        meta.kind = hdr.a.value;
        if (hdr.a.value == 3) {
            hdr.inner.two[0].setInvalid();
        }
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        if (meta.kind == 1) {
            packet.emit(hdr.c);
            packet.emit(hdr.inner);
            packet.emit(hdr.a);
        } else if (meta.kind == 2) {
            packet.emit(hdr.a);
            packet.emit(hdr.a);
        } else if (meta.kind == 4) {
            hdr.c.value = hdr.c.value + 1;
            byte_t made = { 0xf0 };
            packet.emit(made);
            packet.emit(hdr.c);
        } else if (meta.kind != 5) {
            packet.emit(hdr);
        }
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
