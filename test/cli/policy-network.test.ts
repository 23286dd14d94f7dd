/**
 * Policies with the kernel's own sockets at both ends: rows of policy-rows.ts, of each group one or more, through `softipu run` between namespaces, in both
 * families at once.
 *
 *   web   10.1.0.1 --+
 *   db    10.1.0.2 --+-- softipu run -- net -- out: the router 192.168.50.254, everything outside (203.0.113.0/24, 203.0.114.1),
 *   ops   10.1.0.4 --+        |                     and node-b 192.168.50.2 with pod far 10.2.0.3 behind a vxlan device
 *                            host: the node itself, 192.168.50.1
 *
 * IPv6 addresses are those of six.ts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { askControl } from '../../src/cli/control-socket.ts';
import type { ClusterNetworkPolicy, Model, NetworkPolicy, PolicyPeer } from '../../src/manager/index.ts';
import { toObjects } from '../kubernetes/from-model.ts';
import { emptyModel, service, slice } from '../manager/models.ts';
import { db, far, node, onDb, ops, pods, podsWith, type Row, rows, rule, web } from '../manager/policy-rows.ts';
import { sixOf, toSix } from '../manager/six.ts';
import { Namespaces, run, whyNotPrivileged } from '../ports/netns.ts';
import { Talker, type Transport } from '../ports/talker.ts';

const main = join(import.meta.dirname, '../../dist/cli/main.js');
const reason = whyNotPrivileged() ?? (existsSync(main) ? undefined : 'needs a build: npm run build');

const gatewayMac = '02:00:00:00:00:01';
const vtepMac = '02:00:00:00:50:01';
const hostMac = '02:00:00:00:bb:01';
const router = '192.168.50.254';
const nodeB = '192.168.50.2';
const vip = '10.96.0.1';

/** By the paragraphs of NetworkPolicy and ClusterNetworkPolicy that they are about. */
const groups: Readonly<Record<string, readonly string[]>> = {
  'who is selected': ['no policy', 'a policy of another namespace does not select', 'matchExpressions'],
  'deny and allow by default': ['default deny ingress', 'default deny egress', 'allow all wins over deny', 'policies add up'],
  peers: [
    'podSelector means the namespace of the policy',
    'namespaceSelector and podSelector in one peer are both asked',
    'in two peers either',
    'a block',
    'a block with an exception',
  ],
  ports: [
    'a range of ports',
    'a protocol without port',
    'a named port is the destination pod’s: ingress',
    'a named port is the destination pod’s: egress',
  ],
  'both sides, and the node': ['both sides must allow', 'the node reaches its pods', 'a pod does not reach the node by that'],
  'Admin and Baseline': [
    'Admin: Deny stands before NetworkPolicy',
    'Admin: Accept stands before NetworkPolicy',
    'Admin: Pass leaves it to NetworkPolicy',
    'Pass skips the rest of its tier only',
    'the lower priority is asked first',
    'Baseline is asked where no NetworkPolicy selects the pod',
    'networks match cluster traffic and ICMP, too',
  ],
};

interface Conversation {
  readonly text: string;
  readonly from: string;
  readonly to: string;
  readonly protocol: Transport;
  readonly port: number;
}

/** What sockets can say of `from > to[:port][/protocol]`: nothing of ICMP and SCTP, nor of port 0. */
function conversation(text: string): Conversation[] {
  const [, from, to, port = '80', protocol = '6'] = /^(\S+) > ([\d.]+)(?::(\d+))?(?:\/(\d+))?$/.exec(text)!;
  if (!['6', '17'].includes(protocol) || port === '0') return [];
  return [{ text, from: from!, to: to!, protocol: protocol === '6' ? 'tcp' : 'udp', port: Number(port) }];
}

