/** `softipu check` on machines that lack something. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { check, type Machine } from '../../src/cli/check.ts';
import { parseNodeConfig } from '../../src/cli/config.ts';

const good: Machine = {
  kernel: '6.6.0-1-amd64',
  node: '20.20.2',
  uid: 0,
  capabilities: (1n << 41n) - 1n,
  hasFile: () => true,
  tryCommand: () => undefined,
  addonFault: () => undefined,
};
const config = parseNodeConfig(
  'n.yaml',
  'node: {name: a}\ncni: {}\nports: [{interface: eth1, kind: net}, {interface: "tap:t", kind: host}]\n',
);
const worse = (machine: Partial<Machine>) =>
  check({ ...good, ...machine }, config)
    .filter(({ verdict }) => verdict !== 'ok')
    .map(({ what, verdict }) => `${what}: ${verdict}`);

test.each<[string, Partial<Machine>, string[]]>([
  ['nothing', {}, []],
  ['an old kernel', { kernel: '5.10.0' }, ['kernel: lacks', 'tcx: limits']],
  ['no tcx', { kernel: '6.1.0' }, ['tcx: limits']],
  [
    'no permissions',
    { capabilities: 0n },
    ['packet ports: lacks', 'interfaces: lacks', 'tcx: limits', 'pods’ namespaces: lacks'],
  ],
  ['no tun and no interface', { hasFile: (path) => !/tun$|eth1$/.test(path) }, ['tun: lacks', 'interface eth1: lacks']],
  ['no tools', { tryCommand: (program) => (program === 'nsenter' ? 'not installed' : undefined) }, ['nsenter: lacks']],
  ['no addon', { addonFault: () => 'not built' }, ['native addon: lacks']],
])('a machine that lacks %s', (_, machine, expected) => expect(worse(machine)).toEqual(expected));

test('deploy: node.yaml of the DaemonSet is right, and its capabilities are what check asks for', () => {
  const documents = parseAllDocuments(readFileSync('deploy/daemonset.yaml', 'utf8')).map(
    (document) => document.toJS() as Record<string, never>,
  );
  const [map, set] = documents as unknown as [
    { data: Record<string, string> },
    { spec: { template: { spec: { containers: { securityContext: { capabilities: { add: string[] } } }[] } } } },
  ];
  const node = parseNodeConfig('node.yaml', map.data['node.yaml']!.replace('NODE_ADDRESS', '192.0.2.1'));
  expect(node).toMatchObject({
    kubernetes: { inCluster: true },
    health: { port: 10256 },
    cni: { socket: '/run/softipu/cni.sock' },
  });
  expect(JSON.parse(map.data['10-softipu.conflist']!)).toMatchObject({ plugins: [{ type: 'softipu-cni' }] });
  const numbers: Readonly<Record<string, bigint>> = { NET_ADMIN: 12n, NET_RAW: 13n, SYS_ADMIN: 21n };
  const { add } = set.spec.template.spec.containers[0]!.securityContext.capabilities;
  const capabilities = add.reduce((bits, name) => bits | (1n << numbers[name]!), 0n);
  expect(worse({ capabilities }).filter((line) => line.endsWith('lacks'))).toEqual([]);
});
