/** node.yaml and manifests of the softipu lane: the services that kube-proxy.ts writes as rules. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillerServices, gateway, macOf, nodeA, nodeB, ports, remotePod, roles, services, sites, tunnel } from './sites.ts';

const namespace = 'bench';

/** Writes everything below `directory`; returns the path of node.yaml. */
export function writeConfiguration(directory: string): string {
  const manifests = join(directory, 'manifests');
  mkdirSync(manifests);
  const all = [
    ...[nodeA, { ...nodeB, mac: nodeB.vtepMac }].map(nodeObject),
    ...roles.map((role) => pod(role, sites[role], nodeA.name)),
    pod(remotePod.name, remotePod.address, nodeB.name),
    ...serviceManifests('server', services.server, [sites.server]),
    ...serviceManifests('sink', services.sink, [sites.sink]),
    ...serviceManifests('remote', services.remote, [remotePod.address]),
    ...Array.from({ length: fillerServices }, (_, i) => i).flatMap((i) =>
      serviceManifests(`filler-${i}`, `10.97.${i >> 7}.${(i & 127) + 1}`, [sites.server]),
    ),
  ];
  writeFileSync(join(manifests, 'cluster.yaml'), all.join('---\n'));
  const file = join(directory, 'node.yaml');
  writeFileSync(file, nodeYaml());
  return file;
}

function nodeYaml(): string {
  const pods = roles.map((role) => `  - {interface: ${role}, kind: pod, pod: ${namespace}/${role}, mac: "${macOf(role)}"}\n`);
  return `node:
  name: ${nodeA.name}
  vtep: {address: ${nodeA.address}, mac: "${nodeA.mac}"}
gateway: {addresses: [${gateway.address}], mac: "${gateway.mac}"}
vxlan: {vni: ${tunnel.vni}, port: ${tunnel.port}}
podCIDR: ${nodeA.podCidr}
manifests: ./manifests
control: ./control.sock
ports:
  - {interface: uplink, kind: net}
${pods.join('')}`;
}

function nodeObject(node: { name: string; address: string; mac: string; podCidr: string }): string {
  return `apiVersion: v1
kind: Node
metadata:
  name: ${node.name}
  annotations:
    flannel.alpha.coreos.com/backend-type: vxlan
    flannel.alpha.coreos.com/backend-data: '{"VNI":${tunnel.vni},"VtepMAC":"${node.mac}"}'
    flannel.alpha.coreos.com/public-ip: ${node.address}
spec: {podCIDR: ${node.podCidr}, podCIDRs: [${node.podCidr}]}
status: {addresses: [{type: InternalIP, address: ${node.address}}]}
`;
}

function pod(name: string, address: string, node: string): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: ${namespace}}
spec: {nodeName: ${node}}
status: {phase: Running, podIP: ${address}, podIPs: [{ip: ${address}}]}
`;
}

/** A service and its endpoints, as two manifests. */
export function serviceManifests(name: string, address: string, endpoints: readonly string[]): string[] {
  return [
    `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  type: ClusterIP
  clusterIP: ${address}
  clusterIPs: [${address}]
  ports:
    - {name: tcp, protocol: TCP, port: ${ports.tcp}, targetPort: ${ports.targetTcp}}
    - {name: udp, protocol: UDP, port: ${ports.udp}, targetPort: ${ports.targetUdp}}
`,
    `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}-1, namespace: ${namespace}, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
ports:
  - {name: tcp, protocol: TCP, port: ${ports.targetTcp}}
  - {name: udp, protocol: UDP, port: ${ports.targetUdp}}
endpoints:
${endpoints.map(endpoint).join('')}`,
  ];
}

function endpoint(address: string): string {
  const node = address === remotePod.address ? nodeB.name : nodeA.name;
  return `  - {addresses: [${address}], conditions: {ready: true}, nodeName: ${node}}\n`;
}
