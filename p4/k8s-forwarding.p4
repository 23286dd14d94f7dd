/*
 * From an IP packet to the port that it leaves through: the main path of the pipeline, stage by stage. First what makes it one of a flow.
 */
control FAMILY(Tracking)(inout headers_t hdr, in l4_t l4, in PortId_t input_port, inout FAMILY(flow_t) flow, out outcome_t outcome,
                         out bool is_untracked, out limiters_t limiters) {
    FAMILY(FlowCache)() flow_cache;
    FAMILY(ServiceLoadBalancer)() service_load_balancer;
    FAMILY(NetworkPolicy)() network_policy;
    FAMILY(FragmentCache)() fragment_cache;
    FAMILY(AddressTranslation)() address_translation;
    FAMILY(QuotedTranslation)() quoted_translation;

    InternetChecksum() ip_checksum;
    Random<bit<16>>(0, 0xffff) random;

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

    /* An echo has its identifier on the side that asks: the quoted one goes the other way. */
    action quoted_echo() {
        flow.source_port = 0;
        flow.destination_port = 0;
        if (hdr.quoted_l4.source_port[15:8] == ECHO_REQUEST) {
            flow.destination_port = hdr.quoted_l4.word2;
        } else if (hdr.quoted_l4.source_port[15:8] == ECHO_REPLY) {
            flow.source_port = hdr.quoted_l4.word2;
        }
    }

    apply {
        bool is_hit = false;
        bool is_learned = false;
        outcome = outcome_t.FORWARDED;
        is_untracked = false;
        limiters = { 0, 0 };

        if (STAYS_ON_LINK) @unlikely {
            outcome = outcome_t.NOT_UNICAST;
            return;
        }
        if (TTL <= 1) @unlikely {
            outcome = outcome_t.TTL_EXPIRED;
            return;
        }

        // Every packet, not only a flow's first: a pod must not speak in another one's flow either
        if (!is_net_port(input_port)) {
            if (!FAMILY(pod_sources).apply().hit) {
                FAMILY(pod_ports).apply();
            }
        }
        if (outcome != outcome_t.FORWARDED) @unlikely {
            return;
        }

        flow.source = hdr.IP.source;
        flow.destination = hdr.IP.destination;
        flow.protocol = PROTOCOL;
        flow.source_port = l4.source_port;
        flow.destination_port = l4.destination_port;
        flow.tcp_flags = l4.tcp_flags;

        if (IS_LATER_FRAGMENT) @unlikely {
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
            if (!is_hit && hdr.icmp_error.isValid()) {
                // An error is no flow: it belongs to the one whose packet it quotes. That one's timer does not notice
                if (hdr.quoted_l4.isValid()) {
                    flow.source = hdr.QUOTED.destination;
                    flow.destination = hdr.QUOTED.source;
                    flow.protocol = hdr.QUOTED_PROTOCOL;
                    flow.source_port = hdr.quoted_l4.destination_port;
                    flow.destination_port = hdr.quoted_l4.source_port;
                    if (hdr.QUOTED_PROTOCOL == PROTOCOL) {
                        quoted_echo();
                    }
                    flow.use = flow_use_t.PEEK;
                    flow_cache.apply(flow, is_hit, is_learned);
                }
                if (!is_hit) {
                    network_policy.apply(hdr.IP.source, hdr.IP.destination, PROTOCOL, 0, outcome);
                } else if (flow.translation == translation_t.DENIED) {
                    outcome = outcome_t.DENIED_FLOW;
                } else if (flow.translation != translation_t.NONE) {
                    quoted_translation.apply(hdr, flow);
                    flow.translation = translation_t.NONE;
                }
                if (outcome != outcome_t.FORWARDED) {
                    return;
                }
            } else if (!is_hit) {
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
            } else if (flow.tells_peer) @unlikely {
                FAMILY(flow_t) forward = flow;
                turn_round();
                flow.use = flow_use_t.FOLLOW;
                flow_cache.apply(flow, is_hit, is_learned);
                flow = forward;
            }

            // Rewrite in place
            if (flow.translation != translation_t.NONE) {
                if (flow.translation == translation_t.DENIED) @unlikely {
                    outcome = outcome_t.DENIED_FLOW;
                    return;
                }
                address_translation.apply(hdr, flow);
            }
            if (IS_FIRST_FRAGMENT) @unlikely {
                ADDRESS unused_source = 0;
                ADDRESS unused_destination = 0;
                bool is_known = false;
                fragment_cache.apply(flow, IDENTIFICATION, true, hdr.IP.source, hdr.IP.destination, unused_source, unused_destination, is_known);
            }
        }
    }
}

