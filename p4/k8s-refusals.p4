/*
 * Which service refused how many packets, and why: an entry for each address and port of a service and each reason, with a counter. The data plane adds
 * them, so that a service that refuses nothing costs nothing; the control plane reads them. The packet that made an entry is not in its counter.
 *
 * Services only: what somebody makes up (ports that a service does not have) is one entry for each of its addresses, under port 0.
 */
control FAMILY(Refusals)(in headers_t hdr, in l4_t l4, in translation_t translation, in outcome_t outcome) {
    DirectCounter<bit<64>>(PNA_CounterType_t.PACKETS_AND_BYTES) FAMILY(refusal_counter);

    bit<16> port = 0;

    action count() {
        FAMILY(refusal_counter).count();
        restart_expire_timer();
    }

    action begin() {
        add_entry("count", {}, AGE_OTHER);
    }

    @softipu_when_full("evict")
    table FAMILY(refusals) {
        key = {
            hdr.IP.destination: exact @name("address");
            port: exact @name("port");
            PROTOCOL: exact @name("protocol");
            outcome: exact @name("outcome");
        }
        actions = { @tableonly count; @defaultonly begin; }
        const default_action = begin;
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
        pna_direct_counter = FAMILY(refusal_counter);
        size = 4096;
    }

    apply {
        bool is_refusal = outcome == outcome_t.NO_ENDPOINT || outcome == outcome_t.NO_LOCAL_ENDPOINT || outcome == outcome_t.SOURCE_RANGE;
        if (outcome == outcome_t.DENIED_EGRESS || outcome == outcome_t.DENIED_INGRESS || outcome == outcome_t.NO_MASQUERADE_PORT) {
            // It was for a service if one had chosen an endpoint
            is_refusal = translation == translation_t.DESTINATION || translation == translation_t.BOTH;
        }
        if (is_refusal) {
            port = l4.destination_port;
        }
        if (l4.has_ports && (is_refusal || outcome == outcome_t.WRONG_PORT)) {
            FAMILY(refusals).apply();
        }
    }
}
