/** What a program needs in the arena: its tables, profiles and externs in the form that `layoutArena` takes. */
import type { ArenaSpec, ProfileSpec, TableSpec } from '../../arena/layout.ts';
import { copyRecords, longestRecord } from '../ir/copies.ts';
import type { Action, ActionId, Extern, ExternId, Program, Table } from '../ir/ir.ts';
import { Bug } from './bug.ts';

type Kind = Extern['kind'];

/**
 * The arena's parts for a program. Tables are in `program.tables`' order; profiles (action profiles and selectors together), counters, meters,
 * registers, digests and value sets are those of `program.externs`, filtered by kind, in order. `scratchBytes`: from the compiled code (0 if only
 * the interpreter runs); the record of a copy in the making takes the last bytes of it. `workers`: how many worker contexts.
 */
export function arenaSpec(program: Program, scratchBytes: number, workers = 1): ArenaSpec {
  const of = <K extends Kind>(...kinds: K[]): Extract<Extern, { kind: K }>[] =>
    program.externs.filter((e): e is Extract<Extern, { kind: K }> => (kinds as Kind[]).includes(e.kind));
  const profiles = of('actionProfile', 'actionSelector');
  const profileIndex = (id: ExternId): number => {
    const index = profiles.findIndex((p) => p.id === id);
    if (index < 0) throw new Bug(`implementation ${id} is no action profile`);
    return index;
  };
  return {
    tables: program.tables.map((table) => tableSpec(program, table, profileIndex)),
    profiles: profiles.map((profile) => profileSpec(program, profile)),
    counters: of('counter').map(({ name, size }) => ({ name, size })),
    meters: of('meter').map(({ name, size }) => ({ name, size })),
    registers: of('register').map(({ name, size, fields }) => ({ name, size, fieldWidths: fields.map((f) => f.width) })),
    digests: of('digest').map(({ name, fields }) => ({ name, fieldWidths: fields.map((f) => f.width) })),
    valueSets: of('valueSet').map(({ name, size, keys }) => ({ name, size, keyWidths: keys.map((k) => k.width) })),
    scratchBytes: Math.max(scratchBytes, longestRecord(copyRecords(program))),
    workers,
  };
}

function tableSpec(program: Program, table: Table, profileIndex: (id: ExternId) => number): TableSpec {
  return {
    name: table.name,
    keys: table.keys.map(({ width, matchKind }) => ({ width, matchKind })),
    actions: actionsOf(program, table),
    size: table.size,
    ageing: table.idleTimeout,
    addOnMiss: table.addOnMiss,
    whenFull: table.whenFull,
    profile: table.implementation === undefined ? undefined : profileIndex(table.implementation),
    directCounter: table.directCounter !== undefined,
    directMeter: table.directMeter !== undefined,
  };
}

function profileSpec(program: Program, profile: Extract<Extern, { kind: 'actionProfile' | 'actionSelector' }>): ProfileSpec {
  const user = program.tables.find((table) => table.implementation === profile.id);
  return {
    name: profile.name,
    size: profile.size,
    actions: user ? actionsOf(program, user) : [],
    groups:
      profile.kind === 'actionSelector'
        ? { max: profile.maxGroups, maglevSize: profile.maglevSize, slots: profile.maglevSlots }
        : undefined,
  };
}

function actionsOf(program: Program, table: Table): { paramWidths: number[] }[] {
  return table.actions.map((a) => ({ paramWidths: actionById(program, a.action).params.map((p) => p.width) }));
}

export function actionById(program: Program, id: ActionId): Action {
  const action = program.actions.find((a) => a.id === id);
  if (!action) throw new Bug(`no action ${id}`);
  return action;
}
