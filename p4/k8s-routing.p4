/*
 * Section 3: "The packet is forwarded to the destination pod on the same node or a remote node depending on the forwarding or routing rules
 * defined. In case of remote node, the tunnel header is added".
 */
control FAMILY(Routing)(inout headers_t hdr, in FAMILY(flow_t) flow, inout limiters_t limiters, out bool is_routed,
                        out bool is_too_big, out bit<16> mtu) {
    Hash<bit<16>>(PNA_HashAlgorithm_t.TARGET_DEFAULT) flow_hash;
    InternetChecksum() outer_checksum;
    /* MTU of each port; 0: any size. */
    Register<bit<16>, bit<32>>(2048) FAMILY(mtus);

    /* Also an entry: addresses that must not follow a wider route, such as a service's, when no service takes the packet. */
    action no_route() {
        is_routed = false;
    }

    /* A train of segments is as big as the longest of them. */
    action check_size(PortId_t port, bit<16> overhead) {
        if (IP_BYTES > SMALLEST_MTU) {
            bit<16> limit = FAMILY(mtus).read((bit<32>)(PortIdUint_t)port & 2047);
            mtu = limit - overhead;
            if (limit != 0 && IP_BYTES > mtu) {
                is_too_big = segment_length() - (packet_length() - (bit<32>)IP_BYTES) > (bit<32>)mtu;
            }
        }
    }

    action forward(PortId_t port, mac_t source_mac, mac_t destination_mac) {
        hdr.ethernet.source = source_mac;
        hdr.ethernet.destination = destination_mac;
        send_to_port(port);
        is_routed = true;
    }

    action untagged(PortId_t port, mac_t source_mac, mac_t destination_mac) {
        if (hdr.vlan.isValid()) {
            hdr.ethernet.ether_type = hdr.vlan.ether_type;
            hdr.vlan.setInvalid();
        }
        forward(port, source_mac, destination_mac);
    }

    /* A pod on this node; or, for the last hop, a neighbour on the network. */
    action to_port(PortId_t port, mac_t source_mac, mac_t destination_mac) {
        check_size(port, 0);
        untagged(port, source_mac, destination_mac);
    }

    /* A pod on this node whose rate is limited. */
    action to_limited_port(PortId_t port, mac_t source_mac, mac_t destination_mac, bit<16> limiter) {
        limiters.to_pod = limiter;
        to_port(port, source_mac, destination_mac);
    }

    /* The network behind an 802.1Q tag. */
    action to_vlan(PortId_t port, mac_t source_mac, mac_t destination_mac, bit<12> vlan) {
        check_size(port, 0);
        if (!hdr.vlan.isValid()) {
            hdr.vlan.setValid();
            hdr.vlan.ether_type = hdr.ethernet.ether_type;
            hdr.ethernet.ether_type = ETHERTYPE_VLAN;
        }
        hdr.vlan.id = vlan;
        forward(port, source_mac, destination_mac);
    }

    /* RFC 7348; the source port spreads flows over the paths between the nodes. */
    action encapsulate(mac_t source_mac, mac_t destination_mac, bit<16> ether_type, bit<24> vni) {
        hdr.outer_ethernet.setValid();
        hdr.outer_ethernet.destination = destination_mac;
        hdr.outer_ethernet.source = source_mac;
        hdr.outer_ethernet.ether_type = ether_type;
        hdr.outer_udp.setValid();
        hdr.outer_udp.source_port = 0xc000 | (flow_hash.get_hash({ flow.source, flow.destination, flow.protocol, flow.source_port, flow.destination_port }) & 0x3fff);
        hdr.outer_udp.destination_port = VXLAN_PORT;
        hdr.outer_udp.length = IP_BYTES + 30;
        hdr.outer_udp.checksum = 0;
        hdr.vxlan.setValid();
        hdr.vxlan.flags = VXLAN_FLAG_VNI;
        hdr.vxlan.vni = vni;
    }

    /* A pod on another node. */
    action to_node(PortId_t port, mac_t source_mac, mac_t destination_mac, ipv4_addr_t local_vtep, ipv4_addr_t remote_vtep,
                   bit<24> vni, mac_t local_vtep_mac, mac_t remote_vtep_mac) {
        check_size(port, 50);
        untagged(port, local_vtep_mac, remote_vtep_mac);
        encapsulate(source_mac, destination_mac, ETHERTYPE_IPV4, vni);
        hdr.outer_ipv4.setValid();
        hdr.outer_ipv4.version = 4;
        hdr.outer_ipv4.ihl = 5;
        hdr.outer_ipv4.total_length = IP_BYTES + 50;
        hdr.outer_ipv4.ttl = 64;
        hdr.outer_ipv4.protocol = PROTOCOL_UDP;
        hdr.outer_ipv4.source = local_vtep;
        hdr.outer_ipv4.destination = remote_vtep;
        outer_checksum.clear();
        outer_checksum.add({ 16w0x4500, hdr.outer_ipv4.total_length, 8w64, PROTOCOL_UDP, local_vtep, remote_vtep });
        hdr.outer_ipv4.header_checksum = outer_checksum.get();
    }

    /*
     * UDP over IPv6 has a checksum, and Linux wants it. An L4 message with its checksum sums up to the complement of its pseudo header, so the sum of
     * everything is that of the headers (Linux calls it local checksum offload). What has no such checksum (fragments, other protocols, extension
     * headers) goes with 0, as RFC 6936 allows for tunnels.
     */
    action checksum_tunnel() {
        outer_checksum.clear();
        outer_checksum.add({ hdr.outer_ipv6.source, hdr.outer_ipv6.destination, 8w0, PROTOCOL_UDP, hdr.outer_udp.length });
        outer_checksum.add({ hdr.outer_udp.source_port, hdr.outer_udp.destination_port, hdr.outer_udp.length });
        outer_checksum.add({ hdr.vxlan.flags, hdr.vxlan.reserved, hdr.vxlan.vni, hdr.vxlan.reserved2 });
        outer_checksum.add({ hdr.ethernet.destination, hdr.ethernet.source, hdr.ethernet.ether_type });
#ifdef IPV4
        bool is_known = !IS_FIRST_FRAGMENT && !IS_LATER_FRAGMENT;
        if (hdr.icmp_error.isValid()) {
            // What stands behind belongs to its checksum
        } else if (hdr.tcp.isValid() || hdr.udp.isValid()) {
            bit<16> l4_bytes = hdr.ipv4.total_length - ((bit<16>)hdr.ipv4.ihl << 2);
            outer_checksum.subtract({ hdr.ipv4.source, hdr.ipv4.destination, 8w0, hdr.ipv4.protocol, l4_bytes });
        } else if (!hdr.icmp.isValid()) {
            is_known = false;
        }
#else
        outer_checksum.add({ hdr.ipv6.version, hdr.ipv6.traffic_class, hdr.ipv6.flow_label, hdr.ipv6.next_header, hdr.ipv6.hop_limit });
        outer_checksum.subtract({ 8w0, hdr.ipv6.next_header });
        bool is_known = hdr.ipv6.next_header == PROTOCOL_TCP || hdr.ipv6.next_header == PROTOCOL_UDP || hdr.ipv6.next_header == PROTOCOL_ICMPV6;
#endif
        if (is_known && (hdr.icmp_error.isValid() || !hdr.udp.isValid() || hdr.udp.checksum != 0)) {
            hdr.outer_udp.checksum = outer_checksum.get();
            if (hdr.outer_udp.checksum == 0) {
                hdr.outer_udp.checksum = 0xffff;
            }
        }
    }

    /* The same where the nodes have IPv6 between them. */
    action to_node_ipv6(PortId_t port, mac_t source_mac, mac_t destination_mac, ipv6_addr_t local_vtep, ipv6_addr_t remote_vtep,
                        bit<24> vni, mac_t local_vtep_mac, mac_t remote_vtep_mac) {
        check_size(port, 70);
        untagged(port, local_vtep_mac, remote_vtep_mac);
        encapsulate(source_mac, destination_mac, ETHERTYPE_IPV6, vni);
        hdr.outer_ipv6.setValid();
        hdr.outer_ipv6.version = 6;
        hdr.outer_ipv6.payload_length = IP_BYTES + 30;
        hdr.outer_ipv6.next_header = PROTOCOL_UDP;
        hdr.outer_ipv6.hop_limit = 64;
        hdr.outer_ipv6.source = local_vtep;
        hdr.outer_ipv6.destination = remote_vtep;
        checksum_tunnel();
    }

    table FAMILY(routes) {
        key = { hdr.IP.destination: lpm @name("destination"); }
        actions = { to_port; to_limited_port; to_vlan; to_node; to_node_ipv6; no_route; }
        const default_action = no_route;
        size = 16384;
    }

    apply {
        is_too_big = false;
        mtu = 0;
        FAMILY(routes).apply();
    }
}
