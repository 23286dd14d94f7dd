/* select: values, masks, ranges, don't care, several keys, first match, NoMatch without default (P4-16 §13.4). */
#include <bmv2/pna.p4>

header keys_t {
    bit<8> a;
    bit<8> b;
}

header found_t {
    bit<8> which;
}

struct headers_t {
    keys_t  keys;
    found_t found;
}

struct metadata_t {
    bit<8> error_code;
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.keys);
        hdr.found.setValid();
        transition select(hdr.keys.a, hdr.keys.b) {
            (1, 1): value;
            (0x10 &&& 0xf0, 2): mask;
            (0x20 .. 0x2f, _): range_;
            (_, 0x80 .. 0xff): high;
            (0x30, 0x0f &&& 0x0f): both;
            (1, _): late;
            (9, 9): reject;
        }
    }

    state value {
        hdr.found.which = 1;
        transition accept;
    }

    state mask {
        hdr.found.which = 2;
        transition accept;
    }

    state range_ {
        hdr.found.which = 3;
        transition accept;
    }

    state high {
        hdr.found.which = 4;
        transition accept;
    }

    state both {
        hdr.found.which = 5;
        transition accept;
    }

    state late {
        hdr.found.which = 6;
        transition accept;
    }
}

#include "../include/report.p4h"
