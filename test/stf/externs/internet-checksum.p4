/* InternetChecksum of an IPv4 header: verified in the parser, computed anew in the deparser (RFC 1071). */
#include <bmv2/pna.p4>

error {
    BadChecksum
}

header ipv4_t {
    bit<16> version_ihl_tos;
    bit<16> total_length;
    bit<16> identification;
    bit<16> flags_offset;
    bit<8>  ttl;
    bit<8>  protocol;
    bit<16> checksum;
    bit<32> source;
    bit<32> destination;
}

struct headers_t {
    ipv4_t ipv4;
}

struct metadata_t {
}

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    InternetChecksum() sum;

    state start {
        packet.extract(hdr.ipv4);
        sum.clear();
        sum.add(hdr.ipv4);
        verify(sum.get() == 0, error.BadChecksum);
        transition accept;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    apply {
        hdr.ipv4.ttl = hdr.ipv4.ttl - 1;
        if (istd.parser_error == error.BadChecksum) {
            drop_packet();
        } else {
            send_to_port((PortId_t)32w1);
        }
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    InternetChecksum() sum;

    apply {
        sum.add({ hdr.ipv4.version_ihl_tos, hdr.ipv4.total_length, hdr.ipv4.identification, hdr.ipv4.flags_offset });
        sum.add({ hdr.ipv4.ttl, hdr.ipv4.protocol, hdr.ipv4.source, hdr.ipv4.destination });
        hdr.ipv4.checksum = sum.get();
        packet.emit(hdr.ipv4);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
