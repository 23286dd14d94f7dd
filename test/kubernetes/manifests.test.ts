/** Manifests: what is read, and what is said about mistakes. */
import { describe, expect, test } from 'vitest';
import { Manifests, printProblem, readManifest } from '../../src/kubernetes/index.ts';

const problemsOf = (text: string): string[] => readManifest({ path: 'x.yaml', text }).problems.map(printProblem);
const contentsOf = (text: string): unknown[] => {
  const { objects, problems } = readManifest({ path: 'x.yaml', text });
  expect(problems.map(printProblem)).toEqual([]);
  return objects.map((o) => o.content);
};

const service = (spec: string, metadata = 'name: web'): string => `apiVersion: v1
kind: Service
metadata: {${metadata}}
spec: ${spec}
`;
const slice = (rest: string): string => `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
${rest}
`;
const policy = (spec: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p}
spec:
  podSelector: {}
  ${spec}
`;

/** name, text, problems without the file's name. */
const mistakes: readonly (readonly [name: string, text: string, ...problems: string[]])[] = [
  ['broken YAML', 'kind: [', '1: flow sequence in block collection must be sufficiently indented and end with a ]'],
  ['no mapping', '- 1', '1: expected a mapping, found a list'],
  ['no kind', 'apiVersion: v1', '1: kind: is missing'],
  ['no name', 'apiVersion: v1\nkind: Pod\nmetadata: {}', '3: metadata.name: is missing'],
  ['a misspelt kind', 'apiVersion: v1\nkind: Sevice', "2: kind: unknown kind 'Sevice'; did you mean 'Service'?"],
  [
    'an old API',
    service('{}').replace('v1', 'extensions/v1beta1'),
    "1: apiVersion: expected 'v1' for kind 'Service', found 'extensions/v1beta1'",
    '4: spec.clusterIP: is missing; without an API server nobody else chooses one',
    '4: spec.ports: is missing',
  ],
  [
    'an upper-case name',
    service('{clusterIP: 10.0.0.1, ports: [{port: 1}]}', 'name: Web'),
    "3: metadata.name: expected lower case letters, digits, '-' and '.', found 'Web'",
  ],
  [
    'a number as label',
    service('{clusterIP: 10.0.0.1, ports: [{port: 1}]}', 'name: web, labels: {v: 1}'),
    "3: metadata.labels.v: expected a string, found '1'; put it in quotes",
  ],
  // Service
  [
    'bad cluster IP',
    service('{clusterIP: 10.0.0.256, ports: [{port: 80}]}'),
    "4: spec.clusterIP: expected an IP address, found '10.0.0.256'",
  ],
  [
    'bad port',
    service('{clusterIP: 10.0.0.1, ports: [{port: http}]}'),
    "4: spec.ports[0].port: expected a whole number from 1 to 65535, found 'http'",
  ],
  [
    'port 0',
    service('{clusterIP: 10.0.0.1, ports: [{port: 0}]}'),
    "4: spec.ports[0].port: expected a whole number from 1 to 65535, found '0'",
  ],
  ['no port', service('{clusterIP: 10.0.0.1, ports: [{name: http}]}'), '4: spec.ports[0].port: is missing'],
  [
    'bad protocol',
    service('{clusterIP: 10.0.0.1, ports: [{port: 80, protocol: tcp}]}'),
    "4: spec.ports[0].protocol: expected one of 'TCP', 'UDP', 'SCTP', found 'tcp'",
  ],
  [
    'a misspelt field',
    service('{clusterIP: 10.0.0.1, ports: [{prot: TCP, port: 80}]}'),
    "4: spec.ports[0].prot: unknown field; did you mean 'port'?",
  ],
  [
    'ports without names',
    service('{clusterIP: 10.0.0.1, ports: [{port: 80, name: a}, {port: 81}]}'),
    '4: spec.ports[1].name: is missing; ports need names where there are several',
  ],
  [
    'a name twice',
    service('{clusterIP: 10.0.0.1, ports: [{port: 80, name: a}, {port: 81, name: a}]}'),
    "4: spec.ports[1].name: 'a' is the name of another port",
  ],
  [
    'a port twice',
    service('{clusterIP: 10.0.0.1, ports: [{port: 80, name: a}, {port: 80, name: b}]}'),
    '4: spec.ports[1].port: TCP port 80 is listed twice',
  ],
  [
    'bad traffic policy',
    service('{clusterIP: 10.0.0.1, internalTrafficPolicy: Node, ports: [{port: 80}]}'),
    "4: spec.internalTrafficPolicy: expected one of 'Cluster', 'Local', found 'Node'",
  ],
  ['a list where a mapping is', service('[]'), '4: spec: expected a mapping, found a list'],
  // EndpointSlice
  [
    'bad endpoint address',
    slice('endpoints: [{addresses: [10.0.0]}]'),
    "5: endpoints[0].addresses[0]: expected an IPv4 address, found '10.0.0'",
  ],
  [
    'IPv6 in a slice of IPv4',
    slice('endpoints: [{addresses: ["::1"]}]'),
    "5: endpoints[0].addresses[0]: expected an IPv4 address, found '::1'",
  ],
  ['no addresses', slice('endpoints: [{}]'), '5: endpoints[0].addresses: is missing'],
  [
    'conditions as text',
    slice('endpoints: [{addresses: [10.0.0.1], conditions: {ready: "yes"}}]'),
    "5: endpoints[0].conditions.ready: expected true or false, found 'yes'",
  ],
  [
    'a misspelt condition',
    slice('endpoints: [{addresses: [10.0.0.1], conditions: {raedy: true}}]'),
    "5: endpoints[0].conditions.raedy: unknown field; did you mean 'ready'?",
  ],
  ['no address type', slice('').replace('addressType: IPv4\n', ''), '1: addressType: is missing'],
  // NetworkPolicy
  [
    'a field that would restrict',
    policy('ingress: [{form: []}]'),
    "6: spec.ingress[0].form: unknown field; did you mean 'from'?",
  ],
  ["'to' in an ingress rule", policy('ingress: [{to: []}]'), "6: spec.ingress[0].to: unknown field; known are 'from', 'ports'"],
  [
    'an empty peer',
    policy('ingress: [{from: [{}]}]'),
    "6: spec.ingress[0].from[0]: expected 'podSelector', 'namespaceSelector' or 'ipBlock', found nothing",
  ],
  [
    'a block beside a selector',
    policy('ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]'),
    '6: spec.ingress[0].from[0].ipBlock: cannot stand beside a selector; make it a peer of its own',
  ],
  [
    'a bad cidr',
    policy('ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}]'),
    "6: spec.ingress[0].from[0].ipBlock.cidr: expected a prefix such as '10.0.0.0/8', found '10.0.0.0/33'",
  ],
  [
    'except outside of cidr',
    policy('egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/24]}}]}]'),
    "6: spec.egress[0].to[0].ipBlock.except[0]: '11.0.0.0/24' is not inside the cidr '10.0.0.0/8'",
  ],
  [
    'endPort below port',
    policy('ingress: [{ports: [{port: 90, endPort: 80}]}]'),
    '6: spec.ingress[0].ports[0].endPort: 80 is below port 90',
  ],
  [
    'endPort with a name',
    policy('ingress: [{ports: [{port: http, endPort: 80}]}]'),
    "6: spec.ingress[0].ports[0].endPort: needs a number as 'port'",
  ],
  [
    'no port name',
    policy('ingress: [{ports: [{port: "80"}]}]'),
    "6: spec.ingress[0].ports[0].port: expected a port number or the name of a container port, found '80'",
  ],
  [
    'a bad type',
    policy('policyTypes: [ingress]'),
    "6: spec.policyTypes[0]: expected one of 'Ingress', 'Egress', found 'ingress'",
  ],
  [
    'In without values',
    policy('ingress: [{from: [{podSelector: {matchExpressions: [{key: a, operator: In}]}}]}]'),
    "6: spec.ingress[0].from[0].podSelector.matchExpressions[0].values: 'In' needs at least one value",
  ],
  [
    'Exists with values',
    policy('ingress: [{from: [{podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}]}]'),
    "6: spec.ingress[0].from[0].podSelector.matchExpressions[0].values: 'Exists' takes no values",
  ],
  [
    'a misspelt selector',
    policy('ingress: [{from: [{podSelector: {matchlabels: {a: b}}}]}]'),
    "6: spec.ingress[0].from[0].podSelector.matchlabels: unknown field; did you mean 'matchLabels'?",
  ],
  // Pod, Node
  [
    'bad pod address',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nstatus: {podIP: x}',
    "4: status.podIP: expected an IP address, found 'x'",
  ],
  [
    'bad podCIDR',
    'apiVersion: v1\nkind: Node\nmetadata: {name: a}\nspec: {podCIDR: 10.0.0.0}',
    "4: spec.podCIDR: expected a prefix such as '10.0.0.0/8', found '10.0.0.0'",
  ],
  [
    'bad backend data',
    "apiVersion: v1\nkind: Node\nmetadata:\n  name: a\n  annotations:\n    flannel.alpha.coreos.com/backend-type: vxlan\n    flannel.alpha.coreos.com/backend-data: '{}'",
    `7: metadata.annotations[flannel.alpha.coreos.com/backend-data]: expected '{"VNI":1,"VtepMAC":"02:00:00:00:00:01"}', found '{}'`,
  ],
];

describe('mistakes', () => {
  test.each(mistakes)('%s', (_, text, ...problems) => {
    expect(problemsOf(text)).toEqual(problems.map((p) => `x.yaml:${p}`));
  });

  test('of all documents and lists, at their lines', () => {
    const text = `${service('{clusterIP: x, ports: [{port: 1}]}')}---\n# nothing\n---\nkind: List\napiVersion: v1\nitems:\n  - {kind: Pod, apiVersion: v2, metadata: {name: a}}\n`;
    expect(problemsOf(text)).toEqual([
      "x.yaml:4: spec.clusterIP: expected an IP address, found 'x'",
      "x.yaml:11: items[0].apiVersion: expected 'v1' for kind 'Pod', found 'v2'",
    ]);
  });
});

