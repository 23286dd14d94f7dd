/* `last` of a stack that nothing was extracted into: StackOutOfBounds (P4-16 §8.18). */
#include <bmv2/pna.p4>

header label_t {
    bit<8> value;
}

struct headers_t {
    label_t    first;
    label_t[2] labels;
}

struct metadata_t {
    bit<8> error_code;
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.first);
        transition select(hdr.first.value) {
            0: look;
            default: fill;
        }
    }

    state fill {
        packet.extract(hdr.labels.next);
        transition look;
    }

    state look {
        transition select(hdr.labels.last.value) {
            0xaa: again;
            default: accept;
        }
    }

    state again {
        packet.extract(hdr.labels.next);
        transition accept;
    }
}

#include "../include/report.p4h"
