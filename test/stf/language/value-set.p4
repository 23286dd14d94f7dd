/* Parser value sets: members come from the control plane, with masks where the key says ternary (P4-16 §13.11). */
#include <bmv2/pna.p4>

struct pair_t {
    @match(exact)   bit<8> a;
    @match(ternary) bit<8> b;
}

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
    value_set<bit<8>>(4) singles;
    value_set<pair_t>(4) pairs;

    state start {
        packet.extract(hdr.keys);
        hdr.found.setValid();
        transition select(hdr.keys.a) {
            singles: single;
            default: next;
        }
    }

    state next {
        transition select(hdr.keys.a, hdr.keys.b) {
            pairs: pair;
            default: accept;
        }
    }

    state single {
        hdr.found.which = 1;
        transition accept;
    }

    state pair {
        hdr.found.which = 2;
        transition accept;
    }
}

#include "../include/report.p4h"
