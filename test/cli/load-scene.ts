/**
 * A node on load ports (src/ports/load.ts): one pod sends established UDP and TCP flows to a service without a pause, its four backends only count. The data
 * plane is `softipu switch`, the manager a process of its own. So one sees of every packet whether it was lost, and of every flow whether it moved.
 *
 *   shop/client 10.244.1.10  -- port 1 -- switch -- ports 2..5 -- shop/web-1..4 10.244.1.21..24, service web 10.96.0.10
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { shippedProgram } from '../../src/cli/package-root.ts';
import type { SplitNode } from '../../src/cli/sandbox/split-node.ts';
import { captureHead, captureRecord } from '../../src/ports/pcap-format.ts';
import { packet } from '../../src/wire/index.ts';

const built = resolve(import.meta.dirname, '../../dist/cli/sandbox/split-node.js');
export const isBuilt = existsSync(built);
export const flowCount = 2000;
const webs = [21, 22, 23, 24];

export interface Scene {
  readonly directory: string;
  readonly config: string;
  readonly node: SplitNode;
}

export interface Counts {
  readonly received: number;
  /** To the backends. */
  readonly sent: number;
  /** Flows that were seen at the backends, each once for every backend that it was seen at. */
  readonly flows: number;
  readonly moved: number;
}

/** Starts switch and manager; `load` are options of the sender's port: `perSecond=20000`. `endpoints`: those of the service, to begin with. */
export async function startScene(load = '', endpoints: readonly number[] = webs): Promise<Scene> {
  const { SplitNode: Split } = (await import(built)) as typeof import('../../src/cli/sandbox/split-node.ts');
  const directory = mkdtempSync(join(tmpdir(), 'softipu-load-'));
  mkdirSync(join(directory, 'manifests'));
  const capture = join(directory, 'flows.pcap');
  writeFileSync(capture, Buffer.concat([captureHead(), ...frames().map((frame) => captureRecord(frame, 0, 0))]));
  writeManifest(directory, 'pods', pods());
  writeManifest(directory, 'web', serviceManifest('web', '10.96.0.10', endpoints));
  const config = join(directory, 'node.yaml');
  writeFileSync(config, nodeYaml(`load:${capture},waits=yes${load && `,${load}`}`));
  return { directory, config, node: new Split(config, undefined, shippedProgram) };
}

export async function endScene({ node, directory }: Scene): Promise<void> {
  await node.stop();
  rmSync(directory, { recursive: true, force: true });
}

/** Writes a file of the directory that the manager watches, as an editor does. */
export function writeManifest(directory: string, name: string, text: string): void {
  const file = join(directory, 'manifests', `${name}.yaml`);
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/** A service with its endpoints on the pods web-N: `last` are the last parts of their addresses. */
export function serviceManifest(name: string, address: string, last: readonly number[], port = 80): string {
  const ports = (['TCP', 'UDP'] as const).map(
    (protocol) => `{name: ${protocol.toLowerCase()}, protocol: ${protocol}, port: ${port}`,
  );
  return `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec:
  clusterIP: ${address}
  clusterIPs: [${address}]
  ports: [${ports.map((p) => `${p}, targetPort: ${8000 + port}}`).join(', ')}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}-a, namespace: shop, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
ports: [${ports.map((p) => `${p.replace(/port: \d+/, `port: ${8000 + port}`)}}`).join(', ')}]
endpoints:
${last.map((n) => `  - {addresses: [10.244.1.${n}], conditions: {ready: true}, nodeName: node-a}\n`).join('')}`;
}

/** Counters of all ports, read between two batches. */
export async function counts(node: SplitNode): Promise<Counts> {
  const rows = await node.ask('ports');
  const backends = rows.filter(({ port }) => port !== 1);
  const sum = (column: string, of: typeof rows = backends): number =>
    of.reduce((total, row) => total + Number(row[column] ?? 0), 0);
  return { received: sum('rxPackets', rows), sent: sum('txPackets'), flows: sum('flows'), moved: sum('moved') };
}

function frames(): Uint8Array[] {
  return Array.from({ length: flowCount }, (_, flow) => {
    const payload = Uint8Array.from([flow >> 24, flow >> 16, flow >> 8, flow].map((byte) => byte & 255));
    const ends = { sourcePort: 1024 + flow, destinationPort: 80 };
    return packet({
      eth: { source: '02:00:00:00:01:0a', destination: '02:00:00:00:00:01' },
      ip: { source: '10.244.1.10', destination: '10.96.0.10' },
      ...(flow % 2 === 0 ? { udp: ends } : { tcp: { ...ends, flags: 'A' } }),
      payload,
    });
  });
}

function pods(): string {
  const pod = (name: string, last: number): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop, labels: {app: ${name}}}
spec: {nodeName: node-a}
status: {phase: Running, podIP: 10.244.1.${last}, podIPs: [{ip: 10.244.1.${last}}]}
`;
  return [pod('client', 10), ...webs.map((last, i) => pod(`web-${i + 1}`, last))].join('---\n');
}

function nodeYaml(load: string): string {
  const web = webs.map(
    (last, i) => `  - {interface: "load:", number: ${i + 2}, kind: pod, pod: shop/web-${i + 1}, mac: "02:00:00:00:01:${last}"}\n`,
  );
  return `node: {name: node-a, addresses: [192.168.50.1]}
gateway: {addresses: [169.254.1.1], mac: "02:00:00:00:00:01"}
podCIDR: 10.244.1.0/24
manifests: ./manifests
control: ./control.sock
ports:
  - {interface: "${load}", number: 1, kind: pod, pod: shop/client}
${web.join('')}`;
}
