/*
 * A fragment behind the first has no ports: the first one leaves here what became of its addresses, under (source, destination, protocol,
 * identification) as they came in. The L4 checksum stands in the first fragment only and was corrected there. A fragment that comes before the
 * first one, or long after it, is dropped: nothing is kept to be sent later.
 */
control FAMILY(FragmentCache)(in FAMILY(flow_t) flow, in bit<IDENTIFICATION_BITS> identification, in bool is_first, in ADDRESS new_source, in ADDRESS new_destination,
                      out ADDRESS source, out ADDRESS destination, out bool is_known) {
    action follow(ADDRESS first_source, ADDRESS first_destination) {
        source = first_source;
        destination = first_destination;
        is_known = true;
    }

    action remember() {
        is_known = false;
        if (is_first) {
            add_entry("follow", { new_source, new_destination }, AGE_FRAGMENT);
        }
    }

    @softipu_when_full("evict")
    table FAMILY(fragments) {
        key = {
            flow.source: exact @name("source");
            flow.destination: exact @name("destination");
#ifdef IPV4
            flow.protocol: exact @name("protocol");
#endif
            identification: exact @name("identification");
        }
        actions = { @tableonly follow; @defaultonly remember; }
        const default_action = remember;
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
        size = 4096;
    }

    apply {
        FAMILY(fragments).apply();
    }
}
