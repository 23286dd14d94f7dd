/*
 * Section 3: "The IPU automatically adds a flow cache rule for the first packet, with an action to change the destination IP address to a
 * worker endpoint (DNAT)." ... "Flow table also does a reverse NAT to get back to the VIP address from endpoint IP address."
 *
 * A hit restarts the flow's timer: the timer alone would end a connection that is in use. The profile of an entry is its TCP state:
 * SYN -> established by any packet behind the handshake, FIN or RST -> closing, closing -> SYN by a new SYN. The other direction's entry follows
 * each change: the packet that ends the handshake, and RST, go one way only. It is also kept alive, a few times in its life, as long as this direction is
 * in use: while there is one entry of a flow there are both, and nobody else is given its ports.
 */
control FAMILY(FlowCache)(inout FAMILY(flow_t) flow, out bool is_hit, out bool is_learned) {
    DirectCounter<bit<64>>(PNA_CounterType_t.PACKETS_AND_BYTES) FAMILY(flow_counter);

    action age() {
        if (flow.use == flow_use_t.FOLLOW) {
            set_entry_expire_time(flow.state);
        } else if (flow.use == flow_use_t.FORWARD) {
            FAMILY(flow_counter).count();
            ExpireTimeProfileId_t old_state = get_entry_expire_time();
            flow.state = old_state;
            if (flow.tcp_flags & (TCP_FIN | TCP_RST) != 0) {
                flow.state = AGE_TCP_CLOSING;
            } else if (flow.tcp_flags & (TCP_SYN | TCP_ACK) == TCP_SYN) {
                flow.state = AGE_TCP_SYN;
            } else if (old_state == AGE_TCP_SYN && flow.tcp_flags & TCP_SYN == 0) {
                flow.state = AGE_TCP_ESTABLISHED;
            }
            flow.tells_peer = flow.state != old_state || flow.tcp_flags & (TCP_FIN | TCP_RST) != 0 || is_first_hit_of_period();
            if (flow.state == old_state) {
                restart_expire_timer();
            } else @unlikely {
                set_entry_expire_time(flow.state);
            }
        }
    }

    action pass_unchanged() {
        flow.is_reply = false;
        flow.translation = translation_t.NONE;
        age();
    }

    /* The same for the answers: whoever looks at the cache can tell who began the flow. */
    action pass_reply() {
        flow.is_reply = true;
        flow.translation = translation_t.NONE;
        age();
    }

    action translate_destination(ADDRESS address, bit<16> port) {
        flow.is_reply = false;
        flow.translation = translation_t.DESTINATION;
        flow.new_destination = address;
        flow.new_destination_port = port;
        age();
    }

    action translate_source(ADDRESS address, bit<16> port) {
        flow.is_reply = true;
        flow.translation = translation_t.SOURCE;
        flow.new_source = address;
        flow.new_source_port = port;
        age();
    }

    action translate(ADDRESS source, bit<16> source_port, ADDRESS destination, bit<16> destination_port) {
        flow.translation = translation_t.BOTH;
        flow.new_source = source;
        flow.new_source_port = source_port;
        flow.new_destination = destination;
        flow.new_destination_port = destination_port;
        age();
    }

    /* Of a flow that leaves with another source, too. */
    action translate_both(ADDRESS source, bit<16> source_port, ADDRESS destination, bit<16> destination_port) {
        flow.is_reply = false;
        translate(source, source_port, destination, destination_port);
    }

    action translate_both_reply(ADDRESS source, bit<16> source_port, ADDRESS destination, bit<16> destination_port) {
        flow.is_reply = true;
        translate(source, source_port, destination, destination_port);
    }

    /*
     * A policy withdrew the flow: the control plane puts one of these in place of what the entry did, and puts that back if the flow is allowed again.
     * The timer runs out however often somebody sends.
     */
    action deny() {
        flow.translation = translation_t.DENIED;
        flow.tells_peer = false;
    }

    action deny_unchanged() {
        deny();
    }

    action deny_reply() {
        deny();
    }

    action deny_destination(ADDRESS address, bit<16> port) {
        deny();
    }

    action deny_source(ADDRESS address, bit<16> port) {
        deny();
    }

    action deny_both(ADDRESS source, bit<16> source_port, ADDRESS destination, bit<16> destination_port) {
        deny();
    }

    action deny_both_reply(ADDRESS source, bit<16> source_port, ADDRESS destination, bit<16> destination_port) {
        deny();
    }

    action learn() {
        is_learned = false;
        // An entry that had to make room for others comes back with the next packet of its other direction
        bool is_back = flow.use == flow_use_t.FOLLOW;
        bool is_reply = flow.use == flow_use_t.LEARN_REPLY || (is_back && !flow.is_reply);
        if (flow.use != flow_use_t.FORWARD && flow.use != flow_use_t.PEEK) {
            ExpireTimeProfileId_t profile = AGE_OTHER;
            if (is_back) {
                profile = flow.state;
            } else if (flow.protocol == PROTOCOL_TCP) {
                if (flow.tcp_flags & (TCP_FIN | TCP_RST) != 0) {
                    profile = AGE_TCP_CLOSING;
                } else if (flow.tcp_flags & TCP_SYN != 0) {
                    profile = AGE_TCP_SYN;
                } else {
                    profile = AGE_TCP_ESTABLISHED;
                }
            } else if (flow.protocol == PROTOCOL_UDP) {
                profile = AGE_UDP;
            } else if (flow.protocol == PROTOCOL_ICMP || flow.protocol == PROTOCOL_ICMPV6) {
                profile = AGE_ICMP;
            }
            AddEntryErrorStatus_t status = ADD_ENTRY_NOT_DONE;
            if (flow.translation == translation_t.DESTINATION) {
                status = add_entry("translate_destination", { flow.new_destination, flow.new_destination_port }, profile);
            } else if (flow.translation == translation_t.SOURCE) {
                status = add_entry("translate_source", { flow.new_source, flow.new_source_port }, profile);
            } else if (flow.translation == translation_t.BOTH && is_reply) {
                status = add_entry("translate_both_reply",
                    { flow.new_source, flow.new_source_port, flow.new_destination, flow.new_destination_port }, profile);
            } else if (flow.translation == translation_t.BOTH) {
                status = add_entry("translate_both",
                    { flow.new_source, flow.new_source_port, flow.new_destination, flow.new_destination_port }, profile);
            } else if (is_reply) {
                status = add_entry("pass_reply", {}, profile);
            } else {
                status = add_entry("pass_unchanged", {}, profile);
            }
            is_learned = status == ADD_ENTRY_SUCCESS;
        }
    }

    @softipu_when_full("evict")
    table FAMILY(flows) {
        key = {
            flow.source: exact @name("source");
            flow.destination: exact @name("destination");
            flow.source_port: exact @name("source_port");
            flow.destination_port: exact @name("destination_port");
            flow.protocol: exact @name("protocol");
        }
        actions = {
            @tableonly pass_unchanged;
            @tableonly pass_reply;
            @tableonly translate_destination;
            @tableonly translate_source;
            @tableonly translate_both;
            @tableonly translate_both_reply;
            @tableonly deny_unchanged;
            @tableonly deny_reply;
            @tableonly deny_destination;
            @tableonly deny_source;
            @tableonly deny_both;
            @tableonly deny_both_reply;
            @defaultonly learn;
        }
        const default_action = learn;
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
        pna_direct_counter = FAMILY(flow_counter);
        size = FAMILY_FLOWS;
    }

    apply {
        is_learned = false;
        is_hit = FAMILY(flows).apply().hit;
    }
}