/* The whole way of a packet, and of the answer to one that cannot go on. */
control FAMILY(Forwarding)(inout headers_t hdr, in l4_t l4, in PortId_t input_port, out outcome_t outcome, out bool is_untracked,
                           out limiters_t limiters, out bool is_answered) {
    FAMILY(Tracking)() tracking;
    FAMILY(AddressTranslation)() back_translation;
    FAMILY(Routing)() routing;
    FAMILY(Errors)() errors;
    FAMILY(Refusals)() refusals;

    InternetChecksum() ip_checksum;

    FAMILY(flow_t) flow;

    action decrement_ttl() {
        TTL = TTL - 1;
#ifdef IPV4
        ip_checksum.clear();
        ip_checksum.subtract({ hdr.IP.header_checksum, 16w0x0100 });    // the upper half of a word
        hdr.IP.header_checksum = ip_checksum.get();
#endif
    }

    /* What the packet was before it was translated. */
    action turn_back() {
        bool is_source = flow.translation == translation_t.SOURCE || flow.translation == translation_t.BOTH;
        bool is_destination = flow.translation == translation_t.DESTINATION || flow.translation == translation_t.BOTH;
        ADDRESS source = flow.source;
        bit<16> source_port = flow.source_port;
        ADDRESS destination = flow.destination;
        bit<16> destination_port = flow.destination_port;
        if (is_source) {
            flow.source_port = flow.new_source_port;
        }
        if (is_destination) {
            flow.destination_port = flow.new_destination_port;
        }
        flow.new_source = source;
        flow.new_source_port = source_port;
        flow.new_destination = destination;
        flow.new_destination_port = destination_port;
        flow.translation = translation_t.BOTH;
    }

    action restore_ttl() {
        bit<8> ttl = TTL + 1;
#ifdef IPV4
        ip_checksum.clear();
        ip_checksum.subtract({ hdr.IP.header_checksum, hdr.IP.ttl, hdr.IP.protocol });
        ip_checksum.add({ ttl, hdr.IP.protocol });
        hdr.IP.header_checksum = ip_checksum.get();
#endif
        TTL = ttl;
    }

    action drop_tunnel() {
        hdr.outer_ethernet.setInvalid();
        hdr.outer_ipv4.setInvalid();
        hdr.outer_ipv6.setInvalid();
        hdr.outer_udp.setInvalid();
        hdr.vxlan.setInvalid();
    }

    apply {
        bool is_routed = false;
        bool is_too_big = false;
        bit<16> mtu = 0;
        is_answered = false;
        tracking.apply(hdr, l4, input_port, flow, outcome, is_untracked, limiters);
        if (outcome == outcome_t.FORWARDED) @likely {
            decrement_ttl();
            routing.apply(hdr, flow, limiters, is_routed, is_too_big, mtu);
            if (is_routed && !is_too_big) @likely {
                return;
            }
            outcome = is_routed ? outcome_t.TOO_BIG : outcome_t.NO_ROUTE;
            drop_tunnel();
            restore_ttl();
            if (flow.translation != translation_t.NONE) {
                turn_back();
                back_translation.apply(hdr, flow);
            }
        } else {
            refusals.apply(hdr, l4, flow.translation, outcome);
        }
        limiters = { 0, 0 };
        errors.apply(hdr, l4, input_port, outcome, mtu, is_answered);
        if (is_answered) {
            routing.apply(hdr, flow, limiters, is_routed, is_too_big, mtu);
            is_answered = is_routed && !is_too_big;
        }
    }
}
