/*
 * Section 3: "This hash, along with exact match on VIP and destination port, determines the worker endpoint selection from the VIP's
 * endpoint pool." ... "The consistent hash also guarantees minimal disruption to existing connections when an endpoint leaves or joins the
 * pool."
 *
 * In two steps: a frontend is an address and port that a service answers at (its cluster IP, a node port, ...); it names the pool of endpoints, one for
 * clients of the cluster and one for clients outside, which differ if the service's traffic policy is Local. A pool is a Maglev table; the hash
 * is the same on every node. Asked for a flow's first packet only.
 */
control FAMILY(ServiceLoadBalancer)(inout FAMILY(flow_t) flow, in bool has_ports, inout outcome_t outcome) {
    @softipu_maglev_size(MAGLEV_SIZE)
    @softipu_maglev_slots(MAGLEV_SLOTS)
    @softipu_max_groups(SERVICES)
    ActionSelector(PNA_HashAlgorithm_t.TARGET_DEFAULT, ENDPOINTS, 32) FAMILY(endpoints);

    bit<32> chosen_pool = NO_POOL;
    bit<32> pool_for_outside = NO_POOL;
    bit<8>  masqueraded_sources = 0;
    bool    is_local = false;
    bit<16> range_list = 0;
    bit<8>  affinity_profile = 0;
    bit<8>  source_kind = SOURCE_OUTSIDE;

    /*
     * pool            for clients of the cluster and the node itself
     * outside_pool    for the rest; 0 is the pool that is empty
     * masquerade      kinds of sources (SOURCE_*) whose packets shall leave with the node's address
     * local           1: an empty pool means only that no endpoint is on this node
     * ranges          list of `source_ranges` that a client must be in; 0: none
     * affinity        expire-time profile of what sends a client back to its endpoint; 0: nothing does
     */
    action to_pool(bit<32> pool, bit<32> outside_pool, bit<8> masquerade, bit<8> local, bit<16> ranges, bit<8> affinity) {
        chosen_pool = pool;
        pool_for_outside = outside_pool;
        masqueraded_sources = masquerade;
        is_local = local == 1;
        range_list = ranges;
        affinity_profile = affinity;
    }

    action not_a_service() {
    }

    table FAMILY(services) {
        key = {
            flow.destination: exact @name("address");
            flow.destination_port: exact @name("port");
            flow.protocol: exact @name("protocol");
        }
        actions = { to_pool; @defaultonly not_a_service; }
        const default_action = not_a_service;
        size = FRONTENDS;
    }

    action in_range() {
    }

    action out_of_range() {
        outcome = outcome_t.SOURCE_RANGE;
    }

    /* loadBalancerSourceRanges. */
    table FAMILY(source_ranges) {
        key = {
            range_list: exact @name("ranges");
            flow.source: lpm @name("source");
        }
        actions = { in_range; @defaultonly out_of_range; }
        const default_action = out_of_range;
        size = 4096;
    }

    action source_kind_is(bit<8> kind) {
        source_kind = kind;
    }

    /* Pods of the cluster, and the node's own addresses. */
    table FAMILY(source_kinds) {
        key = { flow.source: lpm @name("source"); }
        actions = { source_kind_is; }
        default_action = source_kind_is(SOURCE_OUTSIDE);
        size = 4096;
    }

    action to_endpoint(ADDRESS address, bit<16> port) {
        flow.translation = translation_t.DESTINATION;
        flow.new_destination = address;
        flow.new_destination_port = port;
    }

    action no_endpoint() {
        outcome = outcome_t.NO_ENDPOINT;
        if (is_local) {
            outcome = outcome_t.NO_LOCAL_ENDPOINT;
        }
    }

    table FAMILY(pools) {
        key = {
            chosen_pool: exact @name("pool");
            flow.source: selector;
            flow.source_port: selector;
            flow.destination: selector;
            flow.destination_port: selector;
            flow.protocol: selector;
        }
        actions = { to_endpoint; @defaultonly no_endpoint; }
        const default_action = no_endpoint;
        pna_implementation = FAMILY(endpoints);
        size = SERVICES;
    }

    action stick_to(ADDRESS address, bit<16> port) {
        flow.new_destination = address;
        flow.new_destination_port = port;
        restart_expire_timer();
    }

    action remember() {
        add_entry("stick_to", { flow.new_destination, flow.new_destination_port },
            (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)affinity_profile);
    }

    /* sessionAffinity ClientIP: where a client of a pool was sent; each new connection restarts the timer. */
    @softipu_when_full("evict")
    table FAMILY(affinity) {
        key = {
            chosen_pool: exact @name("pool");
            flow.source: exact @name("client");
        }
        actions = { @tableonly stick_to; @defaultonly remember; }
        const default_action = remember;
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
        size = AFFINITIES;
    }

    action masquerade_as(ADDRESS address, bit<16> first_port, bit<16> ports) {
        flow.new_source = address;
        flow.first_port = first_port;
        flow.ports = ports;
        // The node takes no packets from the network that say they come from itself
        if (flow.new_destination != address) {
            flow.translation = translation_t.BOTH;
        }
    }

    action cannot_masquerade() {
        outcome = outcome_t.NO_MASQUERADE_PORT;
    }

    table FAMILY(masquerade) {
        key = { flow.protocol: exact @name("protocol"); }
        actions = { masquerade_as; @defaultonly cannot_masquerade; }
        const default_action = cannot_masquerade;
        size = 8;
    }

    action wrong_port() {
        outcome = outcome_t.WRONG_PORT;
    }

    action unallocated() {
        outcome = outcome_t.UNALLOCATED;
    }

    action no_service_address() {
    }

    /* Addresses that belong to services, whatever the port, and the ranges that they come from. */
    table FAMILY(service_addresses) {
        key = { flow.destination: lpm @name("address"); }
        actions = { wrong_port; unallocated; @defaultonly no_service_address; }
        const default_action = no_service_address;
        size = FRONTENDS;
    }

    apply {
        bool is_service = false;
        if (has_ports) {
            is_service = FAMILY(services).apply().hit;
        }
        if (!is_service) {
            FAMILY(service_addresses).apply();
            return;
        }
        if (range_list != 0) {
            FAMILY(source_ranges).apply();
            if (outcome == outcome_t.SOURCE_RANGE) {
                return;
            }
        }
        FAMILY(source_kinds).apply();
        if (source_kind == SOURCE_OUTSIDE) {
            chosen_pool = pool_for_outside;
        }
        if (!FAMILY(pools).apply().hit) {
            return;
        }
        if (affinity_profile != 0) {
            FAMILY(affinity).apply();
        }
        // Also a pod that reaches itself: it would take the answer for its own
        if (masqueraded_sources & source_kind != 0 || flow.new_destination == flow.source) {
            FAMILY(masquerade).apply();
        }
    }
}
