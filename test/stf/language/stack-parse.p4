/* A stack is filled by `next`; `last` and `lastIndex` name what came last; a fourth element is one too many (P4-16 §8.18). */
#include <bmv2/pna.p4>

header label_t {
    bit<7> value;
    bit<1> is_bottom;
}

header trailer_t {
    bit<8> count;
    bit<8> last;
}

struct headers_t {
    label_t[3] labels;
    trailer_t  trailer;
}

struct metadata_t {
    bit<8> error_code;
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.labels.next);
        transition select(hdr.labels.last.is_bottom) {
            0: start;
            1: done;
        }
    }

    state done {
        hdr.trailer.setValid();
        hdr.trailer.count = (bit<8>)hdr.labels.lastIndex + 1;
        hdr.trailer.last = (bit<8>)hdr.labels.last.value;
        transition accept;
    }
}

#include "../include/report.p4h"
