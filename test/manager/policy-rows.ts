/**
 * Who may talk to whom: rows of policies and flows, for whatever runs them: the plain evaluator, the desired entries, the compiled program.
 *
 *   pods   web 10.1.0.1 (app=web)   db 10.1.0.2 (app=db)   in default, here
 *          far 10.2.0.3 (app=web)   in default, on another node      ops 10.1.0.4 (app=ops)   in other, here
 *   node   192.168.50.1                                              outside   203.0.113.0/24
 */
import type {
  ClusterNetworkPolicy,
  ClusterRule,
  NetworkPolicy,
  Pod,
  PolicyPeer,
  PolicyPort,
  PolicyRule,
} from '../../src/manager/index.ts';
import { labels, localPod, remotePod } from './models.ts';

export const web = '10.1.0.1';
export const db = '10.1.0.2';
export const far = '10.2.0.3';
export const ops = '10.1.0.4';
export const node = '192.168.50.1';
export const outside = '203.0.113.9';
export const pods: readonly Pod[] = [
  localPod('web', 1, { app: 'web' }, { containerPorts: [{ name: 'http', protocol: 'TCP', port: 8080 }] }),
  localPod('db', 2, { app: 'db', tier: 'back' }, { containerPorts: [{ name: 'http', protocol: 'TCP', port: 9090 }] }),
  remotePod('far', far, { app: 'web' }),
  localPod('ops', 4, { app: 'ops' }, { namespace: 'other' }),
];

export const onDb = (more: Partial<NetworkPolicy>): NetworkPolicy => ({
  namespace: 'default',
  name: 'p',
  podSelector: labels({ app: 'db' }),
  ...more,
});
export const rule = (peers: readonly PolicyPeer[] = [], ports: readonly PolicyPort[] = []): PolicyRule => ({ peers, ports });
export const podsWith = (app: string): PolicyPeer => ({ kind: 'pods', podSelector: labels({ app }) });
export const block = (cidr: string, ...except: string[]): PolicyPeer => ({ kind: 'block', cidr, except });
export const tcp = (port?: number | string, endPort?: number): PolicyPort => ({ protocol: 'TCP', port, endPort });

/** A ClusterNetworkPolicy for pods app=db of every namespace. */
export const admin = (priority: number, more: Partial<ClusterNetworkPolicy>): ClusterNetworkPolicy => ({
  name: `cnp${priority}`,
  tier: 'Admin',
  priority,
  subject: { namespaceSelector: [], podSelector: labels({ app: 'db' }) },
  ingress: [],
  egress: [],
  ...more,
});
const everywhere = (app?: string): PolicyPeer => ({
  kind: 'pods',
  namespaceSelector: [],
  podSelector: app === undefined ? [] : labels({ app }),
});
const says = (action: ClusterRule['action'], peers: readonly PolicyPeer[], ports: readonly PolicyPort[] = []): ClusterRule => ({
  action,
  peers,
  ports,
});

export interface Row {
  readonly name: string;
  readonly policies: readonly NetworkPolicy[];
  readonly clusterPolicies?: readonly ClusterNetworkPolicy[];
  /** `from > to[:port][/protocol]`, TCP 80 if not said. */
  readonly allowed?: readonly string[];
  readonly denied?: readonly string[];
}

