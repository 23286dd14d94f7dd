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
  writeEndpoints(
    directory,
    service.name,
    localPods.filter((p) => p.labels.app === 'web'),
  );
  writeEndpoints(directory, remoteService.name, [remotePod]);
  const file = join(directory, 'node.yaml');
  writeFileSync(file, nodeYaml());
  return file;
}

/** Writes the EndpointSlice of a service: the only file that the demo edits. */
export function writeEndpoints(directory: string, name: string, sites: readonly PodSite[]): void {
  const file = join(directory, 'manifests', `endpoints-${name}.yaml`);
  const endpoints = sites.map(
    (site) => `  - addresses: [${site.address}]
    conditions: {ready: true}
    nodeName: ${nodeOf(site)}
    targetRef: {kind: Pod, namespace: ${podNamespace}, name: ${site.name}}
`,
  );
  const text = `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: ${name}-abcde
  namespace: ${podNamespace}
  labels: {kubernetes.io/service-name: ${name}}
addressType: IPv4
ports:
  - {name: http, protocol: TCP, port: ${target.tcpPort}}
  - {name: echo, protocol: UDP, port: ${target.udpPort}}
endpoints:${endpoints.length === 0 ? ' []\n' : `\n${endpoints.join('')}`}`;
  writeFileSync(`${file}.new`, text);
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
gateway: {addresses: [${gateway.address}], mac: "${gateway.mac}"}
vxlan: {vni: ${vxlan.vni}, port: ${vxlan.port}}
podCIDR: ${nodeA.podCidr}
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
spec: {nodeName: ${nodeOf(site)}}
status: {phase: Running, podIP: ${site.address}, podIPs: [{ip: ${site.address}}]}
`,
  );
  return documents([namespace, ...all]);
}

function services(): string {
  return documents(
    [service, remoteService].map(
      (s) => `apiVersion: v1
kind: Service
metadata: {name: ${s.name}, namespace: ${podNamespace}}
spec:
  type: ClusterIP
  clusterIP: ${s.address}
  clusterIPs: [${s.address}]
  selector: {app: ${s.name}}
  ports:
    - {name: http, protocol: TCP, port: ${s.tcpPort}, targetPort: ${target.tcpPort}}
    - {name: echo, protocol: UDP, port: ${s.udpPort}, targetPort: ${target.udpPort}}
`,
    ),
  );
}

/** The web pods take connections from frontends of the shop team, and from nobody else. */
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
      ports:
        - {protocol: TCP, port: ${target.tcpPort}}
        - {protocol: UDP, port: ${target.udpPort}}
`;

function documents(parts: readonly string[]): string {
  return parts.join('---\n');
}
