/* isValid, setValid, setInvalid; invalid headers are not emitted; what is written to one is lost (P4-16 §8.17). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
}

header results_t {
    bit<8> value;
}

header part_t {
    bit<8> p;
}

struct headers_t {
    operands_t x;
    results_t  r;
    part_t     one;
    part_t     two;
}

struct metadata_t {
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.x);
        transition accept;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    apply {
        send_to_port((PortId_t)32w1);
        hdr.r.setValid();
        hdr.r.value = (bit<8>)(bit<1>)hdr.x.isValid() | (bit<8>)(bit<1>)hdr.one.isValid() << 1;
        if (hdr.x.a == 1) {
            hdr.one.setValid();
            hdr.one.p = 0x11;
        } else if (hdr.x.a == 2) {
            hdr.one.p = 0x22;           // lost
            hdr.two.setValid();
            hdr.two.p = 0x33;
        } else if (hdr.x.a == 3) {
            hdr.one.setValid();
            hdr.one.p = 0x44;
            hdr.one.setValid();         // valid already: keeps its fields
            hdr.two.setValid();
            hdr.two.p = 0x55;
            hdr.two.setInvalid();
            hdr.two.setInvalid();
        } else if (hdr.x.a == 4) {
            hdr.r.setInvalid();
        } else if (hdr.x.a == 5) {
            hdr.x.setInvalid();
            hdr.r.value = (bit<8>)(bit<1>)hdr.x.isValid();
        }
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        packet.emit(hdr);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
