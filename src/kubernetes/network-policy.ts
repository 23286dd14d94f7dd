/**
 * networking.k8s.io/v1 NetworkPolicy. A field that we do not know is a mistake here and nowhere ignored: it might have been meant to restrict.
 */
import type { NetworkPolicy, PolicyPeer, PolicyPort, PolicyRule } from '../manager/index.ts';
import { parsePrefix, prefixContains } from '../wire/index.ts';
import type { Field } from './field.ts';
import { type Metadata, readProtocol, readSelector } from './metadata.ts';

export function readNetworkPolicy(object: Field, { namespace, name }: Metadata): NetworkPolicy | undefined {
  object.only(['apiVersion', 'kind', 'metadata', 'spec', 'status']);
  const spec = object.get('spec');
  if (!spec.required()) return undefined;
  spec.only(['podSelector', 'policyTypes', 'ingress', 'egress']);
  const ingress = spec
    .get('ingress')
    .items()
    .map((rule) => readRule(rule, 'from'));
  const egress = spec
    .get('egress')
    .items()
    .map((rule) => readRule(rule, 'to'));
  const given = spec
    .get('policyTypes')
    .items()
    .map((type) => type.oneOf(['Ingress', 'Egress'] as const));
  const types = given.length > 0 ? given : ['Ingress', ...(egress.length > 0 ? ['Egress'] : [])];
  return {
    namespace,
    name,
    podSelector: readSelector(spec.get('podSelector')),
    ...(types.includes('Ingress') && { ingress }),
    ...(types.includes('Egress') && { egress }),
  };
}

function readRule(rule: Field, side: 'from' | 'to'): PolicyRule {
  rule.only([side, 'ports']);
  return { peers: rule.get(side).items().map(readPeer), ports: rule.get('ports').items().map(readPort) };
}

function readPeer(peer: Field): PolicyPeer {
  peer.only(['podSelector', 'namespaceSelector', 'ipBlock']);
  const [pods, namespaces, block] = [peer.get('podSelector'), peer.get('namespaceSelector'), peer.get('ipBlock')];
  if (!pods.exists && !namespaces.exists && !block.exists) {
    peer.fail("expected 'podSelector', 'namespaceSelector' or 'ipBlock', found nothing");
  }
  if (!block.exists) {
    return {
      kind: 'pods',
      ...(namespaces.exists && { namespaceSelector: readSelector(namespaces) }),
      ...(pods.exists && { podSelector: readSelector(pods) }),
    };
  }
  if (pods.exists || namespaces.exists) block.fail('cannot stand beside a selector; make it a peer of its own');
  block.only(['cidr', 'except']);
  block.get('cidr').required();
  const cidr = block.get('cidr').prefix() ?? '';
  const except = block
    .get('except')
    .items()
    .flatMap((item) => {
      const inner = item.prefix();
      if (inner !== undefined && cidr !== '' && !isStrictlyInside(inner, cidr))
        item.fail(`'${inner}' is not inside the cidr '${cidr}'`);
      return inner ?? [];
    });
  return { kind: 'block', cidr, except };
}

function isStrictlyInside(inner: string, outer: string): boolean {
  const [i, o] = [parsePrefix(inner), parsePrefix(outer)];
  return i !== undefined && o !== undefined && i.length > o.length && prefixContains(o, i.bytes);
}

function readPort(item: Field): PolicyPort {
  item.only(['protocol', 'port', 'endPort']);
  const protocol = readProtocol(item.get('protocol'));
  const field = item.get('port');
  const end = item.get('endPort');
  const port = field.isNumber ? field.port() : field.string();
  if (typeof port === 'string' && !(/^[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/.test(port) && /[a-z]/.test(port))) {
    field.fail(`expected a port number or the name of a container port, found '${port}'`);
  }
  const endPort = end.port();
  if (end.exists && typeof port !== 'number') end.fail("needs a number as 'port'");
  if (endPort !== undefined && typeof port === 'number' && endPort < port) end.fail(`${endPort} is below port ${port}`);
  return { protocol, ...(port !== undefined && { port }), ...(endPort !== undefined && { endPort }) };
}
