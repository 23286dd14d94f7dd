/**
 * The kernel's vxlan device as a port, where the network between the nodes takes less than Ethernet's 1500 bytes: senders are told what fits, TCP crosses, and
 * whoever runs the node is told what to set.
 *
 *   pod a 10.1.0.1, fd00:1::1  eth0 <-> va [ softipu run ] vxlan device, by the kernel's eth0 192.168.50.1 <-> x0 192.168.50.2  node-b
 *         MTU 1500                                         MTU 1400 below                                       vx0 10.2.0.3, fd00:2::3
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { askControl } from '../../src/cli/control-socket.ts';
import { fakeIpam, Runner } from '../cni/runner.ts';
import { Namespaces, run, runNode, whyNotPrivileged } from '../ports/netns.ts';
import { tcpClient, tcpEcho } from '../ports/talk.ts';

const client = resolve(import.meta.dirname, '../../build/native/Release/softipu-cni');
const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
const reason = whyNotPrivileged() ?? (existsSync(main) ? undefined : 'needs npm run build');
const vtepMac = '02:00:00:00:50:01';

const manifests = `
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: default}
spec: {nodeName: node-a, containers: [{name: c}]}
status: {phase: Running, podIP: 10.1.0.1, podIPs: [{ip: 10.1.0.1}, {ip: "fd00:1::1"}]}
---
apiVersion: v1
kind: Node
metadata:
  name: node-b
  annotations:
    flannel.alpha.coreos.com/backend-type: vxlan
    flannel.alpha.coreos.com/backend-data: '{"VNI":4096,"VtepMAC":"02:00:00:00:50:02"}'
spec: {podCIDR: 10.2.0.0/24, podCIDRs: [10.2.0.0/24, "fd00:2::/64"]}
status: {addresses: [{type: InternalIP, address: 192.168.50.2}]}
`;

const nodeYaml = `
node: {name: node-a, addresses: [192.168.50.1, "fd00:50::1"], vtep: {address: 192.168.50.1, mac: "${vtepMac}"}}
gateway: {addresses: [169.254.1.1, "fe80::1"], mac: "02:00:00:00:00:01"}
vxlan: {vni: 4096, encapsulation: kernel}
podCIDR: [10.1.0.0/24, "fd00:1::/64"]
manifests: ./manifests
control: ./c.sock
cni: {socket: ./cni.sock, state: ./cni.json}
ports:
  - {interface: va, kind: pod, pod: default/a}
`;

describe.skipIf(reason)(`the kernel's vxlan device as a port${reason ? ` (${reason})` : ''}`, { timeout: 120_000 }, () => {
  const namespaces = new Namespaces();
  let directory: string;
  let node: ChildProcess | undefined;
  let names: Record<'a' | 'n' | 'x', string>;
  let messages = '';

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'softipu-mtu-'));
    messages = '';
    names = { a: namespaces.add('a'), n: namespaces.add('n'), x: namespaces.add('x') };
    const { a, n, x } = names;
    namespaces.veth(n, 'va', a, 'eth0');
    run(`ip -n ${a} addr add 10.1.0.1/32 dev eth0`);
    run(`ip -n ${a} route add default via 169.254.1.1 dev eth0 onlink`);
    run(`ip -n ${a} addr add fd00:1::1/128 dev eth0 nodad`);
    run(`ip -n ${a} route add default via fe80::1 dev eth0 onlink`);
    namespaces.veth(n, 'eth0', x, 'x0');
    run(`ip -n ${n} link set eth0 mtu 1400`);
    run(`ip -n ${n} addr add 192.168.50.1/24 dev eth0`);
    run(`ip -n ${x} link set x0 mtu 1400`);
    run(`ip -n ${x} addr add 192.168.50.2/24 dev x0`);
    run(
      `ip -n ${x} link add vx0 address 02:00:00:00:50:02 type vxlan id 4096 dstport 4789 local 192.168.50.2 remote 192.168.50.1 dev x0 nolearning`,
    );
    run(`ip -n ${x} link set vx0 mtu 1350 up`);
    run(`ip -n ${x} addr add 10.2.0.3/32 dev vx0`);
    run(`ip -n ${x} addr add fd00:2::3/128 dev vx0 nodad`);
    run(`ip -n ${x} neigh add 10.1.0.0 lladdr ${vtepMac} dev vx0 nud permanent`);
    run(`ip -n ${x} neigh add fe80::50 lladdr ${vtepMac} dev vx0 nud permanent`);
    // The pod is told a segment size that the tunnel cannot carry, so that its path MTU has to be discovered.
    run(`ip -n ${x} route add 10.1.0.0/24 via 10.1.0.0 dev vx0 onlink advmss 1460`);
    run(`ip -n ${x} route add fd00:1::/64 via fe80::50 dev vx0 advmss 1440`);
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
  }, 60_000);

  async function start(): Promise<void> {
    mkdirSync(join(directory, 'manifests'));
    writeFileSync(join(directory, 'manifests', 'all.yaml'), manifests);
    writeFileSync(join(directory, 'node.yaml'), nodeYaml);
    node = spawn('ip', ['netns', 'exec', names.n, process.execPath, main, 'run', join(directory, 'node.yaml')]);
    node.stderr!.on('data', (text: Buffer) => {
      messages += text.toString();
    });
    const socket = join(directory, 'c.sock');
    await vi.waitFor(() => expect(existsSync(socket), messages).toBe(true), { timeout: 60_000 });
    await vi.waitFor(async () => expect(await askControl(socket, { op: 'unresolved' }), messages).toEqual([]), {
      timeout: 10_000,
    });
  }

  async function talk(address: string): Promise<string> {
    const echo = runNode(names.x, tcpEcho);
    const answer = await runNode(names.a, tcpClient(address, 2));
    await echo;
    return answer;
  }

  test('a device of our own: what fits is told to senders and to people', async () => {
    await start();
    expect(messages).toContain("the tunnel to other nodes takes packets of 1350 bytes, but MTU is more than that at 'va'");
    expect(messages).not.toContain('interface that they leave through');
    for (const address of ['10.2.0.3', 'fd00:2::3']) {
      expect(await talk(address), address).toBe('same');
      // By an ICMP error: the pod's own interface takes 1500
      expect(run(`ip -n ${names.a} route get ${address}`), address).toContain('mtu 1350');
    }
  });

  test.skipIf(!existsSync(client))('pods that CNI makes have the MTU of the tunnels', async () => {
    await start();
    const pod = namespaces.add('p');
    mkdirSync(join(directory, 'leases'));
    writeFileSync(join(directory, 'ipam'), fakeIpam(join(directory, 'leases')), { mode: 0o755 });
    const config = {
      cniVersion: '1.1.0',
      name: 'pods',
      type: 'softipu-cni',
      socket: join(directory, 'cni.sock'),
      ipam: { type: 'ipam' },
    };
    const call = { containerId: 'p', netns: `/var/run/netns/${pod}`, pod: 'p', config };
    const runner = new Runner(client, directory);
    expect((await runner.call({ ...call, command: 'ADD' })).json, messages).toMatchObject({ interfaces: [{}, { mtu: 1350 }] });
    expect(run(`ip -n ${pod} link show eth0`)).toContain('mtu 1350');
    expect(await runner.call({ ...call, command: 'DEL' })).toMatchObject({ status: 0 });
  });

  test('a device that is there and takes more than what is below', async () => {
    run(
      `ip -n ${names.n} link add softipu-vxlan address ${vtepMac} type vxlan id 4096 dstport 4789 local 192.168.50.1 nolearning`,
    );
    run(`ip -n ${names.n} link set softipu-vxlan mtu 1500 up`);
    await start();
    expect(messages).toContain(
      "the vxlan device 'softipu-vxlan' takes packets of 1500 bytes, but only 1350 fit the interface that they leave through",
    );
    // The device is as it was when we go
    node!.kill('SIGTERM');
    await new Promise((done) => node!.once('close', done));
    node = undefined;
    expect(run(`ip -n ${names.n} link show softipu-vxlan`)).toContain('mtu 1500');
  });
});
