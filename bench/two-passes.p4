/*
 * A program that works in two passes, as IPDK's k8s_dp.p4 does: the first translates addresses of known flows and recirculates, the second decides on policy
 * and port. For `npm run bench -- passes`.
 */
#include <core.p4>
#include <pna.p4>

header ethernet_t {
    bit<48> dst;
    bit<48> src;
    bit<16> ether_type;
}

header ipv4_t {
    bit<8>  version_ihl;
    bit<8>  tos;
    bit<16> total_length;
    bit<16> identification;
    bit<16> fragment;
    bit<8>  ttl;
    bit<8>  protocol;
    bit<16> checksum;
    bit<32> src;
    bit<32> dst;
}

header tcp_t {
    bit<16> src_port;
    bit<16> dst_port;
    bit<32> sequence;
    bit<32> acknowledgement;
    bit<16> flags;
    bit<16> window;
    bit<16> checksum;
    bit<16> urgent;
}

struct headers_t {
    ethernet_t ethernet;
    ipv4_t     ipv4;
    tcp_t      tcp;
}

struct metadata_t {
    bool    is_translated;
    bit<16> lane;
}

parser P(packet_in pkt, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        pkt.extract(hdr.ethernet);
        transition select(hdr.ethernet.ether_type) {
            0x0800: ipv4;
            default: accept;
        }
    }
    state ipv4 {
        pkt.extract(hdr.ipv4);
        transition select(hdr.ipv4.version_ihl, hdr.ipv4.protocol) {
            (0x45, 6): tcp;
            default: accept;
        }
    }
    state tcp {
        pkt.extract(hdr.tcp);
        transition accept;
    }
}

control Pre(in headers_t hdr, inout metadata_t meta, in pna_pre_input_metadata_t istd, inout pna_pre_output_metadata_t ostd) {
    apply { }
}

control C(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    InternetChecksum() ck;
    Hash<bit<16>>(PNA_HashAlgorithm_t.CRC16) lanes;
    Counter<bit<64>, bit<16>>(65536, PNA_CounterType_t.PACKETS) per_lane;

    action translate(bit<32> address, bit<16> port) {
        ck.clear();
        ck.subtract({ hdr.ipv4.checksum, hdr.ipv4.dst });
        ck.add(address);
        hdr.ipv4.checksum = ck.get();
        ck.clear();
        ck.subtract({ hdr.tcp.checksum, hdr.ipv4.dst, hdr.tcp.dst_port });
        ck.add({ address, port });
        hdr.tcp.checksum = ck.get();
        hdr.ipv4.dst = address;
        hdr.tcp.dst_port = port;
        meta.is_translated = true;
    }
    table flows {
        key = {
            hdr.ipv4.src: exact;
            hdr.ipv4.dst: exact;
            hdr.ipv4.protocol: exact;
            hdr.tcp.src_port: exact;
            hdr.tcp.dst_port: exact;
        }
        actions = { translate; NoAction; }
        default_action = NoAction;
        size = 2048;
    }
    action deny() { drop_packet(); }
    action allow() { }
    table policy {
        key = { hdr.ipv4.src: ternary; hdr.tcp.dst_port: ternary; }
        actions = { allow; deny; }
        default_action = allow;
        size = 64;
    }
    action to_port(PortId_t port) {
        per_lane.count(lanes.get_hash({ hdr.ipv4.src, hdr.ipv4.dst, hdr.tcp.src_port, hdr.tcp.dst_port }));
        hdr.ethernet.src[15:0] = lanes.get_hash({ hdr.ipv4.src, hdr.ipv4.dst, hdr.tcp.src_port, hdr.tcp.dst_port });
        send_to_port(port);
    }
    table routes {
        key = { hdr.ipv4.dst: lpm; }
        actions = { to_port; deny; }
        default_action = to_port((PortId_t)1);
        size = 256;
    }

    apply {
        if (istd.pass == (PassNumber_t)0) {
            if (hdr.tcp.isValid()) flows.apply();
            recirculate();
        } else {
            if (meta.is_translated) policy.apply();
            routes.apply();
        }
    }
}

control D(packet_out pkt, in headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        pkt.emit(hdr);
    }
}

PNA_NIC(P(), Pre(), C(), D()) main;
