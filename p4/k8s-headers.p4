/*
 * Headers of k8s-lb.p4. Field names are those of the RFCs.
 */
#ifndef K8S_HEADERS_P4
#define K8S_HEADERS_P4

typedef bit<48> mac_t;
typedef bit<32> ipv4_addr_t;
typedef bit<128> ipv6_addr_t;

const bit<16> ETHERTYPE_IPV4 = 0x0800;
const bit<16> ETHERTYPE_ARP  = 0x0806;
const bit<16> ETHERTYPE_VLAN = 0x8100;
const bit<16> ETHERTYPE_IPV6 = 0x86dd;

const bit<8> PROTOCOL_HOP_BY_HOP  = 0;
const bit<8> PROTOCOL_ICMP        = 1;
const bit<8> PROTOCOL_TCP         = 6;
const bit<8> PROTOCOL_UDP         = 17;
const bit<8> PROTOCOL_ROUTING     = 43;
const bit<8> PROTOCOL_FRAGMENT    = 44;
const bit<8> PROTOCOL_ICMPV6      = 58;
const bit<8> PROTOCOL_DESTINATION = 60;
const bit<8> PROTOCOL_SCTP        = 132;

const bit<8> TCP_FIN = 0x01;
const bit<8> TCP_SYN = 0x02;
const bit<8> TCP_RST = 0x04;
const bit<8> TCP_ACK = 0x10;

const bit<8> ICMP_ECHO_REPLY   = 0;
const bit<8> ICMP_ECHO_REQUEST = 8;

const bit<8> ICMP_UNREACHABLE       = 3;
const bit<8> ICMP_SOURCE_QUENCH     = 4;
const bit<8> ICMP_REDIRECT          = 5;
const bit<8> ICMP_TIME_EXCEEDED     = 11;
const bit<8> ICMP_PARAMETER_PROBLEM = 12;

const bit<8> ICMPV6_ECHO_REQUEST           = 128;
const bit<8> ICMPV6_ECHO_REPLY             = 129;
const bit<8> ICMPV6_NEIGHBOR_SOLICITATION  = 135;
const bit<8> ICMPV6_NEIGHBOR_ADVERTISEMENT = 136;

const bit<16> ARP_REQUEST = 1;
const bit<16> ARP_REPLY   = 2;

header ethernet_t {
    mac_t   destination;
    mac_t   source;
    bit<16> ether_type;
}

/* IEEE 802.1Q tag, behind the Ethernet addresses: `ether_type` is the type of what follows. */
header vlan_t {
    bit<3>  priority;
    bit<1>  drop_eligible;
    bit<12> id;
    bit<16> ether_type;
}

/* RFC 826 for Ethernet and IPv4. */
header arp_t {
    bit<16>     hardware_type;
    bit<16>     protocol_type;
    bit<8>      hardware_length;
    bit<8>      protocol_length;
    bit<16>     operation;
    mac_t       sender_hardware;
    ipv4_addr_t sender_protocol;
    mac_t       target_hardware;
    ipv4_addr_t target_protocol;
}

/* RFC 791, without the options. */
header ipv4_t {
    bit<4>      version;
    bit<4>      ihl;
    bit<8>      dscp_ecn;
    bit<16>     total_length;
    bit<16>     identification;
    bit<1>      reserved;
    bit<1>      do_not_fragment;
    bit<1>      more_fragments;
    bit<13>     fragment_offset;
    bit<8>      ttl;
    bit<8>      protocol;
    bit<16>     header_checksum;
    ipv4_addr_t source;
    ipv4_addr_t destination;
}

header ipv4_options_t {
    varbit<320> options;
}

/* RFC 8200 */
header ipv6_t {
    bit<4>      version;
    bit<8>      traffic_class;
    bit<20>     flow_label;
    bit<16>     payload_length;
    bit<8>      next_header;
    bit<8>      hop_limit;
    ipv6_addr_t source;
    ipv6_addr_t destination;
}

/* Hop-by-hop options, routing, destination options; at most 256 bytes. */
header ipv6_extension_t {
    bit<8>       next_header;
    bit<8>       length;        // in units of 8 bytes, without the first
    varbit<2032> content;
}

header ipv6_fragment_t {
    bit<8>  next_header;
    bit<8>  reserved;
    bit<13> fragment_offset;
    bit<2>  reserved2;
    bit<1>  more_fragments;
    bit<32> identification;
}

/* RFC 9293, without the options. */
header tcp_t {
    bit<16> source_port;
    bit<16> destination_port;
    bit<32> sequence_number;
    bit<32> acknowledgment_number;
    bit<4>  data_offset;
    bit<4>  reserved;
    bit<8>  flags;
    bit<16> window;
    bit<16> checksum;
    bit<16> urgent_pointer;
}

