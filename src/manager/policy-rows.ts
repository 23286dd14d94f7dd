/**
 * Entries of the policy tables of k8s-lb.p4 as rows: plain numbers that are cheap to make, to compare and to keep. Only rows that changed become entities.
 *
 * Rules between numbers are the same for both families; they are written to the tables of each family that pods of this node have.
 */
import { type Entity, type EntityBuilder, type FieldMatch, fromBytes, type TableEntry, type Update } from '../p4runtime/index.ts';
import type { PortPrefix } from './port-set.ts';
import { type Family, type Prefix, printPrefix } from './prefixes.ts';

/** `numbers`: parameters of the action, in its order. */
export interface Row {
  readonly family: Family;
  readonly table: keyof typeof tables;
  /** An identity's prefix as text; pod and peer; rules, protocol, port and how many of its bits count. */
  readonly key: readonly (number | string)[];
  readonly numbers: readonly number[];
  /** Of identities. */
  readonly prefix?: Prefix;
}

/** Rows of one table by what their keys come to: as they shall be and as they are. */
interface RowTable extends TableIds {
  readonly wanted: Map<number | string, Row>;
  installed: Map<number | string, Row>;
  readonly dirty: Set<number | string>;
}

/** What is referred to comes first. */
const tables = {
  policy_ports: { fields: ['rules', 'protocol', 'port'], action: 'allow', params: [] },
  policy_peers: { fields: ['pod', 'peer'], action: 'rules_are', params: ['rules_for_peer'] },
  source_identities: { fields: ['address'], action: 'source_is', params: ['pod', 'rules', 'peer'] },
  destination_identities: { fields: ['address'], action: 'destination_is', params: ['pod', 'rules', 'peer'] },
} as const;

const suffixes: Readonly<Record<Family, string>> = { 4: '', 6: '_ipv6' };

export function identityRow(
  table: 'source_identities' | 'destination_identities',
  prefix: Prefix,
  numbers: readonly number[],
): Row {
  return { family: prefix.family, table, key: [printPrefix(prefix)], numbers, prefix };
}

export function peerRow(family: Family, pod: number, peer: number, rules: number): Row {
  return { family, table: 'policy_peers', key: [pod, peer], numbers: [rules] };
}

export function portRow(family: Family, rules: number, { protocol, port, length }: PortPrefix): Row {
  return { family, table: 'policy_ports', key: [rules, protocol, port, length], numbers: [] };
}

/** Ids of a table, its fields and its action. */
interface TableIds {
  readonly tableId: number;
  readonly fieldIds: readonly number[];
  readonly actionId: number;
  readonly paramIds: readonly number[];
}

/** Rows as they shall be against rows as they are. */
export class Rows {
  /** Families that the program has tables for. */
  readonly families: readonly Family[];
  readonly #tableIds = new Map<number, { readonly family: Family; readonly table: Row['table'] }>();
  readonly #tables: Readonly<Record<Family, Map<Row['table'], RowTable>>> = { 4: new Map(), 6: new Map() };

