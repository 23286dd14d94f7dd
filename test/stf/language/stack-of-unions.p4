/* A stack of unions, filled by next; emitted in order, whatever each element holds (P4-16 §8.18, §8.19). */
#include <bmv2/pna.p4>

header short_t {
    bit<8> kind;
    bit<8> value;
}

header long_t {
    bit<8>  kind;
    bit<24> value;
}

header_union option_t {
    short_t short;
    long_t  long;
}

header sum_t {
    bit<8> shorts;
    bit<8> longs;
}

struct headers_t {
    sum_t       sum;
    option_t[3] options;
}

struct metadata_t {
    bit<8> error_code;
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        hdr.sum.setValid();
        transition next;
    }

    state next {
        transition select(packet.lookahead<bit<8>>()) {
            1: one_short;
            2: one_long;
            default: accept;
        }
    }

    state one_short {
        packet.extract(hdr.options.next.short);
        hdr.sum.shorts = hdr.sum.shorts + 1;
        transition next;
    }

    state one_long {
        packet.extract(hdr.options.next.long);
        hdr.sum.longs = hdr.sum.longs + 1;
        transition next;
    }
}

#include "../include/report.p4h"
