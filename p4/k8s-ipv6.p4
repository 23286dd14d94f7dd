/*
 * The stages for IPv6, as k8s-ipv4.p4 has them for IPv4. A header without checksum; L4 checksums of all protocols know the addresses.
 */
#define IPV6
#define FAMILY(name) name##_ipv6
#define ADDRESS ipv6_addr_t
#define FAMILY_FLOWS FLOWS_IPV6
#define IP ipv6
/* Of the layer above, behind the extension headers. */
#define PROTOCOL l4.protocol
#define TTL hdr.ipv6.hop_limit
#define IP_BYTES (hdr.ipv6.payload_length + 40)
#define IDENTIFICATION hdr.ipv6_fragment.identification
#define IDENTIFICATION_BITS 32
#define IS_FIRST_FRAGMENT (hdr.ipv6_fragment.isValid() && hdr.ipv6_fragment.more_fragments == 1)
#define IS_LATER_FRAGMENT (hdr.ipv6_fragment.isValid() && hdr.ipv6_fragment.fragment_offset != 0)
/* Multicast; link-local addresses on either side (RFC 4291 section 2.5.6). */
#define STAYS_ON_LINK (hdr.ipv6.destination[127:120] == 0xff || hdr.ipv6.destination[127:118] == 0x3fa || hdr.ipv6.source[127:118] == 0x3fa)

/* Behind extension headers of any length. */
#define SCTP_BYTES (12 + (bit<16>)payload_length())
#define QUOTED quoted_ipv6
#define QUOTED_PROTOCOL quoted_ipv6.next_header
/* Errors of ICMPv6. */
#define UNREACHABLE 1
#define PORT_UNREACHABLE 4
#define TOO_BIG_TYPE 2
#define TOO_BIG_CODE 0
#define TIME_EXCEEDED 3
#define ECHO_REQUEST ICMPV6_ECHO_REQUEST
#define ECHO_REPLY ICMPV6_ECHO_REPLY
/* Unspecified, loopback, multicast. */
#define IS_NO_NODE(address) (address[127:1] == 0 || address[127:120] == 0xff)

#include "k8s-family.p4"

#undef IPV6
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
