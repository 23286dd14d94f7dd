/* Ingress drops what it says nothing about; counters, meters, registers and a hash as in PNA. */
#include <bmv2/psa.p4>

header packet_t {
    bit<8> what;
    bit<16> value;
}

struct headers_t {
    packet_t p;
}

struct empty_t {}

parser IngressParse(
    packet_in packet, out headers_t hdr, inout empty_t meta, in psa_ingress_parser_input_metadata_t istd, in empty_t resubmitted,
    in empty_t recirculated) {
    state start {
        packet.extract(hdr.p);
        transition accept;
    }
}

control IngressControl(
    inout headers_t hdr, inout empty_t meta, in psa_ingress_input_metadata_t istd, inout psa_ingress_output_metadata_t ostd) {
    Counter<bit<32>, bit<8>>(4, PSA_CounterType_t.PACKETS) seen;
    Meter<bit<8>>(1, PSA_MeterType_t.PACKETS) limit;
    Register<bit<16>, bit<8>>(2, 0x1234) last;
    Hash<bit<16>>(PSA_HashAlgorithm_t.CRC16) crc;
    DirectCounter<bit<32>>(PSA_CounterType_t.PACKETS) hits;

    action to(PortId_t port) {
        hits.count();
        send_to_port(ostd, port);
    }

    table where {
        key = { hdr.p.what : exact; }
        actions = { to; NoAction; }
        psa_direct_counter = hits;
    }

    apply {
        seen.count(hdr.p.what);
        where.apply();
        if (hdr.p.what == 1) {
            bit<16> old = last.read(1);
            last.write(1, hdr.p.value);
            hdr.p.value = old;
        } else if (hdr.p.what == 2) {
            PSA_MeterColor_t color = limit.execute(0);
            hdr.p.value = color == PSA_MeterColor_t.GREEN ? 16w1 : 0;
        } else if (hdr.p.what == 3) {
            hdr.p.value = crc.get_hash({hdr.p.value[11:0]});
        }
    }
}

control IngressDeparse(
    packet_out packet, out empty_t cloned, out empty_t resubmitted, out empty_t normal, inout headers_t hdr, in empty_t meta,
    in psa_ingress_output_metadata_t istd) {
    apply {
        packet.emit(hdr);
    }
}

parser EgressParse(
    packet_in packet, out headers_t hdr, inout empty_t meta, in psa_egress_parser_input_metadata_t istd, in empty_t normal,
    in empty_t cloned_ingress, in empty_t cloned_egress) {
    state start {
        transition accept;
    }
}

control EgressControl(
    inout headers_t hdr, inout empty_t meta, in psa_egress_input_metadata_t istd, inout psa_egress_output_metadata_t ostd) {
    apply {}
}

control EgressDeparse(
    packet_out packet, out empty_t cloned, out empty_t recirculated, inout headers_t hdr, in empty_t meta,
    in psa_egress_output_metadata_t istd, in psa_egress_deparser_input_metadata_t edstd) {
    apply {
        packet.emit(hdr);
    }
}

IngressPipeline(IngressParse(), IngressControl(), IngressDeparse()) ingress;
EgressPipeline(EgressParse(), EgressControl(), EgressDeparse()) egress;
PSA_Switch(ingress, PacketReplicationEngine(), egress, BufferingQueueingEngine()) main;
