/** Which endpoints count: rows 12, 13, 14, 22 and 23 of kube-proxy's behaviour, as tables. We are node `here` in zone `east`. */
import { describe, expect, test } from 'vitest';
import { type Endpoint, type EndpointSlice, eligibleEndpoints, type Service } from '../../src/manager/index.ts';
import { emptyModel, service } from './models.ts';

/**
 * `r1@here` is ready on node `here`; `t` terminates and serves, `d` terminates and does not, `n` is not ready. The digit is the last one of its address.
 * `r2@far/east` is in a zone; `r2@far/east>east,west` has zone hints; `r2@far>#here` has a node hint.
 */
function endpoint(text: string): Endpoint {
  const [, state, digit, nodeName, zone, hints] = /^([rtdn])(\d)(?:@(\w+))?(?:\/(\w+))?(?:>(.+))?$/.exec(text)!;
  const hinted = hints?.split(',');
  return {
    addresses: [`10.0.0.${digit}`],
    ready: state === 'r',
    serving: state === 'r' || state === 't',
    terminating: state === 't' || state === 'd',
    ...(nodeName !== undefined && { nodeName }),
    ...(zone !== undefined && { zone }),
    ...(hinted && {
      hints: {
        zones: hinted.filter((hint) => !hint.startsWith('#')),
        nodes: hinted.filter((hint) => hint.startsWith('#')).map((hint) => hint.slice(1)),
      },
    }),
  };
}

function slice(endpoints: string, more: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    namespace: 'default',
    service: 'web',
    addressType: 'IPv4',
    ports: [{ name: '', protocol: 'TCP', port: 8080 }],
    endpoints: endpoints === '' ? [] : endpoints.split(' ').map(endpoint),
    ...more,
  };
}

/** Last digits of the endpoints for policy Cluster and for policy Local, and whether there is any. */
function chosen(slices: readonly EndpointSlice[], more: Partial<Service> = {}): string {
  const node = { ...emptyModel.node, name: 'here', zone: 'east' };
  const web = service('web', '10.96.0.1', 80, more);
  const found = eligibleEndpoints({ ...emptyModel, node, endpointSlices: slices }, web, web.ports[0]!, 4);
  const digits = (targets: readonly { address: string }[]): string => targets.map((t) => t.address.at(-1)).join('') || '-';
  return `${digits(found.cluster)} ${digits(found.local)} ${found.hasAny ? 'any' : 'none'}`;
}

describe('ready, serving, terminating', () => {
  test.each([
    ['no endpoints', '', '- - none'],
    ['ready ones, here and elsewhere', 'r1@here r2@far', '12 1 any'],
    ['what is not ready does not count', 'r1@far n2@here d3@here', '1 - any'],
    ['nothing that serves', 'n1@here d2@far', '- - none'],
    ['none ready: those that drain', 't1@far t2@here d3@here', '12 2 any'],
    ['ready ones elsewhere: Local falls back by itself', 'r1@far t2@here', '1 2 any'],
    ['ready ones here: what drains is left alone', 'r1@here t2@here t3@far', '1 1 any'],
    ['only elsewhere', 'r1@far', '1 - any'],
    ['drains elsewhere', 't1@far', '1 - any'],
    ['no node known', 'r1', '1 - any'],
  ])('%s', (_, endpoints, expected) => expect(chosen([slice(endpoints)])).toBe(expected));
});

describe('topology', () => {
  test.each([
    ['no hints', 'r1@far/west r2@here/east', '12 2 any'],
    ['all have zone hints', 'r1@far>west r2@here>east r3@far>east,west', '23 2 any'],
    ['one has none', 'r1@far>west r2@here>east r3@far', '123 2 any'],
    ['none for our zone', 'r1@far>west r2@here>north', '12 2 any'],
    ['one that is not ready has none', 'r1@far>west r2@far>east n3@far', '2 - any'],
    ['a hint of one that is not ready', 'r1@far>west n2@far>east', '1 - any'],
    ['node hints', 'r1@far>#far r2@far>#here,#far', '2 - any'],
    ['node hints before zone hints', 'r1@far>#far,east r2@here>#here,west', '2 2 any'],
    ['node hints that do not mean us, zone hints that do', 'r1@far>#far,east r2@far>#other,west', '1 - any'],
    ['one without node hint: zone hints', 'r1@far>#far,west r2@here>east', '2 2 any'],
    ['what drains has no topology', 't1@far>west t2@far>east', '12 - any'],
    ['Local knows no hints', 'r1@here>west r2@far>east', '2 1 any'],
  ])('%s', (_, endpoints, expected) => expect(chosen([slice(endpoints)])).toBe(expected));

  test.each([
    ['PreferSameZone', 'r1@far/west r2@far/east r3@here/east', '23 3 any'],
    ['PreferSameZone', 'r1@far/west r2@far', '12 - any'],
    ['PreferSameZone', 'r1@far/west>east r2@far/east', '12 - any'],
    ['PreferSameNode', 'r1@far/west r2@far/east r3@here/east', '3 3 any'],
    ['PreferSameNode', 'r1@far/west r2@far/east', '2 - any'],
    ['PreferSameNode', 'r1@far/west r2@far/north', '12 - any'],
  ] as const)('trafficDistribution %s without a controller: %s', (trafficDistribution, endpoints, expected) =>
    expect(chosen([slice(endpoints)], { trafficDistribution })).toBe(expected),
  );
});

describe('slices', () => {
  const dns = { name: 'dns', protocol: 'UDP', port: 53 } as const;
  const http = { name: '', protocol: 'TCP', port: 80 } as const;
  test.each([
    ['several are one', [slice('r3'), slice('r1 r2')], '123 - any'],
    ['an endpoint twice is one, and ready if one says so', [slice('n1@here'), slice('r1@here'), slice('n1')], '1 1 any'],
    ['ports by name and protocol', [slice('r1', { ports: [dns] }), slice('r2', { ports: [dns, http] })], '2 - any'],
    ['another port is another endpoint', [slice('r1'), slice('r1', { ports: [http] })], '11 - any'],
    ['of the other family', [slice('r1', { addressType: 'IPv6' }), slice('r2')], '2 - any'],
    ['of another service', [slice('r1', { service: 'other' }), slice('r2', { namespace: 'other' })], '- - none'],
    ['no ports', [slice('r1', { ports: [] })], '- - none'],
    ['no addresses', [slice('', { endpoints: [{ ...endpoint('r1'), addresses: [] }] })], '- - none'],
  ])('%s', (_, slices, expected) => expect(chosen(slices)).toBe(expected));

  test('publishNotReadyAddresses', () => {
    expect(chosen([slice('n1@here d2@far')], { publishNotReadyAddresses: true })).toBe('12 1 any');
  });

  test('address, port and weight', () => {
    const web = service('web', '10.96.0.1');
    const endpoints = [{ ...endpoint('r2'), weight: 3 }, endpoint('r1')];
    const model = { ...emptyModel, endpointSlices: [slice('', { endpoints })] };
    expect(eligibleEndpoints(model, web, web.ports[0]!, 4).cluster).toEqual([
      { name: '10.0.0.1 8080', address: '10.0.0.1', port: 8080, weight: 1 },
      { name: '10.0.0.2 8080', address: '10.0.0.2', port: 8080, weight: 3 },
    ]);
    expect(eligibleEndpoints(model, web, web.ports[0]!, 6)).toEqual({ cluster: [], local: [], hasAny: false });
  });
});
