/* States that go round: type-length-value options of any number; variables and if in a parser; length() of the packet. */
#include <bmv2/pna.p4>

header sum_t {
    bit<8>  options;
    bit<8>  bytes;
    bit<16> length;
}

header option_t {
    bit<8> type;
    bit<8> length;
}

struct headers_t {
    sum_t sum;
}

struct metadata_t {
    bit<8> error_code;
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    bit<8> bytes = 0;

    state start {
        hdr.sum.setValid();
        hdr.sum.length = (bit<16>)packet.length();
        transition next;
    }

    state next {
        transition select(packet.lookahead<bit<8>>()) {
            0: last;
            default: one;
        }
    }

    state one {
        option_t option;
        packet.extract(option);
        hdr.sum.options = hdr.sum.options + 1;
        if (option.type != 1) {
            bytes = bytes + option.length;
        }
        packet.advance((bit<32>)option.length << 3);
        transition next;
    }

    state last {
        packet.advance(8);
        hdr.sum.bytes = bytes;
        transition accept;
    }
}

#include "../include/report.p4h"
