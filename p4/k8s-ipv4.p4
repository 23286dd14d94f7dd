/*
 * The stages for IPv4. What the family's headers have of their own stands here, the rest in the files that k8s-family.p4 includes.
 */
#define IPV4
#define FAMILY(name) name
#define ADDRESS ipv4_addr_t
#define FAMILY_FLOWS FLOWS
#define IP ipv4
#define PROTOCOL hdr.ipv4.protocol
#define TTL hdr.ipv4.ttl
/* With its header. */
#define IP_BYTES hdr.ipv4.total_length
#define IDENTIFICATION hdr.ipv4.identification
#define IDENTIFICATION_BITS 16
#define IS_FIRST_FRAGMENT (hdr.ipv4.more_fragments == 1)
#define IS_LATER_FRAGMENT (hdr.ipv4.fragment_offset != 0)
/* Multicast and broadcast. */
#define STAYS_ON_LINK (hdr.ipv4.destination[31:28] == 0xe || hdr.ipv4.destination == 0xffffffff)

/* Ethernet may have padded a short packet. */
#define SCTP_BYTES (hdr.ipv4.total_length - ((bit<16>)hdr.ipv4.ihl << 2))
#define QUOTED quoted_ipv4
#define QUOTED_PROTOCOL quoted_ipv4.protocol
/* Errors of ICMP. */
#define UNREACHABLE 3
#define PORT_UNREACHABLE 3
#define TOO_BIG_TYPE 3
#define TOO_BIG_CODE 4
#define TIME_EXCEEDED 11
#define ECHO_REQUEST ICMP_ECHO_REQUEST
#define ECHO_REPLY ICMP_ECHO_REPLY
/* Unspecified, loopback, multicast, broadcast. */
#define IS_NO_NODE(address) (address[31:24] == 0 || address[31:24] == 127 || address[31:29] == 7)

#include "k8s-family.p4"

#undef IPV4
#undef FAMILY
#undef ADDRESS
#undef FAMILY_FLOWS
#undef IP
#undef PROTOCOL
#undef TTL
#undef IP_BYTES
#undef IDENTIFICATION
#undef IDENTIFICATION_BITS
#undef IS_FIRST_FRAGMENT
#undef IS_LATER_FRAGMENT
#undef STAYS_ON_LINK
#undef SCTP_BYTES
#undef QUOTED
#undef QUOTED_PROTOCOL
#undef UNREACHABLE
#undef PORT_UNREACHABLE
#undef TOO_BIG_TYPE
#undef TOO_BIG_CODE
#undef TIME_EXCEEDED
#undef ECHO_REQUEST
#undef ECHO_REPLY
#undef IS_NO_NODE
