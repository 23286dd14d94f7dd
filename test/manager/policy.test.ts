/**
 * NetworkPolicy semantics: a table of policies and flows, and then random policies, pods and prefixes against the plain evaluator.
 *
 *   pods   web 10.1.0.1 (app=web)   db 10.1.0.2 (app=db)   in default, here
 *          far 10.2.0.3 (app=web)   in default, on another node      ops 10.1.0.4 (app=ops)   in other, here
 *   node   192.168.50.1                                              outside   203.0.113.0/24
 */
import { describe, expect, test } from 'vitest';
import {
  desiredState,
  type NetworkPolicy,
  type Pod,
  type PolicyPeer,
  type PolicyPort,
  type PolicyRule,
} from '../../src/manager/index.ts';
import { EntityBuilder, printEntity } from '../../src/p4runtime/index.ts';
import { makeP4Info } from '../p4runtime/program.ts';
import { Evaluator } from './evaluate.ts';
import { k8sProgram } from './k8s-program.ts';
import { emptyModel, labels, localPod, remotePod } from './models.ts';
import { naivelyAllowed } from './naive-policy.ts';
import { randomModel, randomOf } from './random-model.ts';

const build = new EntityBuilder(makeP4Info(k8sProgram));

const web = '10.1.0.1';
const db = '10.1.0.2';
const far = '10.2.0.3';
const ops = '10.1.0.4';
const node = '192.168.50.1';
const outside = '203.0.113.9';
const pods: readonly Pod[] = [
  localPod('web', 1, { app: 'web' }, { containerPorts: [{ name: 'http', protocol: 'TCP', port: 8080 }] }),
  localPod('db', 2, { app: 'db', tier: 'back' }, { containerPorts: [{ name: 'http', protocol: 'TCP', port: 9090 }] }),
  remotePod('far', far, { app: 'web' }),
  localPod('ops', 4, { app: 'ops' }, { namespace: 'other' }),
];

const onDb = (more: Partial<NetworkPolicy>): NetworkPolicy => ({
  namespace: 'default',
  name: 'p',
  podSelector: labels({ app: 'db' }),
  ...more,
});
const rule = (peers: readonly PolicyPeer[] = [], ports: readonly PolicyPort[] = []): PolicyRule => ({ peers, ports });
const podsWith = (app: string): PolicyPeer => ({ kind: 'pods', podSelector: labels({ app }) });
const block = (cidr: string, ...except: string[]): PolicyPeer => ({ kind: 'block', cidr, except });
const tcp = (port?: number | string, endPort?: number): PolicyPort => ({ protocol: 'TCP', port, endPort });

interface Row {
  readonly name: string;
  readonly policies: readonly NetworkPolicy[];
  /** `from > to[:port][/protocol]`, TCP 80 if not said. */
  readonly allowed?: readonly string[];
  readonly denied?: readonly string[];
}