describe('no text throws', () => {
  const whole = [
    service('{clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ports: [{port: 80, name: a}]}', 'name: web, labels: {a: b}'),
    slice('endpoints: [{addresses: [10.0.0.1], conditions: {ready: true}}]\nports: [{port: 80}]'),
    policy(
      'ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}, {podSelector: &s {matchLabels: {a: b}}}], ports: [{port: 1}]}]',
    ),
    'kind: List\napiVersion: v1\nitems: &l\n  - {kind: Pod, apiVersion: v1, metadata: {name: a}, status: {podIP: 10.0.0.2}}\n',
    'apiVersion: v1\nkind: Node\nmetadata: {name: a, annotations: {flannel.alpha.coreos.com/backend-type: vxlan}}\nspec: {podCIDR: 10.0.0.0/24}\n',
  ].join('---\n');
  const pieces = [
    '*s',
    '*l',
    '[',
    '{',
    '}',
    'null',
    '- ',
    '&x ',
    '*x',
    '"',
    '\n',
    ': ',
    '!!binary ',
    '<<: ',
    '\t',
    '\u0000',
    '1e999',
    '---\n',
  ];

  test.each([1, 2, 3])('seed %i', (seed) => {
    let state = seed;
    const random = (below: number): number => {
      state = (state * 48271) % 2147483647;
      return state % below;
    };
    for (let round = 0; round < 120; round++) {
      let text = whole;
      for (let n = 1 + random(4); n > 0; n--) {
        const at = random(text.length);
        text = text.slice(0, at) + pieces[random(pieces.length)]! + text.slice(at + random(8));
      }
      expect(() => readManifest({ path: 'x.yaml', text }), text).not.toThrow();
    }
  });

  test('a list that holds itself', () => {
    expect(problemsOf('kind: List\napiVersion: v1\nitems: &l [{kind: List, items: *l}]')).toEqual([
      'x.yaml:3: items[0].kind: a list cannot be in a list',
    ]);
  });
});

