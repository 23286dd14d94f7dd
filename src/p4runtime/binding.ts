/**
 * Where the objects of a P4Info lie in the arena: tables, action profiles, counters, meters and registers go by name, a table's actions by their
 * place in its list in the loaded program (P4Info leaves out what is hidden from the controller).
 */
import type {
  Arena,
  ActionProfile as ArenaProfile,
  CounterArray,
  DigestRing,
  MatchTable,
  MeterArray,
  RegisterArray,
  ValueSet,
} from '../arena/index.ts';
import type { Action, ActionProfile, ActionRef, MatchField, Table, ValueSet as ValueSetInfo } from '../p4/p4info/p4info.ts';
import type { P4Names } from './names.ts';
import type { Restrictions } from './restrictions.ts';

/** What P4Info does not say about the program: the order of each table's actions. The IR has this form. */
export interface ProgramActions {
  readonly actions: readonly { readonly name: string }[];
  readonly tables: readonly { readonly name: string; readonly actions: readonly { readonly action: number }[] }[];
}

export interface BoundTable {
  readonly info: Table;
  /** Action id -> place, and back. */
  readonly actionPlaces: ReadonlyMap<number, number>;
  readonly actionIds: ReadonlyMap<number, number>;
  readonly actionInfos: ReadonlyMap<number, Action>;
  /** Of the actions in the table's list. */
  readonly actionScopes: ReadonlyMap<number, ActionRef['scope']>;
  readonly table: MatchTable;
  /** Of the keys that are match fields, in the data plane; P4Info has the controller's. */
  readonly keyWidths: readonly number[];
  /** For messages. */
  readonly label: string;
  readonly profile?: BoundProfile;
  readonly hasCounter: boolean;
  readonly hasMeter: boolean;
  /** Entries have a priority of their own. */
  readonly hasPriority: boolean;
}

export interface BoundProfile {
  readonly info: ActionProfile;
  readonly profile: ArenaProfile;
  readonly label: string;
}

export interface BoundValueSet {
  readonly info: ValueSetInfo;
  readonly set: ValueSet;
  readonly keyWidths: readonly number[];
}

export class Binding {
  readonly names: P4Names;
  /** Undefined: what the program's annotations restrict is not looked at. */
  readonly restrictions: Restrictions | undefined;
  readonly tables: ReadonlyMap<number, BoundTable>;
  readonly profiles: ReadonlyMap<number, BoundProfile>;
  readonly counters: ReadonlyMap<number, CounterArray>;
  readonly meters: ReadonlyMap<number, MeterArray>;
  readonly registers: ReadonlyMap<number, RegisterArray>;
  readonly digests: ReadonlyMap<number, DigestRing>;
  readonly valueSets: ReadonlyMap<number, BoundValueSet>;

  /** Throws RangeError if the P4Info and the arena are not of the same program. */
  constructor(names: P4Names, arena: Arena, program: ProgramActions, restrictions?: Restrictions) {
    this.names = names;
    this.restrictions = restrictions;
    const { info } = names;
    const { spec } = arena.layout;
    const at = <T>(kind: string, list: readonly { readonly name: string }[], objects: readonly T[], name: string): T => {
      const object = objects[list.findIndex((s) => s.name === name)];
      if (object === undefined) throw new RangeError(`P4Info has the ${kind} '${name}', the loaded program has not`);
      return object;
    };
    this.profiles = new Map(
      info.actionProfiles.map((profile) => [
        profile.preamble.id,
        {
          info: profile,
          profile: at('action profile', spec.profiles, arena.profiles, profile.preamble.name),
          label: `action profile '${names.actionProfiles.label(profile.preamble.id)}'`,
        },
      ]),
    );
    const actionInfos = new Map(info.actions.map((action) => [action.preamble.id, action]));
    const actionIds = new Map(info.actions.map(({ preamble }) => [preamble.name, preamble.id]));
    const placesOf = (table: Table): [id: number, place: number][] => {
      const actions = program.tables.find((t) => t.name === table.preamble.name)?.actions ?? [];
      return actions.flatMap(({ action }, place) => {
        const id = actionIds.get(program.actions[action]!.name);
        return id === undefined ? [] : [[id, place] as [number, number]];
      });
    };
    this.tables = new Map(
      info.tables.map((table) => [
        table.preamble.id,
        {
          info: table,
          actionPlaces: new Map(placesOf(table)),
          actionIds: new Map(placesOf(table).map(([id, place]) => [place, id])),
          actionInfos,
          actionScopes: new Map(table.actionRefs.map(({ id, scope }) => [id, scope])),
          table: at('table', spec.tables, arena.tables, table.preamble.name),
          keyWidths: at('table', spec.tables, spec.tables, table.preamble.name).keys.flatMap((key) =>
            key.matchKind === 'selector' ? [] : [key.width],
          ),
          label: `table '${names.tables.label(table.preamble.id)}'`,
          ...(table.implementationId !== 0 && { profile: this.profiles.get(table.implementationId)! }),
          hasCounter: table.directResourceIds.some((id) => names.directCounters.byId(id)),
          hasMeter: table.directResourceIds.some((id) => names.directMeters.byId(id)),
          hasPriority: table.matchFields.some(hasOwnPriority),
        },
      ]),
    );
    const cells = <T>(
      kind: string,
      objects: readonly { readonly preamble: { id: number; name: string } }[],
      list: readonly { readonly name: string }[],
      all: readonly T[],
    ) => new Map(objects.map(({ preamble }) => [preamble.id, at(kind, list, all, preamble.name)]));
    this.counters = cells('counter', info.counters, spec.counters, arena.counters);
    this.meters = cells('meter', info.meters, spec.meters, arena.meters);
    this.registers = cells('register', info.registers, spec.registers, arena.registers);
    this.digests = cells('digest', info.digests, spec.digests, arena.digests);
    this.valueSets = new Map(
      info.valueSets.map((valueSet) => [
        valueSet.preamble.id,
        {
          info: valueSet,
          set: at('value set', spec.valueSets, arena.valueSets, valueSet.preamble.name),
          keyWidths: at('value set', spec.valueSets, spec.valueSets, valueSet.preamble.name).keyWidths,
        },
      ]),
    );
  }
}

function hasOwnPriority({ matchType }: MatchField): boolean {
  return matchType === 'TERNARY' || matchType === 'RANGE' || matchType === 'OPTIONAL';
}
