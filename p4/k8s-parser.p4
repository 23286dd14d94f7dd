/*
 * The parser of k8s-lb.p4: what a packet is. Tunnel headers are looked for only where they may come from.
 */
parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        transition select(istd.input_port) {
            PORT_CPU: parse_packet_out;
            default: parse_side;
        }
    }

    @unlikely
    state parse_packet_out {
        packet.extract(hdr.packet_out);
        transition accept;
    }

    /* Pods cannot send tunnel packets: only what comes from the network is looked at as such. */
    state parse_side {
        transition select(is_net_port(istd.input_port)) {
            true: peek_ether_type;
            default: parse_ethernet;
        }
    }

    state peek_ether_type {
        transition select(packet.lookahead<bit<112>>()[15:0]) {
            ETHERTYPE_IPV4: peek_ipv4;
            ETHERTYPE_IPV6: peek_ipv6;
            default: parse_ethernet;
        }
    }

    state peek_ipv4 {
        ipv4_peek_t peek = packet.lookahead<ipv4_peek_t>();
        transition select(peek.version_ihl, peek.flags_and_offset & 0x3fff, peek.protocol) {
            (0x45, 0, PROTOCOL_UDP): peek_udp;
            default: parse_ethernet;
        }
    }

    state peek_udp {
        transition select(packet.lookahead<udp_peek_t>().destination_port) {
            VXLAN_PORT: parse_tunnel;
            default: parse_ethernet;
        }
    }

    @unlikely
    state parse_tunnel {
        packet.extract(hdr.outer_ethernet);
        packet.extract(hdr.outer_ipv4);
        meta.l4.link_bytes = 50;
        packet.extract(hdr.outer_udp);
        packet.extract(hdr.vxlan);
        transition parse_ethernet;
    }

    state peek_ipv6 {
        ipv6_peek_t peek = packet.lookahead<ipv6_peek_t>();
        transition select(peek.next_header, peek.destination_port) {
            (PROTOCOL_UDP, VXLAN_PORT): parse_tunnel_ipv6;
            default: parse_ethernet;
        }
    }

    @unlikely
    state parse_tunnel_ipv6 {
        packet.extract(hdr.outer_ethernet);
        packet.extract(hdr.outer_ipv6);
        meta.l4.link_bytes = 70;
        packet.extract(hdr.outer_udp);
        packet.extract(hdr.vxlan);
        transition parse_ethernet;
    }

    state parse_ethernet {
        packet.extract(hdr.ethernet);
        transition select(hdr.ethernet.ether_type) {
            ETHERTYPE_IPV4: parse_ipv4;
            ETHERTYPE_IPV6: parse_ipv6;
            ETHERTYPE_ARP: parse_arp;
            ETHERTYPE_VLAN: parse_vlan;
            default: accept;
        }
    }

    @unlikely
    state parse_vlan {
        packet.extract(hdr.vlan);
        meta.l4.link_bytes = meta.l4.link_bytes + 4;
        transition select(hdr.vlan.ether_type) {
            ETHERTYPE_IPV4: parse_ipv4;
            ETHERTYPE_IPV6: parse_ipv6;
            ETHERTYPE_ARP: parse_arp;
            default: accept;
        }
    }

    @unlikely
    state parse_arp {
        packet.extract(hdr.arp);
        transition accept;
    }

    state parse_ipv4 {
        packet.extract(hdr.ipv4);
        verify(hdr.ipv4.version == 4, error.ParserInvalidArgument);
        verify(hdr.ipv4.ihl >= 5, error.ParserInvalidArgument);
        transition select(hdr.ipv4.ihl) {
            5: parse_l4;
            default: parse_ipv4_options;
        }
    }

    @unlikely
    state parse_ipv4_options {
        packet.extract(hdr.ipv4_options, ((bit<32>)hdr.ipv4.ihl - 5) << 5);
        transition parse_l4;
    }

    /* A fragment behind the first has no L4 header, whatever the bytes there look like. */
    state parse_l4 {
        transition select(hdr.ipv4.fragment_offset, hdr.ipv4.protocol) {
            (0, PROTOCOL_TCP): parse_tcp;
            (0, PROTOCOL_UDP): parse_udp;
            (0, PROTOCOL_ICMP): parse_icmp;
            (0, PROTOCOL_SCTP): parse_sctp;
            default: no_ports;
        }
    }

    @unlikely
    state no_ports {
        transition accept;
    }

    state parse_ipv6 {
        packet.extract(hdr.ipv6);
        verify(hdr.ipv6.version == 6, error.ParserInvalidArgument);
        meta.l4.protocol = hdr.ipv6.next_header;
        transition parse_ipv6_next;
    }

    state parse_ipv6_next {
        transition select(meta.l4.protocol) {
            PROTOCOL_TCP: parse_tcp;
            PROTOCOL_UDP: parse_udp;
            PROTOCOL_ICMPV6: parse_icmpv6;
            PROTOCOL_SCTP: parse_sctp;
            PROTOCOL_HOP_BY_HOP: parse_ipv6_extension;
            PROTOCOL_DESTINATION: parse_ipv6_extension;
            PROTOCOL_ROUTING: parse_ipv6_routing;
            PROTOCOL_FRAGMENT: parse_ipv6_fragment;
            default: no_ports;
        }
    }

    /* On its way through a list of nodes the packet does not have its last destination yet, and we do not look further. */
    @unlikely
    state parse_ipv6_routing {
        transition select(packet.lookahead<bit<32>>()[7:0]) {
            0: parse_ipv6_extension;
            default: accept;
        }
    }

    @unlikely
    state parse_ipv6_extension {
        packet.extract(hdr.ipv6_extensions.next, ((bit<32>)packet.lookahead<bit<16>>()[7:0] << 6) + 48);
        meta.l4.protocol = hdr.ipv6_extensions.last.next_header;
        transition parse_ipv6_next;
    }

    /* Extension headers behind this one belong to what was cut: they are not looked at, the packet counts as one without ports. */
    @unlikely
    state parse_ipv6_fragment {
        packet.extract(hdr.ipv6_fragment);
        meta.l4.protocol = hdr.ipv6_fragment.next_header;
        transition select(hdr.ipv6_fragment.fragment_offset, hdr.ipv6_fragment.next_header) {
            (0, PROTOCOL_TCP): parse_tcp;
            (0, PROTOCOL_UDP): parse_udp;
            (0, PROTOCOL_ICMPV6): parse_icmpv6;
            (0, PROTOCOL_SCTP): parse_sctp;
            default: accept;
        }
    }

    state parse_tcp {
        packet.extract(hdr.tcp);
        meta.l4.source_port = hdr.tcp.source_port;
        meta.l4.destination_port = hdr.tcp.destination_port;
        meta.l4.tcp_flags = hdr.tcp.flags;
        meta.l4.has_ports = true;
        transition accept;
    }

    state parse_udp {
        packet.extract(hdr.udp);
        meta.l4.source_port = hdr.udp.source_port;
        meta.l4.destination_port = hdr.udp.destination_port;
        meta.l4.has_ports = true;
        transition accept;
    }

    @unlikely
    state parse_sctp {
        packet.extract(hdr.sctp);
        meta.l4.source_port = hdr.sctp.source_port;
        meta.l4.destination_port = hdr.sctp.destination_port;
        meta.l4.has_ports = true;
        transition accept;
    }

    /* The identifier of an echo takes the place of the port of the side that asks. */
    @unlikely
    state parse_icmp {
        transition select(packet.lookahead<bit<8>>()) {
            ICMP_UNREACHABLE: parse_icmp_error;
            ICMP_TIME_EXCEEDED: parse_icmp_error;
            ICMP_PARAMETER_PROBLEM: parse_icmp_error;
            ICMP_SOURCE_QUENCH: parse_other_error;
            ICMP_REDIRECT: parse_other_error;
            default: parse_icmp_query;
        }
    }

    state parse_icmp_query {
        packet.extract(hdr.icmp);
        transition select(hdr.icmp.type) {
            ICMP_ECHO_REQUEST: parse_echo_request;
            ICMP_ECHO_REPLY: parse_echo_reply;
            default: accept;
        }
    }

    /* Errors that name no flow, or that stand where we do not look. */
    state parse_other_error {
        packet.extract(hdr.icmp);
        meta.l4.is_error = true;
        transition accept;
    }

    /* The packet that an error is about, as far as it has to be there. The type keeps the error apart from all flows. */
    state parse_icmp_error {
        transition select(hdr.ipv4.ihl) {
            5: parse_icmp_error_header;
            default: parse_other_error;
        }
    }

    state parse_icmp_error_header {
        packet.extract(hdr.icmp_error);
        meta.l4.is_error = true;
        meta.l4.source_port = 0xffff;
        meta.l4.destination_port = 0xffff;
        packet.extract(hdr.quoted_ipv4);
        transition select(hdr.quoted_ipv4.version, hdr.quoted_ipv4.ihl, hdr.quoted_ipv4.fragment_offset, hdr.quoted_ipv4.protocol, hdr.ipv4.total_length) {
            (4, 5, 0, PROTOCOL_TCP, 68 .. 65535): parse_quoted_tcp;
            (4, 5, 0, _, _): parse_quoted_l4;
            default: accept;
        }
    }

    state parse_quoted_l4 {
        packet.extract(hdr.quoted_l4);
        transition accept;
    }

    state parse_quoted_tcp {
        packet.extract(hdr.quoted_l4);
        packet.extract(hdr.quoted_tcp);
        transition accept;
    }

    @unlikely
    state parse_icmpv6 {
        transition select(packet.lookahead<bit<8>>()[7:7]) {
            0: parse_icmpv6_error;
            default: parse_icmpv6_query;
        }
    }

    state parse_icmpv6_error {
        transition select(hdr.ipv6.next_header) {
            PROTOCOL_ICMPV6: parse_icmpv6_error_header;
            default: parse_other_error;
        }
    }

    state parse_icmpv6_error_header {
        packet.extract(hdr.icmp_error);
        meta.l4.is_error = true;
        meta.l4.source_port = 0xffff;
        meta.l4.destination_port = 0xffff;
        packet.extract(hdr.quoted_ipv6);
        transition select(hdr.quoted_ipv6.version, hdr.quoted_ipv6.next_header, hdr.ipv6.payload_length) {
            (6, PROTOCOL_TCP, 68 .. 65535): parse_quoted_tcp;
            (6, PROTOCOL_TCP, _): parse_quoted_l4;
            (6, PROTOCOL_UDP, _): parse_quoted_l4;
            (6, PROTOCOL_SCTP, _): parse_quoted_l4;
            (6, PROTOCOL_ICMPV6, _): parse_quoted_l4;
            default: accept;
        }
    }

    state parse_icmpv6_query {
        packet.extract(hdr.icmp);
        transition select(hdr.icmp.type) {
            ICMPV6_ECHO_REQUEST: parse_echo_request;
            ICMPV6_ECHO_REPLY: parse_echo_reply;
            ICMPV6_NEIGHBOR_SOLICITATION: parse_neighbor;
            ICMPV6_NEIGHBOR_ADVERTISEMENT: parse_neighbor;
            default: accept;
        }
    }

    state parse_neighbor {
        packet.extract(hdr.neighbor);
        transition accept;
    }

    state parse_echo_request {
        meta.l4.source_port = hdr.icmp.identifier;
        transition accept;
    }

    state parse_echo_reply {
        meta.l4.destination_port = hdr.icmp.identifier;
        transition accept;
    }
}
