/* lookahead reads what comes without consuming it: bits, a header, a struct; beyond the end: PacketTooShort (P4-16 §13.8.3). */
#include <bmv2/pna.p4>

header word_t {
    bit<16> value;
}

header seen_t {
    bit<4>  nibble;
    bit<12> rest;
    bit<8>  of_struct;
    bit<16> of_header;
}

struct peek_t {
    bit<4>  skipped;
    bit<8>  middle;
    bit<12> unused;
}

struct headers_t {
    seen_t seen;
    word_t word;
}

struct metadata_t {
    bit<8> error_code;
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        transition select(packet.lookahead<bit<8>>()) {
            0xff: skip;
            default: look;
        }
    }

    state skip {
        packet.advance(8);
        transition look;
    }

    state look {
        hdr.seen.setValid();
        hdr.seen.nibble = packet.lookahead<bit<4>>();
        hdr.seen.rest = packet.lookahead<bit<16>>()[11:0];
        hdr.seen.of_struct = packet.lookahead<peek_t>().middle;
        hdr.seen.of_header = packet.lookahead<word_t>().value;
        packet.extract(hdr.word);
        transition accept;
    }
}

#include "../include/report.p4h"
