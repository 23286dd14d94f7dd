/*
 * Kubernetes service load balancing, network policy, forwarding and tunnels between nodes, for the Portable NIC Architecture.
 *
 * The pipeline is that of Figure 1 and section 3 of "Kubernetes Load-balancing and related network functions using P4" (ANCS'21):
 *
 *   parse -> tunnel termination -> ARP
 *         -> flow cache -- hit: rewrite, age, count -----------------------------------------+
 *                \- miss: service (VIP, port) -> endpoint by consistent hash of the 5-tuple   |
 *                         -> egress policy -> ingress policy -> learn both directions --------+
 *         -> routing -> local pod | network | VXLAN to another node -> deparse
 *
 * Only a flow's first packet takes the long way. Every flow has two entries in the flow cache, one per direction, each under the
 * addresses that its packets carry when they come in: the forward entry translates the destination (DNAT), the reverse entry the source back.
 * Tables are filled by the IPU Manager; the flow cache fills itself.
 *
 * IPv6: its parser state, its flow cache and its routes will stand beside those of IPv4; until then IPv6 packets are dropped and counted.
 */
#include <bmv2/pna.p4>
#include <softipu.p4>
#include "k8s-headers.p4"

#ifndef VXLAN_PORT
#define VXLAN_PORT 4789
#endif

/* Entries of the flow cache: two per connection. */
#ifndef FLOWS
#define FLOWS 131072
#endif

#ifndef SERVICES
#define SERVICES 1024
#endif

#ifndef MAGLEV_SIZE
#define MAGLEV_SIZE 65537
#endif

/* Expire-time profiles: a flow's profile is its state. The control plane sets their durations. */
const ExpireTimeProfileId_t AGE_TCP_SYN         = (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)0;
const ExpireTimeProfileId_t AGE_TCP_ESTABLISHED = (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)1;
const ExpireTimeProfileId_t AGE_TCP_CLOSING     = (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)2;
const ExpireTimeProfileId_t AGE_UDP             = (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)3;
const ExpireTimeProfileId_t AGE_ICMP            = (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)4;
const ExpireTimeProfileId_t AGE_OTHER           = (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)5;
const ExpireTimeProfileId_t AGE_FRAGMENT        = (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)6;

const PortId_t PORT_CPU = (PortId_t)(PortIdUint_t)0xfffffffd;

/* Index into the counter `outcomes`; also the reason in front of packets for the control plane. */
enum bit<16> outcome_t {
    FORWARDED         = 0,
    MALFORMED         = 1,   // the parser found an error
    NOT_IPV4          = 2,
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
    SPOOFED_SOURCE    = 14   // a pod sends with an address that is not its own
}

/* What a lookup in the flow cache is made for. */
enum bit<8> flow_use_t {
    FORWARD  = 0,   // a packet of the flow: translate, age, count
    LEARN    = 1,   // add the entry
    FOLLOW   = 2    // the other direction has a new state: take it over
}

/* What the flow's entry does to its packets. */
enum bit<8> translation_t {
    NONE        = 0,
    DESTINATION = 1,
    SOURCE      = 2
}

struct flow_key_t {
    ipv4_addr_t source;
    ipv4_addr_t destination;
    bit<8>      protocol;
    bit<16>     source_port;
    bit<16>     destination_port;
}

struct metadata_t {
    flow_key_t    key;           // under which the flow cache is asked
    flow_use_t    use;
    translation_t translation;   // of the entry to learn
    ipv4_addr_t   new_address;   // and its parameters
    bit<16>       new_port;
    bit<8>        tcp_flags;     // 0 for other protocols
    bool          has_ports;     // false for fragments behind the first and for unknown protocols
    ExpireTimeProfileId_t state; // of the flow, that its other direction shall follow
    bool          tells_peer;    // it shall
    bit<16>       source_identity;
    bit<16>       destination_identity;
}

// ------------------------------------------------------------------------------------------------ parse