/** Policies for both families: blocks of both. */
function forBoth<P extends NetworkPolicy | ClusterNetworkPolicy>(four: P, six: P): P {
  const peers = (list: readonly PolicyPeer[], other: readonly PolicyPeer[]): PolicyPeer[] => [
    ...list,
    ...other.filter(({ kind }) => kind === 'block'),
  ];
  const rulesOf = (side: 'ingress' | 'egress') =>
    four[side]?.map((each, i) => ({ ...each, peers: peers(each.peers, six[side]![i]!.peers) }));
  return { ...four, ...(four.ingress && { ingress: rulesOf('ingress') }), ...(four.egress && { egress: rulesOf('egress') }) };
}

describe.skipIf(reason)(`policies over the kernel's sockets${reason ? ` (${reason})` : ''}`, () => {
  const namespaces = new Namespaces();
  const directory = mkdtempSync(join(tmpdir(), 'softipu-policies-'));
  const socket = join(directory, 'control.sock');
  const talkers: Record<string, Talker> = {};
  const places: readonly (readonly [string, string])[] = [
    ['web', web],
    ['db', db],
    ['ops', ops],
  ];
  let softipu: ChildProcess | undefined;
  let said = '';
  let applied = 0;

  const talkerOf = (address: string): Talker =>
    talkers[places.find(([, own]) => own === address)?.[0] ?? (address === node ? 'host' : 'out')]!;

  /** Of a pod or the node: the address, and softipu as the gateway. */
  function addRoutes(netns: string, address: string): void {
    run(`ip -n ${netns} addr add ${address}/32 dev eth0`);
    run(`ip -n ${netns} addr add ${sixOf(address)}/128 dev eth0 nodad`);
    run(`ip -n ${netns} route add default via 169.254.1.1 dev eth0 onlink src ${address}`);
    run(`ip -n ${netns} -6 route add default via fe80::1 dev eth0`);
  }

  /** Writes the cluster, and waits until the node has taken it: a service with a number of its own comes with it. */
  async function apply(policies: readonly NetworkPolicy[], clusterPolicies: readonly ClusterNetworkPolicy[] = []): Promise<void> {
    const marker = `round-${++applied}`;
    const model: Model = {
      ...emptyModel,
      pods: pods.map((pod) => ({ ...pod, addresses: [...pod.addresses, ...pod.addresses.map(sixOf)] })),
      services: [service('db', vip, 80, { clusterIPs: [vip, sixOf(vip)] }), service(marker, `10.96.1.${applied}`, 80)],
      endpointSlices: [slice('db', [db], 81), { ...slice('db', [sixOf(db)], 81), addressType: 'IPv6' }],
      policies: policies.map((each, i) => forBoth(each, toSix({ ...emptyModel, policies }).policies[i]!)),
      clusterPolicies: clusterPolicies.map((each, i) =>
        forBoth(each, toSix({ ...emptyModel, clusterPolicies }).clusterPolicies![i]!),
      ),
      remoteNodes: [
        {
          name: 'node-b',
          podCIDRs: ['10.2.0.0/24', `${sixOf('10.2.0.0')}/120`],
          vtepAddress: nodeB,
          vtepMac: '02:00:00:00:50:02',
          vni: 4096,
        },
      ],
    };
    const text = toObjects(model).map((object) => JSON.stringify(object));
    // In one step: no half of it is ever seen
    writeFileSync(join(directory, 'next'), text.join('\n---\n'));
    renameSync(join(directory, 'next'), join(directory, 'manifests', 'all.yaml'));
    await vi.waitFor(
      async () => expect(JSON.stringify(await askControl(socket, { op: 'services' })), said).toContain(`"${marker}"`),
      { timeout: 60_000, interval: 20 },
    );
  }

  /** Asks everything in both families at once: `from > to` and who answered. */
  async function ask(
    conversations: readonly (Conversation & { readonly isAllowed: boolean })[],
  ): Promise<Record<string, string>> {
    await Promise.all(conversations.map(({ to, protocol, port }) => (to === vip ? '' : talkerOf(to).listen(protocol, port))));
    const answers = conversations.flatMap(({ text, from, to, protocol, port, isAllowed }) =>
      ([4, 6] as const).map(async (family) => {
        const spelled = (address: string): string => (family === 4 ? address : sixOf(address));
        const question = { protocol, from: spelled(from), to: spelled(to), port, timeoutMs: isAllowed ? 8000 : 700 };
        return [`${text} IPv${family}`, await talkerOf(from).ask(question)] as const;
      }),
    );
    return Object.fromEntries(await Promise.all(answers));
  }

  async function check({ policies, clusterPolicies, allowed = [], denied = [] }: Omit<Row, 'name'>): Promise<void> {
    await apply(policies, clusterPolicies);
    const all = [
      ...allowed.flatMap(conversation).map((each) => ({ ...each, isAllowed: true })),
      ...denied.flatMap(conversation).map((each) => ({ ...each, isAllowed: false })),
    ];
    const expected = all.flatMap(({ text, to, isAllowed }) =>
      [4, 6].map((family) => [`${text} IPv${family}`, isAllowed ? talkerOf(to === vip ? db : to).name : 'timeout'] as const),
    );
    expect(await ask(all)).toEqual(Object.fromEntries(expected));
  }

  beforeAll(async () => {
    const ipu = namespaces.add('node');
    for (const [name, address] of [...places, ['host', node] as const]) {
      const own = namespaces.add(name);
      namespaces.veth(own, 'eth0', ipu, `p-${name}`);
      const pod = pods.find((each) => each.name === name);
      run(`ip -n ${own} link set eth0 address ${pod?.mac ?? hostMac}`);
      addRoutes(own, address);
      talkers[name] = new Talker(own, name);
    }
    const out = namespaces.add('out');
    namespaces.veth(out, 'eth0', ipu, 'net');
    for (const address of [router, nodeB]) {
      run(`ip -n ${out} addr add ${address}/24 dev eth0`);
      run(`ip -n ${out} addr add ${sixOf(address)}/120 dev eth0 nodad`);
    }
    // Everything outside is here, and whatever comes from the other node's pod goes back through the tunnel
    run(`ip netns exec ${out} sysctl -qw net.ipv6.ip_nonlocal_bind=1`);
    for (const [prefix, length] of [
      ['203.0.113.0', 24],
      ['203.0.114.0', 24],
    ] as const) {
      run(`ip -n ${out} route add local ${prefix}/${length} dev lo`);
      run(`ip -n ${out} -6 route add local ${sixOf(prefix)}/${96 + length} dev lo`);
    }
    run(`ip -n ${out} route add 10.1.0.0/24 via ${node}`);
    run(`ip -n ${out} -6 route add ${sixOf('10.1.0.0')}/120 via ${sixOf(node)}`);
    run(
      `ip -n ${out} link add vx0 address 02:00:00:00:50:02 type vxlan id 4096 dstport 4789 local ${nodeB} remote ${node} dev eth0 nolearning`,
    );
    run(`ip -n ${out} link set vx0 mtu 1450 up`);
    run(`ip -n ${out} addr add ${far}/32 dev vx0`);
    run(`ip -n ${out} addr add ${sixOf(far)}/128 dev vx0 nodad`);
    run(`ip -n ${out} neigh add 10.1.0.0 lladdr ${vtepMac} dev vx0 nud permanent`);
    run(`ip -n ${out} neigh add fe80::50 lladdr ${vtepMac} dev vx0 nud permanent`);
    run(`ip -n ${out} route add 10.1.0.0/24 via 10.1.0.0 dev vx0 onlink table 100`);
    run(`ip -n ${out} -6 route add ${sixOf('10.1.0.0')}/120 via fe80::50 dev vx0 table 100`);
    run(`ip -n ${out} rule add from ${far} lookup 100`);
    run(`ip -n ${out} -6 rule add from ${sixOf(far)} lookup 100`);
    talkers.out = new Talker(out, 'out');

    mkdirSync(join(directory, 'manifests'));
    writeFileSync(
      join(directory, 'node.yaml'),
      `node: {name: node-a, addresses: [${node}, "${sixOf(node)}"], vtep: {address: ${node}, mac: "${vtepMac}"}}
gateway: {addresses: [169.254.1.1, "fe80::1"], mac: "${gatewayMac}"}
vxlan: {vni: 4096}
podCIDR: [10.1.0.0/24, "${sixOf('10.1.0.0')}/120"]
uplink: {gateway: [${router}, "${sixOf(router)}"]}
manifests: ./manifests
control: ./control.sock
ports:
  - {interface: net, kind: net}
  - {interface: p-host, kind: host, mac: "${hostMac}"}
${places.map(([name]) => `  - {interface: p-${name}, kind: pod, pod: ${name === 'ops' ? 'other' : 'default'}/${name}}\n`).join('')}`,
    );
    softipu = spawn('ip', ['netns', 'exec', ipu, process.execPath, main, 'run', join(directory, 'node.yaml')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [softipu.stdout!, softipu.stderr!]) stream.on('data', (data: Buffer) => (said += data.toString()));
    await vi.waitFor(() => expect(existsSync(socket), said).toBe(true), { timeout: 100_000, interval: 100 });
    // Until router, tunnel and pods are known
    await apply([]);
    const everywhere = ['203.0.113.9', far, node, web].map(
      (from) => ({ text: from, from, to: db, protocol: 'tcp', port: 80 }) as const,
    );
    await vi.waitFor(
      async () => {
        const answers = await ask(everywhere.map((each) => ({ ...each, isAllowed: false })));
        expect(Object.values(answers), `${JSON.stringify(answers)}\n${said}`).toEqual(Array(8).fill('db'));
      },
      { timeout: 30_000 },
    );
  }, 180_000);

  afterAll(async () => {
    for (const talker of Object.values(talkers)) await talker.stop();
    if (softipu && softipu.exitCode === null) {
      const ended = new Promise((done) => softipu!.once('exit', done));
      softipu.kill('SIGTERM');
      await ended;
    }
    namespaces.remove();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  describe.each(Object.entries(groups))('%s', (_, names) => {
    test.each(names.map((name) => rows.find((row) => row.name === name) ?? { name, policies: [], missing: true }))(
      '$name',
      { timeout: 90_000 },
      async (row) => {
        expect(row, 'there is no such row').not.toHaveProperty('missing');
        await check(row);
      },
    );
  });

  describe('services', () => {
    test('a policy is about the pod behind the service, and its port', { timeout: 90_000 }, () =>
      check({
        policies: [onDb({ ingress: [rule([podsWith('web')], [{ protocol: 'TCP', port: 81 }])] })],
        allowed: [`${web} > ${vip}:80`, `${web} > ${db}:81`],
        denied: [`${web} > ${db}:80`, `${ops} > ${vip}:80`],
      }),
    );

    test('a pod reaches itself by its service, whatever is denied', { timeout: 90_000 }, () =>
      check({
        policies: [onDb({ ingress: [], egress: [] })],
        allowed: [`${db} > ${vip}:80`],
        denied: [`${web} > ${vip}:80`],
      }),
    );
  });

  test('answers pass where the pod itself may begin nothing', { timeout: 90_000 }, () =>
    check({
      policies: [onDb({ egress: [] })],
      allowed: [`${web} > ${db}`, `${web} > ${db}/17`],
      denied: [`${db} > ${web}`],
    }),
  );

  test.each([4, 6] as const)(
    'connections that exist, IPv%i: a policy stops them, and lets them go on',
    { timeout: 90_000 },
    async (family) => {
      const spelled = (address: string): string => (family === 4 ? address : sixOf(address));
      await apply([]);
      await talkerOf(db).listen('tcp', 80);
      const client = talkerOf(web);
      expect(await client.hold({ from: spelled(web), to: spelled(db), port: 80, timeoutMs: 5000 })).toBe('db');
      expect(await client.echo(5000)).toBe('echo');
      await apply([onDb({ ingress: [rule([podsWith('ops')])] })]);
      expect(await client.echo(700)).toBe('timeout');
      await apply([]);
      // TCP sends again what was lost
      expect(await client.echo(15_000)).toBe('echo');
    },
  );
});
