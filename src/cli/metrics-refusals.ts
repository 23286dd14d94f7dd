/**
 * What services refused, by reason: the table `refusals` of the program (p4/k8s-refusals.p4), folded into totals (entry-counters.ts). The packet that made
 * an entry is not in its counter and is added here. Totals of services that are gone are forgotten after a while.
 */
import type { MatchTable } from '../arena/index.ts';
import type { Model } from '../manager/index.ts';
import type { ExpiredEntry } from './dataplane.ts';
import { type CountedTable, EntryCounters, type NewEntry, nobody } from './entry-counters.ts';
import { addressText, FrontendOwners, protocolName, socketText } from './frontend-owners.ts';

/** The table of one family; positions of its keys. */
export interface RefusalTable extends CountedTable {
  readonly keys: Readonly<Record<(typeof keyNames)[number], number>>;
}

export interface Refusal {
  readonly namespace: string;
  readonly service: string;
  /** Address and port as the client knows them; the address alone if the service does not have the port. */
  readonly frontend: string;
  readonly protocol: string;
  /** As `outcome_t` has it, in lower case. */
  readonly reason: string;
  packets: number;
}

const keyNames = ['address', 'port', 'protocol', 'outcome'] as const;
/** Rounds (each a look at every slot) for which the total of a service that is gone stays. */
const goneRounds = 450;

interface ProgramTables {
  readonly tables: readonly { readonly name: string; readonly keys: readonly { readonly name: string }[] }[];
}

/** The refusal tables of a program: those with just these keys. */
export function refusalTables(program: ProgramTables, tables: readonly MatchTable[]): RefusalTable[] {
  return program.tables.flatMap((description, index) => {
    const table = tables[index];
    const [address, port, protocol, outcome] = keyNames.map((name) => description.keys.findIndex((key) => key.name === name));
    if (!table || [address, port, protocol, outcome].some((at) => at! < 0)) return [];
    return [{ index, table, keys: { address: address!, port: port!, protocol: protocol!, outcome: outcome! } }];
  });
}

export class RefusalTotals {
  readonly #counters: EntryCounters<RefusalTable>;
  readonly #frontends: FrontendOwners;
  readonly #reasons: ReadonlyMap<number, string>;
  /** By owner, which is an index and one. */
  readonly #totals = new Map<number, Refusal>();
  readonly #ids = new Map<string, number>();
  #nextId = nobody + 1;
  #round = 0;

  /** `reasons`: names of outcomes by number. */
  constructor(tables: readonly RefusalTable[], model: () => Model | undefined, reasons: ReadonlyMap<number, string>) {
    this.#counters = new EntryCounters(tables, {
      begin: (entry) => this.#begin(entry),
      add: (owner, packets) => {
        const total = this.#totals.get(owner);
        if (total) total.packets += packets;
      },
      endRound: () => {
        if (++this.#round % goneRounds === 0) this.#forget();
      },
    });
    this.#frontends = new FrontendOwners(model);
    this.#reasons = reasons;
  }

  get rows(): readonly Refusal[] {
    return [...this.#totals.values()];
  }

  /** Looks at the next `part` of every table: see EntryCounters. */
  scan(part: number, maxNew?: number): number {
    return this.#counters.scan(part, maxNew);
  }

  /** An entry that ageing took out: what it counted since the last look. */
  expired(entry: ExpiredEntry): void {
    this.#counters.expired(entry);
  }

  #begin({ of: { table, keys }, key }: NewEntry<RefusalTable>): number {
    const width = table.layout.spec.keys[keys.address]?.width ?? 32;
    const at = (name: keyof RefusalTable['keys']): bigint => key[keys[name]] ?? 0n;
    const isWholeAddress = at('port') === 0n;
    const frontend = isWholeAddress ? addressText(at('address'), width) : socketText(at('address'), at('port'), width);
    const protocol = Number(at('protocol'));
    const service = isWholeAddress ? this.#frontends.ofAddress(frontend) : this.#frontends.at(protocol, frontend);
    if (!service) return nobody;
    const outcome = Number(at('outcome'));
    const id = `${service.namespace}/${service.name} ${protocol} ${frontend} ${outcome}`;
    const owner = this.#ids.get(id) ?? this.#nextId++;
    this.#ids.set(id, owner);
    const total = this.#totals.get(owner) ?? {
      namespace: service.namespace,
      service: service.name,
      frontend,
      protocol: protocolName(protocol),
      reason: this.#reasons.get(outcome) ?? String(outcome),
      packets: 0,
    };
    total.packets++;
    this.#totals.set(owner, total);
    return owner;
  }

  #forget(): void {
    for (const [id, owner] of this.#ids) {
      const { namespace, service, frontend } = this.#totals.get(owner)!;
      const protocol = Number(id.split(' ')[1]);
      const now = this.#frontends.at(protocol, frontend) ?? this.#frontends.ofAddress(frontend);
      if (now?.namespace === namespace && now.name === service) continue;
      this.#ids.delete(id);
      this.#totals.delete(owner);
    }
  }
}
