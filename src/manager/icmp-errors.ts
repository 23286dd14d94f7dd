/**
 * What the data plane needs to tell senders that their packets cannot go on: an address of ours on each port, how often, and how long a packet may be
 * where it leaves. A port without an address of a family, on itself or the node, is silent in that family.
 */
import type { Entity, EntityBuilder, Update } from '../p4runtime/index.ts';
import type { Context } from './context.ts';
import type { Model } from './model.ts';
import { type Family, familyOf, inFamily } from './prefixes.ts';

/** Errors per port: as many as Linux sends in all (net.ipv4.icmp_msgs_per_sec), with room for a burst. */
const rate = { perSecond: 1000, burst: 100 };

/** Entries of the table error_sources. */
export function errorSourceEntities({ model, build }: Context, family: Family): Entity[] {
  const table = inFamily('error_sources', family);
  if (!build.names.tables.find(table)) return [];
  const reset = model.node.rejectWith === 'reset' ? 1 : 0;
  return model.ports.flatMap(({ number, addresses }) => {
    const address = [...addresses, ...model.node.addresses].find((a) => familyOf(a) === family);
    if (address === undefined) return [];
    const params = { address, reset };
    return [{ tableEntry: build.tableEntry({ table, match: { port: number }, action: 'answer_from', params, meter: rate }) }];
  });
}

/** MTU of each port that has one. */
export function mtusOf(model: Model): ReadonlyMap<number, number> {
  return new Map(model.ports.flatMap(({ number, mtu }) => (mtu === undefined ? [] : [[number, mtu]])));
}

/** Writes that set MTUs of ports; 0: any size. */
export function mtuUpdates(build: EntityBuilder, mtus: Iterable<readonly [port: number, mtu: number]>): Update[] {
  const registers = (['mtus', 'mtus_ipv6'] as const).flatMap((name) => build.names.registers.find(name)?.preamble.id ?? []);
  return [...mtus].flatMap(([port, mtu]) =>
    registers.map((registerId): Update => {
      const data = [Uint8Array.of(mtu >> 8, mtu & 0xff)];
      return { type: 'MODIFY', entity: { registerEntry: { registerId, index: BigInt(port), data } } };
    }),
  );
}
