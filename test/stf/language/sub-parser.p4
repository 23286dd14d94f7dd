/* A parser in a parser: called twice, with its own variables and a constructor's parameter; its reject is the caller's (P4-16 §13.10). */
#include <bmv2/pna.p4>

error {
    Forbidden
}

header pair_t {
    bit<8> a;
    bit<8> b;
}

header extra_t {
    bit<8> value;
}

struct headers_t {
    pair_t  one;
    extra_t one_extra;
    pair_t  two;
    extra_t two_extra;
    pair_t  three;
    extra_t three_extra;
}

struct metadata_t {
    bit<8> error_code;
}

parser PairParser(packet_in packet, out pair_t pair, out extra_t extra)(bit<8> mark) {
    bit<8> sum = 0;

    state start {
        packet.extract(pair);
        sum = sum + pair.a + pair.b;
        verify(pair.a != 0xff, error.Forbidden);
        transition select(sum) {
            mark: more;
            default: accept;
        }
    }

    state more {
        packet.extract(extra);
        transition accept;
    }
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    PairParser(3) threes;
    PairParser(4) fours;

    state start {
        threes.apply(packet, hdr.one, hdr.one_extra);
        fours.apply(packet, hdr.two, hdr.two_extra);
        transition again;
    }

    state again {
        threes.apply(packet, hdr.three, hdr.three_extra);
        transition accept;
    }
}

#include "../include/report.p4h"
