/*
 * Sizes, states and outcomes of k8s-lb.p4, and what its parser tells its controls.
 */
#ifndef K8S_TYPES_P4
#define K8S_TYPES_P4

#ifndef VXLAN_PORT
#define VXLAN_PORT 4789
#endif

/* Entries of the flow caches: two per connection. */
#ifndef FLOWS
#define FLOWS 131072
#endif
#ifndef FLOWS_IPV6
#define FLOWS_IPV6 FLOWS
#endif

/* Pools of endpoints: one per port of a service, two if a traffic policy is Local. */
#ifndef SERVICES
#define SERVICES 32768
#endif

/* Prefixes that policies tell apart: each pod's address, and the blocks of rules. */
#ifndef IDENTITIES
#define IDENTITIES 65536
#endif

/* Pairs of pods that policies select and peers for which they have rules; ports in these rules. */
#ifndef POLICY_PEERS
#define POLICY_PEERS 131072
#endif
#ifndef POLICY_PORTS
#define POLICY_PORTS 65536
#endif

/* Endpoints of all pools; one that several pools have counts once. */
#ifndef ENDPOINTS
#define ENDPOINTS 131072
#endif

/* Addresses and ports that services answer at. */
#ifndef FRONTENDS
#define FRONTENDS 65536
#endif

/* Clients that are sent back to their endpoint. */
#ifndef AFFINITIES
#define AFFINITIES 65536
#endif

#ifndef MAGLEV_SIZE
#define MAGLEV_SIZE 65537
#endif

/* Slots of the lookup tables of all pools, 4 bytes each: a hundred for each endpoint and more, see docs/node-yaml.md. */
#ifndef MAGLEV_SLOTS
#define MAGLEV_SLOTS 33554432
#endif

/* Expire-time profiles: a flow's profile is its state. The control plane sets their durations. */
const ExpireTimeProfileId_t AGE_TCP_SYN         = (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)0;
const ExpireTimeProfileId_t AGE_TCP_ESTABLISHED = (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)1;
const ExpireTimeProfileId_t AGE_TCP_CLOSING     = (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)2;
const ExpireTimeProfileId_t AGE_UDP             = (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)3;
const ExpireTimeProfileId_t AGE_ICMP            = (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)4;
const ExpireTimeProfileId_t AGE_OTHER           = (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)5;
const ExpireTimeProfileId_t AGE_FRAGMENT        = (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)6;

/* Behind these: one profile for each timeout that a service's session affinity has. */

const PortId_t PORT_CPU = (PortId_t)(PortIdUint_t)0xfffffffd;

/* Index into the counter `outcomes`; also the reason in front of packets for the control plane. */
enum bit<16> outcome_t {
    FORWARDED         = 0,
    MALFORMED         = 1,   // the parser found an error
    NOT_IP            = 2,
    UNKNOWN_TUNNEL    = 3,   // VXLAN for a network or address that is not ours
    TTL_EXPIRED       = 4,
    NO_ROUTE          = 5,
    NO_ENDPOINT       = 6,   // the service has no endpoints
    DENIED_EGRESS     = 7,   // by a policy of the source pod
    DENIED_INGRESS    = 8,   // by a policy of the destination pod
    FLOW_CLASH        = 9,   // two services want the same reverse entry
    FRAGMENT_UNKNOWN  = 10,  // a fragment whose first one has not been seen
    ARP_UNKNOWN       = 11,  // ARP that the data plane does not answer: for the control plane
    UNTRACKED         = 12,  // forwarded, but the flow cache had no room
    NOT_UNICAST       = 13,
    SPOOFED_SOURCE    = 14,  // a pod sends with an address that is not its own
    WRONG_PORT        = 15,  // a service's address, at a port that it does not have
    NO_LOCAL_ENDPOINT = 16,  // the service has endpoints, but none on this node, and its policy is Local
    SOURCE_RANGE      = 17,  // the load balancer's address is not for this client
    UNALLOCATED       = 18,  // in the range of service addresses, but no service has it
    NO_MASQUERADE_PORT = 19, // every port that was tried for the node's address is taken
    TOO_BIG           = 20,  // longer than the next hop takes
    DENIED_FLOW       = 21,  // a policy withdrew the flow
    RATE_LIMITED      = 22,  // more than the pod may send or receive
    NEIGHBOR_UNKNOWN  = 23   // neighbour discovery that the data plane does not answer: for the control plane
}

/* What a lookup in the flow cache is made for. */
enum bit<8> flow_use_t {
    FORWARD  = 0,   // a packet of the flow: translate, age, count
    LEARN    = 1,   // add the entry
    FOLLOW   = 2,   // the other direction has a new state: take it over
    LEARN_REPLY = 3, // add the entry of the other direction
    PEEK     = 4    // an error about a packet of the flow: only look
}

/* What the flow's entry does to its packets. */
enum bit<8> translation_t {
    NONE        = 0,
    DESTINATION = 1,
    SOURCE      = 2,
    BOTH        = 3,
    DENIED      = 4
}

/* What every port takes: IPv6's smallest MTU, less a tunnel's headers. */
const bit<16> SMALLEST_MTU = 1210;

/* Where a client of a service is. Bits, so that a set of them is a number. */
const bit<8> SOURCE_OUTSIDE = 1;
const bit<8> SOURCE_CLUSTER = 2;
const bit<8> SOURCE_NODE    = 4;

/* Ports for flows that cannot keep theirs: those of servers are left alone; how many are tried, less one. */
const bit<16> FIRST_MASQUERADE_PORT = 1024;
const bit<8>  MASQUERADE_ATTEMPTS   = 31;

/* The pool without endpoints. */
const bit<32> NO_POOL = 0;

/* What the parser knows of the layer above IP. */
struct l4_t {
    bit<16> source_port;        // of an ICMP echo: its identifier, on the side that asks
    bit<16> destination_port;
    bit<8>  tcp_flags;          // 0 for other protocols
    bool    has_ports;          // false for fragments behind the first and for protocols without
    bit<8>  protocol;           // of IPv6: what comes behind the extension headers
    bool    is_error;           // an ICMP error
    bit<16> link_bytes;         // of tags and tunnels in front of the IP header
}

/* Rate limiters that a packet has to pass; 0: none. */
struct limiters_t {
    bit<16> from_pod;
    bit<16> to_pod;
}

struct metadata_t {
    l4_t l4;
}

#endif
