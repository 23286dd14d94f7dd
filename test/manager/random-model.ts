/** Random clusters, small enough that things meet. */
import type { ClusterRule, LabelSelector, Model, Pod, PolicyPeer, PolicyPort, PolicyRule } from '../../src/manager/index.ts';
import { emptyModel } from './models.ts';

/** Park and Miller; the seed is in the test's name. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

/** A small world where things meet often: few labels, addresses from 10.0.0.0/26 and 10.0.1.0/26, prefixes that cut through them. */
export function randomModel(random: (below: number) => number): Model {
  const some = <T>(most: number, make: (i: number) => T): T[] => Array.from({ length: random(most + 1) }, (_, i) => make(i));
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!;
  const address = (): string => `10.0.${random(2)}.${random(64)}`;
  const prefix = (least: number): string => {
    const length = least + random(33 - least);
    const number = Number(`10.0.${random(2)}.${random(64)}`.split('.').reduce((n, part) => n * 256n + BigInt(part), 0n));
    const base = length === 0 ? 0 : (number & (0xffff_ffff << (32 - length))) >>> 0;
    return `${base >>> 24}.${(base >>> 16) & 255}.${(base >>> 8) & 255}.${base & 255}/${length}`;
  };
  const namespaces = ['a', 'b', 'c'];
  const labelKeys = ['x', 'y'];
  const values = ['1', '2'];
  const someLabels = (): Record<string, string> => Object.fromEntries(some(2, () => [pick(labelKeys), pick(values)]));
  const selector = (): LabelSelector =>
    some(2, () => ({
      key: pick(labelKeys),
      operator: pick(['In', 'NotIn', 'Exists', 'DoesNotExist'] as const),
      values: [pick(values)],
    }));
  const protocols = ['TCP', 'UDP', 'SCTP'] as const;
  const containerPort = () => ({ name: pick(['p', 'q']), protocol: pick(protocols), port: 1 + random(8) });
  const addresses = [...new Set(some(12, address))];
  const nodeAddress = '10.0.1.63';
  const peer = (): PolicyPeer => {
    if (random(2) === 0) {
      const cidr = prefix(random(4) === 0 ? 0 : 24);
      const length = Number(cidr.split('/')[1]);
      const inside = some(2, () => prefix(Math.max(length, 24))).filter((e) => naivelyInside(cidr, e));
      return { kind: 'block', cidr, except: inside };
    }
    return {
      kind: 'pods',
      ...(random(2) === 0 && { namespaceSelector: selector() }),
      ...(random(2) === 0 && { podSelector: selector() }),
    };
  };
  const port = (): PolicyPort => {
    const protocol = pick(protocols);
    switch (random(4)) {
      case 0:
        return { protocol };
      case 1:
        return { protocol, port: pick(['p', 'q']) };
      case 2:
        return { protocol, port: 1 + random(4), endPort: 4 + random(4) };
      default:
        return { protocol, port: 1 + random(8) };
    }
  };
  const rules = (): PolicyRule[] => some(3, () => ({ peers: some(2, peer), ports: some(2, port) }));
  const clusterPeer = (): PolicyPeer => {
    const made = peer();
    return made.kind === 'block' ? { ...made, except: [] } : { namespaceSelector: selector(), ...made };
  };
  const clusterRules = (): ClusterRule[] =>
    some(3, () => ({
      action: pick(['Accept', 'Deny', 'Pass'] as const),
      peers: some(2, clusterPeer),
      ports: some(2, () => (random(4) === 0 ? { port: pick(['p', 'q']) } : port())),
    }));
  return {
    ...emptyModel,
    node: { ...emptyModel.node, addresses: [nodeAddress] },
    namespaces: namespaces.map((name) => ({ name, labels: someLabels() })),
    pods: addresses
      .filter((a) => a !== nodeAddress)
      .map((a, i): Pod => {
        const names = new Map(some(2, containerPort).map((c) => [c.name, c]));
        return {
          namespace: pick(namespaces),
          name: `pod${i}`,
          labels: someLabels(),
          addresses: [a],
          ...(random(4) !== 0 && { port: 11, mac: '02:00:00:00:00:99' }),
          containerPorts: [...names.values()],
        };
      }),
    policies: some(5, (i) => ({
      namespace: pick(namespaces),
      name: `policy${i}`,
      podSelector: selector(),
      ...(random(3) !== 0 && { ingress: rules() }),
      ...(random(3) !== 0 && { egress: rules() }),
    })),
    clusterPolicies: some(3, (i) => ({
      name: `cluster${i}`,
      tier: pick(['Admin', 'Baseline'] as const),
      priority: random(3),
      subject: { namespaceSelector: selector(), podSelector: selector() },
      ingress: clusterRules(),
      egress: clusterRules(),
    })),
  };
}

function naivelyInside(outer: string, inner: string): boolean {
  const bits = (text: string): string =>
    text
      .split('/')[0]!
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('');
  const length = Number(outer.split('/')[1]);
  return Number(inner.split('/')[1]) >= length && bits(inner).startsWith(bits(outer).slice(0, length));
}
