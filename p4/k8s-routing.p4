/*
 * Section 3: "The packet is forwarded to the destination pod on the same node or a remote node depending on the forwarding or routing rules
 * defined. In case of remote node, the tunnel header is added".
 */
control FAMILY(Routing)(inout headers_t hdr, in FAMILY(flow_t) flow, inout limiters_t limiters, out bool is_routed) {
    Hash<bit<16>>(PNA_HashAlgorithm_t.TARGET_DEFAULT) flow_hash;
    InternetChecksum() outer_checksum;

    /* Also an entry: addresses that must not follow a wider route, such as a service's, when no service takes the packet. */
    action no_route() {
        is_routed = false;
    }

    action forward(PortId_t port, mac_t source_mac, mac_t destination_mac) {
        hdr.ethernet.source = source_mac;
        hdr.ethernet.destination = destination_mac;
        send_to_port(port);
        is_routed = true;
    }

    /* A pod on this node; or, for the last hop, a neighbour on the network. */
    action to_port(PortId_t port, mac_t source_mac, mac_t destination_mac) {
        if (hdr.vlan.isValid()) {
            hdr.ethernet.ether_type = hdr.vlan.ether_type;
            hdr.vlan.setInvalid();
        }
        forward(port, source_mac, destination_mac);
    }

    /* A pod on this node whose rate is limited. */
    action to_limited_port(PortId_t port, mac_t source_mac, mac_t destination_mac, bit<16> limiter) {
        limiters.to_pod = limiter;
        to_port(port, source_mac, destination_mac);
    }

    /* The network behind an 802.1Q tag. */
    action to_vlan(PortId_t port, mac_t source_mac, mac_t destination_mac, bit<12> vlan) {
        if (!hdr.vlan.isValid()) {
            hdr.vlan.setValid();
            hdr.vlan.ether_type = hdr.ethernet.ether_type;
            hdr.ethernet.ether_type = ETHERTYPE_VLAN;
        }
        hdr.vlan.id = vlan;
        forward(port, source_mac, destination_mac);
    }

    /* A pod on another node. RFC 7348; the source port spreads flows over the paths between the nodes. */
    action to_node(PortId_t port, mac_t source_mac, mac_t destination_mac, ipv4_addr_t local_vtep, ipv4_addr_t remote_vtep,
                   bit<24> vni, mac_t local_vtep_mac, mac_t remote_vtep_mac) {
        to_port(port, local_vtep_mac, remote_vtep_mac);
        hdr.outer_ethernet.setValid();
        hdr.outer_ethernet.destination = destination_mac;
        hdr.outer_ethernet.source = source_mac;
        hdr.outer_ethernet.ether_type = ETHERTYPE_IPV4;
        hdr.outer_ipv4.setValid();
        hdr.outer_ipv4.version = 4;
        hdr.outer_ipv4.ihl = 5;
        hdr.outer_ipv4.total_length = hdr.IP.total_length + 50;
        hdr.outer_ipv4.ttl = 64;
        hdr.outer_ipv4.protocol = PROTOCOL_UDP;
        hdr.outer_ipv4.source = local_vtep;
        hdr.outer_ipv4.destination = remote_vtep;
        outer_checksum.clear();
        outer_checksum.add({ 16w0x4500, hdr.outer_ipv4.total_length, 8w64, PROTOCOL_UDP, local_vtep, remote_vtep });
        hdr.outer_ipv4.header_checksum = outer_checksum.get();
        hdr.outer_udp.setValid();
        hdr.outer_udp.source_port = 0xc000 | (flow_hash.get_hash({ flow.source, flow.destination, flow.protocol, flow.source_port, flow.destination_port }) & 0x3fff);
        hdr.outer_udp.destination_port = VXLAN_PORT;
        hdr.outer_udp.length = hdr.IP.total_length + 30;
        hdr.outer_udp.checksum = 0;
        hdr.vxlan.setValid();
        hdr.vxlan.flags = VXLAN_FLAG_VNI;
        hdr.vxlan.vni = vni;
    }

    table FAMILY(routes) {
        key = { hdr.IP.destination: lpm @name("destination"); }
        actions = { to_port; to_limited_port; to_vlan; to_node; no_route; }
        const default_action = no_route;
        size = 16384;
    }

    apply {
        FAMILY(routes).apply();
    }
}
