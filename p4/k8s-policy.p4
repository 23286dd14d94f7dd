/*
 * Section 1: "every incoming packet is tracked and checked for connection policy or Access Control List (ACL) rules". The control plane
 * gives addresses that no policy tells apart the same identity; a pod that policies select has an identity with a final deny.
 * Both directions see the pods' own addresses: behind DNAT, before routing. Replies belong to their flow and are not asked here.
 */
control FAMILY(NetworkPolicy)(in ADDRESS source, in ADDRESS destination, in bit<8> protocol, in bit<16> destination_port,
                      out outcome_t verdict) {
    bit<16> source_identity = 0;
    bit<16> destination_identity = 0;

    action source_is(bit<16> identity) {
        source_identity = identity;
    }

    action destination_is(bit<16> identity) {
        destination_identity = identity;
    }

    table FAMILY(source_identities) {
        key = { source: lpm @name("address"); }
        actions = { source_is; }
        default_action = source_is(0);
        size = 16384;
    }

    table FAMILY(destination_identities) {
        key = { destination: lpm @name("address"); }
        actions = { destination_is; }
        default_action = destination_is(0);
        size = 16384;
    }

    action allow() {
    }

    action deny_egress() {
        verdict = outcome_t.DENIED_EGRESS;
    }

    action deny_ingress() {
        verdict = outcome_t.DENIED_INGRESS;
    }

    table FAMILY(egress_policy) {
        key = {
            source_identity: exact @name("pod");
            destination_identity: ternary @name("peer");
            protocol: ternary @name("protocol");
            destination_port: range @name("port");
        }
        actions = { allow; deny_egress; }
        const default_action = allow;
        size = 65536;
    }

    table FAMILY(ingress_policy) {
        key = {
            destination_identity: exact @name("pod");
            source_identity: ternary @name("peer");
            protocol: ternary @name("protocol");
            destination_port: range @name("port");
        }
        actions = { allow; deny_ingress; }
        const default_action = allow;
        size = 65536;
    }

    apply {
        verdict = outcome_t.FORWARDED;
        FAMILY(source_identities).apply();
        FAMILY(destination_identities).apply();
        FAMILY(egress_policy).apply();
        if (verdict == outcome_t.FORWARDED) {
            FAMILY(ingress_policy).apply();
        }
    }
}
