/* What the architecture tells the control: input port, timestamp in nanoseconds, flow ids that differ, the packet's length (softipu.p4). */
#include <bmv2/pna.p4>
#include <softipu.p4>

header packet_t {
    bit<8> a;
}

header facts_t {
    bit<32> input_port;
    bit<32> length;
    bit<64> passed_ns;       // since the packet before
    bit<8>  new_id;          // the flow id differs from the packet's before
    bit<8>  recirculated;
}

struct headers_t {
    facts_t  facts;
    packet_t p;
}

struct metadata_t {
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        packet.extract(hdr.p);
        transition accept;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    Register<bit<64>, bit<1>>(1) last_ns;
    Register<bit<32>, bit<1>>(1) last_id;

    apply {
        send_to_port((PortId_t)32w1);
        hdr.facts.setValid();
        hdr.facts.input_port = (PortIdUint_t)istd.input_port;
        hdr.facts.length = packet_length();
        bit<64> now = (TimestampUint_t)istd.timestamp;
        hdr.facts.passed_ns = now - last_ns.read(0);
        last_ns.write(0, now);
        bit<32> id = (FlowIdUint_t)allocate_flow_id();
        hdr.facts.new_id = id != last_id.read(0) ? 8w1 : 8w0;
        last_id.write(0, id);
        hdr.facts.recirculated = istd.recirculated ? 8w1 : 8w0;
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        packet.emit(hdr);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
