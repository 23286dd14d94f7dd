/*
 * A sub-parser applied in loops of a parser state: counted with break and continue, over a range, over a list; one loop inside another.
 * First byte: which loop. Second byte: how many items. An item is a byte; 0xff ends, 0xee counts double and is not added.
 */
#include <core.p4>
#include <bmv2/pna.p4>

header head_t {
    bit<8> kind;
    bit<8> count;
}

header item_t {
    bit<8> value;
}

header result_t {
    bit<8> rounds;
    bit<8> sum;
    bit<8> more;
}

struct headers_t {
    result_t result;
    head_t   head;
    item_t   item;
}

struct metadata_t {
    bit<8> rounds;
    bit<8> sum;
    bit<8> more;
}

parser Item(packet_in pkt, out item_t item, inout bit<8> sum) {
    state start {
        pkt.extract(item);
        transition select(item.value) {
            0xff: accept;
            0xee: accept;
            default: add;
        }
    }
    state add {
        sum = sum + item.value;
        transition accept;
    }
}

parser P(packet_in pkt, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    Item() item;
    state start {
        pkt.extract(hdr.head);
        transition select(hdr.head.kind) {
            0: counted;
            1: ranged;
            2: listed;
            3: nested;
            4: endless;
            default: accept;
        }
    }
    state counted {
        for (bit<8> i = 0; i < hdr.head.count; i = i + 1) {
            meta.rounds = meta.rounds + 1;
            item.apply(pkt, hdr.item, meta.sum);
            if (hdr.item.value == 0xff) {
                break;
            }
            if (hdr.item.value == 0xee) {
                i = i + 1;
                continue;
            }
            meta.more = i;
        }
        meta.more = meta.more + 0x80;
        transition accept;
    }
    state ranged {
        for (bit<8> i in 1..hdr.head.count) {
            item.apply(pkt, hdr.item, meta.sum);
            meta.rounds = i;
        }
        transition accept;
    }
    state listed {
        for (bit<8> step in (list<bit<8>>){ 3, 5, 7 }) {
            if (hdr.head.count > step) {
                item.apply(pkt, hdr.item, meta.sum);
                meta.rounds = meta.rounds + step;
            }
        }
        transition accept;
    }
    state nested {
        for (bit<8> i = 0; i < hdr.head.count; i = i + 1) {
            for (bit<8> j in 1..2) {
                item.apply(pkt, hdr.item, meta.sum);
                if (hdr.item.value == 0xff) {
                    break;
                }
                meta.more = meta.more + 1;
            }
            meta.rounds = meta.rounds + 1;
        }
        transition accept;
    }
    state endless {
        for (bit<8> i = 0; i < 1; i = i + 0) {
            if (hdr.head.count == 0) {
                item.apply(pkt, hdr.item, meta.sum);
            }
        }
        transition accept;
    }
}

control C(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    apply {
        hdr.result = { meta.rounds, meta.sum, meta.more };
        if (istd.parser_error == error.ParserTimeout) {
            hdr.result.more = 0x77;
        } else if (istd.parser_error != error.NoError) {
            hdr.result.more = 0x66;
        }
        hdr.item.setInvalid();
        send_to_port((PortId_t)1);
    }
}

control D(packet_out pkt, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        pkt.emit(hdr);
    }
}

PNA_NIC(P(), C(), D()) main;