parser MainParser(packet_in packet, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    state start {
        transition select(istd.input_port) {
            PORT_CPU: parse_packet_out;
            default: parse_side;
        }
    }

    state parse_packet_out {
        packet.extract(hdr.packet_out);
        transition accept;
    }

    /* Pods cannot send tunnel packets: only what comes from the network is looked at as such. */
    state parse_side {
        transition select(is_net_port(istd.input_port)) {
            true: peek_ether_type;
            default: parse_ethernet;
        }
    }

    state peek_ether_type {
        transition select(packet.lookahead<bit<112>>()[15:0]) {
            ETHERTYPE_IPV4: peek_ipv4;
            default: parse_ethernet;
        }
    }

    state peek_ipv4 {
        ipv4_peek_t peek = packet.lookahead<ipv4_peek_t>();
        transition select(peek.version_ihl, peek.flags_and_offset & 0x3fff, peek.protocol) {
            (0x45, 0, PROTOCOL_UDP): peek_udp;
            default: parse_ethernet;
        }
    }

    state peek_udp {
        transition select(packet.lookahead<udp_peek_t>().destination_port) {
            VXLAN_PORT: parse_tunnel;
            default: parse_ethernet;
        }
    }

    state parse_tunnel {
        packet.extract(hdr.outer_ethernet);
        packet.extract(hdr.outer_ipv4);
        packet.extract(hdr.outer_udp);
        packet.extract(hdr.vxlan);
        transition parse_ethernet;
    }

    state parse_ethernet {
        packet.extract(hdr.ethernet);
        transition select(hdr.ethernet.ether_type) {
            ETHERTYPE_IPV4: parse_ipv4;
            ETHERTYPE_ARP: parse_arp;
            ETHERTYPE_VLAN: parse_vlan;
            default: accept;
        }
    }

    state parse_vlan {
        packet.extract(hdr.vlan);
        transition select(hdr.vlan.ether_type) {
            ETHERTYPE_IPV4: parse_ipv4;
            ETHERTYPE_ARP: parse_arp;
            default: accept;
        }
    }

    state parse_arp {
        packet.extract(hdr.arp);
        transition accept;
    }

    state parse_ipv4 {
        packet.extract(hdr.ipv4);
        verify(hdr.ipv4.version == 4, error.ParserInvalidArgument);
        verify(hdr.ipv4.ihl >= 5, error.ParserInvalidArgument);
        transition select(hdr.ipv4.ihl) {
            5: parse_l4;
            default: parse_ipv4_options;
        }
    }

    state parse_ipv4_options {
        packet.extract(hdr.ipv4_options, ((bit<32>)hdr.ipv4.ihl - 5) << 5);
        transition parse_l4;
    }

    /* A fragment behind the first has no L4 header, whatever the bytes there look like. */
    state parse_l4 {
        transition select(hdr.ipv4.fragment_offset, hdr.ipv4.protocol) {
            (0, PROTOCOL_TCP): parse_tcp;
            (0, PROTOCOL_UDP): parse_udp;
            (0, PROTOCOL_ICMP): parse_icmp;
            default: accept;
        }
    }

    state parse_tcp {
        packet.extract(hdr.tcp);
        meta.key.source_port = hdr.tcp.source_port;
        meta.key.destination_port = hdr.tcp.destination_port;
        meta.tcp_flags = hdr.tcp.flags;
        meta.has_ports = true;
        transition accept;
    }

    state parse_udp {
        packet.extract(hdr.udp);
        meta.key.source_port = hdr.udp.source_port;
        meta.key.destination_port = hdr.udp.destination_port;
        meta.has_ports = true;
        transition accept;
    }

    /* The identifier of an echo takes the place of the port of the side that asks. */
    state parse_icmp {
        packet.extract(hdr.icmp);
        transition select(hdr.icmp.type) {
            ICMP_ECHO_REQUEST: parse_echo_request;
            ICMP_ECHO_REPLY: parse_echo_reply;
            default: accept;
        }
    }

    state parse_echo_request {
        meta.key.source_port = hdr.icmp.identifier;
        transition accept;
    }

    state parse_echo_reply {
        meta.key.destination_port = hdr.icmp.identifier;
        transition accept;
    }
}

// ------------------------------------------------------------------------------------------------ tunnel termination

