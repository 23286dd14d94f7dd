/* A header is extracted whole or not at all; the parser's error tells the control; what was not parsed stays payload (P4-16 §13.8.1). */
#include <bmv2/pna.p4>

header first_t {
    bit<16> value;
}

header second_t {
    bit<24> value;
}

struct headers_t {
    first_t  first;
    second_t second;
}

struct metadata_t {
    bit<8> error_code;
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.first);
        hdr.first.value = hdr.first.value + 1;
        packet.extract(hdr.second);
        transition accept;
    }
}

#include "../include/report.p4h"
