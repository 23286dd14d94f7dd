/**
 * KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1), so that a node goes on with the file that it has: what applies to softipu becomes defaults for
 * node.yaml, the rest is named. Fields that are unset or at kube-proxy's own default (null, '', 0s, empty lists) are not worth a word.
 */
import { dirname, resolve } from 'node:path';
import { isCollection, isMap, parseDocument } from 'yaml';
import type { ServiceSettings } from '../kubernetes/index.ts';
import { parsePrefix } from '../wire/index.ts';
import type { NodeDefaults, Timeouts } from './config.ts';
import { nodePortAddress } from './config-services.ts';
import { UserError } from './errors.ts';
import { type Listen, parseListen } from './http-server.ts';

export interface KubeProxyConfig {
  readonly settings: NodeDefaults;
  /** Fields with a value that has no effect: `iptables.masqueradeBit`. */
  readonly ignored: readonly string[];
}

const apiVersion = 'kubeproxy.config.k8s.io/v1alpha1';
const kind = 'KubeProxyConfiguration';

/** Throws a UserError that lists everything that is wrong. */
export function parseKubeProxyConfig(file: string, text: string): KubeProxyConfig {
  const document = parseDocument(text, { prettyErrors: false });
  const problems = document.errors.map((error) => `${file}: ${error.message}`);
  const values = new Map<string, unknown>();
  if (isMap(document.contents)) flatten(document.toJS() as Record<string, unknown>, '', values);
  const take = (name: string): unknown => {
    const value = values.get(name);
    values.delete(name);
    return isUnset(value) ? undefined : value;
  };
  const fail = (name: string, expected: string, found: unknown): undefined => {
    problems.push(`${file}: ${name}: expected ${expected}, found '${String(found)}'`);
    return undefined;
  };
  const string = (name: string): string | undefined => {
    const value = take(name);
    return value === undefined || typeof value === 'string' ? value : fail(name, 'a string', value);
  };
  const address = (name: string, defaultPort: number): Listen | undefined => {
    const value = string(name);
    if (value === undefined) return undefined;
    const withPort = /^\d+\.\d+\.\d+\.\d+$/.test(value) ? `${value}:${defaultPort}` : value;
    return parseListen(withPort) ?? fail(name, "an address such as '0.0.0.0:10256'", value);
  };
  const duration = (name: string): number | undefined => {
    const value = string(name);
    if (value === undefined) return undefined;
    return goDurationMs(value) ?? fail(name, "a duration such as '30s' or '1h0m0s'", value);
  };
  for (const [name, expected] of [
    ['apiVersion', apiVersion],
    ['kind', kind],
  ] as const) {
    const found = take(name);
    if (found !== expected) fail(name, `'${expected}'`, found ?? '');
  }
  const kubeconfig = string('clientConnection.kubeconfig');
  const nodeName = string('hostnameOverride');
  const health = address('healthzBindAddress', 10256);
  const metrics = address('metricsBindAddress', 10249);
  const mode = values.get('mode') || 'iptables';
  // Their sections mean the same: the one of the mode in use counts.
  const minSyncMs = duration(`${mode === 'iptables' || mode === 'ipvs' ? mode : 'nftables'}.minSyncPeriod`);
  const timeouts: Partial<Timeouts> = {};
  for (const [field, name] of [
    ['conntrack.tcpEstablishedTimeout', 'tcpEstablished'],
    ['conntrack.tcpCloseWaitTimeout', 'tcpClosing'],
    ['conntrack.udpStreamTimeout', 'udp'],
  ] as const) {
    const value = duration(field);
    if (value !== undefined) timeouts[name] = value;
  }
  const services = readServices(take, fail, mode);
  if (problems.length > 0) throw new UserError('invalid-config', problems.join('\n'));
  return {
    settings: {
      ...(nodeName !== undefined && { nodeName }),
      ...(kubeconfig !== undefined && { kubernetes: { kubeconfig: resolve(dirname(file), kubeconfig) } }),
      ...(health && { health }),
      ...(metrics && { metrics }),
      ...(minSyncMs !== undefined && { minSyncMs }),
      timeouts,
      services,
    },
    ignored: [...values].flatMap(([name, value]) => (isUnset(value) ? [] : [name])).sort(),
  };
}

/**
 * The fields about services. Modes iptables (kube-proxy's default) and ipvs open node ports at every address of the node unless told otherwise,
 * nftables at the primary ones. Without clusterCIDR nobody is a stranger. The modes that ask by which interface a packet came are about the node's own
 * pods, which here are those in its podCIDR.
 */
function readServices(
  take: (name: string) => unknown,
  fail: (name: string, expected: string, found: unknown) => undefined,
  mode: unknown,
): ServiceSettings {
  const where = take('nodePortAddresses') ?? (mode === 'nftables' ? ['primary'] : ['all']);
  const section = mode === 'nftables' ? 'nftables' : 'iptables';
  const masqueradeAll = take(`${section}.masqueradeAll`) === true;
  const detect = take('detectLocalMode') ?? 'ClusterCIDR';
  const nodePortAddresses = (Array.isArray(where) ? where : [where]).flatMap((item: unknown) => {
    if (item === 'localhost') return [];
    const known = typeof item === 'string' ? nodePortAddress(item) : undefined;
    return known ?? fail('nodePortAddresses', "a prefix, 'primary', 'all' or 'localhost'", item) ?? [];
  });
  if (!['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix'].includes(String(detect))) {
    fail('detectLocalMode', "one of 'ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix'", detect);
  }
  const cidrs = detect === 'ClusterCIDR' ? take('clusterCIDR') : undefined;
  const clusterCIDRs = typeof cidrs === 'string' ? cidrs.split(',').map((text) => text.trim()) : [];
  for (const cidr of clusterCIDRs) if (!parsePrefix(cidr)) fail('clusterCIDR', "prefixes such as '10.244.0.0/16'", cidr);
  return {
    nodePortAddresses,
    ...(masqueradeAll && { masqueradeAll }),
    ...(detect === 'ClusterCIDR' ? clusterCIDRs.length > 0 && { clusterCIDRs } : { clusterCIDRs: 'podCIDR' as const }),
  };
}

/** `iptables: {masqueradeBit: 14}` as `iptables.masqueradeBit` -> 14. */
function flatten(value: Record<string, unknown>, path: string, into: Map<string, unknown>): void {
  for (const [name, child] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    if (typeof child === 'object' && child !== null && !Array.isArray(child) && !isCollection(child)) {
      flatten(child as Record<string, unknown>, at, into);
    } else into.set(at, child);
  }
}

function isUnset(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0 || value === '0s') return true;
  return Array.isArray(value) && value.length === 0;
}

/** Go's duration: `1h30m`, `500ms`; milliseconds. */
function goDurationMs(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  const total = Math.round(parts.reduce((sum, [, number, unit]) => sum + Number(number) * units[unit!]!, 0));
  return total >= 1 && total < 2 ** 31 ? total : undefined;
}