/* Section 3: "On receiving a response from a tunnel port, the outer tunnel header is removed." */
control TunnelTermination(inout headers_t hdr, out bool is_ours) {
    action terminate() {
        hdr.outer_ethernet.setInvalid();
        hdr.outer_ipv4.setInvalid();
        hdr.outer_udp.setInvalid();
        hdr.vxlan.setInvalid();
        is_ours = true;
    }

    action not_ours() {
        is_ours = false;
    }

    /* Our tunnel end points. */
    table tunnel_endpoints {
        key = {
            hdr.outer_ipv4.destination: exact @name("vtep");
            hdr.vxlan.vni: exact @name("vni");
        }
        actions = { terminate; @defaultonly not_ours; }
        const default_action = not_ours;
        size = 64;
    }

    apply {
        tunnel_endpoints.apply();
    }
}

// ------------------------------------------------------------------------------------------------ ARP

/* Answers for the gateway that pods have, for the node's tunnel end point, and for whatever else the control plane names. */
control Arp(inout headers_t hdr, in PortId_t input_port, out bool is_answered) {
    action arp_reply(mac_t mac) {
        hdr.ethernet.destination = hdr.ethernet.source;
        hdr.ethernet.source = mac;
        hdr.arp.operation = ARP_REPLY;
        hdr.arp.target_hardware = hdr.arp.sender_hardware;
        hdr.arp.sender_hardware = mac;
        ipv4_addr_t asked = hdr.arp.target_protocol;
        hdr.arp.target_protocol = hdr.arp.sender_protocol;
        hdr.arp.sender_protocol = asked;
        send_to_port(input_port);
        is_answered = true;
    }

    action not_answered() {
        is_answered = false;
    }

    table arp_responder {
        key = {
            hdr.arp.operation: exact @name("operation");
            hdr.arp.target_protocol: exact @name("address");
        }
        actions = { arp_reply; @defaultonly not_answered; }
        const default_action = not_answered;
        size = 4096;
    }

    apply {
        arp_responder.apply();
    }
}

// ------------------------------------------------------------------------------------------------ flow cache

/*
 * Section 3: "The IPU automatically adds a flow cache rule for the first packet, with an action to change the destination IP address to a
 * worker endpoint (DNAT)." ... "Flow table also does a reverse NAT to get back to the VIP address from endpoint IP address."
 *
 * A hit restarts the flow's timer: the timer alone would end a connection that is in use. The profile of an entry is its TCP state:
 * SYN -> established by any packet behind the handshake, FIN or RST -> closing, closing -> SYN by a new SYN. The other direction's entry follows
 * each change: the packet that ends the handshake, and RST, go one way only.
 */
control FlowCache(inout metadata_t meta, out bool is_hit, out bool is_learned) {
    DirectCounter<bit<64>>(PNA_CounterType_t.PACKETS_AND_BYTES) flow_counter;

    action age() {
        if (meta.use == flow_use_t.FOLLOW) {
            set_entry_expire_time(meta.state);
        } else if (meta.use == flow_use_t.FORWARD) {
            flow_counter.count();
            ExpireTimeProfileId_t old_state = get_entry_expire_time();
            meta.state = old_state;
            if (meta.tcp_flags & (TCP_FIN | TCP_RST) != 0) {
                meta.state = AGE_TCP_CLOSING;
            } else if (meta.tcp_flags & (TCP_SYN | TCP_ACK) == TCP_SYN) {
                meta.state = AGE_TCP_SYN;
            } else if (old_state == AGE_TCP_SYN && meta.tcp_flags & TCP_SYN == 0) {
                meta.state = AGE_TCP_ESTABLISHED;
            }
            meta.tells_peer = meta.state != old_state || meta.tcp_flags & (TCP_FIN | TCP_RST) != 0;
            if (meta.state == old_state) {
                restart_expire_timer();
            } else {
                set_entry_expire_time(meta.state);
            }
        }
    }

    action pass_unchanged() {
        meta.translation = translation_t.NONE;
        age();
    }

    action translate_destination(ipv4_addr_t address, bit<16> port) {
        meta.translation = translation_t.DESTINATION;
        meta.new_address = address;
        meta.new_port = port;
        age();
    }

    action translate_source(ipv4_addr_t address, bit<16> port) {
        meta.translation = translation_t.SOURCE;
        meta.new_address = address;
        meta.new_port = port;
        age();
    }

    action learn() {
        is_learned = false;
        if (meta.use == flow_use_t.LEARN) {
            ExpireTimeProfileId_t profile = AGE_OTHER;
            if (meta.key.protocol == PROTOCOL_TCP) {
                if (meta.tcp_flags & (TCP_FIN | TCP_RST) != 0) {
                    profile = AGE_TCP_CLOSING;
                } else if (meta.tcp_flags & TCP_SYN != 0) {
                    profile = AGE_TCP_SYN;
                } else {
                    profile = AGE_TCP_ESTABLISHED;
                }
            } else if (meta.key.protocol == PROTOCOL_UDP) {
                profile = AGE_UDP;
            } else if (meta.key.protocol == PROTOCOL_ICMP) {
                profile = AGE_ICMP;
            }
            AddEntryErrorStatus_t status = ADD_ENTRY_NOT_DONE;
            if (meta.translation == translation_t.DESTINATION) {
                status = add_entry("translate_destination", { meta.new_address, meta.new_port }, profile);
            } else if (meta.translation == translation_t.SOURCE) {
                status = add_entry("translate_source", { meta.new_address, meta.new_port }, profile);
            } else {
                status = add_entry("pass_unchanged", {}, profile);
            }
            is_learned = status == ADD_ENTRY_SUCCESS;
        }
    }

    @softipu_when_full("evict")
    table flows {
        key = {
            meta.key.source: exact @name("source");
            meta.key.destination: exact @name("destination");
            meta.key.source_port: exact @name("source_port");
            meta.key.destination_port: exact @name("destination_port");
            meta.key.protocol: exact @name("protocol");
        }
        actions = {
            @tableonly pass_unchanged;
            @tableonly translate_destination;
            @tableonly translate_source;
            @defaultonly learn;
        }
        const default_action = learn;
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
        pna_direct_counter = flow_counter;
        size = FLOWS;
    }

    apply {
        is_learned = false;
        is_hit = flows.apply().hit;
    }
}

