/*
 * What ends on the node's links: tunnels, and questions for our addresses.
 */

/* Section 3: "On receiving a response from a tunnel port, the outer tunnel header is removed." */
control TunnelTermination(inout headers_t hdr, out bool is_ours) {
    action terminate() {
        hdr.outer_ethernet.setInvalid();
        hdr.outer_ipv4.setInvalid();
        hdr.outer_ipv6.setInvalid();
        hdr.outer_udp.setInvalid();
        hdr.vxlan.setInvalid();
        is_ours = true;
    }

    action not_ours() {
        is_ours = false;
    }

    /* Our tunnel end points. */
    table tunnel_endpoints {
        key = {
            hdr.outer_ipv4.destination: exact @name("vtep");
            hdr.vxlan.vni: exact @name("vni");
        }
        actions = { terminate; @defaultonly not_ours; }
        const default_action = not_ours;
        size = 64;
    }

    table tunnel_endpoints_ipv6 {
        key = {
            hdr.outer_ipv6.destination: exact @name("vtep");
            hdr.vxlan.vni: exact @name("vni");
        }
        actions = { terminate; @defaultonly not_ours; }
        const default_action = not_ours;
        size = 64;
    }

    apply {
        if (hdr.outer_ipv4.isValid()) {
            tunnel_endpoints.apply();
        } else {
            tunnel_endpoints_ipv6.apply();
        }
    }
}

/* Answers for the gateway that pods have, for the node's tunnel end point, and for whatever else the control plane names. */
control Arp(inout headers_t hdr, in PortId_t input_port, out bool is_answered) {
    action arp_reply(mac_t mac) {
        hdr.ethernet.destination = hdr.ethernet.source;
        hdr.ethernet.source = mac;
        hdr.arp.operation = ARP_REPLY;
        hdr.arp.target_hardware = hdr.arp.sender_hardware;
        hdr.arp.sender_hardware = mac;
        ipv4_addr_t asked = hdr.arp.target_protocol;
        hdr.arp.target_protocol = hdr.arp.sender_protocol;
        hdr.arp.sender_protocol = asked;
        send_to_port(input_port);
        is_answered = true;
    }

    action not_answered() {
        is_answered = false;
    }

    table arp_responder {
        key = {
            hdr.arp.operation: exact @name("operation");
            hdr.arp.target_protocol: exact @name("address");
        }
        actions = { arp_reply; @defaultonly not_answered; }
        const default_action = not_answered;
        size = 4096;
    }

    apply {
        arp_responder.apply();
    }
}

/*
 * The same for IPv6: RFC 4861. Answers are for the gateway, which is a router, and for addresses that are reached through us. A node that asks whether
 * an address is taken before it uses it (RFC 4862 section 5.4) has no address yet and is told so in front of all, unless the address is its own.
 */
control NeighborDiscovery(inout headers_t hdr, in PortId_t input_port, out bool is_answered) {
    InternetChecksum() checksum;

    action advertise(mac_t mac) {
        ipv6_addr_t asking = hdr.ipv6.source;
        bit<32> flags = 0xe0000000;     // router, solicited, override
        hdr.ethernet.destination = hdr.ethernet.source;
        if (asking == 0) {
            asking = 0xff020000000000000000000000000001;
            flags = 0xa0000000;
            hdr.ethernet.destination = 0x333300000001;
        }
        hdr.ethernet.source = mac;
        hdr.ipv6.payload_length = 32;
        hdr.ipv6.source = hdr.neighbor.target;
        hdr.ipv6.destination = asking;
        hdr.icmp.type = ICMPV6_NEIGHBOR_ADVERTISEMENT;
        hdr.icmp.identifier = flags[31:16];
        hdr.icmp.sequence_number = flags[15:0];
        hdr.neighbor_option.setValid();
        hdr.neighbor_option.type = ND_TARGET_ADDRESS;
        hdr.neighbor_option.length = 1;
        hdr.neighbor_option.address = mac;
        cut_payload(0);
        checksum.clear();
        checksum.add({ hdr.ipv6.source, hdr.ipv6.destination, hdr.ipv6.payload_length, 8w0, PROTOCOL_ICMPV6 });
        checksum.add({ hdr.icmp.type, hdr.icmp.code, flags, hdr.neighbor.target });
        checksum.add({ hdr.neighbor_option.type, hdr.neighbor_option.length, hdr.neighbor_option.address });
        hdr.icmp.checksum = checksum.get();
        send_to_port(input_port);
        is_answered = true;
    }

    /* For an address that is behind port `home`: who lives there asks only whether somebody else has it. */
    action advertise_for(mac_t mac, PortId_t home) {
        if (input_port == home) {
            drop_packet();
            is_answered = true;
        } else {
            advertise(mac);
        }
    }

    action not_answered() {
        is_answered = false;
    }

    table neighbor_responder {
        key = {
            hdr.icmp.type: exact @name("type");
            hdr.neighbor.target: exact @name("address");
        }
        actions = { advertise; advertise_for; @defaultonly not_answered; }
        const default_action = not_answered;
        size = 4096;
    }

    apply {
        neighbor_responder.apply();
    }
}
