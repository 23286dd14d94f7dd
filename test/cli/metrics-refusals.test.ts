/** What services refuse, by service and reason: packets through the real manager and program, in both families. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sweep } from '../../src/arena/index.ts';
import type { ExpiredEntry } from '../../src/cli/dataplane.ts';
import { RefusalTotals, refusalTables } from '../../src/cli/metrics-refusals.ts';
import { outcomeNames } from '../../src/cli/observe.ts';
import { compileK8s } from '../manager/data-plane.ts';
import { type Family, type Flow, type Given, ServiceWorld, world } from '../manager/service-world.ts';

const compiled = compileK8s();
const reasons = outcomeNames([readFileSync('p4/k8s-types.p4', 'utf8')]);

interface Row {
  readonly name: string;
  readonly given: Given;
  readonly flow: Flow;
  /** `reason frontend`, where SERVICE is the cluster's address, LB the balancer's; nothing: not counted for a service. */
  readonly counted?: string;
}

const denyAll = { policies: [{ namespace: 'default', name: 'none', podSelector: [], ingress: [] }] };

const rows: readonly (Row & { readonly more?: object })[] = [
  { name: 'no endpoint', given: {}, flow: { from: 'a', to: 'cluster' }, counted: 'no_endpoint SERVICE:80' },
  {
    name: 'no endpoint here',
    given: { endpoints: ['c'], service: { externalTrafficPolicy: 'Local' } },
    flow: { from: 'client', to: 'lb' },
    counted: 'no_local_endpoint LB:80',
  },
  {
    name: 'a port that the service does not have, whichever',
    given: { endpoints: ['b'] },
    flow: { from: 'a', to: 'cluster', port: 81 },
    counted: 'wrong_port SERVICE',
  },
  {
    name: 'a source that is not in the ranges',
    given: { endpoints: ['b'], service: { loadBalancerSourceRanges: ['192.0.2.0/24', '2001:db8:77::/48'] } },
    flow: { from: 'client', to: 'lb' },
    counted: 'source_range LB:80',
  },
  {
    name: 'a policy of the endpoint',
    given: { endpoints: ['b'] },
    more: denyAll,
    flow: { from: 'a', to: 'cluster' },
    counted: 'denied_ingress SERVICE:80',
  },
  { name: 'a policy, and no service was asked', given: { endpoints: ['b'] }, more: denyAll, flow: { from: 'a', to: 'b' } },
  { name: 'no service has the address', given: { endpoints: ['b'] }, flow: { from: 'a', to: 'unallocated' } },
];

function start(family: Family, given: Given, more: object = {}): { net: ServiceWorld; totals: RefusalTotals } {
  const net = new ServiceWorld(compiled, family);
  net.node.setModel({ ...world(family, given), ...more });
  const tables = refusalTables(compiled.ir, net.node.arena.tables);
  expect(tables.length).toBe(2);
  return { net, totals: new RefusalTotals(tables, () => net.node.manager.model, reasons) };
}

describe.each([4, 6] as const)('IPv%i', (family) => {
  const socket = (net: ServiceWorld, text: string): string =>
    text.replace(/SERVICE|LB/, (name) => {
      const address = net.address(name === 'LB' ? 'lb' : 'cluster');
      return family === 6 && text.includes(':') ? `[${address}]` : address;
    });

  test.each(rows)('$name', ({ given, more, flow, counted }) => {
    const { net, totals } = start(family, given, more);
    // Each a flow of its own, at another port where the port does not matter
    for (let i = 0; i < 5; i++) {
      const result = net.open({ ...flow, ...(flow.port !== undefined && { port: flow.port + i }) });
      expect(result).toHaveProperty('outcome');
      if (i === 2) totals.scan(1);
    }
    totals.scan(1);
    totals.scan(1);
    expect(totals.rows.map(({ reason, frontend, packets }) => ({ text: `${reason} ${frontend}`, packets }))).toEqual(
      counted === undefined ? [] : [{ text: socket(net, counted), packets: 5 }],
    );
    for (const row of totals.rows) expect(row).toMatchObject({ namespace: 'default', service: 'web', protocol: 'TCP' });
  });

  test('what expires stays counted; a service that is gone is forgotten', () => {
    const { net, totals } = start(family, {});
    for (let i = 0; i < 3; i++) net.open({ from: 'a', to: 'cluster' });
    totals.scan(1);
    net.open({ from: 'a', to: 'cluster' });
    net.node.nowMs += 100_000_000;
    for (const { index, table } of refusalTables(compiled.ir, net.node.arena.tables)) {
      sweep(table, 0, table.layout.slotCount, net.node.nowMs, (slot) => {
        const entry = table.read(slot);
        const { packets, bytes } = table.counter(slot);
        totals.expired({
          table: index,
          slot,
          tag: table.memory.view.getUint32(table.address(slot), true),
          entry,
          isGone: true,
          matches: entry.matches.map((m) => ('value' in m ? String(m.value) : '')),
          action: 0,
          params: [],
          packets: String(packets),
          bytes: String(bytes),
        } as ExpiredEntry);
      });
      expect(table.count).toBe(0);
    }
    expect(totals.rows).toMatchObject([{ packets: 4 }]);
    net.open({ from: 'a', to: 'cluster' });
    totals.scan(1);
    expect(totals.rows).toMatchObject([{ packets: 5 }]);
    net.node.setModel({ ...world(family, {}), services: [], endpointSlices: [] });
    for (let round = 0; round < 1000; round++) totals.scan(1);
    expect(totals.rows).toEqual([]);
  });
});