// ------------------------------------------------------------------------------------------------ service

/*
 * Section 3: "This hash, along with exact match on VIP and destination port, determines the worker endpoint selection from the VIP's
 * endpoint pool." ... "The consistent hash also guarantees minimal disruption to existing connections when an endpoint leaves or joins the
 * pool." A group of the selector is a Maglev table; the hash is the same on every node.
 */
control ServiceLoadBalancer(inout metadata_t meta, out bool has_endpoint) {
    @softipu_maglev_size(MAGLEV_SIZE)
    @softipu_max_groups(SERVICES)
    ActionSelector(PNA_HashAlgorithm_t.TARGET_DEFAULT, 16384, 32) endpoints;

    action to_endpoint(ipv4_addr_t address, bit<16> port) {
        meta.translation = translation_t.DESTINATION;
        meta.new_address = address;
        meta.new_port = port;
        has_endpoint = true;
    }

    action no_endpoint() {
        has_endpoint = false;
    }

    action not_a_service() {
        has_endpoint = true;
    }

    table services {
        key = {
            meta.key.destination: exact @name("address");
            meta.key.destination_port: exact @name("port");
            meta.key.protocol: exact @name("protocol");
            meta.key.source: selector;
            meta.key.source_port: selector;
            meta.key.destination: selector;
            meta.key.destination_port: selector;
            meta.key.protocol: selector;
        }
        actions = { to_endpoint; no_endpoint; @defaultonly not_a_service; }
        const default_action = not_a_service;
        pna_implementation = endpoints;
        size = SERVICES;
    }

    apply {
        services.apply();
    }
}

// ------------------------------------------------------------------------------------------------ policy

/*
 * Section 1: "every incoming packet is tracked and checked for connection policy or Access Control List (ACL) rules". The control plane
 * gives addresses that no policy tells apart the same identity; a pod that policies select has an identity with a final deny.
 * Both directions see the pods' own addresses: behind DNAT, before routing. Replies belong to their flow and are not asked here.
 */
