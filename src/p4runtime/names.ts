/**
 * Objects of a P4Info by id and by name. People and programs name an object by its full name (`MainControl.routing.routes`), by its alias, or by any
 * suffix behind a dot that no other object of its kind has (`routes`).
 */
import type {
  Action,
  ActionParam,
  ActionProfile,
  Counter,
  Digest,
  DirectCounter,
  DirectMeter,
  MatchField,
  Meter,
  P4Info,
  Preamble,
  Register,
  Table,
  ValueSet,
} from '../p4/p4info/p4info.ts';

interface Named {
  readonly preamble: Preamble;
}

/** One kind of object. */
export class NamedObjects<T extends Named> {
  /** `table`, `action`: for messages. */
  readonly kind: string;
  readonly all: readonly T[];
  readonly #byId: ReadonlyMap<number, T>;
  /** Those that were found by a name once. */
  readonly #found = new Map<string, T>();

  constructor(kind: string, all: readonly T[]) {
    this.kind = kind;
    this.all = all;
    this.#byId = new Map(all.map((object) => [object.preamble.id, object]));
  }

  byId(id: number): T | undefined {
    return this.#byId.get(id);
  }

  /** The object of this name, alias or unique suffix; undefined if there is none or more than one. O(objects) the first time. */
  find(name: string): T | undefined {
    const known = this.#found.get(name);
    if (known) return known;
    const found = this.#search(name);
    if (found) this.#found.set(name, found);
    return found;
  }

  #search(name: string): T | undefined {
    const exact = this.all.find(({ preamble }) => preamble.name === name || preamble.alias === name);
    if (exact) return exact;
    const ending = this.all.filter(({ preamble }) => preamble.name.endsWith('.' + name));
    return ending.length === 1 ? ending[0] : undefined;
  }

  /** As `find`; throws RangeError that lists what there is. For names that our own code says. */
  get(name: string): T {
    const object = this.find(name);
    if (!object) {
      const known = this.all.map(({ preamble }) => `'${preamble.alias}'`).join(', ');
      throw new RangeError(`the program has no ${this.kind} '${name}'; it has ${known || 'none'}`);
    }
    return object;
  }

  /** Shortest name for people: the last part if it is unique, else the alias; `#id` for what is unknown. */
  label(id: number): string {
    const object = this.byId(id);
    if (!object) return `#${id}`;
    const last = lastPart(object.preamble.name);
    return this.find(last) === object ? last : object.preamble.alias;
  }
}

/** All kinds of a program's objects. */
export class P4Names {
  /** By table id and name of the action. */
  readonly #actionsOf = new Map<number, Map<string, Action>>();
  readonly info: P4Info;
  readonly tables: NamedObjects<Table>;
  readonly actions: NamedObjects<Action>;
  readonly actionProfiles: NamedObjects<ActionProfile>;
  readonly counters: NamedObjects<Counter>;
  readonly directCounters: NamedObjects<DirectCounter>;
  readonly meters: NamedObjects<Meter>;
  readonly directMeters: NamedObjects<DirectMeter>;
  readonly registers: NamedObjects<Register>;
  readonly digests: NamedObjects<Digest>;
  readonly valueSets: NamedObjects<ValueSet>;
  readonly #actionLabels = new Map<number, string>();

  constructor(info: P4Info) {
    this.info = info;
    this.tables = new NamedObjects('table', info.tables);
    this.actions = new NamedObjects('action', info.actions);
    this.actionProfiles = new NamedObjects('action profile', info.actionProfiles);
    this.counters = new NamedObjects('counter', info.counters);
    this.directCounters = new NamedObjects('direct counter', info.directCounters);
    this.meters = new NamedObjects('meter', info.meters);
    this.directMeters = new NamedObjects('direct meter', info.directMeters);
    this.registers = new NamedObjects('register', info.registers);
    this.digests = new NamedObjects('digest', info.digests);
    this.valueSets = new NamedObjects('value set', info.valueSets);
  }

  /** The last part of an action's name where that says which one of its table it is, else its alias; `#id` for what is unknown. */
  actionLabel(id: number): string {
    const known = this.#actionLabels.get(id);
    if (known !== undefined) return known;
    const action = this.actions.byId(id);
    if (!action) return `#${id}`;
    const label = this.#hasShortName(action) ? lastPart(action.preamble.name) : action.preamble.alias;
    this.#actionLabels.set(id, label);
    return label;
  }

  #hasShortName({ preamble }: Action): boolean {
    const last = lastPart(preamble.name);
    const isOther = (id: number): boolean => id !== preamble.id && lastPart(this.actions.byId(id)?.preamble.name ?? '') === last;
    return !this.tables.all.some(({ actionRefs }) => {
      return actionRefs.some(({ id }) => id === preamble.id) && actionRefs.some(({ id }) => isOther(id));
    });
  }

  /** An action that a table or action profile may call, by the last part of its name or more. Throws RangeError. */
  actionOf(table: Table, name: string): Action {
    let actions = this.#actionsOf.get(table.preamble.id);
    if (!actions) {
      actions = new Map();
      this.#actionsOf.set(table.preamble.id, actions);
    }
    const known = actions.get(name);
    if (known) return known;
    const candidates = table.actionRefs.map((ref) => this.actions.byId(ref.id)).filter((action) => action !== undefined);
    const action = new NamedObjects(`action in table '${this.tables.label(table.preamble.id)}'`, candidates).get(name);
    actions.set(name, action);
    return action;
  }
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** A match field or parameter by its name. Throws RangeError. */
export function memberNamed<T extends MatchField | ActionParam>(members: readonly T[], name: string, owner: () => string): T {
  const member = members.find((m) => m.name === name);
  if (member) return member;
  throw new RangeError(`${owner()} has no '${name}'; it has ${members.map((m) => `'${m.name}'`).join(', ') || 'nothing'}`);
}