  constructor(build: EntityBuilder) {
    this.families = ([4, 6] as const).filter((family) => build.names.tables.find(`policy_peers${suffixes[family]}`));
    for (const family of this.families) {
      for (const table of Object.keys(tables) as Row['table'][]) {
        const info = build.names.tables.get(table + suffixes[family]);
        const { fields, action, params } = tables[table];
        const found = build.names.actionOf(info, action);
        const idOf = (list: readonly { readonly id: number; readonly name: string }[], name: string): number =>
          list.find((item) => item.name === name)!.id;
        this.#tableIds.set(info.preamble.id, { family, table });
        this.#tables[family].set(table, {
          tableId: info.preamble.id,
          fieldIds: fields.map((name) => idOf(info.matchFields, name)),
          actionId: found.preamble.id,
          paramIds: params.map((name) => idOf(found.params, name)),
          wanted: new Map(),
          installed: new Map(),
          dirty: new Set(),
        });
      }
    }
  }

  /** Whether an entity belongs to the tables of policies. */
  owns(entity: Entity): boolean {
    return 'tableEntry' in entity && this.#tableIds.has(entity.tableEntry.tableId);
  }

  set(row: Row): void {
    const { wanted, dirty } = this.#tableOf(row);
    const key = rowKey(row);
    wanted.set(key, row);
    dirty.add(key);
  }

  delete(row: Row): void {
    const { wanted, dirty } = this.#tableOf(row);
    const key = rowKey(row);
    wanted.delete(key);
    dirty.add(key);
  }

  /** Takes `entities` for what is there, instead of what the last `flush` would have made of it. Returns its rows. */
  reset(entities: readonly Entity[]): Row[] {
    const rows = entities.flatMap((entity) => ('tableEntry' in entity ? (this.#toRow(entity.tableEntry) ?? []) : []));
    for (const table of this.#all()) table.installed = new Map();
    for (const row of rows) this.#tableOf(row).installed.set(rowKey(row), row);
    for (const { installed, wanted, dirty } of this.#all()) {
      for (const key of installed.keys()) dirty.add(key);
      for (const key of wanted.keys()) dirty.add(key);
    }
    return rows;
  }

  /** What must be written; from now on it counts as written. O(rows that were touched). */
  flush(): Update[] {
    const writes: Update[] = [];
    const removals: Update[] = [];
    for (const table of this.#all()) {
      const { wanted, installed, dirty } = table;
      for (const key of dirty) {
        const old = installed.get(key);
        const row = wanted.get(key);
        if (row) installed.set(key, row);
        else installed.delete(key);
        if (!row && old) removals.push({ type: 'DELETE', entity: toEntity(table, old) });
        else if (row && !old) writes.push({ type: 'INSERT', entity: toEntity(table, row) });
        else if (row && old && row.numbers.some((n, i) => n !== old.numbers[i])) {
          writes.push({ type: 'MODIFY', entity: toEntity(table, row) });
        }
      }
      dirty.clear();
    }
    return [...writes, ...removals];
  }

  /** Everything that counts as written. */
  entities(): Entity[] {
    return this.#all().flatMap((table) => Array.from(table.installed.values(), (row) => toEntity(table, row)));
  }

  #tableOf({ family, table }: Row): RowTable {
    return this.#tables[family].get(table)!;
  }

  #all(): RowTable[] {
    return this.families.flatMap((family) => [...this.#tables[family].values()]);
  }

  #toRow({ tableId, match, action, isDefaultAction }: TableEntry): Row | undefined {
    const place = this.#tableIds.get(tableId);
    if (!place || isDefaultAction || !action || !('action' in action)) return undefined;
    const { family, table } = place;
    const numbers = action.action.params.map((param) => Number(fromBytes(param.value)));
    const exact = match.flatMap((m) => ('exact' in m ? [Number(fromBytes(m.exact.value))] : []));
    const lpm = match.flatMap((m) => ('lpm' in m ? [m.lpm] : []))[0] ?? { value: new Uint8Array(), prefixLen: 0 };
    if (table === 'policy_peers') return { family, table, key: exact, numbers };
    if (table === 'policy_ports') return { family, table, key: [...exact, Number(fromBytes(lpm.value)), lpm.prefixLen], numbers };
    const bytes = new Uint8Array(family === 4 ? 4 : 16);
    bytes.set(lpm.value, bytes.length - lpm.value.length);
    const prefix: Prefix = { family, bytes, length: lpm.prefixLen };
    return { family, table, key: [printPrefix(prefix)], numbers, prefix };
  }
}

/** What the builder would make of it, without looking up names: a load has a hundred thousand of them. */
function toEntity({ tableId, fieldIds, actionId, paramIds }: TableIds, { table, key, numbers, prefix }: Row): Entity {
  const exact = table === 'policy_peers' ? 2 : table === 'policy_ports' ? 2 : 0;
  const match: FieldMatch[] = new Array<FieldMatch>(exact);
  for (let i = 0; i < exact; i++) match[i] = { fieldId: fieldIds[i]!, exact: { value: toCanonical(key[i] as number) } };
  const [value, prefixLen] = prefix
    ? [canonical(prefix.bytes), prefix.length]
    : table === 'policy_ports'
      ? [toCanonical(key[2] as number), key[3] as number]
      : [undefined, 0];
  // P4Runtime leaves a don't-care out
  if (value && prefixLen > 0) match.push({ fieldId: fieldIds[exact]!, lpm: { value, prefixLen } });
  const params = paramIds.map((paramId, i) => ({ paramId, value: toCanonical(numbers[i]!) }));
  return { tableEntry: { tableId, match, action: { action: { actionId, params } } } };
}

/** Among the rows of a table. Numbers of pods, peers and rules are below 2^24: tables are not as large. */
function rowKey({ key }: Row): number | string {
  if (key.length === 1) return key[0]!;
  const [first, second, port, length] = key as number[];
  return port === undefined ? first! * 2 ** 24 + second! : ((first! * 256 + second!) * 65_536 + port) * 32 + length!;
}

/** P4Runtime's canonical bytes (section 8.4): no leading zeros, one byte at least. */
function toCanonical(number: number): Uint8Array {
  if (number < 0x100) return Uint8Array.of(number);
  if (number < 0x1_0000) return Uint8Array.of(number >>> 8, number & 255);
  return canonical(Uint8Array.of(number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255));
}

function canonical(bytes: Uint8Array): Uint8Array {
  let zeros = 0;
  while (zeros < bytes.length - 1 && bytes[zeros] === 0) zeros++;
  return bytes.subarray(zeros);
}
