/*
 * The stages for IPv6, as k8s-ipv4.p4 has them for IPv4. A header without checksum; L4 checksums of all protocols know the addresses.
 */
#define IPV6
#define FAMILY(name) name##_ipv6
#define ADDRESS ipv6_addr_t
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

#include "k8s-family.p4"

#undef IPV6
#undef FAMILY
#undef ADDRESS
#undef IP
#undef PROTOCOL
#undef TTL
#undef IP_BYTES
#undef IDENTIFICATION
#undef IDENTIFICATION_BITS
#undef IS_FIRST_FRAGMENT
#undef IS_LATER_FRAGMENT
#undef STAYS_ON_LINK
