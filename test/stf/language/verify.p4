/* verify: a false condition sets the error and rejects; headers before it stay, states behind it do not run (P4-16 §13.6). */
#include <bmv2/pna.p4>

error {
    BadVersion
}

header first_t {
    bit<4> version;
    bit<4> length;
}

header second_t {
    bit<8> value;
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
        verify(hdr.first.version == 4, error.BadVersion);
        verify(hdr.first.length >= 5, error.HeaderTooShort);
        packet.extract(hdr.second);
        transition accept;
    }
}

#include "../include/report.p4h"
