/** What a program's tables and registers begin with, in the arena's terms. */
import type { Arena, ArenaStart } from '../arena/index.ts';
import type * as ir from '../p4/ir/ir.ts';

/** The part of a program that control and start need: no code. */
export type ProgramObjects = Pick<ir.Program, 'architecture' | 'actions' | 'tables' | 'externs' | 'errors'>;

export interface StartOptions {
  /** Whole numbers 0 .. 2^32 - 1, for seeds. */
  readonly random: () => number;
  readonly hashSeed?: number;
}

/** Initialises an arena over a new memory for a program: seeds, default actions, the program's own entries, registers. */
export function startProgram(arena: Arena, program: ProgramObjects, options: StartOptions): void {
  arena.init({
    ...options,
    isZero: true,
    tables: program.tables.map((table): ArenaStart['tables'][number] => ({
      defaultAction: {
        kind: 'action',
        action: indexOfAction(table, table.defaultAction.action),
        params: table.defaultAction.args,
      },
      entries: table.entries.map((entry) => ({
        matches: entry.matches,
        priority: entry.priority,
        call: { kind: 'action', action: indexOfAction(table, entry.call.action), params: entry.call.args },
        isConst: entry.isConst,
      })),
    })),
    registers: program.externs.flatMap((e) => (e.kind === 'register' ? [e.initial] : [])),
  });
}

/** Index of an action in a table's list: what entries carry. */
export function indexOfAction(table: ir.Table, action: ir.ActionId): number {
  return table.actions.findIndex((a) => a.action === action);
}
