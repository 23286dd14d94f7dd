/** The tables of p4/k8s-lb.p4, in short; sizes are small. */
import type { ProgramDescription } from '../p4runtime/program.ts';

export const k8sProgram: ProgramDescription = {
  tables: [
    {
      name: 'tunnel_endpoints',
      keys: ['vtep:32', 'vni:24'],
      actions: ['terminate', '@defaultonly not_ours'],
      size: 64,
      constDefault: true,
    },
    {
      name: 'arp_responder',
      keys: ['operation:16', 'address:32'],
      actions: ['arp_reply(mac:48)', '@defaultonly not_answered'],
      size: 64,
      constDefault: true,
    },
    {
      name: 'flows',
      keys: ['source:32', 'destination:32', 'source_port:16', 'destination_port:16', 'protocol:8'],
      actions: [
        '@tableonly pass_unchanged',
        '@tableonly translate_destination(address:32, port:16)',
        '@tableonly translate_source(address:32, port:16)',
        '@defaultonly learn',
      ],
      size: 128,
      constDefault: true,
      ageing: 'autoDelete',
      addOnMiss: true,
      directCounter: 'flow_counter',
    },
    {
      name: 'services',
      keys: ['address:32', 'port:16', 'protocol:8'],
      actions: ['to_endpoint(address:32, port:16)', 'no_endpoint', '@defaultonly not_a_service'],
      size: 32,
      implementation: 'endpoints',
      constDefault: true,
    },
    { name: 'source_identities', keys: ['address:32 lpm'], actions: ['source_is(identity:16)'], size: 1024 },
    { name: 'destination_identities', keys: ['address:32 lpm'], actions: ['destination_is(identity:16)'], size: 1024 },
    {
      name: 'egress_policy',
      keys: ['pod:16', 'peer:16 ternary', 'protocol:8 ternary', 'port:16 range'],
      actions: ['deny_egress', 'allow'],
      size: 4096,
      constDefault: true,
    },
    {
      name: 'ingress_policy',
      keys: ['pod:16', 'peer:16 ternary', 'protocol:8 ternary', 'port:16 range'],
      actions: ['deny_ingress', 'allow'],
      size: 4096,
      constDefault: true,
    },
    {
      name: 'routes',
      keys: ['destination:32 lpm'],
      actions: [
        'to_port(port:32:PortId_t, source_mac:48, destination_mac:48)',
        'to_vlan(port:32:PortId_t, source_mac:48, destination_mac:48, vlan:12)',
        'to_node(port:32:PortId_t, source_mac:48, destination_mac:48, local_vtep:32, remote_vtep:32, vni:24, local_vtep_mac:48, remote_vtep_mac:48)',
        'no_route',
      ],
      size: 256,
      constDefault: true,
    },
    {
      name: 'pod_sources',
      keys: ['port:32:PortId_t', 'address:32 ternary'],
      actions: ['source_spoofed', 'source_ok'],
      size: 256,
      constDefault: true,
    },
  ],
  selectors: [{ name: 'endpoints', members: 64, groups: 32, maglevSize: 131 }],
  counters: [{ name: 'outcomes', size: 32 }],
  packetIn: ['reason:16', 'ingress_port:32'],
  packetOut: ['egress_port:32'],
};