const rows: readonly Row[] = [
  { name: 'no policy', policies: [], allowed: [`${web} > ${db}`, `${outside} > ${db}`] },
  {
    name: 'default deny ingress',
    policies: [onDb({ ingress: [] })],
    denied: [`${web} > ${db}`, `${far} > ${db}`, `${outside} > ${db}`, `${ops} > ${db}/1`],
    allowed: [`${web} > ${far}`, `${db} > ${web}`],
  },
  {
    name: 'default deny egress',
    policies: [onDb({ egress: [] })],
    denied: [`${db} > ${web}`, `${db} > ${outside}`],
    allowed: [`${web} > ${db}`],
  },
  { name: 'allow all ingress', policies: [onDb({ ingress: [rule()] })], allowed: [`${web} > ${db}`, `${outside} > ${db}/17`] },
  {
    name: 'allow all wins over deny',
    policies: [onDb({ ingress: [] }), onDb({ name: 'q', ingress: [rule()] })],
    allowed: [`${web} > ${db}`],
  },
  {
    name: 'podSelector means the namespace of the policy',
    policies: [onDb({ ingress: [rule([podsWith('web'), podsWith('ops')])] })],
    allowed: [`${web} > ${db}`, `${far} > ${db}`],
    denied: [`${ops} > ${db}`, `${outside} > ${db}`],
  },
  {
    name: 'namespaceSelector alone means all its pods',
    policies: [onDb({ ingress: [rule([{ kind: 'pods', namespaceSelector: labels({ team: 'blue' }) }])] })],
    allowed: [`${ops} > ${db}`],
    denied: [`${web} > ${db}`],
  },
  {
    name: 'namespaceSelector and podSelector in one peer are both asked',
    policies: [
      onDb({
        ingress: [rule([{ kind: 'pods', namespaceSelector: labels({ team: 'blue' }), podSelector: labels({ app: 'web' }) }])],
      }),
    ],
    denied: [`${ops} > ${db}`, `${web} > ${db}`],
  },
  {
    name: 'in two peers either',
    policies: [onDb({ ingress: [rule([{ kind: 'pods', namespaceSelector: labels({ team: 'blue' }) }, podsWith('web')])] })],
    allowed: [`${ops} > ${db}`, `${web} > ${db}`],
  },
  {
    name: 'the name of a namespace is a label',
    policies: [
      onDb({ ingress: [rule([{ kind: 'pods', namespaceSelector: labels({ 'kubernetes.io/metadata.name': 'other' }) }])] }),
    ],
    allowed: [`${ops} > ${db}`],
    denied: [`${web} > ${db}`],
  },
  {
    name: 'an empty namespaceSelector is every pod, and no one else',
    policies: [onDb({ ingress: [rule([{ kind: 'pods', namespaceSelector: [] }])] })],
    allowed: [`${ops} > ${db}`, `${far} > ${db}`],
    denied: [`${outside} > ${db}`],
  },
  {
    name: 'an empty podSelector selects all pods of the namespace',
    policies: [{ namespace: 'default', name: 'p', podSelector: [], ingress: [] }],
    denied: [`${ops} > ${db}`, `${ops} > ${web}`],
    allowed: [`${web} > ${ops}`],
  },
  {
    name: 'matchExpressions',
    policies: [
      {
        namespace: 'default',
        name: 'p',
        podSelector: [
          { key: 'tier', operator: 'DoesNotExist', values: [] },
          { key: 'app', operator: 'NotIn', values: ['x'] },
        ],
        ingress: [],
      },
    ],
    denied: [`${db} > ${web}`],
    allowed: [`${web} > ${db}`],
  },
  {
    name: 'one port',
    policies: [onDb({ ingress: [rule([], [tcp(80)])] })],
    allowed: [`${web} > ${db}:80`],
    denied: [`${web} > ${db}:81`, `${web} > ${db}:80/17`],
  },
  {
    name: 'a range of ports',
    policies: [onDb({ ingress: [rule([podsWith('web')], [tcp(80, 90)])] })],
    allowed: [`${web} > ${db}:80`, `${web} > ${db}:90`],
    denied: [`${web} > ${db}:79`, `${web} > ${db}:91`, `${ops} > ${db}:80`],
  },
  {
    name: 'a protocol without port',
    policies: [onDb({ ingress: [rule([], [{ protocol: 'UDP' }])] })],
    allowed: [`${web} > ${db}:0/17`, `${web} > ${db}:65535/17`],
    denied: [`${web} > ${db}:80/6`, `${web} > ${db}:80/132`],
  },
  {
    name: 'SCTP is not TCP',
    policies: [onDb({ ingress: [rule([], [{ protocol: 'SCTP', port: 80 }])] })],
    allowed: [`${web} > ${db}:80/132`],
    denied: [`${web} > ${db}:80/6`],
  },
  {
    name: 'with ports ICMP is denied',
    policies: [onDb({ ingress: [rule([], [tcp()])] })],
    denied: [`${web} > ${db}:0/1`],
    allowed: [`${web} > ${db}:443`],
  },
  {
    name: 'without ports ICMP is allowed',
    policies: [onDb({ ingress: [rule([podsWith('web')])] })],
    allowed: [`${web} > ${db}:0/1`],
  },
  {
    name: 'a named port is the destination pod’s: ingress',
    policies: [onDb({ ingress: [rule([], [tcp('http')])] })],
    allowed: [`${web} > ${db}:9090`],
    denied: [`${web} > ${db}:8080`, `${web} > ${db}:9090/17`],
  },
  {
    name: 'a named port is the destination pod’s: egress',
    policies: [onDb({ egress: [rule([], [tcp('http')])] })],
    allowed: [`${db} > ${web}:8080`],
    denied: [`${db} > ${web}:9090`, `${db} > ${ops}:8080`, `${db} > ${outside}:8080`],
  },
  {
    name: 'a named port that the pod does not have',
    policies: [onDb({ ingress: [rule([], [tcp('grpc')])] })],
    denied: [`${web} > ${db}:9090`],
  },
  {
    name: 'a block',
    policies: [onDb({ ingress: [rule([block('203.0.113.0/24')])] })],
    allowed: [`${outside} > ${db}`],
    denied: ['203.0.114.1 > ' + db, `${web} > ${db}`],
  },
  {
    name: 'a block with an exception',
    policies: [onDb({ egress: [rule([block('203.0.113.0/24', '203.0.113.0/28')])] })],
    allowed: [`${db} > 203.0.113.16`],
    denied: [`${db} > ${outside}`],
  },
  {
    name: 'an exception of one block is allowed by another',
    policies: [onDb({ egress: [rule([block('203.0.113.0/24', '203.0.113.0/28'), block('203.0.113.8/29')])] })],
    allowed: [`${db} > ${outside}`, `${db} > 203.0.113.200`],
    denied: [`${db} > 203.0.113.7`],
  },
  {
    name: 'a block holds pods, too',
    policies: [onDb({ ingress: [rule([block('10.1.0.0/30')])] })],
    allowed: [`${web} > ${db}`],
    denied: [`${ops} > ${db}`],
  },
  {
    name: 'everything but the pods',
    policies: [onDb({ egress: [rule([block('0.0.0.0/0', '10.0.0.0/8')])] })],
    allowed: [`${db} > ${outside}`, `${db} > ${node}`],
    denied: [`${db} > ${web}`, `${db} > 10.77.0.1`],
  },
  {
    name: 'a block of IPv6 is not everybody',
    policies: [onDb({ ingress: [rule([block('::/0')])] })],
    denied: [`${web} > ${db}`, `${outside} > ${db}`],
  },
  {
    name: 'the node reaches its pods',
    policies: [onDb({ ingress: [] })],
    allowed: [`${node} > ${db}`, `${node} > ${db}:7/17`],
    denied: ['192.168.50.2 > ' + db],
  },
  { name: 'a pod does not reach the node by that', policies: [onDb({ egress: [] })], denied: [`${db} > ${node}`] },
  {
    name: 'both sides must allow',
    policies: [
      onDb({ ingress: [rule([podsWith('web')])] }),
      { namespace: 'default', name: 'q', podSelector: labels({ app: 'web' }), egress: [] },
    ],
    denied: [`${web} > ${db}`],
    allowed: [`${far} > ${db}`],
  },
  {
    name: 'policies add up',
    policies: [
      onDb({ ingress: [rule([podsWith('web')], [tcp(80)])] }),
      onDb({
        name: 'q',
        ingress: [rule([podsWith('web')], [tcp(81)]), rule([{ kind: 'pods', namespaceSelector: [] }], [tcp(443)])],
      }),
    ],
    allowed: [`${web} > ${db}:80`, `${web} > ${db}:81`, `${ops} > ${db}:443`],
    denied: [`${web} > ${db}:82`, `${ops} > ${db}:80`],
  },
  {
    name: 'a policy of another namespace does not select',
    policies: [{ ...onDb({ ingress: [] }), namespace: 'other' }],
    allowed: [`${web} > ${db}`],
  },
];

