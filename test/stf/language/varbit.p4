/* varbit: its length comes with the extract, may be 0, and must be whole bytes and no more than the declared maximum (P4-16 §13.8.2). */
#include <bmv2/pna.p4>

header length_t {
    bit<8> bits;
}

header options_t {
    bit<4>     kind;
    varbit<32> data;
    bit<4>     end;
}

header last_t {
    bit<8> value;
}

struct headers_t {
    length_t  length;
    options_t options;
    last_t    last;
}

struct metadata_t {
    bit<8> error_code;
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.length);
        packet.extract(hdr.options, (bit<32>)hdr.length.bits);
        hdr.options.end = hdr.options.end + 1;
        packet.extract(hdr.last);
        transition accept;
    }
}

#include "../include/report.p4h"
