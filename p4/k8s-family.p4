/*
 * What the packets of one IP family go through behind the parser. Included once for each family, by k8s-ipv4.p4 and k8s-ipv6.p4, with
 *
 *   FAMILY(name)   the name of a type, control or table that each family has its own of; names of actions are the same
 *   ADDRESS        the type of an address
 *   FAMILY_FLOWS   entries of its flow cache
 *   IP             the field of headers_t with the IP header
 *   IPV4, IPV6     defined for what only one family does
 *
 * and the family's fields of the same meaning (TTL, PROTOCOL, ...).
 */

/* A flow's key, under which the flow cache is asked, and what is to become of its packets. */
struct FAMILY(flow_t) {
    ADDRESS       source;
    ADDRESS       destination;
    bit<8>        protocol;
    bit<16>       source_port;
    bit<16>       destination_port;
    bit<8>        tcp_flags;
    flow_use_t    use;           // what the flow cache is asked for
    translation_t translation;   // of the entry that was hit, or is to be learned
    ADDRESS       new_source;    // and its parameters
    bit<16>       new_source_port;
    ADDRESS       new_destination;
    bit<16>       new_destination_port;
    bit<16>       first_port;    // where a new source port may be chosen from,
    bit<16>       ports;         // and how many there are
    bool          is_reply;      // the entry is of the answers' direction
    ExpireTimeProfileId_t state; // of the flow, that its other direction shall follow
    bool          tells_peer;    // it shall
}

#include "k8s-flow-cache.p4"
#include "k8s-services.p4"
#include "k8s-policy.p4"
#include "k8s-fragments.p4"
#include "k8s-nat.p4"
#include "k8s-routing.p4"
#include "k8s-icmp-errors.p4"
#include "k8s-refusals.p4"
#include "k8s-forwarding.p4"
