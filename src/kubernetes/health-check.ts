/**
 * The annotation `softipu.io/health-check` of an EndpointSlice: how endpoints that no Kubernetes watches are asked whether they work.
 *
 *   softipu.io/health-check: '{type: http, path: /healthz, port: 8080, interval: 5s, timeout: 1s, rise: 2, fall: 3}'
 */
import type { HealthCheck, SlicePort } from '../manager/index.ts';
import { annotation } from './annotations.ts';
import type { Field } from './field.ts';

const defaultIntervalMs = 5000;
const defaultTimeoutMs = 1000;
const defaultRise = 2;
const defaultFall = 3;

/** undefined if there is none, or none that can be read. `ports`: the slice's, of which the first TCP port is asked unless another one is given. */
export function readHealthCheck(object: Field, ports: readonly SlicePort[]): HealthCheck | undefined {
  const check = annotation(object, 'health-check').embedded();
  if (!check.exists) return undefined;
  check.only(['type', 'port', 'path', 'interval', 'timeout', 'rise', 'fall']);
  check.get('type').required();
  const type = check.get('type').oneOf(['tcp', 'http', 'icmp'] as const);
  const given = check.get('port').port();
  const path = check.get('path').string();
  const intervalMs = check.get('interval').durationMs() ?? defaultIntervalMs;
  const timeoutMs = check.get('timeout').durationMs() ?? Math.min(defaultTimeoutMs, intervalMs);
  const rise = check.get('rise').integer(1, 100) ?? defaultRise;
  const fall = check.get('fall').integer(1, 100) ?? defaultFall;
  if (timeoutMs > intervalMs) check.get('timeout').fail('is longer than the interval');
  if (type === undefined) return undefined;
  if (type !== 'http' && path !== undefined) check.get('path').fail(`a '${type}' check has no path`);
  if (path !== undefined && !path.startsWith('/')) check.get('path').fail(`expected a path from '/' on, found '${path}'`);
  const times = { intervalMs, timeoutMs, rise, fall };
  if (type === 'icmp') {
    if (given !== undefined) check.get('port').fail("an 'icmp' check has no port");
    return { type, ...times };
  }
  const port = given ?? ports.find(({ protocol }) => protocol === 'TCP')?.port;
  if (port === undefined) {
    check.get('port').fail('is missing; the slice has no TCP port');
    return undefined;
  }
  return { type, port, ...(type === 'http' && { path: path ?? '/' }), ...times };
}
