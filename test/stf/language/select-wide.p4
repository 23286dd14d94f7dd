/* select over one value with several labels, over bool, over an enum, over 128 bits, with a constant expression. */
#include <bmv2/pna.p4>

const bit<8> BASE = 0x40;

enum bit<8> kind_t {
    NUMBER = 0x41,
    ADDRESS = 0x42
}

header keys_t {
    kind_t kind;
}

header number_t {
    bit<8> value;
}

header address_t {
    bit<128> value;
}

header found_t {
    bit<8> which;
}

struct headers_t {
    keys_t    keys;
    number_t  number;
    address_t address;
    found_t   found;
}

struct metadata_t {
    bit<8> error_code;
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.keys);
        hdr.found.setValid();
        transition select(hdr.keys.kind) {
            kind_t.NUMBER: number;
            kind_t.ADDRESS: address;
            default: accept;
        }
    }

    state number {
        packet.extract(hdr.number);
        transition select(hdr.number.value) {
            BASE + 1: one;
            BASE * 2: two;
            default: large;
        }
    }

    state large {
        transition select(hdr.number.value > 0xf0) {
            true: one;
            false: accept;
        }
    }

    state address {
        packet.extract(hdr.address);
        transition select(hdr.address.value) {
            0xfe80_0000_0000_0000_0000_0000_0000_0000 &&& 0xffc0_0000_0000_0000_0000_0000_0000_0000: one;
            1: two;
            default: accept;
        }
    }

    state one {
        hdr.found.which = 1;
        transition accept;
    }

    state two {
        hdr.found.which = 2;
        transition accept;
    }
}

#include "../include/report.p4h"
