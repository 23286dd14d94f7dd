/** A row of a table of flows: who is asked, from where, and who answers; and how it is checked on a small cluster. */
import { expect } from 'vitest';
import { endpoint, type Flow, type Given, type Place, ports, type ServiceWorld } from './service-world.ts';

export interface Row extends Flow {
  readonly name: string;
  readonly given?: Omit<Given, 'endpoints'>;
  readonly endpoints?: readonly (Place | [Place, Parameters<typeof endpoint>[2]])[];
  /** Everybody who answers, of many flows. */
  readonly lands?: readonly Place[];
  /** The endpoint sees the node's address. */
  readonly masqueraded?: boolean;
  /** Why the packet goes no further; or 'landed at nobody': it leaves as if there were no service. */
  readonly outcome?: string;
  /** The endpoint's port. */
  readonly target?: number;
}

export async function checkRow(net: ServiceWorld, row: Row): Promise<void> {
  const { name, given = {}, endpoints = [], lands, masqueraded = false, outcome, target = ports.target, ...flow } = row;
  const { family } = net;
  await net.set({ ...given, endpoints: endpoints.map((e) => (typeof e === 'string' ? e : endpoint(family, e[0], e[1]))) });
  if (outcome === 'landed at nobody') {
    expect(() => net.open(flow), name).toThrow(/landed at/);
    return;
  }
  if (outcome !== undefined) {
    expect(net.open(flow)).toEqual({ outcome });
    expect(net.open(flow), 'nothing is remembered of it').toEqual({ outcome });
    return;
  }
  const seen = new Set<Place>();
  for (let i = 0; i < 12 * lands!.length; i++) {
    const result = net.open(flow);
    if (!('lands' in result)) throw new Error(result.outcome);
    seen.add(result.lands);
    const isService = result.tuple.destination !== result.sent.destination;
    if (isService) expect(result.tuple.destinationPort).toBe(target);
    // The node is never masqueraded towards itself, and looks the same either way but for its port.
    const source = masqueraded ? net.address('node') : result.sent.source;
    expect(result.tuple.source).toBe(source);
    if (!masqueraded) expect(result.tuple.sourcePort).toBe(result.sent.sourcePort);
    const answer = net.answer(result);
    expect(answer).toMatchObject({
      lands: flow.from,
      tuple: {
        source: result.sent.destination,
        sourcePort: result.sent.destinationPort,
        destinationPort: result.sent.sourcePort,
      },
    });
    expect(net.open({ ...flow, sourcePort: result.sent.sourcePort, flags: 'A' })).toMatchObject({ tuple: result.tuple });
  }
  expect([...seen].sort()).toEqual([...lands!].sort());
}
