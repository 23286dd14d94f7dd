/** Tables: apply, and what an action does with the entry that its table found or missed. */
import {
  addEntry,
  applyTable,
  defaultHandle,
  getEntryExpireTime,
  isFirstHitOfPeriod,
  packKey,
  packWords,
  readBig,
  restartExpireTimer,
  setEntryExpireTime,
} from '../arena/index.ts';
import type { ApplyStmt, Program, Stmt, Table, TableId } from '../p4/ir/ir.ts';
import { evaluate } from './evaluate.ts';
import { type Completion, execute } from './execute.ts';
import type { State } from './state.ts';
import { named, traceExtern } from './tracing.ts';

type Of<K extends Stmt['kind']> = Extract<Stmt, { kind: K }>;

/** Index of a table in the program and in the arena. */
export function tableIndex(program: Program, id: TableId): number {
  return program.tables.findIndex((t) => t.id === id);
}

export function runApply(s: ApplyStmt, state: State): Completion {
  const at = tableIndex(state.program, s.table);
  const table = state.program.tables[at]!;
  const inArena = state.arena.tables[at]!;
  const values = s.keys.map((key) => evaluate(key, state));
  const isSelector = table.keys.map((key) => key.matchKind === 'selector');
  const key = packKey(
    inArena.layout,
    values.filter((_, i) => !isSelector[i]),
  );
  const selector = packWords(values.map((value, i) => ({ value, width: table.keys[i]!.width })).filter((_, i) => isSelector[i]));
  const found = applyTable(inArena, state.arena.layout, key, selector, state.nowMs);
  state.applied.set(s.table, { handle: found.handle, key });
  const instead = found.miss === 'empty group' ? table.emptyGroupAction : undefined;
  const index = instead ? table.actions.findIndex((a) => a.action === instead.action) : found.action;
  const places = inArena.layout.params[index]!;
  const params = instead?.args ?? places.map((place) => readBig(state.arena.bytes, found.data + place.offset, place.bytes));
  if (s.hit !== undefined) state.vars.set(s.hit, found.miss === undefined ? 1n : 0n);
  if (s.actionRun !== undefined) state.vars.set(s.actionRun, BigInt(index));
  const body = s.bodies[index];
  if (state.trace) {
    const action = state.program.actions.find((a) => a.id === table.actions[index]!.action)!;
    state.trace({
      kind: 'apply',
      table: table.name,
      keys: table.keys.map((k, i) => named(k.name, k.width, values[i]!)),
      entry: found.handle === defaultHandle ? undefined : inArena.read(found.handle),
      miss: found.miss,
      action: action.name,
      params: action.params.map((p, i) => named(p.name, p.width, params[i] ?? 0n)),
      span: s.span,
    });
  }
  if (!body) return undefined;
  body.params.forEach((variable, i) => {
    state.vars.set(variable, params[i]!);
  });
  return execute(body.body, state);
}

export function runAddEntry(s: Of<'addEntry'>, state: State): void {
  const index = tableIndex(state.program, s.table);
  const table = state.program.tables[index]!;
  const params = s.args.map((arg) => evaluate(arg, state));
  const profile = Number(evaluate(s.profile, state));
  const action = table.actions.findIndex((a) => a.action === s.action);
  const last = state.applied.get(s.table);
  const isAdded =
    last !== undefined &&
    addEntry(state.arena.tables[index]!, state.arena.layout, last.key, { action, params }, profile, state.nowMs);
  if (s.target !== undefined) state.vars.set(s.target, isAdded ? 1n : 0n);
  traceExtern(state, 'add_entry', table.name, s.span, () => [
    named('profile', s.profile.width, BigInt(profile)),
    named('added', 1, isAdded ? 1n : 0n),
  ]);
}

export function runTimer(
  s: Of<'restartExpireTimer' | 'setEntryExpireTime' | 'getEntryExpireTime' | 'isFirstHitOfPeriod'>,
  state: State,
): void {
  const { table, handle, name } = entryOf(s.table, state);
  switch (s.kind) {
    case 'restartExpireTimer':
      restartExpireTimer(table, handle, state.nowMs);
      traceExtern(state, 'restart_expire_timer', name, s.span, () => []);
      return;
    case 'setEntryExpireTime': {
      const profile = evaluate(s.profile, state);
      setEntryExpireTime(table, state.arena.layout, handle, Number(profile), state.nowMs);
      traceExtern(state, 'set_entry_expire_time', name, s.span, () => [named('profile', s.profile.width, profile)]);
      return;
    }
    case 'getEntryExpireTime': {
      const profile = BigInt(getEntryExpireTime(table, handle));
      state.vars.set(s.target, profile);
      traceExtern(state, 'get_entry_expire_time', name, s.span, () => [named('profile', 8, profile)]);
      return;
    }
    case 'isFirstHitOfPeriod': {
      const isFirst = isFirstHitOfPeriod(table, handle, state.nowMs);
      state.vars.set(s.target, isFirst ? 1n : 0n);
      traceExtern(state, 'is_first_hit_of_period', name, s.span, () => [named('result', 1, isFirst ? 1n : 0n)]);
      return;
    }
    default:
      assertNever(s);
  }
}

/** The entry that a table's last apply found; the default entry if it missed or was not applied. */
export function entryOf(
  id: TableId,
  state: State,
): { table: State['arena']['tables'][number]; handle: number; name: Table['name'] } {
  const index = tableIndex(state.program, id);
  return {
    table: state.arena.tables[index]!,
    handle: state.applied.get(id)?.handle ?? defaultHandle,
    name: state.program.tables[index]!.name,
  };
}

function assertNever(value: never): never {
  throw new Error(`not reached: ${JSON.stringify(value)}`);
}
