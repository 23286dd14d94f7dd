/** What the two directions of policy share: the policies, numbers, rule sets, and the rows of the tables. */
import type { EntityBuilder } from '../p4runtime/index.ts';
import { peerRow, portRow, type Row, Rows } from './policy-rows.ts';
import type { FlatPolicy } from './policy-rules.ts';
import { isEverything, type PortSet, toPrefixes } from './port-set.ts';
import type { Family } from './prefixes.ts';

/** RULES_ALLOW and RULES_DENY of k8s-policy.p4: they have no entries. */
export const allowNumber = 0;
export const denyNumber = 1;

export interface RuleSet {
  readonly id: number;
  readonly ports: PortSet;
  readonly key: string;
  uses: number;
}

/** Gives out numbers, those that were given back first; those that are installed from before a restart only to who wishes for them. */
export class Numbers {
  readonly #first: number;
  readonly #free: number[] = [];
  readonly #taken = new Set<number>();
  #reserved: ReadonlySet<number> = new Set();
  #next: number;

  constructor(first: number) {
    this.#first = first;
    this.#next = first;
  }

  take(wish?: number): number {
    if (wish !== undefined && wish >= this.#first && !this.#taken.has(wish)) return this.#take(wish);
    for (let id = this.#free.pop(); id !== undefined; id = this.#free.pop()) {
      if (!this.#taken.has(id) && !this.#reserved.has(id)) return this.#take(id);
    }
    while (this.#taken.has(this.#next) || this.#reserved.has(this.#next)) this.#next++;
    return this.#take(this.#next);
  }

  free(id: number): void {
    this.#taken.delete(id);
    this.#free.push(id);
  }

  reserve(ids: Iterable<number>): void {
    this.#reserved = new Set(ids);
    this.#next = this.#first;
  }

  #take(id: number): number {
    this.#taken.add(id);
    return id;
  }
}

export class PolicyStore {
  readonly rows: Rows;
  readonly policies = new Map<string, FlatPolicy>();
  readonly classNumbers = new Numbers(1);
  readonly profileNumbers = new Numbers(1);
  readonly #ruleNumbers = new Numbers(denyNumber + 1);
  readonly #ruleSets = new Map<string, RuleSet>();
  /** The one that was found for a set last: it may be out of use. */
  readonly #lately = new WeakMap<PortSet, RuleSet>();
  /** Rules by profile and class. */
  readonly #pairs = new Map<number, Map<number, number>>();
  #families: readonly Family[] = [];
  /** Numbers of rule sets from before a restart, by what they allow. */
  #wishes: ReadonlyMap<string, number> = new Map();

  constructor(build: EntityBuilder) {
    this.rows = new Rows(build);
  }

  policy(key: string): FlatPolicy {
    return this.policies.get(key)!;
  }

  /** The rule set that allows these ports; used once more. */
  ruleSet(ports: PortSet): RuleSet {
    const lately = this.#lately.get(ports);
    if (lately && lately.uses > 0) {
      lately.uses++;
      return lately;
    }
    const key = ports.join(' ');
    const known = this.#ruleSets.get(key);
    if (known) {
      this.#lately.set(ports, known);
      known.uses++;
      return known;
    }
    const id = isEverything(ports) ? allowNumber : ports.length === 0 ? denyNumber : this.#ruleNumbers.take(this.#wishOf(ports));
    const rules: RuleSet = { id, ports, key, uses: 1 };
    this.#ruleSets.set(key, rules);
    this.#lately.set(ports, rules);
    for (const row of this.#portRows(rules)) this.rows.set(row);
    return rules;
  }

  release(rules: RuleSet): void {
    if (--rules.uses > 0) return;
    this.#ruleSets.delete(rules.key);
    for (const row of this.#portRows(rules)) this.rows.delete(row);
    if (rules.id > denyNumber) this.#ruleNumbers.free(rules.id);
  }

  setPair(profile: number, peer: number, rules: number): void {
    let ofProfile = this.#pairs.get(profile);
    if (!ofProfile) {
      ofProfile = new Map();
      this.#pairs.set(profile, ofProfile);
    }
    ofProfile.set(peer, rules);
    for (const family of this.#families) this.rows.set(peerRow(family, profile, peer, rules));
  }

  deletePair(profile: number, peer: number): void {
    const ofProfile = this.#pairs.get(profile);
    ofProfile?.delete(peer);
    if (ofProfile?.size === 0) this.#pairs.delete(profile);
    for (const family of this.#families) this.rows.delete(peerRow(family, profile, peer, 0));
  }

  /** Families that pods of this node have: rules are needed in their tables only. */
  setFamilies(wanted: readonly Family[]): void {
    const families = wanted.filter((family) => this.rows.families.includes(family));
    if (families.join() === this.#families.join()) return;
    for (const row of this.#ruleRows()) this.rows.delete(row);
    this.#families = families;
    for (const row of this.#ruleRows()) this.rows.set(row);
  }

  /** Rows from before a restart: their numbers go to who has the same content. */
  recall(rows: readonly Row[]): void {
    const ports = new Map<number, string[]>();
    for (const { table, key } of rows) {
      if (table !== 'policy_ports') continue;
      const [rules, protocol, port, length] = key;
      ports.set(Number(rules), [...(ports.get(Number(rules)) ?? []), `${protocol} ${port}/${length}`]);
    }
    this.#wishes = new Map([...ports].map(([id, prefixes]) => [[...new Set(prefixes)].sort().join(), id]));
    this.#ruleNumbers.reserve(ports.keys());
    const identities = rows.filter(({ table }) => table.endsWith('identities'));
    this.profileNumbers.reserve(identities.map(({ numbers }) => numbers[0]!));
    this.classNumbers.reserve(identities.map(({ numbers }) => numbers[2]!));
  }

  #wishOf(ports: PortSet): number | undefined {
    if (this.#wishes.size === 0) return undefined;
    return this.#wishes.get(
      toPrefixes(ports)
        .map(({ protocol, port, length }) => `${protocol} ${port}/${length}`)
        .sort()
        .join(),
    );
  }

  #portRows({ id, ports }: RuleSet): Row[] {
    if (id <= denyNumber) return [];
    return toPrefixes(ports).flatMap((prefix) => this.#families.map((family) => portRow(family, id, prefix)));
  }

  #ruleRows(): Row[] {
    const pairs = [...this.#pairs].flatMap(([profile, ofProfile]) =>
      [...ofProfile].flatMap(([peer, rules]) => this.#families.map((family) => peerRow(family, profile, peer, rules))),
    );
    return [...pairs, ...[...this.#ruleSets.values()].flatMap((rules) => this.#portRows(rules))];
  }
}
