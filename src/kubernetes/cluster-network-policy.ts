/**
 * policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy. A peer that we do not know fails closed, as the API asks for (ClusterNetworkPolicyEgressPeer):
 * an Accept rule with it matches nothing, and a Deny or Pass rule denies everybody. So do `nodes` and `domainNames`, which we do not have.
 */
import type { ClusterNetworkPolicy, ClusterRule, PolicyPeer, PolicyPort } from '../manager/index.ts';
import type { Field } from './field.ts';
import { type Metadata, protocols, readSelector } from './metadata.ts';

const most = 25;

export function readClusterNetworkPolicy(object: Field, { name }: Metadata): ClusterNetworkPolicy | undefined {
  object.only(['apiVersion', 'kind', 'metadata', 'spec', 'status']);
  const notes: string[] = [];
  const spec = object.get('spec');
  if (!spec.required()) return undefined;
  spec.only(['tier', 'priority', 'subject', 'ingress', 'egress']);
  const tier = spec.get('tier');
  const priority = spec.get('priority');
  tier.required();
  priority.required();
  const rules = (direction: 'ingress' | 'egress'): ClusterRule[] =>
    atMost(spec.get(direction)).flatMap((rule) => readRule(rule, direction, name, notes));
  const [ingress, egress] = [rules('ingress'), rules('egress')];
  return {
    name,
    tier: tier.oneOf(['Admin', 'Baseline'] as const) ?? 'Admin',
    priority: priority.integer(0, 1000) ?? 0,
    subject: readSubject(spec.get('subject')),
    ingress,
    egress,
    ...(notes.length > 0 && { notes }),
  };
}

function readSubject(subject: Field): ClusterNetworkPolicy['subject'] {
  subject.required();
  subject.only(['namespaces', 'pods']);
  oneOfFields(subject, ['namespaces', 'pods']);
  const pods = subject.get('pods');
  return pods.exists ? readPods(pods) : { namespaceSelector: readSelector(subject.get('namespaces')), podSelector: [] };
}

function readPods(pods: Field): ClusterNetworkPolicy['subject'] {
  pods.only(['namespaceSelector', 'podSelector']);
  pods.get('podSelector').required();
  return { namespaceSelector: readSelector(pods.get('namespaceSelector')), podSelector: readSelector(pods.get('podSelector')) };
}

/** None where the rule matches nothing. */
function readRule(rule: Field, direction: 'ingress' | 'egress', policy: string, notes: string[]): ClusterRule[] {
  const side = direction === 'ingress' ? 'from' : 'to';
  rule.only(['name', 'action', side, 'protocols']);
  const title = rule.get('name');
  if ((title.string()?.length ?? 0) > 100) title.fail('is longer than 100 characters');
  const actionField = rule.get('action');
  actionField.required();
  const action = actionField.oneOf(['Accept', 'Deny', 'Pass'] as const) ?? 'Deny';
  const list = rule.get(side);
  const peers = atMost(list);
  if (peers.length === 0) list.fail('needs at least one peer');
  const ports = atMost(rule.get('protocols')).flatMap(readProtocol);
  const unknown: string[] = [];
  const read = peers.flatMap((peer) => readPeer(peer, direction, action, unknown));
  const hasNames = ports.some(({ port }) => typeof port === 'string');
  if (hasNames && read.some(({ kind }) => kind === 'block')) {
    rule.fail("'networks' have no ports with names: 'destinationNamedPort' cannot stand beside them");
  }
  if (unknown.length === 0) return [{ action, peers: read, ports }];
  const effect = action === 'Accept' ? 'matches nothing' : 'denies everything';
  const where = `ClusterNetworkPolicy '${policy}', ${rule.path.replace(/^spec\./, '')}`;
  notes.push(`${where}: peers by ${unknown.join(' and ')} are not supported; to be safe the rule ${effect}`);
  return action === 'Accept' ? [] : [{ action: 'Deny', peers: [], ports: [] }];
}

function readPeer(peer: Field, direction: 'ingress' | 'egress', action: string, unknown: string[]): PolicyPeer[] {
  const given = peer.entries().map(([name]) => name);
  const [first] = given;
  if (given.length > 1) peer.fail(`expected one kind of peer, found ${given.map((name) => `'${name}'`).join(' and ')}`);
  const value = peer.get(first ?? '');
  switch (first) {
    case 'namespaces':
      return [{ kind: 'pods', namespaceSelector: readSelector(value), podSelector: [] }];
    case 'pods':
      return [{ kind: 'pods', ...readPods(value) }];
    case 'networks':
      if (direction === 'ingress') break;
      return atMost(value).flatMap((item) => {
        const cidr = item.prefix();
        return cidr === undefined ? [] : [{ kind: 'block' as const, cidr, except: [] }];
      });
    case 'domainNames':
      if (action !== 'Accept') value.fail("is for rules with action 'Accept' only");
      break;
    default:
      break;
  }
  // Also an empty one: the server knows a field that this version of the API does not have
  unknown.push(first === undefined ? 'an unknown field' : `'${first}'`);
  return [];
}

function readProtocol(item: Field): PolicyPort[] {
  item.only(['tcp', 'udp', 'sctp', 'destinationNamedPort']);
  oneOfFields(item, ['tcp', 'udp', 'sctp', 'destinationNamedPort']);
  const name = item.get('destinationNamedPort').string();
  if (name !== undefined) return [{ port: name }];
  return protocols.flatMap((protocol): PolicyPort[] => {
    const field = item.get(protocol.toLowerCase());
    if (!field.exists) return [];
    field.only(['destinationPort']);
    const port = field.get('destinationPort');
    if (!port.exists) return [{ protocol }];
    port.only(['number', 'range']);
    oneOfFields(port, ['number', 'range']);
    const range = port.get('range');
    if (!range.exists) return [{ protocol, port: port.get('number').port() ?? 0 }];
    range.only(['start', 'end']);
    range.get('start').required();
    range.get('end').required();
    const [start, end] = [range.get('start').port() ?? 0, range.get('end').port() ?? 0];
    if (start >= end) range.get('end').fail(`${end} is not above start ${start}`);
    return [{ protocol, port: start, endPort: end }];
  });
}

function oneOfFields(field: Field, names: readonly string[]): void {
  if (!field.exists) return;
  const given = names.filter((name) => field.get(name).exists);
  const all = names.map((name) => `'${name}'`).join(', ');
  if (given.length !== 1) field.fail(`expected one of ${all}, found ${given.length === 0 ? 'none' : given.join(' and ')}`);
}

function atMost(list: Field): Field[] {
  const items = list.items();
  if (items.length > most) list.fail(`${items.length} items; ${most} are allowed`);
  return items;
}
