/*
 * A packet's ways through a PSA switch: unicast, drop, multicast, clones from ingress and from egress, resubmit, recirculate; packet path, instance and the
 * metadata that the deparsers hand on.
 */
#include <psa.p4>

header packet_t {
    bit<8> what;
    bit<8> port;
    bit<8> ingress_path;
    bit<8> egress_path;
    bit<8> egress_port;
    bit<8> instance;
    bit<8> tag;
}

struct headers_t {
    packet_t p;
}

struct metadata_t {
    bit<8> tag;
}

struct tag_t {
    bit<8> tag;
}

control path_number(in PSA_PacketPath_t path, out bit<8> number) {
    apply {
        number = 0xff;
        if (path == PSA_PacketPath_t.NORMAL) {
            number = 0;
        } else if (path == PSA_PacketPath_t.NORMAL_UNICAST) {
            number = 1;
        } else if (path == PSA_PacketPath_t.NORMAL_MULTICAST) {
            number = 2;
        } else if (path == PSA_PacketPath_t.CLONE_I2E) {
            number = 3;
        } else if (path == PSA_PacketPath_t.CLONE_E2E) {
            number = 4;
        } else if (path == PSA_PacketPath_t.RESUBMIT) {
            number = 5;
        } else if (path == PSA_PacketPath_t.RECIRCULATE) {
            number = 6;
        }
    }
}

parser IngressParse(
    packet_in packet, out headers_t hdr, inout metadata_t meta, in psa_ingress_parser_input_metadata_t istd,
    in tag_t resubmitted, in tag_t recirculated) {
    state start {
        packet.extract(hdr.p);
        meta.tag = resubmitted.tag | recirculated.tag;
        transition accept;
    }
}

control IngressControl(
    inout headers_t hdr, inout metadata_t meta, in psa_ingress_input_metadata_t istd, inout psa_ingress_output_metadata_t ostd) {
    apply {
        path_number.apply(istd.packet_path, hdr.p.ingress_path);
        send_to_port(ostd, (PortId_t)(24w0 ++ hdr.p.port));
        bool is_new = istd.packet_path == PSA_PacketPath_t.NORMAL;
        if (hdr.p.what == 1) {
            ingress_drop(ostd);
        } else if (hdr.p.what == 2) {
            multicast(ostd, (MulticastGroup_t)32w7);
        } else if (hdr.p.what == 3) {
            ostd.clone = true;
            ostd.clone_session_id = (CloneSessionId_t)16w9;
            ingress_drop(ostd);
        } else if (hdr.p.what == 4 && is_new) {
            ostd.resubmit = true;
        } else if (hdr.p.what == 5 && is_new) {
            send_to_port(ostd, PSA_PORT_RECIRCULATE);
        }
        if (istd.ingress_port == PSA_PORT_RECIRCULATE) {
            hdr.p.instance = 0xee;
        }
        hdr.p.tag = meta.tag;
    }
}

control IngressDeparse(
    packet_out packet, out tag_t cloned, out tag_t resubmitted, out tag_t normal, inout headers_t hdr, in metadata_t meta,
    in psa_ingress_output_metadata_t istd) {
    apply {
        if (psa_clone_i2e(istd)) {
            cloned.tag = 0x10;
        }
        if (psa_resubmit(istd)) {
            resubmitted.tag = 0x20;
        }
        if (psa_normal(istd)) {
            normal.tag = 0x30;
        }
        packet.emit(hdr);
    }
}

parser EgressParse(
    packet_in packet, out headers_t hdr, inout metadata_t meta, in psa_egress_parser_input_metadata_t istd, in tag_t normal,
    in tag_t cloned_ingress, in tag_t cloned_egress) {
    state start {
        packet.extract(hdr.p);
        meta.tag = normal.tag + cloned_ingress.tag + cloned_egress.tag;
        transition accept;
    }
}

control EgressControl(
    inout headers_t hdr, inout metadata_t meta, in psa_egress_input_metadata_t istd, inout psa_egress_output_metadata_t ostd) {
    apply {
        path_number.apply(istd.packet_path, hdr.p.egress_path);
        hdr.p.egress_port = ((bit<32>)istd.egress_port)[7:0];
        hdr.p.instance = hdr.p.instance + ((bit<16>)istd.instance)[7:0];
        hdr.p.tag = hdr.p.tag + meta.tag;
        if (hdr.p.what == 6 && istd.packet_path == PSA_PacketPath_t.NORMAL_UNICAST) {
            ostd.clone = true;
            ostd.clone_session_id = (CloneSessionId_t)16w9;
        } else if (hdr.p.what == 7) {
            egress_drop(ostd);
        }
    }
}

control EgressDeparse(
    packet_out packet, out tag_t cloned, out tag_t recirculated, inout headers_t hdr, in metadata_t meta,
    in psa_egress_output_metadata_t istd, in psa_egress_deparser_input_metadata_t edstd) {
    apply {
        if (psa_clone_e2e(istd)) {
            cloned.tag = 0x40;
        }
        if (psa_recirculate(istd, edstd)) {
            recirculated.tag = 0x50;
        }
        packet.emit(hdr);
    }
}

IngressPipeline(IngressParse(), IngressControl(), IngressDeparse()) ingress;
EgressPipeline(EgressParse(), EgressControl(), EgressDeparse()) egress;
PSA_Switch(ingress, PacketReplicationEngine(), egress, BufferingQueueingEngine()) main;