describe('what is read', () => {
  test('a service', () => {
    expect(contentsOf(service('{clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1, "fd00::1"], ports: [{port: 80}]}'))).toEqual([
      {
        namespace: 'default',
        name: 'web',
        clusterIPs: ['10.96.0.1'],
        ports: [{ name: '', protocol: 'TCP', port: 80 }],
        internalTrafficPolicy: 'Cluster',
      },
    ]);
  });

  test.each([
    ['headless', service('{clusterIP: None, ports: [{port: 80}]}')],
    ['ExternalName', service('{type: ExternalName, externalName: example.org}')],
    [
      'of another proxy',
      service('{clusterIP: 10.0.0.1, ports: [{port: 80}]}', 'name: web, labels: {service.kubernetes.io/service-proxy-name: x}'),
    ],
    ['a slice of IPv6', slice('endpoints: [{addresses: ["fd00::1"]}]').replace('IPv4', 'IPv6')],
  ])('%s is none of our business', (_, text) => {
    expect(contentsOf(text)).toEqual([undefined]);
  });

  test('conditions that are not set', () => {
    const text = slice(`endpoints:
- {addresses: [10.0.0.1]}
- {addresses: [10.0.0.2], conditions: {ready: false}}
- {addresses: [10.0.0.3], conditions: {ready: false, serving: true, terminating: true}, nodeName: n}
ports: [{port: 80}, {name: open, port: null}]`);
    expect(contentsOf(text)).toEqual([
      {
        namespace: 'default',
        service: 'web',
        ports: [{ name: '', protocol: 'TCP', port: 80 }],
        endpoints: [
          { addresses: ['10.0.0.1'], ready: true, serving: true, terminating: false },
          { addresses: ['10.0.0.2'], ready: false, serving: false, terminating: false },
          { addresses: ['10.0.0.3'], ready: false, serving: true, terminating: true, nodeName: 'n' },
        ],
      },
    ]);
  });

  const deny = { namespace: 'default', name: 'p', podSelector: [] };
  const all = { peers: [], ports: [] };
  test.each([
    ['no types, no rules: ingress', '{}', { ...deny, ingress: [] }],
    ['no types, egress rules: both', 'egress: [{}]', { ...deny, ingress: [], egress: [all] }],
    ['Egress only', 'policyTypes: [Egress]', { ...deny, egress: [] }],
    ['rules of a direction that is not a type do not count', 'policyTypes: [Egress]\n  ingress: [{}]', { ...deny, egress: [] }],
    ['everything', 'ingress: [{}]', { ...deny, ingress: [all] }],
  ])('policyTypes: %s', (_, spec, expected) => {
    expect(contentsOf(policy(spec === '{}' ? '' : spec))).toEqual([expected]);
  });

  test('peers and ports', () => {
    const text = policy(`ingress:
  - from:
    - podSelector: {matchLabels: {app: web}}
      namespaceSelector: {matchExpressions: [{key: team, operator: NotIn, values: [x, y]}]}
    - ipBlock: {cidr: 10.1.2.3/8, except: [10.1.0.0/16]}
    - namespaceSelector: {}
    ports: [{port: 80, endPort: 90}, {protocol: UDP, port: dns}, {protocol: SCTP}]`);
    expect(contentsOf(text)).toEqual([
      {
        ...deny,
        ingress: [
          {
            peers: [
              {
                kind: 'pods',
                podSelector: [{ key: 'app', operator: 'In', values: ['web'] }],
                namespaceSelector: [{ key: 'team', operator: 'NotIn', values: ['x', 'y'] }],
              },
              { kind: 'block', cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] },
              { kind: 'pods', namespaceSelector: [] },
            ],
            ports: [{ protocol: 'TCP', port: 80, endPort: 90 }, { protocol: 'UDP', port: 'dns' }, { protocol: 'SCTP' }],
          },
        ],
      },
    ]);
  });

  test('JSON, typed lists, anchors, and kinds that say nothing to us', () => {
    expect(contentsOf('{"kind":"NamespaceList","apiVersion":"v1","items":[{"metadata":{"name":"a"}}]}')).toEqual([
      { name: 'a', labels: { 'kubernetes.io/metadata.name': 'a' } },
    ]);
    expect(
      contentsOf('kind: Namespace\napiVersion: v1\nmetadata: {name: &n b, labels: {x: *n}}\n---\nkind: Deployment\n'),
    ).toEqual([{ name: 'b', labels: { x: 'b', 'kubernetes.io/metadata.name': 'b' } }]);
  });
});