describe('policy', () => {
  describe.each(rows)('$name', ({ policies, allowed, denied }) => {
    const model = { ...emptyModel, pods, policies };
    const evaluator = new Evaluator(build.names, desiredState(model, build).entities);
    const cases = [...(allowed ?? []).map((f) => [f, true] as const), ...(denied ?? []).map((f) => [f, false] as const)];
    test.each(cases)('%s: %s', (flow, expected) => {
      const [, from, to, port, protocol] = /^(\S+) > ([\d.]+)(?::(\d+))?(?:\/(\d+))?$/.exec(flow)!;
      const args = [from!, to!, Number(port ?? 80), Number(protocol ?? 6)] as const;
      expect(evaluator.isAllowed(...args)).toBe(expected);
      expect(naivelyAllowed(model, ...args)).toBe(expected);
    });
  });

  test('addresses that no policy tells apart are one peer; unmentioned ones have no entry', () => {
    const many = [...pods, localPod('web2', 5, { app: 'web' }), localPod('free', 6, { app: 'free' })];
    const { entities } = desiredState(
      { ...emptyModel, pods: many, policies: [onDb({ ingress: [rule([podsWith('web')], [tcp(80)])] })] },
      build,
    );
    const text = entities
      .map((e) => printEntity(build.names, e))
      .filter((line) => /^(source_id|destination_id|policy_)/.test(line));
    expect(text.sort()).toEqual([
      'destination_identities address=10.1.0.2/32: destination_is(pod=1, rules=1, peer=0)',
      'policy_peers pod=1 peer=1: rules_are(rules_for_peer=2)',
      'policy_peers pod=1 peer=2: rules_are(rules_for_peer=0)',
      'policy_ports rules=2 protocol=6 port=80/16: allow()',
      'source_identities address=10.1.0.1/32: source_is(pod=0, rules=0, peer=1)',
      'source_identities address=10.1.0.5/32: source_is(pod=0, rules=0, peer=1)',
      'source_identities address=10.2.0.3/32: source_is(pod=0, rules=0, peer=1)',
      'source_identities address=192.168.50.1/32: source_is(pod=0, rules=0, peer=2)',
    ]);
  });
});

describe('random policies agree with the plain evaluator', () => {
  test.each([1, 2, 3, 4])('seed %i', (seed) => {
    const random = randomOf(seed);
    for (let round = 0; round < 300; round++) {
      const model = randomModel(random);
      const evaluator = new Evaluator(build.names, desiredState(model, build).entities);
      const addresses = [...model.pods.flatMap((p) => p.addresses), '10.0.1.63', '10.0.0.5', '172.16.0.1'];
      for (let flow = 0; flow < 12; flow++) {
        const from = addresses[random(addresses.length)]!;
        const to = addresses[random(addresses.length)]!;
        const port = 1 + random(9);
        const protocol = [6, 17, 132, 1][random(4)]!;
        const expected = naivelyAllowed(model, from, to, port, protocol);
        if (evaluator.isAllowed(from, to, port, protocol) !== expected) {
          expect.fail(
            `seed ${seed} round ${round}: ${from} > ${to}:${port}/${protocol} expected ${expected}\n${JSON.stringify(model, undefined, 1)}`,
          );
        }
      }
    }
  });
});
