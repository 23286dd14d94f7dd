/**
 * Both families between namespaces with real kernels: pods of softipu, and a node that is a stock Linux vxlan device.
 *
 *   pod a 10.1.0.1, fd00:1::1  eth0 <-> va [ softipu run ] vn <-> x0 192.168.50.2, fd00:50::2  node-b
 *   pod b 10.1.0.2, fd00:1::2  eth0 <-> vb [             ]          vx0 10.2.0.3, fd00:2::3 over VXLAN
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { askControl } from '../../src/cli/control-socket.ts';
import { Namespaces, run, runIn, runNode, whyNotPrivileged } from '../ports/netns.ts';
import { tcpClient, tcpEcho } from '../ports/talk.ts';

const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
const reason = whyNotPrivileged() ?? (existsSync(main) ? undefined : 'needs npm run build');
const gatewayMac = '02:00:00:00:00:01';
const vtepMac = '02:00:00:00:50:01';
const underlays = { 4: ['192.168.50.1', '192.168.50.2'], 6: ['fd00:50::1', 'fd00:50::2'] } as const;

const manifests = (vtep: string): string => `
${[
  ['a', 'fd00:1::1', '10.1.0.1', 'node-a'],
  ['b', 'fd00:1::2', '10.1.0.2', 'node-a'],
  ['c', 'fd00:2::3', '10.2.0.3', 'node-b'],
]
  .map(
    ([name, v6, v4, node]) => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: default}
spec: {nodeName: ${node}, containers: [{name: c}]}
status: {phase: Running, podIP: "${v4}", podIPs: [{ip: "${v4}"}, {ip: "${v6}"}]}
---`,
  )
  .join('')}
apiVersion: v1
kind: Node
metadata:
  name: node-b
  annotations:
    flannel.alpha.coreos.com/backend-type: vxlan
    flannel.alpha.coreos.com/backend-data: '{"VNI":4096,"VtepMAC":"02:00:00:00:50:02"}'
spec: {podCIDR: 10.2.0.0/24, podCIDRs: [10.2.0.0/24, "fd00:2::/64"]}
status: {addresses: [{type: InternalIP, address: "${vtep}"}]}
---
${[
  ['far', '10.96.0.1', 'fd00:96::1', '10.2.0.3', 'fd00:2::3'],
  ['near', '10.96.0.2', 'fd00:96::2', '10.1.0.2', 'fd00:1::2'],
  ['none', '10.96.0.3', 'fd00:96::3', '', ''],
]
  .map(
    ([name, v4, v6, end4, end6]) => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: default}
spec: {clusterIP: ${v4}, clusterIPs: [${v4}, "${v6}"], ipFamilies: [IPv4, IPv6], ports: [{port: 5000}]}
---
${[
  ['IPv4', end4],
  ['IPv6', end6],
]
  .map(
    ([type, end]) => `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}-${type!.toLowerCase()}, namespace: default, labels: {kubernetes.io/service-name: ${name}}}
addressType: ${type}
ports: [{name: "", port: 5000}]
endpoints: [${end ? `{addresses: ["${end}"]}` : ''}]
---`,
  )
  .join('')}`,
  )
  .join('')}
`;

const nodeYaml = (vtep: string): string => `
node: {name: node-a, addresses: [192.168.50.1, "fd00:50::1"], vtep: {address: "${vtep}", mac: "${vtepMac}"}}
gateway: {addresses: [169.254.1.1, "fe80::1"], mac: "${gatewayMac}"}
vxlan: {vni: 4096}
podCIDR: [10.1.0.0/24, "fd00:1::/64"]
manifests: ./manifests
control: ./c.sock
ports:
  - {interface: vn, kind: net}
  - {interface: va, kind: pod, pod: default/a}
  - {interface: vb, kind: pod, pod: default/b}
`;

describe.skipIf(reason)(`both families between kernels${reason ? ` (${reason})` : ''}`, () => {
  const namespaces = new Namespaces();
  let directory: string;
  let node: ChildProcess | undefined;
  let names: Record<'a' | 'b' | 'n' | 'x', string>;
  let messages = '';

  async function start(underlay: 4 | 6): Promise<void> {
    const [ours, theirs] = underlays[underlay];
    names = { a: namespaces.add('a'), b: namespaces.add('b'), n: namespaces.add('n'), x: namespaces.add('x') };
    const { a, b, n, x } = names;
    namespaces.veth(n, 'va', a, 'eth0');
    namespaces.veth(n, 'vb', b, 'eth0');
    namespaces.veth(n, 'vn', x, 'x0');
    for (const [pod, host] of [
      [a, 1],
      [b, 2],
    ] as const) {
      run(`ip -n ${pod} addr add 10.1.0.${host}/32 dev eth0`);
      run(`ip -n ${pod} route add default via 169.254.1.1 dev eth0 onlink`);
      run(`ip -n ${pod} addr add fd00:1::${host}/128 dev eth0 nodad`);
      run(`ip -n ${pod} route add default via fe80::1 dev eth0 onlink`);
    }
    run(`ip -n ${x} addr add 192.168.50.2/24 dev x0`);
    run(`ip -n ${x} addr add fd00:50::2/64 dev x0 nodad`);
    // As long as the underlay allows: what does not fit is for softipu to say.
    run(
      `ip -n ${x} link add vx0 address 02:00:00:00:50:02 type vxlan id 4096 dstport 4789 local ${theirs} remote ${ours} dev x0 nolearning`,
    );
    run(`ip -n ${x} link set vx0 up`);
    run(`ip -n ${x} addr add 10.2.0.3/32 dev vx0`);
    run(`ip -n ${x} addr add fd00:2::3/128 dev vx0 nodad`);
    run(`ip -n ${x} neigh add 10.1.0.0 lladdr ${vtepMac} dev vx0 nud permanent`);
    run(`ip -n ${x} neigh add fe80::50 lladdr ${vtepMac} dev vx0 nud permanent`);
    // The peer is told a segment size that the tunnel cannot carry, so that its path MTU has to be discovered.
    run(`ip -n ${x} route add 10.1.0.0/24 via 10.1.0.0 dev vx0 onlink advmss 1460`);
    run(`ip -n ${x} route add fd00:1::/64 via fe80::50 dev vx0 advmss 1440`);
    mkdirSync(join(directory, 'manifests'));
    writeFileSync(join(directory, 'manifests', 'all.yaml'), manifests(theirs));
    writeFileSync(join(directory, 'node.yaml'), nodeYaml(ours));
    node = spawn('ip', ['netns', 'exec', n, process.execPath, main, 'run', join(directory, 'node.yaml')]);
    node.stderr!.on('data', (text: Buffer) => {
      messages += text.toString();
    });
    const socket = join(directory, 'c.sock');
    await vi.waitFor(() => expect(existsSync(socket), messages).toBe(true), { timeout: 150_000 });
    await vi.waitFor(async () => expect(await askControl(socket, { op: 'unresolved' }), messages).toEqual([]), {
      timeout: 10_000,
    });
  }

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'softipu-dual-'));
    messages = '';
  });

  afterEach(async () => {
    if (node) {
      const ended = new Promise((done) => node!.once('close', done));
      node.kill('SIGTERM');
      await ended;
      node = undefined;
    }
    namespaces.remove();
    rmSync(directory, { recursive: true, force: true });
  }, 120_000);

  const ping = (target: string): Promise<string> => runIn(names.a, ['ping', '-c', '2', '-i', '0.2', '-W', '2', target]);

  const talk = async (server: string, address: string): Promise<string> => {
    const echo = runNode(server, tcpEcho);
    const answer = await runNode(names.a, tcpClient(address, 2));
    await echo;
    return answer;
  };

  const refusal = (address: string): Promise<string> =>
    runNode(
      names.a,
      `const since = Date.now();
       require('net').connect(5000, '${address}').on('error', (e) => process.stdout.write(e.code + (Date.now() - since < 2000 ? ' at once' : ' late')));`,
    );

  test.each([4, 6] as const)(
    'ping, TCP through services, refusals and path MTU, with a tunnel over IPv%i',
    async (underlay) => {
      await start(underlay);
      for (const target of ['10.1.0.2', 'fd00:1::2', '10.2.0.3', 'fd00:2::3'])
        expect(await ping(target)).toContain(' 0% packet loss');
      for (const vip of ['10.96.0.2', 'fd00:96::2']) expect(await talk(names.b, vip), vip).toBe('same');
      for (const vip of ['10.96.0.1', 'fd00:96::1']) expect(await talk(names.x, vip), vip).toBe('same');
      for (const vip of ['10.96.0.3', 'fd00:96::3']) expect(await refusal(vip), vip).toBe('ECONNREFUSED at once');
      const mtu = underlay === 4 ? 1450 : 1430;
      expect(run(`ip -n ${names.a} route get 10.96.0.1`)).toContain(`mtu ${mtu}`);
      expect(run(`ip -n ${names.a} route get fd00:96::1`)).toContain(`mtu ${mtu}`);
    },
    400_000,
  );
});
