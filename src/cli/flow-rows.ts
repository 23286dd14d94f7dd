/** The flow caches of a program as rows, read through P4Runtime: what a control plane that is not in the data plane's process can see. */
import { type Entity, type EntityBuilder, fromBytes, type TableEntry } from '../p4runtime/index.ts';
import { fromBigint, printAddress } from '../wire/index.ts';
import { newAddresses, protocolName } from './node-inspect.ts';

/** At most so many rows: a person looks, a program reads the tables. */
const maxFlows = 10_000;

interface Readable {
  read(filters: readonly Entity[]): { readonly entities: readonly Entity[] };
}

/** One row per entry of the tables `flows...`, which have one per direction. */
export function flowRows(device: Readable, { names }: EntityBuilder): object[] {
  const tables = names.tables.all.filter(({ preamble }) => /^flows/.test(preamble.alias));
  const filters = tables.map(
    ({ preamble }): Entity => ({
      tableEntry: {
        tableId: preamble.id,
        match: [],
        counterData: { byteCount: 0n, packetCount: 0n },
        timeSinceLastHit: { elapsedNs: 0n },
      },
    }),
  );
  const { entities } = device.read(filters);
  return entities.slice(0, maxFlows).flatMap((entity) => ('tableEntry' in entity ? [row(entity.tableEntry)] : []));

  function row(entry: TableEntry): object {
    const fields = names.tables.byId(entry.tableId)?.matchFields ?? [];
    const field = (name: string): bigint => {
      const match = entry.match.find(({ fieldId }) => fieldId === fields.find((f) => f.name === name)?.id);
      return match && 'exact' in match ? fromBytes(match.exact.value) : 0n;
    };
    const bytes = (fields.find((f) => f.name === 'source')?.bitwidth ?? 32) / 8;
    const address = (value: bigint): string => printAddress(fromBigint(value, bytes));
    const action = entry.action && 'action' in entry.action ? entry.action.action : undefined;
    const params = action?.params.map(({ value }) => fromBytes(value)) ?? [];
    return {
      protocol: protocolName(field('protocol')),
      source: address(field('source')),
      sourcePort: Number(field('source_port')),
      destination: address(field('destination')),
      destinationPort: Number(field('destination_port')),
      action: action ? names.actionLabel(action.actionId) : '-',
      to: newAddresses(params, address),
      packets: Number(entry.counterData?.packetCount ?? 0n),
      bytes: Number(entry.counterData?.byteCount ?? 0n),
      expiresInMs: Number(((entry.idleTimeoutNs ?? 0n) - (entry.timeSinceLastHit?.elapsedNs ?? 0n)) / 1_000_000n),
    };
  }
}
