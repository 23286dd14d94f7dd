/*
 * The stages for IPv4. What the family's headers have of their own stands here, the rest in the files that k8s-family.p4 includes.
 */
#define IPV4
#define FAMILY(name) name
#define ADDRESS ipv4_addr_t
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

#include "k8s-family.p4"

#undef IPV4
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
