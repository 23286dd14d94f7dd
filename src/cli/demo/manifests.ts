/**
 * What a cluster would say about the demo: ordinary Kubernetes manifests, and the node.yaml that a person would write.
 *
 * The demo changes the cluster by writing these files anew, as an editor does: to a temporary name, then renamed.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  gateway,
  localPods,
  netPort,
  netPortMac,
  nodeA,
  nodeB,
  type PodSite,
  podNamespace,
  portOf,
  remotePod,
  remoteService,
  service,
  stickyService,
  target,
  vxlan,
} from './topology.ts';

/** How long an idle UDP flow lives in the demo: a check waits for it. */
export const udpTimeoutMs = 2000;

/** Writes node.yaml and all manifests below `directory`. Returns the path of node.yaml. */
export function writeConfiguration(directory: string): string {
  const manifests = join(directory, 'manifests');
  mkdirSync(manifests);
  writeFileSync(join(manifests, 'nodes.yaml'), nodes());
  writeFileSync(join(manifests, 'pods.yaml'), pods());
  writeFileSync(join(manifests, 'services.yaml'), services());
  writeFileSync(join(manifests, 'policy.yaml'), policy);
  for (const { name } of [service, stickyService]) {
    writeEndpoints(
      directory,
      name,
      localPods.filter((p) => p.labels.app === 'web'),
    );
  }
  writeEndpoints(directory, remoteService.name, [remotePod]);
  const file = join(directory, 'node.yaml');
  writeFileSync(file, nodeYaml());
  return file;
}

/** Writes the EndpointSlice of a service: the only file that the demo edits. */
export function writeEndpoints(directory: string, name: string, sites: readonly PodSite[]): void {
  const file = join(directory, 'manifests', `endpoints-${name}.yaml`);
  const slice = (family: 'IPv4' | 'IPv6'): string => {
    const endpoints = sites.flatMap((site) => {
      const address = family === 'IPv4' ? site.address : site.ipv6;
      if (address === undefined) return [];
      return `  - addresses: ["${address}"]
    conditions: {ready: true}
    nodeName: ${nodeOf(site)}
    targetRef: {kind: Pod, namespace: ${podNamespace}, name: ${site.name}}
`;
    });
    return `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: ${name}-${family.toLowerCase()}
  namespace: ${podNamespace}
  labels: {kubernetes.io/service-name: ${name}}
addressType: ${family}
ports:
  - {name: http, protocol: TCP, port: ${target.tcpPort}}
  - {name: echo, protocol: UDP, port: ${target.udpPort}}
endpoints:${endpoints.length === 0 ? ' []\n' : `\n${endpoints.join('')}`}`;
  };
  writeFileSync(`${file}.new`, documents([slice('IPv4'), slice('IPv6')]));
  renameSync(`${file}.new`, file);
}

function nodeOf(site: PodSite): string {
  return site === remotePod ? nodeB.name : nodeA.name;
}

function nodeYaml(): string {
  const ports = localPods.map(
    (p) => `  - {interface: ${portOf(p)}, kind: pod, pod: ${podNamespace}/${p.name}, mac: "${p.mac}"}\n`,
  );
  return `node:
  name: ${nodeA.name}
  vtep: {address: ${nodeA.address}, mac: "${nodeA.mac}"}
gateway: {addresses: [${gateway.address}, "${gateway.ipv6}"], mac: "${gateway.mac}"}
vxlan: {vni: ${vxlan.vni}, port: ${vxlan.port}}
podCIDR: ${nodeA.podCidr}
uplink: {gateway: ${nodeB.address}}
manifests: ./manifests
control: ./control.sock
flows:
  timeouts: {udp: ${udpTimeoutMs}ms}
ports:
  - {interface: ${netPort}, kind: net, hardwareAddress: "${netPortMac}"}
${ports.join('')}`;
}

function nodes(): string {
  return documents(
    [nodeA, { ...nodeB, mac: nodeB.vtepMac }].map(
      (node) => `apiVersion: v1
kind: Node
metadata:
  name: ${node.name}
  annotations:
    flannel.alpha.coreos.com/backend-type: vxlan
    flannel.alpha.coreos.com/backend-data: '{"VNI":${vxlan.vni},"VtepMAC":"${node.mac}"}'
    flannel.alpha.coreos.com/public-ip: ${node.address}
spec:
  podCIDR: ${node.podCidr}
  podCIDRs: [${node.podCidr}]
status:
  addresses: [{type: InternalIP, address: ${node.address}}]
`,
    ),
  );
}

function pods(): string {
  const namespace = `apiVersion: v1
kind: Namespace
metadata: {name: ${podNamespace}, labels: {team: ${podNamespace}}}
`;
  const all = [...localPods, remotePod].map(
    (site) => `apiVersion: v1
kind: Pod
metadata:
  name: ${site.name}
  namespace: ${podNamespace}
  labels: ${JSON.stringify(site.labels)}
  annotations: ${JSON.stringify(site.annotations ?? {})}
spec: {nodeName: ${nodeOf(site)}}
status: {phase: Running, podIP: ${site.address}, podIPs: ${JSON.stringify([site.address, site.ipv6 ?? []].flat().map((ip) => ({ ip })))}}
`,
  );
  return documents([namespace, ...all]);
}

function services(): string {
  return documents(
    [
      {
        ...service,
        more: '',
        clusterIPs: [service.address, service.ipv6],
        type: 'NodePort',
        nodePorts: [service.nodePort, service.udpNodePort],
      },
      {
        ...stickyService,
        more: '  sessionAffinity: ClientIP\n',
        clusterIPs: [stickyService.address],
        type: 'ClusterIP',
        nodePorts: undefined,
      },
      { ...remoteService, more: '', clusterIPs: [remoteService.address], type: 'ClusterIP', nodePorts: undefined },
    ].map(
      (s) => `apiVersion: v1
kind: Service
metadata: {name: ${s.name}, namespace: ${podNamespace}}
spec:
  type: ${s.type}
  clusterIP: ${s.address}
  clusterIPs: ${JSON.stringify(s.clusterIPs)}
${s.more}  selector: {app: ${s.name}}
  ports:
    - {name: http, protocol: TCP, port: ${s.tcpPort}, targetPort: ${target.tcpPort}${s.nodePorts ? `, nodePort: ${s.nodePorts[0]}` : ''}}
    - {name: echo, protocol: UDP, port: ${s.udpPort}, targetPort: ${target.udpPort}${s.nodePorts ? `, nodePort: ${s.nodePorts[1]}` : ''}}
`,
    ),
  );
}

/** The web pods take connections from frontends of the shop team and from the other node, and from nobody else. */
const policy = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web-from-frontend, namespace: ${podNamespace}}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress]
  ingress:
    - from:
        - namespaceSelector: {matchLabels: {team: ${podNamespace}}}
          podSelector: {matchLabels: {role: frontend}}
        - ipBlock: {cidr: ${nodeB.address}/32}
      ports:
        - {protocol: TCP, port: ${target.tcpPort}}
        - {protocol: UDP, port: ${target.udpPort}}
`;

function documents(parts: readonly string[]): string {
  return parts.join('---\n');
}
