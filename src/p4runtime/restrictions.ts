/** The constraints of a program's tables and actions (constraints.ts), checked when a controller writes entries. Off unless the device is told to. */
import type { EntryKey } from '../arena/index.ts';
import type { Action, ActionParam, P4Info, Table } from '../p4/p4info/p4info.ts';
import { numberOf } from './bytes.ts';
import { type Constraint, ConstraintError, facetOf, parseConstraint, restrictionsOf } from './constraints.ts';
import { StatusError } from './status.ts';

export class Restrictions {
  readonly #tables: ReadonlyMap<number, readonly Constraint[]>;
  readonly #actions: ReadonlyMap<number, readonly Constraint[]>;

  /** Throws StatusError INVALID_ARGUMENT if a constraint is malformed, or speaks of a key or parameter that there is not. */
  constructor(info: P4Info) {
    this.#tables = parsed(info.tables, 'entry_restriction');
    this.#actions = parsed(info.actions, 'action_restriction');
    for (const table of info.tables) {
      const matches = table.matchFields.map(({ matchType }) => wildest[matchType]);
      this.#each(this.#tables, table, (constraint) => constraint.holds(keyLookup(table, { matches, priority: 1 }, [])));
    }
    for (const action of info.actions) {
      const params = action.params.map(() => 0n);
      this.#each(this.#actions, action, (constraint) => constraint.holds(paramLookup(action.params, params)));
    }
  }

  /** Throws StatusError INVALID_ARGUMENT. `widths`: of the keys in the data plane. */
  checkEntry(table: Table, label: string, key: EntryKey, widths: readonly number[]): void {
    this.#check(this.#tables.get(table.preamble.id), label, keyLookup(table, key, widths));
  }

  /** Throws StatusError INVALID_ARGUMENT. */
  checkAction({ preamble, params }: Action, what: () => string, values: readonly (bigint | Uint8Array)[]): void {
    const constraints = this.#actions.get(preamble.id);
    if (constraints) this.#check(constraints, what(), paramLookup(params, values.map(numberOf)));
  }

  #check(constraints: readonly Constraint[] | undefined, what: string, lookup: Parameters<Constraint['holds']>[0]): void {
    for (const constraint of constraints ?? []) {
      if (constraint.holds(lookup)) continue;
      throw new StatusError('INVALID_ARGUMENT', `${what}: it violates the program's restriction '${constraint.text}'`);
    }
  }

  /** Tries the constraints of an object once, so that what they name wrongly is found when the program comes. */
  #each(
    all: ReadonlyMap<number, readonly Constraint[]>,
    { preamble }: Table | Action,
    run: (constraint: Constraint) => void,
  ): void {
    for (const constraint of all.get(preamble.id) ?? []) refuseMalformed(preamble.name, constraint.text, () => run(constraint));
  }
}

const wildest = {
  EXACT: { kind: 'exact', value: 0n },
  LPM: { kind: 'lpm', value: 0n, prefixLength: 0 },
  TERNARY: { kind: 'ternary', value: 0n, mask: 0n },
  RANGE: { kind: 'range', low: 0n, high: 0n },
  OPTIONAL: { kind: 'optional' },
} as const;

function parsed(objects: readonly (Table | Action)[], annotation: string): Map<number, Constraint[]> {
  const result = new Map<number, Constraint[]>();
  for (const { preamble } of objects) {
    const texts = restrictionsOf(preamble.annotations, annotation);
    if (texts.length === 0) continue;
    result.set(
      preamble.id,
      texts.map((text) => refuseMalformed(preamble.name, text, () => parseConstraint(text))),
    );
  }
  return result;
}

function refuseMalformed<T>(name: string, text: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ConstraintError)) throw error;
    throw new StatusError('INVALID_ARGUMENT', `the restriction '${text.trim()}' of '${name}': ${error.message}`);
  }
}

function keyLookup(table: Table, { matches, priority }: EntryKey, widths: readonly number[]): Parameters<Constraint['holds']>[0] {
  return (name, facet) => {
    if (name === '::priority') return BigInt(priority ?? 0);
    const index = table.matchFields.findIndex((field) => field.name === name);
    if (index < 0) throw new ConstraintError(`the table has no key '${name}'`);
    return facetOf(matches[index]!, widths[index] ?? table.matchFields[index]!.bitwidth, facet, name);
  };
}

function paramLookup(params: readonly ActionParam[], values: readonly bigint[]): Parameters<Constraint['holds']>[0] {
  return (name, facet) => {
    const index = params.findIndex((param) => param.name === name);
    if (index < 0) throw new ConstraintError(`the action has no parameter '${name}'`);
    if (facet !== undefined && facet !== 'value') throw new ConstraintError(`a parameter has no ${facet}`);
    return values[index];
  };
}
