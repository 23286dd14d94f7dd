/* A header that the control makes invalid: the deparser still knows its fields, so that it can take them out of a checksum; the control reads 0. */
#include <bmv2/pna.p4>

header outer_t {
    bit<16> value;
}

header inner_t {
    bit<8> what;
    bit<8> pad;
    bit<16> seen;
    bit<16> sum;
}

struct headers_t {
    inner_t inner;
    outer_t outer;
}

struct metadata_t {}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.inner);
        packet.extract(hdr.outer);
        transition accept;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    apply {
        send_to_port((PortId_t)32w1);
        if (hdr.inner.what == 1) {
            hdr.outer.value = hdr.outer.value + 1;
            hdr.outer.setInvalid();
            hdr.outer.setInvalid();
            hdr.inner.seen = hdr.outer.value;
        } else if (hdr.inner.what == 2) {
            hdr.outer.setInvalid();
            hdr.outer.setValid();
            hdr.outer.value = 7;
        }
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    InternetChecksum() checksum;

    apply {
        checksum.set_state(~hdr.inner.sum);
        checksum.subtract({hdr.outer.value});
        hdr.inner.sum = checksum.get();
        packet.emit(hdr);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