control NetworkPolicy(inout metadata_t meta, in ipv4_addr_t source, in ipv4_addr_t destination, in bit<16> destination_port,
                      out outcome_t verdict) {
    action source_is(bit<16> identity) {
        meta.source_identity = identity;
    }

    action destination_is(bit<16> identity) {
        meta.destination_identity = identity;
    }

    table source_identities {
        key = { source: lpm @name("address"); }
        actions = { source_is; }
        default_action = source_is(0);
        size = 16384;
    }

    table destination_identities {
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

    table egress_policy {
        key = {
            meta.source_identity: exact @name("pod");
            meta.destination_identity: ternary @name("peer");
            meta.key.protocol: ternary @name("protocol");
            destination_port: range @name("port");
        }
        actions = { allow; deny_egress; }
        const default_action = allow;
        size = 65536;
    }

    table ingress_policy {
        key = {
            meta.destination_identity: exact @name("pod");
            meta.source_identity: ternary @name("peer");
            meta.key.protocol: ternary @name("protocol");
            destination_port: range @name("port");
        }
        actions = { allow; deny_ingress; }
        const default_action = allow;
        size = 65536;
    }

    apply {
        verdict = outcome_t.FORWARDED;
        source_identities.apply();
        destination_identities.apply();
        egress_policy.apply();
        if (verdict == outcome_t.FORWARDED) {
            ingress_policy.apply();
        }
    }
}

// ------------------------------------------------------------------------------------------------ fragments

/*
 * A fragment behind the first has no ports: the first one leaves here what became of its addresses, under (source, destination, protocol,
 * identification) as they came in. The L4 checksum stands in the first fragment only and was corrected there.
 */
control FragmentCache(in flow_key_t key, in bit<16> identification, in bool is_first, in ipv4_addr_t new_source, in ipv4_addr_t new_destination,
                      out ipv4_addr_t source, out ipv4_addr_t destination, out bool is_known) {
    action follow(ipv4_addr_t first_source, ipv4_addr_t first_destination) {
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
    table fragments {
        key = {
            key.source: exact @name("source");
            key.destination: exact @name("destination");
            key.protocol: exact @name("protocol");
            identification: exact @name("identification");
        }
        actions = { @tableonly follow; @defaultonly remember; }
        const default_action = remember;
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
        size = 4096;
    }

    apply {
        fragments.apply();
    }
}

// ------------------------------------------------------------------------------------------------ routing

/*
 * Section 3: "The packet is forwarded to the destination pod on the same node or a remote node depending on the forwarding or routing rules
 * defined. In case of remote node, the tunnel header is added".
 */
control Routing(inout headers_t hdr, in flow_key_t key, out bool is_routed) {
    Hash<bit<16>>(PNA_HashAlgorithm_t.TARGET_DEFAULT) flow_hash;
    InternetChecksum() outer_checksum;

    /* Also an entry: addresses that must not follow a wider route, such as a service's, when no service takes the packet. */
    action no_route() {
        is_routed = false;
    }

    action forward(PortId_t port, mac_t source_mac, mac_t destination_mac) {
        hdr.ethernet.source = source_mac;
        hdr.ethernet.destination = destination_mac;
        send_to_port(port);
        is_routed = true;
    }

    /* A pod on this node; or, for the last hop, a neighbour on the network. */
    action to_port(PortId_t port, mac_t source_mac, mac_t destination_mac) {
        if (hdr.vlan.isValid()) {
            hdr.ethernet.ether_type = hdr.vlan.ether_type;
            hdr.vlan.setInvalid();
        }
        forward(port, source_mac, destination_mac);
    }

    /* The network behind an 802.1Q tag. */
    action to_vlan(PortId_t port, mac_t source_mac, mac_t destination_mac, bit<12> vlan) {
        if (!hdr.vlan.isValid()) {
            hdr.vlan.setValid();
            hdr.vlan.ether_type = hdr.ethernet.ether_type;
            hdr.ethernet.ether_type = ETHERTYPE_VLAN;
        }
        hdr.vlan.id = vlan;
        forward(port, source_mac, destination_mac);
    }

    /* A pod on another node. RFC 7348; the source port spreads flows over the paths between the nodes. */
    action to_node(PortId_t port, mac_t source_mac, mac_t destination_mac, ipv4_addr_t local_vtep, ipv4_addr_t remote_vtep,
                   bit<24> vni, mac_t local_vtep_mac, mac_t remote_vtep_mac) {
        to_port(port, local_vtep_mac, remote_vtep_mac);
        hdr.outer_ethernet.setValid();
        hdr.outer_ethernet.destination = destination_mac;
        hdr.outer_ethernet.source = source_mac;
        hdr.outer_ethernet.ether_type = ETHERTYPE_IPV4;
        hdr.outer_ipv4.setValid();
        hdr.outer_ipv4.version = 4;
        hdr.outer_ipv4.ihl = 5;
        hdr.outer_ipv4.total_length = hdr.ipv4.total_length + 50;
        hdr.outer_ipv4.ttl = 64;
        hdr.outer_ipv4.protocol = PROTOCOL_UDP;
        hdr.outer_ipv4.source = local_vtep;
        hdr.outer_ipv4.destination = remote_vtep;
        outer_checksum.clear();
        outer_checksum.add({ 16w0x4500, hdr.outer_ipv4.total_length, 8w64, PROTOCOL_UDP, local_vtep, remote_vtep });
        hdr.outer_ipv4.header_checksum = outer_checksum.get();
        hdr.outer_udp.setValid();
        hdr.outer_udp.source_port = 0xc000 | (flow_hash.get_hash(key) & 0x3fff);
        hdr.outer_udp.destination_port = VXLAN_PORT;
        hdr.outer_udp.length = hdr.ipv4.total_length + 30;
        hdr.outer_udp.checksum = 0;
        hdr.vxlan.setValid();
        hdr.vxlan.flags = VXLAN_FLAG_VNI;
        hdr.vxlan.vni = vni;
    }

    table routes {
        key = { hdr.ipv4.destination: lpm @name("destination"); }
        actions = { to_port; to_vlan; to_node; no_route; }
        const default_action = no_route;
        size = 16384;
    }

    apply {
        routes.apply();
    }
}

// ------------------------------------------------------------------------------------------------ main

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    TunnelTermination() tunnel_termination;
    Arp() arp;
    FlowCache() flow_cache;
    ServiceLoadBalancer() service_load_balancer;
    NetworkPolicy() network_policy;
    FragmentCache() fragment_cache;
    Routing() routing;

    Counter<bit<64>, bit<16>>(32, PNA_CounterType_t.PACKETS_AND_BYTES) outcomes;
    InternetChecksum() ip_checksum;
    InternetChecksum() l4_checksum;

    action stop(outcome_t why) {
        outcomes.count((bit<16>)why);
        drop_packet();
    }

    action punt(outcome_t why) {
        outcomes.count((bit<16>)why);
        hdr.packet_in.setValid();
        hdr.packet_in.reason = (bit<16>)why;
        hdr.packet_in.ingress_port = (bit<32>)(PortIdUint_t)istd.input_port;
        send_to_port(PORT_CPU);
    }

    /* A pod's port carries the pod's address: one entry that accepts it, one behind that refuses the rest. Ports without entries are not checked. */
    action source_ok() {
    }

    action source_spoofed() {
        stop(outcome_t.SPOOFED_SOURCE);
        exit;
    }

    table pod_sources {
        key = {
            istd.input_port: exact @name("port");
            hdr.ipv4.source: ternary @name("address");
        }
        actions = { source_ok; source_spoofed; }
        const default_action = source_ok;
        size = 8192;
    }

    /* Addresses, ports and checksums as the flow's entry says (RFC 1624; a UDP checksum of 0 means none and stays 0). */
    action rewrite() {
        ipv4_addr_t old_address = hdr.ipv4.source;
        bit<16> old_port = meta.key.source_port;
        if (meta.translation == translation_t.DESTINATION) {
            old_address = hdr.ipv4.destination;
            old_port = meta.key.destination_port;
            hdr.ipv4.destination = meta.new_address;
            hdr.tcp.destination_port = meta.new_port;
            hdr.udp.destination_port = meta.new_port;
        } else {
            hdr.ipv4.source = meta.new_address;
            hdr.tcp.source_port = meta.new_port;
            hdr.udp.source_port = meta.new_port;
        }
        ip_checksum.clear();
        ip_checksum.subtract({ hdr.ipv4.header_checksum, old_address });
        ip_checksum.add(meta.new_address);
        hdr.ipv4.header_checksum = ip_checksum.get();
        if (hdr.tcp.isValid()) {
            l4_checksum.clear();
            l4_checksum.subtract({ hdr.tcp.checksum, old_address, old_port });
            l4_checksum.add({ meta.new_address, meta.new_port });
            hdr.tcp.checksum = l4_checksum.get();
        } else if (hdr.udp.isValid() && hdr.udp.checksum != 0) {
            l4_checksum.clear();
            l4_checksum.subtract({ hdr.udp.checksum, old_address, old_port });
            l4_checksum.add({ meta.new_address, meta.new_port });
            hdr.udp.checksum = l4_checksum.get();
            if (hdr.udp.checksum == 0) {
                hdr.udp.checksum = 0xffff;
            }
        }
    }

    action decrement_ttl() {
        bit<8> ttl = hdr.ipv4.ttl - 1;
        ip_checksum.clear();
        ip_checksum.subtract({ hdr.ipv4.header_checksum, hdr.ipv4.ttl, hdr.ipv4.protocol });
        ip_checksum.add({ ttl, hdr.ipv4.protocol });
        hdr.ipv4.header_checksum = ip_checksum.get();
        hdr.ipv4.ttl = ttl;
    }

    /* The key of the flow's other direction: what the translated packet would look like from the far side. */
    action reverse_key() {
        ipv4_addr_t source = meta.key.source;
        bit<16> source_port = meta.key.source_port;
        ipv4_addr_t destination = meta.key.destination;
        bit<16> destination_port = meta.key.destination_port;
        if (meta.translation == translation_t.DESTINATION) {
            destination = meta.new_address;
            destination_port = meta.new_port;
        } else if (meta.translation == translation_t.SOURCE) {
            source = meta.new_address;
            source_port = meta.new_port;
        }
        meta.key.source = destination;
        meta.key.source_port = destination_port;
        meta.key.destination = source;
        meta.key.destination_port = source_port;
    }

    apply {
        bool is_hit = false;
        bool is_learned = false;

        if (hdr.packet_out.isValid()) {
            send_to_port((PortId_t)(PortIdUint_t)hdr.packet_out.egress_port);
            hdr.packet_out.setInvalid();
            exit;
        }
        if (istd.parser_error != error.NoError) {
            stop(outcome_t.MALFORMED);
            exit;
        }

        // Tunnel termination; RFC 7348 section 5: the VNI is valid if the I flag is set
        if (hdr.vxlan.isValid()) {
            bool is_ours = false;
            if (hdr.vxlan.flags & VXLAN_FLAG_VNI != 0) {
                tunnel_termination.apply(hdr, is_ours);
            }
            if (!is_ours) {
                stop(outcome_t.UNKNOWN_TUNNEL);
                exit;
            }
        }

        if (hdr.arp.isValid()) {
            bool is_answered = false;
            arp.apply(hdr, istd.input_port, is_answered);
            if (!is_answered) {
                punt(outcome_t.ARP_UNKNOWN);
            }
            exit;
        }
        if (!hdr.ipv4.isValid()) {
            stop(outcome_t.NOT_IPV4);
            exit;
        }
        if (hdr.ipv4.destination[31:28] == 0xe || hdr.ipv4.destination == 0xffffffff) {
            stop(outcome_t.NOT_UNICAST);
            exit;
        }
        if (hdr.ipv4.ttl <= 1) {
            stop(outcome_t.TTL_EXPIRED);
            exit;
        }

        // Every packet, not only a flow's first: a pod must not speak in another one's flow either
        if (!is_net_port(istd.input_port)) {
            pod_sources.apply();
        }

        meta.key.source = hdr.ipv4.source;
        meta.key.destination = hdr.ipv4.destination;
        meta.key.protocol = hdr.ipv4.protocol;

        if (hdr.ipv4.fragment_offset != 0) {
            ipv4_addr_t source = 0;
            ipv4_addr_t destination = 0;
            bool is_known = false;
            fragment_cache.apply(meta.key, hdr.ipv4.identification, false, 0, 0, source, destination, is_known);
            if (!is_known) {
                stop(outcome_t.FRAGMENT_UNKNOWN);
                exit;
            }
            ip_checksum.clear();
            ip_checksum.subtract({ hdr.ipv4.header_checksum, hdr.ipv4.source, hdr.ipv4.destination });
            ip_checksum.add({ source, destination });
            hdr.ipv4.header_checksum = ip_checksum.get();
            hdr.ipv4.source = source;
            hdr.ipv4.destination = destination;
        } else {
            // Flow cache
            meta.use = flow_use_t.FORWARD;
            flow_cache.apply(meta, is_hit, is_learned);
            if (!is_hit) {
                // Service
                meta.translation = translation_t.NONE;
                if (meta.has_ports) {
                    bool has_endpoint = true;
                    service_load_balancer.apply(meta, has_endpoint);
                    if (!has_endpoint) {
                        stop(outcome_t.NO_ENDPOINT);
                        exit;
                    }
                }

                // Policy
                ipv4_addr_t destination = hdr.ipv4.destination;
                bit<16> destination_port = meta.key.destination_port;
                if (meta.translation == translation_t.DESTINATION) {
                    destination = meta.new_address;
                    destination_port = meta.new_port;
                }
                outcome_t verdict = outcome_t.FORWARDED;
                network_policy.apply(meta, hdr.ipv4.source, destination, destination_port, verdict);
                if (verdict != outcome_t.FORWARDED) {
                    stop(verdict);
                    exit;
                }

                // Learn: first the reverse entry, which may be taken, then this direction's
                flow_key_t forward_key = meta.key;
                translation_t translation = meta.translation;
                ipv4_addr_t new_address = meta.new_address;
                bit<16> new_port = meta.new_port;
                reverse_key();
                if (translation == translation_t.DESTINATION) {
                    meta.translation = translation_t.SOURCE;
                    meta.new_address = forward_key.destination;
                    meta.new_port = forward_key.destination_port;
                }
                meta.use = flow_use_t.LEARN;
                flow_cache.apply(meta, is_hit, is_learned);
                bool is_clash = is_hit && (translation == translation_t.DESTINATION) != (meta.translation == translation_t.SOURCE);
                if (is_hit && translation == translation_t.DESTINATION
                    && (meta.new_address != forward_key.destination || meta.new_port != forward_key.destination_port)) {
                    is_clash = true;
                }
                if (is_clash) {
                    stop(outcome_t.FLOW_CLASH);
                    exit;
                }
                meta.key = forward_key;
                meta.translation = translation;
                meta.new_address = new_address;
                meta.new_port = new_port;
                flow_cache.apply(meta, is_hit, is_learned);
                if (!is_learned) {
                    outcomes.count((bit<16>)outcome_t.UNTRACKED);
                }
            } else if (meta.tells_peer) {
                flow_key_t forward_key = meta.key;
                translation_t translation = meta.translation;
                ipv4_addr_t new_address = meta.new_address;
                bit<16> new_port = meta.new_port;
                reverse_key();
                meta.use = flow_use_t.FOLLOW;
                flow_cache.apply(meta, is_hit, is_learned);
                meta.key = forward_key;
                meta.translation = translation;
                meta.new_address = new_address;
                meta.new_port = new_port;
            }

            // Rewrite in place
            if (meta.translation != translation_t.NONE) {
                rewrite();
            }
            if (hdr.ipv4.more_fragments == 1) {
                ipv4_addr_t unused_source = 0;
                ipv4_addr_t unused_destination = 0;
                bool is_known = false;
                fragment_cache.apply(meta.key, hdr.ipv4.identification, true, hdr.ipv4.source, hdr.ipv4.destination, unused_source, unused_destination, is_known);
            }
        }

        // Routing
        decrement_ttl();
        bool is_routed = false;
        routing.apply(hdr, meta.key, is_routed);
        if (!is_routed) {
            stop(outcome_t.NO_ROUTE);
            exit;
        }
        outcomes.count((bit<16>)outcome_t.FORWARDED);
    }
}

// ------------------------------------------------------------------------------------------------ deparse

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        packet.emit(hdr.packet_in);
        packet.emit(hdr.outer_ethernet);
        packet.emit(hdr.outer_ipv4);
        packet.emit(hdr.outer_udp);
        packet.emit(hdr.vxlan);
        packet.emit(hdr.ethernet);
        packet.emit(hdr.vlan);
        packet.emit(hdr.arp);
        packet.emit(hdr.ipv4);
        packet.emit(hdr.ipv4_options);
        packet.emit(hdr.tcp);
        packet.emit(hdr.udp);
        packet.emit(hdr.icmp);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
