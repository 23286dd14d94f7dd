/*
 * From an IP packet to the port that it leaves through: the main path of the pipeline, stage by stage.
 */
control FAMILY(Forwarding)(inout headers_t hdr, in l4_t l4, in PortId_t input_port, out outcome_t outcome, out bool is_untracked,
                             out limiters_t limiters) {
    FAMILY(FlowCache)() flow_cache;
    FAMILY(ServiceLoadBalancer)() service_load_balancer;
    FAMILY(NetworkPolicy)() network_policy;
    FAMILY(FragmentCache)() fragment_cache;
    FAMILY(Routing)() routing;

    InternetChecksum() ip_checksum;
    InternetChecksum() l4_checksum;

    FAMILY(flow_t) flow;

    action source_ok() {
    }

    action source_spoofed() {
        outcome = outcome_t.SPOOFED_SOURCE;
    }

    /* Of a pod that shares its port: the address goes with the pod's MAC address (0: with any). And of a pod whose rate is limited. */
    action check_source(mac_t mac, bit<16> limiter) {
        limiters.from_pod = limiter;
        if (mac != 0 && hdr.ethernet.source != mac) {
            source_spoofed();
        }
    }

    /* The addresses that pods may send with, by the port that they live behind. */
    table FAMILY(pod_sources) {
        key = {
            input_port: exact @name("port");
            hdr.IP.source: exact @name("address");
        }
        actions = { source_ok; check_source; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 8192;
    }

    /* The ports of pods: nothing else may come from there. Other ports are not checked. */
    table FAMILY(pod_ports) {
        key = { input_port: exact @name("port"); }
        actions = { source_spoofed; @defaultonly NoAction; }
        const default_action = NoAction;
        size = 2048;
    }

    /* Addresses, ports and checksums as the flow's entry says (RFC 1624; a UDP checksum of 0 means none and stays 0). */
    action rewrite() {
        ADDRESS old_address = hdr.IP.source;
        bit<16> old_port = flow.source_port;
        if (flow.translation == translation_t.DESTINATION) {
            old_address = hdr.IP.destination;
            old_port = flow.destination_port;
            hdr.IP.destination = flow.new_address;
            hdr.tcp.destination_port = flow.new_port;
            hdr.udp.destination_port = flow.new_port;
        } else {
            hdr.IP.source = flow.new_address;
            hdr.tcp.source_port = flow.new_port;
            hdr.udp.source_port = flow.new_port;
        }
        ip_checksum.clear();
        ip_checksum.subtract({ hdr.IP.header_checksum, old_address });
        ip_checksum.add(flow.new_address);
        hdr.IP.header_checksum = ip_checksum.get();
        if (hdr.tcp.isValid()) {
            l4_checksum.clear();
            l4_checksum.subtract({ hdr.tcp.checksum, old_address, old_port });
            l4_checksum.add({ flow.new_address, flow.new_port });
            hdr.tcp.checksum = l4_checksum.get();
        } else if (hdr.udp.isValid() && hdr.udp.checksum != 0) {
            l4_checksum.clear();
            l4_checksum.subtract({ hdr.udp.checksum, old_address, old_port });
            l4_checksum.add({ flow.new_address, flow.new_port });
            hdr.udp.checksum = l4_checksum.get();
            if (hdr.udp.checksum == 0) {
                hdr.udp.checksum = 0xffff;
            }
        }
    }

    action decrement_ttl() {
        bit<8> ttl = hdr.IP.ttl - 1;
        ip_checksum.clear();
        ip_checksum.subtract({ hdr.IP.header_checksum, hdr.IP.ttl, hdr.IP.protocol });
        ip_checksum.add({ ttl, hdr.IP.protocol });
        hdr.IP.header_checksum = ip_checksum.get();
        hdr.IP.ttl = ttl;
    }

    /* The key of the flow's other direction: what the translated packet would look like from the far side. */
    action reverse_key() {
        ADDRESS source = flow.source;
        bit<16> source_port = flow.source_port;
        ADDRESS destination = flow.destination;
        bit<16> destination_port = flow.destination_port;
        if (flow.translation == translation_t.DESTINATION) {
            destination = flow.new_address;
            destination_port = flow.new_port;
        } else if (flow.translation == translation_t.SOURCE) {
            source = flow.new_address;
            source_port = flow.new_port;
        }
        flow.source = destination;
        flow.source_port = destination_port;
        flow.destination = source;
        flow.destination_port = source_port;
    }

    apply {
        bool is_hit = false;
        bool is_learned = false;
        outcome = outcome_t.FORWARDED;
        is_untracked = false;
        limiters = { 0, 0 };

        if (hdr.IP.destination[31:28] == 0xe || hdr.IP.destination == 0xffffffff) {
            outcome = outcome_t.NOT_UNICAST;
            return;
        }
        if (hdr.IP.ttl <= 1) {
            outcome = outcome_t.TTL_EXPIRED;
            return;
        }

        // Every packet, not only a flow's first: a pod must not speak in another one's flow either
        if (!is_net_port(input_port)) {
            if (!FAMILY(pod_sources).apply().hit) {
                FAMILY(pod_ports).apply();
            }
            if (outcome != outcome_t.FORWARDED) {
                return;
            }
        }

        flow.source = hdr.IP.source;
        flow.destination = hdr.IP.destination;
        flow.protocol = hdr.IP.protocol;
        flow.source_port = l4.source_port;
        flow.destination_port = l4.destination_port;
        flow.tcp_flags = l4.tcp_flags;

        if (hdr.IP.fragment_offset != 0) {
            ADDRESS source = 0;
            ADDRESS destination = 0;
            bool is_known = false;
            fragment_cache.apply(flow, hdr.IP.identification, false, 0, 0, source, destination, is_known);
            if (!is_known) {
                outcome = outcome_t.FRAGMENT_UNKNOWN;
                return;
            }
            ip_checksum.clear();
            ip_checksum.subtract({ hdr.IP.header_checksum, hdr.IP.source, hdr.IP.destination });
            ip_checksum.add({ source, destination });
            hdr.IP.header_checksum = ip_checksum.get();
            hdr.IP.source = source;
            hdr.IP.destination = destination;
        } else {
            // Flow cache
            flow.use = flow_use_t.FORWARD;
            flow_cache.apply(flow, is_hit, is_learned);
            if (!is_hit) {
                // Service
                flow.translation = translation_t.NONE;
                if (l4.has_ports) {
                    bool has_endpoint = true;
                    service_load_balancer.apply(flow, has_endpoint);
                    if (!has_endpoint) {
                        outcome = outcome_t.NO_ENDPOINT;
                        return;
                    }
                }

                // Policy
                ADDRESS destination = hdr.IP.destination;
                bit<16> destination_port = flow.destination_port;
                if (flow.translation == translation_t.DESTINATION) {
                    destination = flow.new_address;
                    destination_port = flow.new_port;
                }
                network_policy.apply(hdr.IP.source, destination, flow.protocol, destination_port, outcome);
                if (outcome != outcome_t.FORWARDED) {
                    return;
                }

                // Learn: first the reverse entry, which may be taken, then this direction's
                FAMILY(flow_t) forward = flow;
                reverse_key();
                if (forward.translation == translation_t.DESTINATION) {
                    flow.translation = translation_t.SOURCE;
                    flow.new_address = forward.destination;
                    flow.new_port = forward.destination_port;
                }
                flow.use = flow_use_t.LEARN_REPLY;
                flow_cache.apply(flow, is_hit, is_learned);
                if (is_hit && flow.translation == translation_t.DENIED) {
                    outcome = outcome_t.DENIED_FLOW;
                    return;
                }
                bool is_clash = is_hit && (forward.translation == translation_t.DESTINATION) != (flow.translation == translation_t.SOURCE);
                if (is_hit && forward.translation == translation_t.DESTINATION
                    && (flow.new_address != forward.destination || flow.new_port != forward.destination_port)) {
                    is_clash = true;
                }
                if (is_clash) {
                    outcome = outcome_t.FLOW_CLASH;
                    return;
                }
                flow = forward;
                flow.use = flow_use_t.LEARN;
                flow_cache.apply(flow, is_hit, is_learned);
                is_untracked = !is_learned;
                flow.translation = forward.translation;
                flow.new_address = forward.new_address;
                flow.new_port = forward.new_port;
            } else if (flow.tells_peer) {
                FAMILY(flow_t) forward = flow;
                reverse_key();
                flow.use = flow_use_t.FOLLOW;
                flow_cache.apply(flow, is_hit, is_learned);
                flow = forward;
            }

            // Rewrite in place
            if (flow.translation != translation_t.NONE) {
                if (flow.translation == translation_t.DENIED) {
                    outcome = outcome_t.DENIED_FLOW;
                    return;
                }
                rewrite();
            }
            if (hdr.IP.more_fragments == 1) {
                ADDRESS unused_source = 0;
                ADDRESS unused_destination = 0;
                bool is_known = false;
                fragment_cache.apply(flow, hdr.IP.identification, true, hdr.IP.source, hdr.IP.destination, unused_source, unused_destination, is_known);
            }
        }

        // Routing
        decrement_ttl();
        bool is_routed = false;
        routing.apply(hdr, flow, limiters, is_routed);
        if (!is_routed) {
            outcome = outcome_t.NO_ROUTE;
        }
    }
}