header udp_t {
    bit<16> source_port;
    bit<16> destination_port;
    bit<16> length;
    bit<16> checksum;
}

/* RFC 9260: the checksum is a CRC32c. */
header sctp_t {
    bit<16> source_port;
    bit<16> destination_port;
    bit<32> verification_tag;
    bit<32> checksum;
}

/* RFC 792, RFC 4443; `identifier` and `sequence_number` have meaning for echo only. */
header icmp_t {
    bit<8>  type;
    bit<8>  code;
    bit<16> checksum;
    bit<16> identifier;
    bit<16> sequence_number;
}

/* Errors of both; behind them the packet that they are about. */
header icmp_error_t {
    bit<8>  type;
    bit<8>  code;
    bit<16> checksum;
    bit<16> unused;
    bit<16> mtu;        // of packet too big, fragmentation needed (RFC 1191)
}

/* At least so much is quoted of the layer above IP; word 3 is the checksum of UDP. */
header quoted_l4_t {
    bit<16> source_port;
    bit<16> destination_port;
    bit<16> word2;
    bit<16> word3;
}

/* The rest of a TCP header, if that is quoted, too. */
header quoted_tcp_t {
    bit<32> acknowledgment_number;
    bit<16> flags;
    bit<16> window;
    bit<16> checksum;
    bit<16> urgent_pointer;
}

/* RFC 4861: what neighbour solicitations and advertisements have behind the first 8 bytes, and the option with a link-layer address. */
header neighbor_t {
    ipv6_addr_t target;
}

header neighbor_option_t {
    bit<8> type;
    bit<8> length;
    mac_t  address;
}

const bit<8> ND_TARGET_ADDRESS = 2;

const bit<8> VXLAN_FLAG_VNI = 0x08;

/* RFC 7348 */
header vxlan_t {
    bit<8>  flags;
    bit<24> reserved;
    bit<24> vni;
    bit<8>  reserved2;
}

/* What the parser looks at, without consuming it, to tell a tunnel packet from others: Ethernet + IPv4 without options ... */
struct ipv4_peek_t {
    bit<96> macs;
    bit<16> ether_type;
    bit<8>  version_ihl;
    bit<8>  dscp_ecn;
    bit<16> total_length;
    bit<16> identification;
    bit<16> flags_and_offset;
    bit<8>  ttl;
    bit<8>  protocol;
    bit<16> header_checksum;
    bit<32> source;
    bit<32> destination;
}

/* ... + UDP ports. */
struct udp_peek_t {
    ipv4_peek_t ipv4;
    bit<16>     source_port;
    bit<16>     destination_port;
}

/* The same for IPv6 without extension headers. */
struct ipv6_peek_t {
    bit<96>  macs;
    bit<16>  ether_type;
    bit<32>  version_class_label;
    bit<16>  payload_length;
    bit<8>   next_header;
    bit<8>   hop_limit;
    bit<128> source;
    bit<128> destination;
    bit<16>  source_port;
    bit<16>  destination_port;
}

/* In front of a packet that goes to the control plane: why, and where it came from. */
@controller_header("packet_in")
header packet_in_t {
    bit<16> reason;
    bit<32> ingress_port;
}

/* In front of a packet that comes from the control plane: where it shall go. */
@controller_header("packet_out")
header packet_out_t {
    bit<32> egress_port;
}

/* Extension headers that a packet may have; with more it is malformed. */
#define IPV6_EXTENSIONS 4

struct headers_t {
    packet_out_t   packet_out;
    packet_in_t    packet_in;
    ethernet_t     outer_ethernet;
    ipv4_t         outer_ipv4;
    ipv6_t         outer_ipv6;
    udp_t          outer_udp;
    vxlan_t        vxlan;
    ethernet_t     ethernet;
    vlan_t         vlan;
    arp_t          arp;
    ipv4_t         ipv4;
    ipv6_t         ipv6;
    icmp_error_t   icmp_error;
    ipv4_t         quoted_ipv4;
    ipv6_t         quoted_ipv6;
    ipv4_options_t ipv4_options;    // of the quoted packet, if there is one
    ipv6_extension_t[IPV6_EXTENSIONS] ipv6_extensions;
    ipv6_fragment_t ipv6_fragment;
    quoted_l4_t    quoted_l4;
    quoted_tcp_t   quoted_tcp;
    tcp_t          tcp;
    udp_t          udp;
    sctp_t         sctp;
    icmp_t         icmp;
    neighbor_t     neighbor;
    neighbor_option_t neighbor_option;
}

#endif
