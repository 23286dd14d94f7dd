/* advance skips bits that go nowhere; not whole bytes: ParserInvalidArgument, beyond the end: PacketTooShort (P4-16 §13.8.4). */
#include <bmv2/pna.p4>

header count_t {
    bit<8> bits;
}

header last_t {
    bit<8> value;
}

struct headers_t {
    count_t count;
    last_t  last;
}

struct metadata_t {
    bit<8> error_code;
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.count);
        packet.advance((bit<32>)hdr.count.bits);
        packet.extract(hdr.last);
        transition accept;
    }
}

#include "../include/report.p4h"
