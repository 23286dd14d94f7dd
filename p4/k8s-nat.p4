/*
 * Addresses, ports and checksums as the flow's entry says (RFC 1624; a UDP checksum of 0 means none and stays 0). SCTP's CRC32c knows ports and no
 * addresses; it cannot be brought up to date in a fragment, which SCTP never makes of its packets.
 */
control FAMILY(AddressTranslation)(inout headers_t hdr, in FAMILY(flow_t) flow) {
    InternetChecksum() ip_checksum;
    InternetChecksum() l4_checksum;

    /* Addresses are in the checksums of the layers above, ports only in theirs. */
    action correct(ADDRESS old_address, bit<16> old_port, ADDRESS new_address, bit<16> new_port) {
#ifdef IPV4
        ip_checksum.clear();
        ip_checksum.subtract({ hdr.IP.header_checksum, old_address });
        ip_checksum.add(new_address);
        hdr.IP.header_checksum = ip_checksum.get();
#endif
        if (hdr.tcp.isValid()) {
            l4_checksum.clear();
            l4_checksum.subtract({ hdr.tcp.checksum, old_address, old_port });
            l4_checksum.add({ new_address, new_port });
            hdr.tcp.checksum = l4_checksum.get();
        } else if (hdr.udp.isValid() && hdr.udp.checksum != 0) {
            l4_checksum.clear();
            l4_checksum.subtract({ hdr.udp.checksum, old_address, old_port });
            l4_checksum.add({ new_address, new_port });
            hdr.udp.checksum = l4_checksum.get();
            if (hdr.udp.checksum == 0) {
                hdr.udp.checksum = 0xffff;
            }
#ifdef IPV6
        } else if (hdr.icmp.isValid()) {
            l4_checksum.clear();
            l4_checksum.subtract({ hdr.icmp.checksum, old_address });
            l4_checksum.add(new_address);
            hdr.icmp.checksum = l4_checksum.get();
#endif
        }
    }

    action translate_sctp() {
        bit<32> old_ports = hdr.sctp.source_port ++ hdr.sctp.destination_port;
        if (flow.translation == translation_t.SOURCE || flow.translation == translation_t.BOTH) {
            hdr.sctp.source_port = flow.new_source_port;
        }
        if (flow.translation == translation_t.DESTINATION || flow.translation == translation_t.BOTH) {
            hdr.sctp.destination_port = flow.new_destination_port;
        }
        bit<32> ports = hdr.sctp.source_port ++ hdr.sctp.destination_port;
        if (ports != old_ports) {
            hdr.sctp.checksum = crc32c_update(hdr.sctp.checksum, old_ports, ports, SCTP_BYTES);
        }
    }

    apply {
        if (hdr.sctp.isValid()) {
            translate_sctp();
        }
        if (flow.translation == translation_t.BOTH) {
            correct(hdr.IP.source, flow.source_port, flow.new_source, flow.new_source_port);
            hdr.IP.source = flow.new_source;
            hdr.tcp.source_port = flow.new_source_port;
            hdr.udp.source_port = flow.new_source_port;
        }
        ADDRESS old_address = hdr.IP.source;
        bit<16> old_port = flow.source_port;
        ADDRESS new_address = flow.new_source;
        bit<16> new_port = flow.new_source_port;
        if (flow.translation == translation_t.SOURCE) {
            hdr.IP.source = new_address;
            hdr.tcp.source_port = new_port;
            hdr.udp.source_port = new_port;
        } else {
            old_address = hdr.IP.destination;
            old_port = flow.destination_port;
            new_address = flow.new_destination;
            new_port = flow.new_destination_port;
            hdr.IP.destination = new_address;
            hdr.tcp.destination_port = new_port;
            hdr.udp.destination_port = new_port;
        }
        correct(old_address, old_port, new_address, new_port);
    }
}
