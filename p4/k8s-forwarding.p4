/*
 * From an IP packet to the port that it leaves through: the main path of the pipeline, stage by stage.
 */
control FAMILY(Forwarding)(inout headers_t hdr, in l4_t l4, in PortId_t input_port, out outcome_t outcome, out bool is_untracked,
                             out limiters_t limiters) {
    FAMILY(FlowCache)() flow_cache;
    FAMILY(ServiceLoadBalancer)() service_load_balancer;
    FAMILY(NetworkPolicy)() network_policy;
    FAMILY(FragmentCache)() fragment_cache;
    FAMILY(AddressTranslation)() address_translation;
    FAMILY(Routing)() routing;

    InternetChecksum() ip_checksum;
    Random<bit<16>>(0, 0xffff) random;

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

    action decrement_ttl() {
        bit<8> ttl = TTL - 1;
#ifdef IPV4
        ip_checksum.clear();
        ip_checksum.subtract({ hdr.IP.header_checksum, hdr.IP.ttl, hdr.IP.protocol });
        ip_checksum.add({ ttl, hdr.IP.protocol });
        hdr.IP.header_checksum = ip_checksum.get();
#endif
        TTL = ttl;
    }

    /*
     * The flow's other direction: the addresses that its packets come in with, which are what the far side sees of ours, and the way back. Done
     * twice, it is this direction again.
     */
    action turn_round() {
        ADDRESS source = flow.destination;
        bit<16> source_port = flow.destination_port;
        ADDRESS destination = flow.source;
        bit<16> destination_port = flow.source_port;
        translation_t translation = flow.translation;
        if (translation == translation_t.DESTINATION) {
            source = flow.new_destination;
            source_port = flow.new_destination_port;
            flow.translation = translation_t.SOURCE;
        } else if (translation == translation_t.SOURCE) {
            destination = flow.new_source;
            destination_port = flow.new_source_port;
            flow.translation = translation_t.DESTINATION;
        } else if (translation == translation_t.BOTH) {
            source = flow.new_destination;
            source_port = flow.new_destination_port;
            destination = flow.new_source;
            destination_port = flow.new_source_port;
        }
        flow.new_source = flow.destination;
        flow.new_source_port = flow.destination_port;
        flow.new_destination = flow.source;
        flow.new_destination_port = flow.source_port;
        flow.source = source;
        flow.source_port = source_port;
        flow.destination = destination;
        flow.destination_port = destination_port;
    }

    /* The next of the ports that a flow may leave from. Steps of the golden ratio meet few ports twice, however few there are. */
    action choose_port(inout bit<16> number) {
        flow.new_source_port = flow.first_port + (bit<16>)(((bit<32>)number * (bit<32>)flow.ports) >> 16);
        number = number + 0x9e37;
    }

    apply {
        bool is_hit = false;
        bool is_learned = false;
        outcome = outcome_t.FORWARDED;
        is_untracked = false;
        limiters = { 0, 0 };

        if (STAYS_ON_LINK) {
            outcome = outcome_t.NOT_UNICAST;
            return;
        }
        if (TTL <= 1) {
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
        flow.protocol = PROTOCOL;
        flow.source_port = l4.source_port;
        flow.destination_port = l4.destination_port;
        flow.tcp_flags = l4.tcp_flags;

        if (IS_LATER_FRAGMENT) {
            ADDRESS source = 0;
            ADDRESS destination = 0;
            bool is_known = false;
            fragment_cache.apply(flow, IDENTIFICATION, false, 0, 0, source, destination, is_known);
            if (!is_known) {
                outcome = outcome_t.FRAGMENT_UNKNOWN;
                return;
            }
#ifdef IPV4
            ip_checksum.clear();
            ip_checksum.subtract({ hdr.IP.header_checksum, hdr.IP.source, hdr.IP.destination });
            ip_checksum.add({ source, destination });
            hdr.IP.header_checksum = ip_checksum.get();
#endif
            hdr.IP.source = source;
            hdr.IP.destination = destination;
        } else {
            // Flow cache
            flow.use = flow_use_t.FORWARD;
            flow_cache.apply(flow, is_hit, is_learned);
            if (!is_hit) {
                // Service
                flow.translation = translation_t.NONE;
                service_load_balancer.apply(flow, l4.has_ports, outcome);
                if (outcome != outcome_t.FORWARDED) {
                    return;
                }

                // Policy
                ADDRESS destination = hdr.IP.destination;
                bit<16> destination_port = flow.destination_port;
                if (flow.translation != translation_t.NONE) {
                    destination = flow.new_destination;
                    destination_port = flow.new_destination_port;
                }
                network_policy.apply(hdr.IP.source, destination, flow.protocol, destination_port, outcome);
                if (outcome != outcome_t.FORWARDED) {
                    return;
                }

                // Learn: first the reverse entry. If another flow has it, this one takes another port; a masqueraded one always does
                FAMILY(flow_t) wanted = flow;
                bool is_settled = false;
                bit<16> number = random.read();
                for (bit<8> attempt in 0 .. MASQUERADE_ATTEMPTS) {
                    flow = wanted;
                    if (flow.translation == translation_t.BOTH) {
                        choose_port(number);
                    }
                    turn_round();
                    FAMILY(flow_t) reverse = flow;
                    flow.use = flow_use_t.LEARN_REPLY;
                    flow_cache.apply(flow, is_hit, is_learned);
                    bool is_ours = is_hit && flow.translation == reverse.translation;
                    if (reverse.translation == translation_t.SOURCE || reverse.translation == translation_t.BOTH) {
                        is_ours = is_ours && flow.new_source == reverse.new_source && flow.new_source_port == reverse.new_source_port;
                    }
                    if (reverse.translation == translation_t.DESTINATION || reverse.translation == translation_t.BOTH) {
                        is_ours = is_ours && flow.new_destination == reverse.new_destination
                            && flow.new_destination_port == reverse.new_destination_port;
                    }
                    flow = reverse;
                    if (is_learned || is_ours) {
                        is_settled = true;
                        break;
                    }
                    if (!is_hit) {
                        // No room: a flow that keeps its port can do without
                        is_settled = wanted.translation != translation_t.BOTH;
                        break;
                    }
                    if (!l4.has_ports) {
                        break;
                    }
                    if (wanted.translation != translation_t.BOTH) {
                        wanted.new_source = wanted.source;
                        wanted.first_port = FIRST_MASQUERADE_PORT;
                        wanted.ports = 0xffff - FIRST_MASQUERADE_PORT + 1;
                        if (wanted.translation == translation_t.NONE) {
                            wanted.new_destination = wanted.destination;
                            wanted.new_destination_port = wanted.destination_port;
                        }
                        wanted.translation = translation_t.BOTH;
                    }
                }
                if (!is_settled) {
                    outcome = l4.has_ports ? outcome_t.NO_MASQUERADE_PORT : outcome_t.FLOW_CLASH;
                    return;
                }
                turn_round();
                flow.use = flow_use_t.LEARN;
                flow_cache.apply(flow, is_hit, is_learned);
                is_untracked = !is_learned && !is_hit;
            } else if (flow.tells_peer) {
                FAMILY(flow_t) forward = flow;
                turn_round();
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
                address_translation.apply(hdr, flow);
            }
            if (IS_FIRST_FRAGMENT) {
                ADDRESS unused_source = 0;
                ADDRESS unused_destination = 0;
                bool is_known = false;
                fragment_cache.apply(flow, IDENTIFICATION, true, hdr.IP.source, hdr.IP.destination, unused_source, unused_destination, is_known);
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
