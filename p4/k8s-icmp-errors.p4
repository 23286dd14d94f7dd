/*
 * What a sender is told when its packet cannot go on: ICMP errors (RFC 792, RFC 1812) and ICMPv6 errors (RFC 4443), or a reset of its TCP connection;
 * and the errors that others send about packets of our flows, which quote addresses as they were on the far side of the translation.
 */

/*
 * Makes the packet the answer to itself. Never an answer to an error, to multicast, to a fragment behind the first, to a source that is not one node
 * (RFC 1122 section 3.2.2, RFC 4443 section 2.4 e), nor to IPv6 with extension headers other than that of a fragment; and no more per port than its
 * meter allows. An IPv4 packet that is too big is answered and dropped with or without its DF bit: nothing is fragmented here.
 */
control FAMILY(Errors)(inout headers_t hdr, in l4_t l4, in PortId_t input_port, in outcome_t outcome, in bit<16> mtu, out bool is_answered) {
    DirectMeter(PNA_MeterType_t.PACKETS) FAMILY(error_rate);
    InternetChecksum() checksum;

    ADDRESS own_address = 0;
    bool is_allowed = false;
    bool resets = false;

    /* `address`: ours on this port. `reset`: 1 to reset TCP connections to services instead. */
    action answer_from(ADDRESS address, bit<8> reset) {
        own_address = address;
        resets = reset == 1;
        is_allowed = FAMILY(error_rate).execute() != PNA_MeterColor_t.RED;
    }

    table FAMILY(error_sources) {
        key = { input_port: exact @name("port"); }
        actions = { answer_from; @defaultonly NoAction; }
        const default_action = NoAction;
        pna_direct_meter = FAMILY(error_rate);
        size = 2048;
    }

    /* Bytes of the IP packet in front of the payload. */
    action measure_headers(out bit<16> bytes) {
        bytes = (bit<16>)(packet_length() - payload_length()) - l4.link_bytes - 14;
    }

    action add_quoted_l4() {
        if (hdr.tcp.isValid()) {
            checksum.add({ hdr.tcp.source_port, hdr.tcp.destination_port, hdr.tcp.sequence_number, hdr.tcp.acknowledgment_number,
                hdr.tcp.data_offset, hdr.tcp.reserved, hdr.tcp.flags, hdr.tcp.window, hdr.tcp.checksum, hdr.tcp.urgent_pointer });
        } else if (hdr.udp.isValid()) {
            checksum.add({ hdr.udp.source_port, hdr.udp.destination_port, hdr.udp.length, hdr.udp.checksum });
        } else if (hdr.sctp.isValid()) {
            checksum.add({ hdr.sctp.source_port, hdr.sctp.destination_port, hdr.sctp.verification_tag, hdr.sctp.checksum });
        } else if (hdr.icmp.isValid()) {
            checksum.add({ hdr.icmp.type, hdr.icmp.code, hdr.icmp.checksum, hdr.icmp.identifier, hdr.icmp.sequence_number });
        }
        checksum.add(payload_sum());
    }

#ifdef IPV4
    /* As much as 576 bytes take (RFC 1812 section 4.3.2.3). */
    action quote(bit<8> type, bit<8> code, ADDRESS source, bit<16> next_mtu) {
        bit<16> headers;
        measure_headers(headers);
        bit<16> quoted = hdr.ipv4.total_length;
        if (quoted > 548) {
            quoted = 548;
        }
        cut_payload((bit<32>)(quoted |-| headers));
        hdr.quoted_ipv4 = hdr.ipv4;
        hdr.ipv4.ihl = 5;
        hdr.ipv4.dscp_ecn = 0xc0;   // internetwork control
        hdr.ipv4.total_length = 28 + headers + (bit<16>)payload_length();
        hdr.ipv4.identification = 0;
        hdr.ipv4.reserved = 0;
        hdr.ipv4.do_not_fragment = 0;
        hdr.ipv4.more_fragments = 0;
        hdr.ipv4.ttl = 64;
        hdr.ipv4.protocol = PROTOCOL_ICMP;
        hdr.ipv4.destination = hdr.ipv4.source;
        hdr.ipv4.source = source;
        hdr.icmp_error.setValid();
        hdr.icmp_error.type = type;
        hdr.icmp_error.code = code;
        hdr.icmp_error.unused = 0;
        hdr.icmp_error.mtu = next_mtu;
        checksum.clear();
        checksum.add({ type, code, next_mtu });
        // A right IP header, options included, adds nothing
        add_quoted_l4();
        hdr.icmp_error.checksum = checksum.get();
    }

    action finish_ip() {
        checksum.clear();
        checksum.add({ hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.dscp_ecn, hdr.ipv4.total_length, hdr.ipv4.identification, hdr.ipv4.reserved,
            hdr.ipv4.do_not_fragment, hdr.ipv4.more_fragments, hdr.ipv4.fragment_offset, hdr.ipv4.ttl, hdr.ipv4.protocol, hdr.ipv4.source, hdr.ipv4.destination });
        hdr.ipv4.header_checksum = checksum.get();
    }
#else
    /* As much as the smallest MTU takes (RFC 4443 section 3). */
    action quote(bit<8> type, bit<8> code, ADDRESS source, bit<16> next_mtu) {
        bit<16> headers;
        measure_headers(headers);
        bit<16> quoted = IP_BYTES;
        if (quoted > 1232) {
            quoted = 1232;
        }
        cut_payload((bit<32>)(quoted |-| headers));
        hdr.quoted_ipv6 = hdr.ipv6;
        hdr.ipv6.traffic_class = 0;
        hdr.ipv6.flow_label = 0;
        hdr.ipv6.payload_length = 8 + headers + (bit<16>)payload_length();
        hdr.ipv6.next_header = PROTOCOL_ICMPV6;
        hdr.ipv6.hop_limit = 64;
        hdr.ipv6.destination = hdr.ipv6.source;
        hdr.ipv6.source = source;
        hdr.icmp_error.setValid();
        hdr.icmp_error.type = type;
        hdr.icmp_error.code = code;
        hdr.icmp_error.unused = 0;
        hdr.icmp_error.mtu = next_mtu;
        checksum.clear();
        checksum.add({ hdr.ipv6.source, hdr.ipv6.destination, hdr.ipv6.payload_length, 8w0, PROTOCOL_ICMPV6, type, code, next_mtu });
        checksum.add({ hdr.quoted_ipv6.version, hdr.quoted_ipv6.traffic_class, hdr.quoted_ipv6.flow_label, hdr.quoted_ipv6.payload_length,
            hdr.quoted_ipv6.next_header, hdr.quoted_ipv6.hop_limit, hdr.quoted_ipv6.source, hdr.quoted_ipv6.destination });
        if (hdr.ipv6_fragment.isValid()) {
            checksum.add({ hdr.ipv6_fragment.next_header, hdr.ipv6_fragment.reserved, hdr.ipv6_fragment.fragment_offset, hdr.ipv6_fragment.reserved2,
                hdr.ipv6_fragment.more_fragments, hdr.ipv6_fragment.identification });
        }
        add_quoted_l4();
        hdr.icmp_error.checksum = checksum.get();
    }
#endif

    /* RFC 9293 section 3.5.2 */
    action reset_connection() {
        bit<16> headers;
        measure_headers(headers);
        bit<32> segment = (bit<32>)(IP_BYTES - (headers - 20) - ((bit<16>)hdr.tcp.data_offset << 2));
        cut_payload(0);
        if (hdr.tcp.flags & TCP_SYN != 0) {
            segment = segment + 1;
        }
        if (hdr.tcp.flags & TCP_FIN != 0) {
            segment = segment + 1;
        }
        if (hdr.tcp.flags & TCP_ACK != 0) {
            hdr.tcp.sequence_number = hdr.tcp.acknowledgment_number;
            hdr.tcp.acknowledgment_number = 0;
            hdr.tcp.flags = TCP_RST;
        } else {
            hdr.tcp.acknowledgment_number = hdr.tcp.sequence_number + segment;
            hdr.tcp.sequence_number = 0;
            hdr.tcp.flags = TCP_RST | TCP_ACK;
        }
        ADDRESS source = hdr.IP.destination;
        hdr.IP.destination = hdr.IP.source;
        hdr.IP.source = source;
        bit<16> port = hdr.tcp.destination_port;
        hdr.tcp.destination_port = hdr.tcp.source_port;
        hdr.tcp.source_port = port;
        hdr.tcp.data_offset = 5;
        hdr.tcp.reserved = 0;
        hdr.tcp.window = 0;
        hdr.tcp.urgent_pointer = 0;
#ifdef IPV4
        hdr.ipv4_options.setInvalid();
        hdr.ipv4.ihl = 5;
        hdr.ipv4.dscp_ecn = 0;
        hdr.ipv4.total_length = 40;
        hdr.ipv4.identification = 0;
        hdr.ipv4.do_not_fragment = 1;
        hdr.ipv4.more_fragments = 0;
        hdr.ipv4.ttl = 64;
#else
        hdr.ipv6_fragment.setInvalid();
        hdr.ipv6.payload_length = 20;
        hdr.ipv6.next_header = PROTOCOL_TCP;
        hdr.ipv6.hop_limit = 64;
#endif
        checksum.clear();
        checksum.add({ hdr.IP.source, hdr.IP.destination, 8w0, PROTOCOL_TCP, 16w20 });
        checksum.add({ hdr.tcp.source_port, hdr.tcp.destination_port, hdr.tcp.sequence_number, hdr.tcp.acknowledgment_number,
            hdr.tcp.data_offset, hdr.tcp.reserved, hdr.tcp.flags, hdr.tcp.window });
        hdr.tcp.checksum = checksum.get();
    }

    apply {
        is_answered = false;
        bit<8> type = UNREACHABLE;
        bit<8> code = 0;
        bool is_reject = false;
        bit<16> next_mtu = 0;
        if (outcome == outcome_t.NO_ENDPOINT || outcome == outcome_t.WRONG_PORT) {
            is_reject = true;
            code = PORT_UNREACHABLE;
        } else if (outcome == outcome_t.TOO_BIG) {
            type = TOO_BIG_TYPE;
            code = TOO_BIG_CODE;
            next_mtu = mtu;
        } else if (outcome == outcome_t.TTL_EXPIRED) {
            type = TIME_EXCEEDED;
        } else if (outcome != outcome_t.NO_ROUTE) {
            return;
        }
        if (l4.is_error || IS_LATER_FRAGMENT || hdr.ethernet.destination[40:40] == 1 || IS_NO_NODE(hdr.IP.source)) {
            return;
        }
#ifdef IPV6
        if (hdr.ipv6_extensions[0].isValid()) {
            return;
        }
#endif
        FAMILY(error_sources).apply();
        if (!is_allowed) {
            return;
        }
        if (is_reject && resets && hdr.tcp.isValid()) {
            if (hdr.tcp.flags & TCP_RST != 0) {
                return;
            }
            reset_connection();
        } else if (is_reject) {
            // From whom the sender asked
            quote(type, code, hdr.IP.destination, 0);
        } else {
            quote(type, code, own_address, next_mtu);
        }
#ifdef IPV4
        finish_ip();
#endif
        is_answered = true;
    }
}