export const rows: readonly Row[] = [
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
  {
    name: 'a pod and itself',
    policies: [onDb({ ingress: [], egress: [] })],
    allowed: [`${db} > ${db}`, `${db} > ${db}:0/1`],
    denied: [`${web} > ${db}`],
  },
  {
    name: 'two ranges that overlap, and a protocol beside them',
    policies: [onDb({ ingress: [rule([], [tcp(80, 90), tcp(85, 100), { protocol: 'UDP', port: 53 }])] })],
    allowed: [`${web} > ${db}:80`, `${web} > ${db}:100`, `${web} > ${db}:53/17`],
    denied: [`${web} > ${db}:101`, `${web} > ${db}:53`, `${web} > ${db}:80/17`],
  },
  {
    name: 'a range up to the last port',
    policies: [onDb({ ingress: [rule([], [tcp(1024, 65535)])] })],
    allowed: [`${web} > ${db}:1024`, `${web} > ${db}:40000`, `${web} > ${db}:65535`],
    denied: [`${web} > ${db}:1023`],
  },
  {
    name: 'exceptions that overlap',
    policies: [onDb({ egress: [rule([block('203.0.113.0/24', '203.0.113.0/28', '203.0.113.8/29')])] })],
    allowed: [`${db} > 203.0.113.16`],
    denied: [`${db} > ${outside}`, `${db} > 203.0.113.7`],
  },
  {
    name: 'labels of a pod that no policy of this direction selects',
    policies: [onDb({ egress: [rule([podsWith('web')])] })],
    allowed: [`${ops} > ${db}`, `${db} > ${web}`],
    denied: [`${db} > ${ops}`],
  },
  // ClusterNetworkPolicy
  {
    name: 'Admin: Deny stands before NetworkPolicy',
    policies: [onDb({ ingress: [rule()] })],
    clusterPolicies: [admin(1, { ingress: [says('Deny', [everywhere('web')])] })],
    allowed: [`${ops} > ${db}`, `${outside} > ${db}`, `${db} > ${web}`],
    denied: [`${web} > ${db}`, `${far} > ${db}`, `${web} > ${db}:0/1`],
  },
  {
    name: 'Admin: Accept stands before NetworkPolicy',
    policies: [onDb({ ingress: [] })],
    clusterPolicies: [admin(1, { ingress: [says('Accept', [everywhere('ops')], [tcp(9090)])] })],
    allowed: [`${ops} > ${db}:9090`],
    denied: [`${ops} > ${db}:9091`, `${web} > ${db}:9090`],
  },
  {
    name: 'Admin: Pass leaves it to NetworkPolicy',
    policies: [onDb({ ingress: [rule([podsWith('web')])] })],
    clusterPolicies: [admin(1, { ingress: [says('Pass', [everywhere('web')]), says('Deny', [everywhere()])] })],
    allowed: [`${web} > ${db}`],
    denied: [`${ops} > ${db}`, `${outside} > ${db}`],
  },
  {
    name: 'Pass skips the rest of its tier only',
    policies: [],
    clusterPolicies: [
      admin(1, { ingress: [says('Pass', [everywhere('web')], [tcp(80)])] }),
      admin(2, { ingress: [says('Deny', [everywhere('web')])] }),
      admin(3, { tier: 'Baseline', ingress: [says('Deny', [everywhere('ops')])] }),
    ],
    allowed: [`${web} > ${db}:80`],
    denied: [`${web} > ${db}:81`, `${ops} > ${db}`],
  },
  {
    name: 'the lower priority is asked first',
    policies: [],
    clusterPolicies: [
      admin(20, { ingress: [says('Deny', [everywhere()])] }),
      admin(10, { ingress: [says('Accept', [everywhere('web')], [tcp(80, 89)])] }),
    ],
    allowed: [`${web} > ${db}:85`],
    denied: [`${web} > ${db}:90`, `${ops} > ${db}:85`],
  },
  {
    name: 'rules of a policy in their order',
    policies: [],
    clusterPolicies: [
      admin(1, {
        ingress: [says('Deny', [everywhere()], [tcp(22)]), says('Accept', [everywhere()]), says('Deny', [everywhere()])],
      }),
    ],
    allowed: [`${web} > ${db}:80`, `${web} > ${db}:0/1`],
    denied: [`${web} > ${db}:22`],
  },
  {
    name: 'Baseline is asked where no NetworkPolicy selects the pod',
    policies: [],
    clusterPolicies: [
      admin(1, { tier: 'Baseline', ingress: [says('Accept', [everywhere('web')]), says('Deny', [everywhere()])] }),
    ],
    allowed: [`${web} > ${db}`, `${outside} > ${db}`],
    denied: [`${ops} > ${db}`],
  },
  {
    name: 'NetworkPolicy is final against Baseline',
    policies: [onDb({ ingress: [rule([podsWith('web')])] })],
    clusterPolicies: [
      admin(1, { tier: 'Baseline', ingress: [says('Deny', [everywhere('web')]), says('Accept', [everywhere('ops')])] }),
    ],
    allowed: [`${web} > ${db}`],
    denied: [`${ops} > ${db}`],
  },
  {
    name: 'networks match cluster traffic and ICMP, too',
    policies: [],
    clusterPolicies: [admin(1, { egress: [says('Accept', [block('10.1.0.0/30')]), says('Deny', [block('0.0.0.0/0')])] })],
    allowed: [`${db} > ${web}`, `${db} > ${web}:0/1`],
    denied: [`${db} > ${ops}`, `${db} > ${outside}`, `${db} > ${outside}:0/1`],
  },
  {
    name: 'ports by name, of any protocol',
    policies: [],
    clusterPolicies: [admin(1, { ingress: [says('Accept', [everywhere()], [{ port: 'http' }]), says('Deny', [everywhere()])] })],
    allowed: [`${web} > ${db}:9090`],
    denied: [`${web} > ${db}:8080`, `${web} > ${db}:9090/17`],
  },
  {
    name: 'SCTP by range',
    policies: [],
    clusterPolicies: [
      admin(1, {
        ingress: [says('Accept', [everywhere()], [{ protocol: 'SCTP', port: 7, endPort: 9 }]), says('Deny', [everywhere()])],
      }),
    ],
    allowed: [`${web} > ${db}:8/132`],
    denied: [`${web} > ${db}:8`, `${web} > ${db}:10/132`],
  },
  {
    name: 'subjects by namespace',
    policies: [],
    clusterPolicies: [
      admin(1, {
        subject: { namespaceSelector: labels({ team: 'blue' }), podSelector: [] },
        ingress: [says('Deny', [everywhere()])],
      }),
    ],
    denied: [`${web} > ${ops}`],
    allowed: [`${web} > ${db}`, `${node} > ${ops}`],
  },
  {
    name: 'Admin does not keep the node from its pods',
    policies: [],
    clusterPolicies: [admin(1, { ingress: [says('Deny', [])] })],
    denied: [`${web} > ${db}`, `${outside} > ${db}`],
    allowed: [`${node} > ${db}`],
  },
];
