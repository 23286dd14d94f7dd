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
 * k8s-family.p4 includes the stages of an IP family; k8s-parser.p4 and k8s-links.p4 are what families share. What IPv6 has of its own are tables of
 * its own: a node without it has no entries there, and its packets never come near.
 */
#include <bmv2/pna.p4>
#include <softipu.p4>
#include "k8s-headers.p4"
#include "k8s-types.p4"
#include "k8s-parser.p4"
#include "k8s-links.p4"
#include "k8s-rate-limit.p4"
#include "k8s-crc32c.p4"

#include "k8s-ipv4.p4"
#include "k8s-ipv6.p4"

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd) {
    TunnelTermination() tunnel_termination;
    Arp() arp;
    NeighborDiscovery() neighbor_discovery;
    Forwarding() forwarding;
    RateLimit() rate_limit;
    Forwarding_ipv6() forwarding_ipv6;

    Counter<bit<64>, bit<16>>(32, PNA_CounterType_t.PACKETS_AND_BYTES) outcomes;

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

    apply {
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
        outcome_t outcome = outcome_t.NOT_IP;
        bool is_untracked = false;
        bool is_answered = false;
        limiters_t limiters = { 0, 0 };
        if (hdr.ipv4.isValid()) {
            forwarding.apply(hdr, meta.l4, istd.input_port, outcome, is_untracked, limiters, is_answered);
        } else if (hdr.neighbor.isValid()) {
            if (hdr.ipv6.hop_limit == 255 && hdr.icmp.code == 0) {
                neighbor_discovery.apply(hdr, istd.input_port, is_answered);
                if (!is_answered) {
                    punt(outcome_t.NEIGHBOR_UNKNOWN);
                }
            } else {
                stop(outcome_t.MALFORMED);
            }
            exit;
        } else if (hdr.ipv6.isValid()) {
            forwarding_ipv6.apply(hdr, meta.l4, istd.input_port, outcome, is_untracked, limiters, is_answered);
        }
        if (outcome == outcome_t.FORWARDED && limiters.from_pod != 0) @unlikely {
            rate_limit.apply(limiters.from_pod, outcome);
        }
        if (outcome == outcome_t.FORWARDED && limiters.to_pod != 0) @unlikely {
            rate_limit.apply(limiters.to_pod, outcome);
        }
        if (is_untracked) {
            outcomes.count((bit<16>)outcome_t.UNTRACKED);
        }
        outcomes.count((bit<16>)outcome);
        if (outcome != outcome_t.FORWARDED && !is_answered) {
            drop_packet();
        }
    }
}

control MainDeparser(packet_out packet, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    apply {
        packet.emit(hdr.packet_in);
        packet.emit(hdr.outer_ethernet);
        packet.emit(hdr.outer_ipv4);
        packet.emit(hdr.outer_ipv6);
        packet.emit(hdr.outer_udp);
        packet.emit(hdr.vxlan);
        packet.emit(hdr.ethernet);
        packet.emit(hdr.vlan);
        packet.emit(hdr.arp);
        packet.emit(hdr.ipv4);
        packet.emit(hdr.ipv6);
        packet.emit(hdr.icmp_error);
        packet.emit(hdr.quoted_ipv4);
        packet.emit(hdr.quoted_ipv6);
        packet.emit(hdr.ipv4_options);
        packet.emit(hdr.ipv6_extensions);
        packet.emit(hdr.ipv6_fragment);
        packet.emit(hdr.quoted_l4);
        packet.emit(hdr.quoted_tcp);
        packet.emit(hdr.tcp);
        packet.emit(hdr.udp);
        packet.emit(hdr.sctp);
        packet.emit(hdr.icmp);
        packet.emit(hdr.neighbor);
        packet.emit(hdr.neighbor_option);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
