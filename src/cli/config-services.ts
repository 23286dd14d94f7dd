/**
 * `services` of `node.yaml`: what holds for all services on this node.
 *
 *   services:
 *     nodePortAddresses: [primary]        (all, or prefixes)
 *     masqueradeAddresses: [192.168.50.1]
 *     masqueradeAll: false
 *     serviceCIDRs: [10.96.0.0/12]
 *     clusterCIDRs: [10.244.0.0/16]       (or podCIDR)
 *     rejectWith: icmp                    (or reset)
 *     proxyName: softipu                  (only services with this service-proxy-name; default: those without)
 */
import type { ServiceSettings } from '../kubernetes/index.ts';
import { parseAddress, parsePrefix, printAddress, printPrefix } from '../wire/index.ts';
import type { YamlValue } from './yaml-reader.ts';

/** Field by field: what is not given is as `defaults` say. */
export function readServices(value: YamlValue, defaults: ServiceSettings = {}): ServiceSettings {
  const fields = value.fields([
    'nodePortAddresses',
    'masqueradeAddresses',
    'masqueradeAll',
    'serviceCIDRs',
    'clusterCIDRs',
    'rejectWith',
    'proxyName',
  ]);
  const { masqueradeAddresses: masquerade, clusterCIDRs: cluster } = fields;
  const nodePortAddresses = given(fields.nodePortAddresses, readNodePortAddresses);
  const masqueradeAddresses = given(masquerade, (list) => atMostOneOfEachFamily(list, list.items().flatMap(readAddress)));
  const masqueradeAll = fields.masqueradeAll.boolean();
  const serviceCIDRs = given(fields.serviceCIDRs, (list) => list.items().flatMap(readPrefix));
  const clusterCIDRs = given(cluster, readClusterCIDRs);
  const rejectWith = fields.rejectWith.oneOf(['icmp', 'reset'] as const);
  const proxyName = fields.proxyName.string('the value of a label');
  if (proxyName !== undefined && !/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(proxyName)) {
    fields.proxyName.fail(`expected the value of a label, found '${proxyName}'`);
  }
  return {
    ...defaults,
    ...(nodePortAddresses && { nodePortAddresses }),
    ...(masqueradeAddresses && { masqueradeAddresses }),
    ...(masqueradeAll !== undefined && { masqueradeAll }),
    ...(serviceCIDRs && { serviceCIDRs }),
    ...(clusterCIDRs && { clusterCIDRs }),
    ...(rejectWith && { rejectWith }),
    ...(proxyName !== undefined && { proxyName }),
  };
}

/** Prefixes and kube-proxy's words; undefined for one that is neither. 'localhost' is none of ours: loopback never leaves the host. */
export function nodePortAddress(text: string): string | undefined {
  if (text === 'primary' || text === 'all') return text;
  const prefix = parsePrefix(text);
  return prefix && printPrefix(prefix);
}

function readNodePortAddresses(list: YamlValue): string[] {
  return list.items().flatMap((item) => {
    const text = item.string('a prefix');
    const result = text === undefined ? undefined : nodePortAddress(text);
    if (text !== undefined && result === undefined) item.fail(`expected a prefix, 'primary' or 'all', found '${text}'`);
    return result ?? [];
  });
}

function readClusterCIDRs(value: YamlValue): readonly string[] | 'podCIDR' {
  return value.isText ? (value.oneOf(['podCIDR'] as const) ?? []) : value.items().flatMap(readPrefix);
}

function given<T>(value: YamlValue, read: (value: YamlValue) => T): T | undefined {
  return value.exists ? read(value) : undefined;
}

function atMostOneOfEachFamily(list: YamlValue, addresses: string[]): string[] {
  const isIpv6 = addresses.map((address) => address.includes(':'));
  if (isIpv6.filter((is) => is).length > 1 || isIpv6.filter((is) => !is).length > 1) {
    list.fail('expected at most one address of each family');
  }
  return addresses;
}

function readAddress(item: YamlValue): string[] {
  const text = item.string('an IP address');
  const bytes = text === undefined ? undefined : parseAddress(text);
  if (text !== undefined && !bytes) item.fail(`expected an IP address, found '${text}'`);
  return bytes ? [printAddress(bytes)] : [];
}

function readPrefix(item: YamlValue): string[] {
  const text = item.string('a prefix');
  const prefix = text === undefined ? undefined : parsePrefix(text);
  if (text !== undefined && !prefix) item.fail(`expected a prefix such as '10.96.0.0/12', found '${text}'`);
  return prefix ? [printPrefix(prefix)] : [];
}
