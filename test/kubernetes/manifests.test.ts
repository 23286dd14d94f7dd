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
  [
    'what is wrong outside of the cluster',
    service(
      '{type: LoadBalancer, clusterIP: 10.0.0.1, externalIPs: [x], loadBalancerSourceRanges: [10.0.0.0], sessionAffinity: clientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 86401}}, trafficDistribution: Near, healthCheckNodePort: 65536, externalTrafficPolicy: local, ports: [{port: 80}]}',
    ) + 'status: {loadBalancer: {ingress: [{ip: 10.0.0, ipMode: DSR}]}}\n',
    "4: spec.externalTrafficPolicy: expected one of 'Cluster', 'Local', found 'local'",
    "4: spec.externalIPs[0]: expected an IP address, found 'x'",
    "5: status.loadBalancer.ingress[0].ipMode: expected one of 'VIP', 'Proxy', found 'DSR'",
    "5: status.loadBalancer.ingress[0].ip: expected an IP address, found '10.0.0'",
    "4: spec.loadBalancerSourceRanges[0]: expected a prefix such as '10.0.0.0/8', found '10.0.0.0'",
    "4: spec.healthCheckNodePort: expected a whole number from 0 to 65535, found '65536'",
    "4: spec.sessionAffinity: expected one of 'None', 'ClientIP', found 'clientIP'",
    "4: spec.sessionAffinityConfig.clientIP.timeoutSeconds: expected a whole number from 1 to 86400, found '86401'",
    "4: spec.trafficDistribution: expected one of 'PreferClose', 'PreferSameZone', 'PreferSameNode', found 'Near'",
  ],
  [
    'node ports',
    service(
      '{type: NodePort, clusterIP: 10.0.0.1, ports: [{port: 80, name: a}, {port: 81, name: b, nodePort: 1}, {port: 82, name: c, nodePort: 1}]}',
    ),
    '4: spec.ports[2].nodePort: TCP node port 1 is listed twice',
    '4: spec.ports[0].nodePort: is missing; without an API server nobody else chooses one',
  ],
  [
    'annotations of ours',
    service('{clusterIP: 10.0.0.1, ports: [{port: 80}]}', 'name: web, annotations: {softipu.io/maglev-size: "1"}'),
    "3: metadata.annotations[softipu.io/maglev-size]: expected a whole number from 2 to 65537, found '1'",
  ],
  [
    'a weight',
    slice('').replace('{name: web-1,', '{name: web-1, annotations: {softipu.io/weight: heavy},'),
    "3: metadata.annotations[softipu.io/weight]: expected a whole number from 0 to 1000, found 'heavy'",
  ],
  [
    'a bandwidth',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {kubernetes.io/egress-bandwidth: fast}}\nspec: {}\n',
    "3: metadata.annotations[kubernetes.io/egress-bandwidth]: expected bits per second from 1k to 1P, such as 10M, found 'fast'",
  ],
  ['a list where a mapping is', service('[]'), '4: spec: expected a mapping, found a list'],
  // EndpointSlice
  [
    'bad endpoint address',
    slice('endpoints: [{addresses: [10.0.0]}]'),
    "5: endpoints[0].addresses[0]: expected an IPv4 address, found '10.0.0'",
  ],
  [
    'IPv4 in a slice of IPv6',
    slice('endpoints: [{addresses: [10.0.0.1]}]').replace('IPv4', 'IPv6'),
    "5: endpoints[0].addresses[0]: expected an IPv6 address, found '10.0.0.1'",
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
        clusterIPs: ['10.96.0.1', 'fd00::1'],
        ports: [{ name: '', protocol: 'TCP', port: 80 }],
        internalTrafficPolicy: 'Cluster',
      },
    ]);
  });

  test.each([
    ['headless', service('{clusterIP: None, ports: [{port: 80}]}')],
    ['ExternalName', service('{type: ExternalName, externalName: example.org}')],
    [
      'headless by its label',
      service('{clusterIP: 10.0.0.1, ports: [{port: 80}]}', 'name: web, labels: {service.kubernetes.io/headless: ""}'),
    ],
    ['a slice of names', slice('endpoints: [{addresses: [example.org]}]').replace('IPv4', 'FQDN')],
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
        addressType: 'IPv4',
        ports: [{ name: '', protocol: 'TCP', port: 80 }],
        endpoints: [
          { addresses: ['10.0.0.1'], ready: true, serving: true, terminating: false },
          { addresses: ['10.0.0.2'], ready: false, serving: false, terminating: false },
          { addresses: ['10.0.0.3'], ready: false, serving: true, terminating: true, nodeName: 'n' },
        ],
      },
    ]);
  });

  const readSpec = (spec: string, rest = ''): unknown =>
    contentsOf(service(`{clusterIP: 10.0.0.1, ports: [{port: 80}], ${spec}}`) + rest)[0];
  const plain = {
    namespace: 'default',
    name: 'web',
    clusterIPs: ['10.0.0.1'],
    ports: [{ name: '', protocol: 'TCP', port: 80 }],
    internalTrafficPolicy: 'Cluster',
  };
  const ingress = 'status: {loadBalancer: {ingress: [{ip: 192.0.2.1}, {ip: 192.0.2.2, ipMode: Proxy}, {hostname: x}]}}\n';
  test.each([
    ['external addresses', 'externalIPs: [192.0.2.1, "2001:DB8::1"]', { externalIPs: ['192.0.2.1', '2001:db8::1'] }],
    [
      'traffic policies',
      'internalTrafficPolicy: Local, externalTrafficPolicy: Local',
      { internalTrafficPolicy: 'Local', externalTrafficPolicy: 'Local' },
    ],
    ['affinity', 'sessionAffinity: ClientIP', { sessionAffinitySeconds: 10_800 }],
    [
      'affinity for a while',
      'sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 5}}',
      { sessionAffinitySeconds: 5 },
    ],
    ['a timeout without affinity', 'sessionAffinity: None, sessionAffinityConfig: {clientIP: {timeoutSeconds: 5}}', {}],
    ['distribution, by its old name', 'trafficDistribution: PreferClose', { trafficDistribution: 'PreferSameZone' }],
    ['distribution', 'trafficDistribution: PreferSameNode', { trafficDistribution: 'PreferSameNode' }],
    ['endpoints that are not ready', 'publishNotReadyAddresses: true', { publishNotReadyAddresses: true }],
    ['a load balancer that was not asked for', 'type: ClusterIP', {}, ingress],
    [
      'a load balancer: ipMode, sources, health',
      'type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 30000, loadBalancerSourceRanges: [192.0.2.7/24, "2001:db8::/32"]',
      {
        type: 'LoadBalancer',
        loadBalancerIPs: ['192.0.2.1'],
        loadBalancerSourceRanges: ['192.0.2.0/24', '2001:db8::/32'],
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 30_000,
      },
      ingress,
    ],
    ['a health port without local policy', 'type: LoadBalancer, healthCheckNodePort: 30000', { type: 'LoadBalancer' }],
  ])('a service with %s', (_, spec, more, rest = '') => {
    expect(readSpec(spec, rest)).toEqual({ ...plain, ...more });
  });

  test('node ports, and slots', () => {
    const text = service(
      '{type: NodePort, clusterIP: 10.0.0.1, ports: [{port: 80, nodePort: 30080, name: a}, {port: 80, nodePort: 30080, protocol: UDP, name: b}]}',
      'name: web, annotations: {softipu.io/maglev-size: "251"}',
    );
    expect(contentsOf(text)).toEqual([
      {
        ...plain,
        type: 'NodePort',
        ports: [
          { name: 'a', protocol: 'TCP', port: 80, nodePort: 30_080 },
          { name: 'b', protocol: 'UDP', port: 80, nodePort: 30_080 },
        ],
        maglevSize: 251,
      },
    ]);
  });

  test('endpoints of IPv6, with zone, hints, pod and weight', () => {
    const text = slice(`endpoints:
- addresses: ["FD00::0:1"]
  zone: east
  hints: {forZones: [{name: east}], forNodes: [{name: n}]}
  targetRef: {kind: Pod, name: web-1}`)
      .replace('IPv4', 'IPv6')
      .replace('{name: web-1,', '{name: web-1, annotations: {softipu.io/weight: "3"},');
    expect(contentsOf(text)).toEqual([
      {
        namespace: 'default',
        service: 'web',
        addressType: 'IPv6',
        ports: [],
        endpoints: [
          {
            addresses: ['fd00::1'],
            ready: true,
            serving: true,
            terminating: false,
            zone: 'east',
            hints: { zones: ['east'], nodes: ['n'] },
            pod: 'default/web-1',
            weight: 3,
          },
        ],
      },
    ]);
  });

  test.each([
    ['10M', 10_000_000],
    ['1.5Gi', 1_610_612_736],
    ['8k', 8000],
  ])('a bandwidth of %s; the burst is a second, and a frame at least', (text, bitsPerSecond) => {
    const pod = `apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {kubernetes.io/ingress-bandwidth: ${text}}}\nspec: {}\n`;
    expect(contentsOf(pod)).toMatchObject([
      { bandwidth: { ingress: { bitsPerSecond, burstBits: Math.max(bitsPerSecond, 524_288) } } },
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
