/*
 * Section 3: "This hash, along with exact match on VIP and destination port, determines the worker endpoint selection from the VIP's
 * endpoint pool." ... "The consistent hash also guarantees minimal disruption to existing connections when an endpoint leaves or joins the
 * pool." A group of the selector is a Maglev table; the hash is the same on every node.
 */
control FAMILY(ServiceLoadBalancer)(inout FAMILY(flow_t) flow, out bool has_endpoint) {
    @softipu_maglev_size(MAGLEV_SIZE)
    @softipu_max_groups(SERVICES)
    ActionSelector(PNA_HashAlgorithm_t.TARGET_DEFAULT, 16384, 32) endpoints;

    action to_endpoint(ADDRESS address, bit<16> port) {
        flow.translation = translation_t.DESTINATION;
        flow.new_address = address;
        flow.new_port = port;
        has_endpoint = true;
    }

    action no_endpoint() {
        has_endpoint = false;
    }

    action not_a_service() {
        has_endpoint = true;
    }

    table FAMILY(services) {
        key = {
            flow.destination: exact @name("address");
            flow.destination_port: exact @name("port");
            flow.protocol: exact @name("protocol");
            flow.source: selector;
            flow.source_port: selector;
            flow.destination: selector;
            flow.destination_port: selector;
            flow.protocol: selector;
        }
        actions = { to_endpoint; no_endpoint; @defaultonly not_a_service; }
        const default_action = not_a_service;
        pna_implementation = endpoints;
        size = SERVICES;
    }

    apply {
        FAMILY(services).apply();
    }
}
