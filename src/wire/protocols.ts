/** Numbers that say what comes next: EtherTypes (IEEE 802), IP protocols (IANA), the VXLAN port (RFC 7348). */

export const etherTypes = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd } as const;
export const protocols = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const;
export const vxlanPort = 4789;
