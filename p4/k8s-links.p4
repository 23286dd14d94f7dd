/*
 * What ends on the node's links: tunnels, and questions for our addresses.
 */

/* Section 3: "On receiving a response from a tunnel port, the outer tunnel header is removed." */
control TunnelTermination(inout headers_t hdr, out bool is_ours) {
    action terminate() {
        hdr.outer_ethernet.setInvalid();
        hdr.outer_ipv4.setInvalid();
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

    apply {
        tunnel_endpoints.apply();
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
