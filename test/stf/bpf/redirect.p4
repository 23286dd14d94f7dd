/* A uBPF switch: pass, drop, redirect, truncate, incremental checksums; what the parser rejects passes as it came. */
#include <ubpf_model.p4>

header packet_t {
    bit<8> what;
    bit<32> value;
    bit<16> sum;
}

struct headers_t {
    packet_t p;
}

struct metadata_t {}

parser parse_all(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata std) {
    state start {
        packet.extract(hdr.p);
        transition accept;
    }
}

control act(inout headers_t hdr, inout metadata_t meta, inout standard_metadata std) {
    Register<bit<32>, bit<32>>(2) last;

    apply {
        if (hdr.p.what == 1) {
            mark_to_drop();
        } else if (hdr.p.what == 2) {
            std.output_action = ubpf_action.REDIRECT;
            std.output_port = std.input_port + 1;
        } else if (hdr.p.what == 3) {
            hdr.p.sum = csum_replace4(hdr.p.sum, hdr.p.value, 0x11112222);
            hdr.p.value = 0x11112222;
        } else if (hdr.p.what == 4) {
            bit<32> before = last.read(1);
            last.write(1, hdr.p.value);
            hdr.p.value = before;
        } else if (hdr.p.what == 5) {
            truncate(8);
            hdr.p.what = 0x55;
        } else if (hdr.p.what == 6) {
            truncate(3);
            hdr.p.what = 0x66;
        }
    }
}

control deparse_all(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.p);
    }
}

ubpf(parse_all(), act(), deparse_all()) main;
