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
  readonly key: readonly (number | string)[];
  readonly numbers: readonly number[];
  /** Of identities. */
  readonly prefix?: Prefix;
}

const tables = {
  source_identities: { fields: ['address'], action: 'source_is', params: ['pod', 'rules', 'peer'] },
  destination_identities: { fields: ['address'], action: 'destination_is', params: ['pod', 'rules', 'peer'] },
  policy_peers: { fields: ['pod', 'peer'], action: 'rules_are', params: ['rules_for_peer'] },
  policy_ports: { fields: ['rules', 'protocol', 'port'], action: 'allow', params: [] },
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
  return { family, table: 'policy_ports', key: [rules, protocol, `${port}/${length}`], numbers: [] };
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
  readonly #wanted = new Map<string, Row>();
  #installed = new Map<string, Row>();
  readonly #dirty = new Set<string>();
  /** Families that the program has tables for. */
  readonly families: readonly Family[];
  readonly #tableIds = new Map<number, { readonly family: Family; readonly table: Row['table'] }>();
  readonly #ids = new Map<string, TableIds>();

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
        this.#ids.set(`${table}${family}`, {
          tableId: info.preamble.id,
          fieldIds: fields.map((name) => idOf(info.matchFields, name)),
          actionId: found.preamble.id,
          paramIds: params.map((name) => idOf(found.params, name)),
        });
      }
    }
  }

  /** Whether an entity belongs to the tables of policies. */
  owns(entity: Entity): boolean {
    return 'tableEntry' in entity && this.#tableIds.has(entity.tableEntry.tableId);
  }

  set(row: Row): void {
    const key = rowKey(row);
    this.#wanted.set(key, row);
    this.#dirty.add(key);
  }

  delete(row: Row): void {
    const key = rowKey(row);
    this.#wanted.delete(key);
    this.#dirty.add(key);
  }

  /** Takes `entities` for what is there, instead of what the last `flush` would have made of it. Returns its rows. */
  reset(entities: readonly Entity[]): Row[] {
    const rows = entities.flatMap((entity) => ('tableEntry' in entity ? (this.#toRow(entity.tableEntry) ?? []) : []));
    this.#installed = new Map(rows.map((row) => [rowKey(row), row]));
    for (const key of [...this.#installed.keys(), ...this.#wanted.keys()]) this.#dirty.add(key);
    return rows;
  }

  /** What must be written; from now on it counts as written. O(rows that were touched). */
  flush(): Update[] {
    const writes: Update[] = [];
    const removals: Update[] = [];
    for (const key of this.#dirty) {
      const old = this.#installed.get(key);
      const row = this.#wanted.get(key);
      if (row) this.#installed.set(key, row);
      else this.#installed.delete(key);
      if (!row && old) removals.push({ type: 'DELETE', entity: this.#toEntity(old) });
      else if (row && !old) writes.push({ type: 'INSERT', entity: this.#toEntity(row) });
      else if (row && old && row.numbers.some((n, i) => n !== old.numbers[i])) {
        writes.push({ type: 'MODIFY', entity: this.#toEntity(row) });
      }
    }
    this.#dirty.clear();
    return [...writes, ...removals];
  }

  /** Everything that counts as written. */
  entities(): Entity[] {
    return [...this.#installed.values()].map((row) => this.#toEntity(row));
  }

  /** What the builder would make of it, without looking up names: a load has a hundred thousand of them. */
  #toEntity({ family, table, key, numbers, prefix }: Row): Entity {
    const { tableId, fieldIds, actionId, paramIds } = this.#ids.get(`${table}${family}`)!;
    const match: FieldMatch[] = [];
    for (let i = 0; i < key.length; i++) {
      const value = key[i]!;
      const fieldId = fieldIds[i]!;
      if (typeof value === 'number') {
        match.push({ fieldId, exact: { value: toCanonical(value) } });
        continue;
      }
      const { value: bytes, prefixLen } = prefix
        ? { value: canonical(prefix.bytes), prefixLen: prefix.length }
        : portMatch(value);
      // P4Runtime leaves a don't-care out
      if (prefixLen > 0) match.push({ fieldId, lpm: { value: bytes, prefixLen } });
    }
    const params = paramIds.map((paramId, i) => ({ paramId, value: toCanonical(numbers[i]!) }));
    return { tableEntry: { tableId, match, action: { action: { actionId, params } } } };
  }

  #toRow({ tableId, match, action, isDefaultAction }: TableEntry): Row | undefined {
    const place = this.#tableIds.get(tableId);
    if (!place || isDefaultAction || !action || !('action' in action)) return undefined;
    const { family, table } = place;
    const numbers = action.action.params.map((param) => Number(fromBytes(param.value)));
    const exact = match.flatMap((m) => ('exact' in m ? [Number(fromBytes(m.exact.value))] : []));
    const lpm = match.flatMap((m) => ('lpm' in m ? [m.lpm] : []))[0] ?? { value: new Uint8Array(), prefixLen: 0 };
    if (table === 'policy_peers') return { family, table, key: exact, numbers };
    if (table === 'policy_ports') return { family, table, key: [...exact, `${fromBytes(lpm.value)}/${lpm.prefixLen}`], numbers };
    const bytes = new Uint8Array(family === 4 ? 4 : 16);
    bytes.set(lpm.value, bytes.length - lpm.value.length);
    const prefix: Prefix = { family, bytes, length: lpm.prefixLen };
    return { family, table, key: [printPrefix(prefix)], numbers, prefix };
  }
}

function rowKey({ family, table, key }: Row): string {
  return `${table}${family} ${key.join(' ')}`;
}

function portMatch(text: string): { value: Uint8Array; prefixLen: number } {
  const slash = text.indexOf('/');
  return { value: toCanonical(Number(text.slice(0, slash))), prefixLen: Number(text.slice(slash + 1)) };
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
