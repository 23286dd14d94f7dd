/*
 * One of each thing that a packet test can set up or look at: ternary, range and lpm keys, a learned flow with ageing, entries that report
 * when they are idle, an action profile, a selector, counters, a meter, a register, mirror sessions, a digest.
 * The packet's first byte says which of them it wants.
 */
#include <bmv2/pna.p4>

header request_t {
    bit<8>  kind;
    bit<8>  a;
    bit<16> b;
}

struct headers_t {
    request_t request;
}

struct seen_t {
    bit<8>  a;
    bit<16> b;
}

struct metadata_t {
    bool is_reported;
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.request);
        transition accept;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    Counter<bit<64>, bit<8>>(4, PNA_CounterType_t.PACKETS_AND_BYTES) counts;
    DirectCounter<bit<64>>(PNA_CounterType_t.PACKETS_AND_BYTES) hits;
    Meter<bit<8>>(4, PNA_MeterType_t.PACKETS) meters;
    Register<bit<16>, bit<8>>(4, 7) last;
    ActionProfile(4) shared;
    @softipu_maglev_size(11)
    ActionSelector(PNA_HashAlgorithm_t.TARGET_DEFAULT, 8, 16) spread;

    action send(PortId_t port) {
        send_to_port(port);
    }

    action mark(bit<16> value, PortId_t port) {
        hdr.request.b = value;
        send_to_port(port);
    }

    action drop() {
        drop_packet();
    }

    action count_and_mark(bit<16> value, PortId_t port) {
        hits.count();
        mark(value, port);
    }

    table masked {
        key = {
            hdr.request.a: ternary;
            hdr.request.b: range;
        }
        actions = { count_and_mark; drop; }
        default_action = drop;
        pna_direct_counter = hits;
        size = 8;
    }

    table prefixes {
        key = { hdr.request.b: lpm; }
        actions = { mark; drop; }
        default_action = drop;
    }

    action flow_known() {
        hdr.request.b = 1;
        restart_expire_timer();
        send_to_port((PortId_t)(PortIdUint_t)1);
    }

    action flow_new() {
        hdr.request.b = 0;
        add_entry("flow_known", {}, (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)2);
        send_to_port((PortId_t)(PortIdUint_t)1);
    }

    table flows {
        key = { hdr.request.a: exact; }
        actions = { @tableonly flow_known; @defaultonly flow_new; }
        const default_action = flow_new;
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
        size = 16;
    }

    action lease() {
        restart_expire_timer();
        send_to_port((PortId_t)(PortIdUint_t)1);
    }

    table leases {
        key = { hdr.request.a: exact; }
        actions = { lease; drop; }
        default_action = drop;
        pna_idle_timeout = PNA_IdleTimeout_t.NOTIFY_CONTROL;
        size = 16;
    }

    table by_profile {
        key = { hdr.request.a: exact; }
        actions = { mark; drop; }
        default_action = drop;
        pna_implementation = shared;
    }

    table by_selector {
        key = {
            hdr.request.a: exact;
            hdr.request.b: selector;
        }
        actions = { mark; drop; }
        default_action = drop;
        pna_implementation = spread;
    }

    apply {
        if (hdr.request.kind == 0) {
            masked.apply();
        } else if (hdr.request.kind == 1) {
            prefixes.apply();
        } else if (hdr.request.kind == 2) {
            flows.apply();
        } else if (hdr.request.kind == 3) {
            leases.apply();
        } else if (hdr.request.kind == 4) {
            by_profile.apply();
        } else if (hdr.request.kind == 5) {
            by_selector.apply();
        } else if (hdr.request.kind == 6) {
            counts.count(hdr.request.a);
            bit<16> old = last.read(hdr.request.a);
            last.write(hdr.request.a, hdr.request.b);
            hdr.request.b = old;
            send_to_port(istd.input_port);
        } else if (hdr.request.kind == 7) {
            PNA_MeterColor_t color = meters.execute(hdr.request.a);
            hdr.request.b = color == PNA_MeterColor_t.GREEN ? 16w1 : color == PNA_MeterColor_t.YELLOW ? 16w2 : 16w3;
            send_to_port((PortId_t)(PortIdUint_t)1);
        } else if (hdr.request.kind == 8) {
            mirror_packet((MirrorSlotId_t)(MirrorSlotIdUint_t)0, (MirrorSessionId_t)(MirrorSessionIdUint_t)hdr.request.b);
            if (hdr.request.a == 0) {
                drop_packet();
            } else {
                send_to_port((PortId_t)(PortIdUint_t)1);
            }
        } else if (hdr.request.kind == 9) {
            meta.is_reported = true;
            send_to_port((PortId_t)(PortIdUint_t)1);
        } else if (hdr.request.kind == 10) {
            hdr.request.a = is_net_port(istd.input_port) ? 8w1 : 8w0;
            send_to_port(istd.input_port);
        }
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    Digest<seen_t>() seen;

    apply {
        if (meta.is_reported) {
            seen.pack({ hdr.request.a, hdr.request.b });
        }
        packet.emit(hdr.request);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
