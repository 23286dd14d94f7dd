/*
 * Section 1: "every incoming packet is tracked and checked for connection policy or Access Control List (ACL) rules". Asked for a flow's first packet;
 * replies belong to their flow. Both directions see the pods' own addresses: behind DNAT, before routing.
 *
 * What is looked up does not depend on how many policies there are (docs/policy.md):
 *
 *   address      -> of the pod, whose policies apply: its number and its rules; of the other side: which peers of policies it is      (lpm)
 *   pod, peer    -> rules that the pod has for this peer, if they are others than those for everybody                                 (exact)
 *   rules, port  -> allowed                                                                                                           (lpm on the port)
 *
 * The control plane has already decided everything that policies say about an address pair: selectors, tiers, priorities, named ports.
 */

/* Rules with these numbers have no entries. */
#ifndef RULES_ALLOW
#define RULES_ALLOW 0
#define RULES_DENY 1
#endif

control FAMILY(PolicyRules)(in bit<32> pod, in bit<32> rules_for_all, in bit<32> peer, in bit<8> protocol, in bit<16> port, out bool is_allowed) {
    bit<32> rules = rules_for_all;

    action rules_are(bit<32> rules_for_peer) {
        rules = rules_for_peer;
    }

    action as_for_all() {
    }

    table FAMILY(policy_peers) {
        key = {
            pod: exact @name("pod");
            peer: exact @name("peer");
        }
        actions = { rules_are; @defaultonly as_for_all; }
        const default_action = as_for_all;
        size = POLICY_PEERS;
    }

    action allow() {
        is_allowed = true;
    }

    action deny() {
        is_allowed = false;
    }

    table FAMILY(policy_ports) {
        key = {
            rules: exact @name("rules");
            protocol: exact @name("protocol");
            port: lpm @name("port");
        }
        actions = { allow; @defaultonly deny; }
        const default_action = deny;
        size = POLICY_PORTS;
    }

    apply {
        rules = rules_for_all;
        if (peer != 0) {
            FAMILY(policy_peers).apply();
        }
        is_allowed = rules == RULES_ALLOW;
        if (rules > RULES_DENY) {
            FAMILY(policy_ports).apply();
        }
    }
}

control FAMILY(NetworkPolicy)(in ADDRESS source, in ADDRESS destination, in bit<8> protocol, in bit<16> destination_port,
                      out outcome_t verdict) {
    FAMILY(PolicyRules)() policy_rules;

    // Of the source: its egress policies, and what it is to the destination's ingress policies; the other way round for the destination
    bit<32> egress_pod = 0;
    bit<32> egress_rules = RULES_ALLOW;
    bit<32> ingress_peer = 0;
    bit<32> ingress_pod = 0;
    bit<32> ingress_rules = RULES_ALLOW;
    bit<32> egress_peer = 0;

    /* pod 0: no policy selects it. peer 0: no policy mentions it. */
    action source_is(bit<32> pod, bit<32> rules, bit<32> peer) {
        egress_pod = pod;
        egress_rules = rules;
        ingress_peer = peer;
    }

    action destination_is(bit<32> pod, bit<32> rules, bit<32> peer) {
        ingress_pod = pod;
        ingress_rules = rules;
        egress_peer = peer;
    }

    table FAMILY(source_identities) {
        key = { source: lpm @name("address"); }
        actions = { source_is; }
        default_action = source_is(0, RULES_ALLOW, 0);
        size = IDENTITIES;
    }

    table FAMILY(destination_identities) {
        key = { destination: lpm @name("address"); }
        actions = { destination_is; }
        default_action = destination_is(0, RULES_ALLOW, 0);
        size = IDENTITIES;
    }

    apply {
        verdict = outcome_t.FORWARDED;
        // A pod cannot be kept from itself (through a service, as nothing else comes here)
        if (source == destination) {
            return;
        }
        FAMILY(source_identities).apply();
        FAMILY(destination_identities).apply();
        // Rules know ports of TCP, UDP and SCTP; everything else is protocol 0
        bit<8> known_protocol = protocol;
        bit<16> port = destination_port;
        if (protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP && protocol != PROTOCOL_SCTP) {
            known_protocol = 0;
            port = 0;
        }
        bool is_allowed = true;
        if (egress_pod != 0) {
            policy_rules.apply(egress_pod, egress_rules, egress_peer, known_protocol, port, is_allowed);
            if (!is_allowed) {
                verdict = outcome_t.DENIED_EGRESS;
                return;
            }
        }
        if (ingress_pod != 0) {
            policy_rules.apply(ingress_pod, ingress_rules, ingress_peer, known_protocol, port, is_allowed);
            if (!is_allowed) {
                verdict = outcome_t.DENIED_INGRESS;
            }
        }
    }
}
