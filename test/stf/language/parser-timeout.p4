/* States that go round without consuming anything end with ParserTimeout, not in a data plane that hangs; a long way through the packet is no loop. */
#include <bmv2/pna.p4>

header first_t {
    bit<8> value;
}

header count_t {
    bit<16> steps;
}

struct headers_t {
    first_t first;
    count_t count;
}

struct metadata_t {
    bit<8> error_code;
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.first);
        hdr.count.setValid();
        transition select(hdr.first.value) {
            0: round;
            1: bytewise;
            default: accept;
        }
    }

    state round {
        hdr.first.value = hdr.first.value ^ 1;
        transition select(hdr.first.value) {
            0xff: accept;
            default: round;
        }
    }

    state bytewise {
        hdr.count.steps = hdr.count.steps + 1;
        transition select(packet.lookahead<bit<8>>()) {
            0: accept;
            default: skip;
        }
    }

    state skip {
        packet.advance(8);
        transition bytewise;
    }
}

#include "../include/report.p4h"
