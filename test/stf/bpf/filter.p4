/* An eBPF filter: what passes leaves as it came, by the port it came from; a rejected packet is dropped. */
#include <ebpf_model.p4>

header packet_t {
    bit<8> what;
    bit<32> address;
}

struct headers_t {
    packet_t p;
}

parser parse_all(packet_in packet, out headers_t hdr) {
    state start {
        packet.extract(hdr.p);
        transition select(hdr.p.what) {
            0xff : reject;
            default : accept;
        }
    }
}

control pass_some(inout headers_t hdr, out bool pass) {
    CounterArray(4, true) counters;

    action refuse() {
        pass = false;
    }

    table refused {
        key = { hdr.p.address : lpm; }
        actions = { refuse; NoAction; }
        implementation = hash_table(4);
    }

    apply {
        pass = true;
        refused.apply();
        counters.increment((bit<32>)hdr.p.what);
        counters.add((bit<32>)hdr.p.what, 10);
        hdr.p.what = 0;
    }
}

ebpfFilter(parse_all(), pass_some()) main;
