/* Objects with state: register, counter, meter, direct counter (which counts by itself) and direct meter; an action profile and a selector. */
#include <v1model.p4>

header packet_t {
    bit<8> what;
    bit<8> index;
    bit<16> value;
}

struct metadata_t {}

struct headers_t {
    packet_t p;
}
#define HEADERS

control ingress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    register<bit<16>>(4) last;
    counter(4, CounterType.packets_and_bytes) seen;
    meter(2, MeterType.packets) limit;
    direct_counter(CounterType.packets) hits;
    direct_meter<bit<2>>(MeterType.packets) rate;
    direct_meter<bit<2>>(MeterType.packets) rate_too;
    action_profile(4) profile;
    action_selector(HashAlgorithm.crc16, 4, 16) spread;

    action nop() {}

    action mark(bit<8> value) {
        hdr.p.value[7:0] = value;
    }

    action color() {
        bit<2> c;
        rate.read(c);
        hdr.p.value = (bit<16>)c;
    }

    action color_or_three() {
        bit<2> c = 3;
        rate_too.read(c);
        hdr.p.value = (bit<16>)c;
    }

    table counted {
        key = { hdr.p.index : exact; }
        actions = { mark; nop; }
        counters = hits;
        default_action = nop;
    }

    table metered {
        key = { hdr.p.index : exact; }
        actions = { color; nop; }
        meters = rate;
        default_action = nop;
    }

    /* Has no meter: the action that it shares measures nothing here. */
    table unmetered {
        key = { hdr.p.index : exact; }
        actions = { color_or_three; nop; }
        default_action = nop;
    }

    table metered_too {
        key = { hdr.p.index : exact; }
        actions = { color_or_three; nop; }
        meters = rate_too;
        default_action = nop;
    }

    table by_profile {
        key = { hdr.p.index : exact; }
        actions = { mark; nop; }
        implementation = profile;
    }

    table by_selector {
        key = { hdr.p.index : exact; hdr.p.value : selector; }
        actions = { mark; nop; }
        implementation = spread;
    }

    apply {
        standard_metadata.egress_spec = 1;
        bit<16> old;
        bit<2> colored;
        if (hdr.p.what == 1) {
            last.read(old, (bit<32>)hdr.p.index);
            last.write((bit<32>)hdr.p.index, hdr.p.value);
            hdr.p.value = old;
        } else if (hdr.p.what == 2) {
            seen.count((bit<32>)hdr.p.index);
        } else if (hdr.p.what == 3) {
            limit.execute_meter((bit<32>)hdr.p.index, colored);
            hdr.p.value = (bit<16>)colored;
        } else if (hdr.p.what == 4) {
            counted.apply();
        } else if (hdr.p.what == 5) {
            metered.apply();
        } else if (hdr.p.what == 6) {
            by_profile.apply();
        } else if (hdr.p.what == 7) {
            by_selector.apply();
        } else if (hdr.p.what == 8) {
            metered_too.apply();
        } else if (hdr.p.what == 9) {
            unmetered.apply();
        }
    }
}

control egress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard_metadata) {
    apply {}
}

#define INGRESS ingress
#define EGRESS egress
#include "../include/v1model.p4h"