/*
 * Puts back what a quoted packet was before its flow's translation. `flow`: the entry of the packets that go the other way, which came in with the
 * quoted addresses swapped. The error goes to whom it is about; one that comes from the quoted destination itself comes from whom the sender knows.
 */
control FAMILY(QuotedTranslation)(inout headers_t hdr, in FAMILY(flow_t) flow) {
    InternetChecksum() ip_checksum;
    InternetChecksum() l4_checksum;
    InternetChecksum() icmp_checksum;

    apply {
        ADDRESS old_source = hdr.QUOTED.source;
        bit<16> old_source_port = hdr.quoted_l4.source_port;
        ADDRESS old_destination = hdr.QUOTED.destination;
        bit<16> old_destination_port = hdr.quoted_l4.destination_port;
        ADDRESS source = old_source;
        bit<16> source_port = old_source_port;
        ADDRESS destination = old_destination;
        bit<16> destination_port = old_destination_port;
        if (flow.translation == translation_t.DESTINATION || flow.translation == translation_t.BOTH) {
            source = flow.new_destination;
            source_port = flow.new_destination_port;
        }
        if (flow.translation == translation_t.SOURCE || flow.translation == translation_t.BOTH) {
            destination = flow.new_source;
            destination_port = flow.new_source_port;
        }
        icmp_checksum.clear();
        icmp_checksum.subtract({ hdr.icmp_error.checksum, old_source_port, old_destination_port });
        icmp_checksum.add({ source_port, destination_port });
        bit<16> old_checksum = 0;
        if (hdr.QUOTED_PROTOCOL == PROTOCOL_UDP) {
            old_checksum = hdr.quoted_l4.word3;
        } else if (hdr.quoted_tcp.isValid()) {
            old_checksum = hdr.quoted_tcp.checksum;
        }
        if (old_checksum != 0) {
            l4_checksum.clear();
            l4_checksum.subtract({ old_checksum, old_source, old_source_port, old_destination, old_destination_port });
            l4_checksum.add({ source, source_port, destination, destination_port });
            bit<16> new_checksum = l4_checksum.get();
            icmp_checksum.subtract(old_checksum);
            icmp_checksum.add(new_checksum);
            if (hdr.quoted_tcp.isValid()) {
                hdr.quoted_tcp.checksum = new_checksum;
            } else {
                hdr.quoted_l4.word3 = new_checksum;
            }
        }
        hdr.quoted_l4.source_port = source_port;
        hdr.quoted_l4.destination_port = destination_port;
        hdr.QUOTED.source = source;
        hdr.QUOTED.destination = destination;

        ADDRESS sender = hdr.IP.source;
        ADDRESS receiver = hdr.IP.destination;
        if (sender == old_destination) {
            sender = destination;
        }
        if (receiver == old_source) {
            receiver = source;
        }
#ifdef IPV4
        // The quoted header's checksum takes its addresses out of the sum
        ip_checksum.clear();
        ip_checksum.subtract({ hdr.quoted_ipv4.header_checksum, old_source, old_destination });
        ip_checksum.add({ source, destination });
        hdr.quoted_ipv4.header_checksum = ip_checksum.get();
        ip_checksum.clear();
        ip_checksum.subtract({ hdr.ipv4.header_checksum, hdr.ipv4.source, hdr.ipv4.destination });
        ip_checksum.add({ sender, receiver });
        hdr.ipv4.header_checksum = ip_checksum.get();
#else
        icmp_checksum.subtract({ old_source, old_destination, hdr.ipv6.source, hdr.ipv6.destination });
        icmp_checksum.add({ source, destination, sender, receiver });
#endif
        hdr.icmp_error.checksum = icmp_checksum.get();
        hdr.IP.source = sender;
        hdr.IP.destination = receiver;
    }
}
