/** ClusterNetworkPolicy: what is read, what fails closed, and what is said about mistakes. */
import { describe, expect, test } from 'vitest';
import { printProblem, readManifest } from '../../src/kubernetes/index.ts';
import type { ClusterNetworkPolicy } from '../../src/manager/index.ts';

const policy = (spec: string): string => `apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: p}
spec: ${spec}
`;
const withRule = (direction: 'ingress' | 'egress', rule: string): string =>
  policy(`{tier: Admin, priority: 5, subject: {namespaces: {}}, ${direction}: [${rule}]}`);
const read = (text: string): ClusterNetworkPolicy => {
  const { objects, problems } = readManifest({ path: 'x.yaml', text });
  expect(problems.map(printProblem)).toEqual([]);
  return objects[0]!.content as ClusterNetworkPolicy;
};
const problemsOf = (text: string): string[] => readManifest({ path: 'x.yaml', text }).problems.map(printProblem);
const web = [{ key: 'app', operator: 'In', values: ['web'] }];

describe('what is read', () => {
  test('tier, priority, subject, rules of both directions', () => {
    expect(
      read(
        policy(`
  tier: Baseline
  priority: 1000
  subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}}
  ingress:
    - {name: first, action: Pass, from: [{namespaces: {matchLabels: {app: web}}}]}
    - action: Deny
      from: [{pods: {podSelector: {}}}]
      protocols:
        - {tcp: {destinationPort: {number: 80}}}
        - {udp: {destinationPort: {range: {start: 1, end: 9}}}}
        - {sctp: {}}
        - {destinationNamedPort: dns}
  egress: [{action: Accept, to: [{networks: [10.0.0.0/8, "fd00::/8"]}]}]`),
      ),
    ).toEqual({
      name: 'p',
      tier: 'Baseline',
      priority: 1000,
      subject: { namespaceSelector: [], podSelector: web },
      ingress: [
        { action: 'Pass', peers: [{ kind: 'pods', namespaceSelector: web, podSelector: [] }], ports: [] },
        {
          action: 'Deny',
          peers: [{ kind: 'pods', namespaceSelector: [], podSelector: [] }],
          ports: [{ protocol: 'TCP', port: 80 }, { protocol: 'UDP', port: 1, endPort: 9 }, { protocol: 'SCTP' }, { port: 'dns' }],
        },
      ],
      egress: [
        {
          action: 'Accept',
          peers: [
            { kind: 'block', cidr: '10.0.0.0/8', except: [] },
            { kind: 'block', cidr: 'fd00::/8', except: [] },
          ],
          ports: [],
        },
      ],
    });
  });

  test('the kind of another project is not ours', () => {
    expect(
      readManifest({ path: 'x.yaml', text: policy('{}').replace('policy.networking.k8s.io/v1alpha2', 'crd.antrea.io/v1beta1') }),
    ).toEqual({
      objects: [],
      problems: [],
    });
  });
});

describe('peers that are not known fail closed', () => {
  const denyAll = { action: 'Deny', peers: [], ports: [] };
  test.each([
    ['Accept', '{networks: [10.0.0.0/8]}, {domainNames: ["*.example.org"]}', [], "'domainNames'", 'matches nothing'],
    ['Accept', '{nodes: {}}', [], "'nodes'", 'matches nothing'],
    ['Deny', '{nodes: {}}, {namespaces: {}}', [denyAll], "'nodes'", 'denies everything'],
    ['Pass', '{}', [denyAll], 'an unknown field', 'denies everything'],
    ['Pass', '{planets: {}}', [denyAll], "'planets'", 'denies everything'],
  ])('%s to %s', (action, peers, rules, what, effect) => {
    const { egress, notes } = read(withRule('egress', `{action: ${action}, to: [${peers}], protocols: [{tcp: {}}]}`));
    expect(egress).toEqual(rules);
    expect(notes).toEqual([
      `ClusterNetworkPolicy 'p', egress[0]: peers by ${what} are not supported; to be safe the rule ${effect}`,
    ]);
  });
});

describe('mistakes', () => {
  const many = Array.from({ length: 26 }, () => '{namespaces: {}}').join(', ');
  test.each([
    ['no tier', policy('{priority: 1, subject: {namespaces: {}}}'), ['4: spec.tier: is missing']],
    [
      'another tier, and a priority that is too high',
      policy('{tier: Network, priority: 1001, subject: {namespaces: {}}}'),
      [
        "4: spec.tier: expected one of 'Admin', 'Baseline', found 'Network'",
        "4: spec.priority: expected a whole number from 0 to 1000, found '1001'",
      ],
    ],
    [
      'two subjects',
      policy('{tier: Admin, priority: 1, subject: {namespaces: {}, pods: {podSelector: {}}}}'),
      ["4: spec.subject: expected one of 'namespaces', 'pods', found namespaces and pods"],
    ],
    ['no peers', withRule('ingress', '{action: Deny}'), ['4: spec.ingress[0].from: needs at least one peer']],
    [
      'too many peers',
      withRule('ingress', `{action: Deny, from: [${many}]}`),
      ['4: spec.ingress[0].from: 26 items; 25 are allowed'],
    ],
    [
      'a range that is none',
      withRule(
        'ingress',
        '{action: Deny, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {range: {start: 9, end: 9}}}}]}',
      ),
      ['4: spec.ingress[0].protocols[0].tcp.destinationPort.range.end: 9 is not above start 9'],
    ],
    [
      'a name for networks',
      withRule('egress', '{action: Deny, to: [{networks: [10.0.0.0/8]}], protocols: [{destinationNamedPort: http}]}'),
      ["4: spec.egress[0]: 'networks' have no ports with names: 'destinationNamedPort' cannot stand beside them"],
    ],
    [
      'names of domains to deny',
      withRule('egress', '{action: Deny, to: [{domainNames: [example.org]}]}'),
      ["4: spec.egress[0].to[0].domainNames: is for rules with action 'Accept' only"],
    ],
  ])('%s', (_, text, problems) => {
    expect(problemsOf(text)).toEqual(problems.map((problem) => `x.yaml:${problem}`));
  });
});
