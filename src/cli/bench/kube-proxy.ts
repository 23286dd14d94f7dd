/** The rules that kube-proxy would write for the benchmarks' services: its nftables mode (verdict maps) and its iptables mode (a chain per service). */
import { fillerServices, ports, services, sites } from './sites.ts';

const fillers = Array.from({ length: fillerServices }, (_, i) => `10.97.${i >> 7}.${(i & 127) + 1}`);
const real = [
  { name: 'server', address: services.server, endpoint: sites.server },
  { name: 'sink', address: services.sink, endpoint: sites.sink },
];

export function nftRules(): string {
  const endpoint = ({ name, endpoint }: (typeof real)[number]): string =>
    `  chain endpoint-${name} {
    meta l4proto udp dnat to ${endpoint}:${ports.targetUdp}
    meta l4proto tcp dnat to ${endpoint}:${ports.targetTcp}
  }
  chain service-${name} { numgen random mod 1 vmap { 0 : goto endpoint-${name} }; }`;
  const elements = [
    ...real.flatMap(({ name, address }) => [
      `${address} . udp . ${ports.udp} : goto service-${name}`,
      `${address} . tcp . ${ports.tcp} : goto service-${name}`,
    ]),
    ...fillers.map((address) => `${address} . tcp . 80 : goto service-server`),
  ];
  return `table ip kube-proxy {
${real.map(endpoint).join('\n')}
  map service-ips {
    type ipv4_addr . inet_proto . inet_service : verdict
    elements = { ${elements.join(', ')} }
  }
  chain services { ip daddr . meta l4proto . th dport vmap @service-ips; }
  chain nat-prerouting { type nat hook prerouting priority dstnat; jump services; }
  chain nat-output { type nat hook output priority -100; jump services; }
  chain nat-postrouting { type nat hook postrouting priority srcnat; meta mark & 0x4000 == 0 return; masquerade; }
  chain firewall-check { }
  chain filter-forward { type filter hook forward priority -110; ct state new jump firewall-check; }
}
`;
}

export function iptablesRules(): string {
  const lines = ['*nat', ':KUBE-SERVICES - [0:0]'];
  for (const { name } of real) lines.push(`:KUBE-SVC-${name} - [0:0]`, `:KUBE-SEP-${name} - [0:0]`);
  lines.push('-A PREROUTING -j KUBE-SERVICES');
  for (const address of fillers) lines.push(`-A KUBE-SERVICES -d ${address}/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-server`);
  for (const { name, address, endpoint } of real) {
    for (const protocol of ['udp', 'tcp'] as const) {
      const [port, target] = protocol === 'udp' ? [ports.udp, ports.targetUdp] : [ports.tcp, ports.targetTcp];
      lines.push(`-A KUBE-SERVICES -d ${address}/32 -p ${protocol} -m ${protocol} --dport ${port} -j KUBE-SVC-${name}`);
      lines.push(`-A KUBE-SEP-${name} -p ${protocol} -m ${protocol} -j DNAT --to-destination ${endpoint}:${target}`);
    }
    lines.push(`-A KUBE-SVC-${name} -j KUBE-SEP-${name}`);
  }
  lines.push('COMMIT', '*filter', ':KUBE-FORWARD - [0:0]', '-A FORWARD -j KUBE-FORWARD');
  lines.push('-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP');
  lines.push('-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT', 'COMMIT', '');
  return lines.join('\n');
}