describe('files over time', () => {
  const good = (address: string): string => service(`{clusterIP: ${address}, ports: [{port: 80}]}`);
  const addressesOf = (objects: readonly { readonly content?: unknown }[]): string[] =>
    objects.flatMap((o) => (o.content as { clusterIPs: string[] }).clusterIPs);

  test('a file with a mistake keeps what it said', () => {
    const manifests = new Manifests();
    expect(addressesOf(manifests.update([{ path: 'a.yaml', text: good('10.0.0.1') }]).objects)).toEqual(['10.0.0.1']);
    const broken = manifests.update([{ path: 'a.yaml', text: `${good('10.0.0.2')}---\nkind: [` }]);
    expect(addressesOf(broken.objects)).toEqual(['10.0.0.1']);
    expect(broken.problems.map(printProblem)).toEqual([expect.stringContaining('a.yaml:6: ')]);
    const mended = manifests.update([{ path: 'a.yaml', text: good('10.0.0.2') }]);
    expect([addressesOf(mended.objects), mended.problems]).toEqual([['10.0.0.2'], []]);
    expect(manifests.update([]).objects).toEqual([]);
  });

  test('an object in two files', () => {
    const { objects, problems } = new Manifests().update([
      { path: 'b.yaml', text: good('10.0.0.2') },
      { path: 'a.yaml', text: good('10.0.0.1') },
    ]);
    expect(addressesOf(objects)).toEqual(['10.0.0.1']);
    expect(problems.map(printProblem)).toEqual(['b.yaml:1: Service default/web is already in a.yaml:1; this one is ignored']);
  });
});
