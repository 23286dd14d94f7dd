/**
 * Entries that the program itself gives to its tables (`entries`, `const entries`), as the P4Runtime WriteRequest that would insert them,
 * in text form (P4Runtime specification, "TableEntry"). Values have all bytes of their field's width, as other compilers print them.
 */
import type * as ir from '../ir/ir.ts';
import type { P4Info, Table } from './p4info.ts';
import { bytes, flag, type Line, message, number, word } from './text-form.ts';
import { toBytes } from './types.ts';

/** The whole message; `info` is the program's P4Info. */
export function printEntries(program: Pick<ir.Program, 'tables' | 'actions'>, info: P4Info): string {
  const tables = new Map(info.tables.map((t) => [t.preamble.name, t]));
  const actionIds = new Map(info.actions.map((a) => [a.preamble.name, a]));
  const lines = program.tables.flatMap((table) => {
    const shown = tables.get(table.name);
    if (!shown) return [];
    return table.entries.flatMap((entry) => {
      const action = program.actions[entry.call.action]!;
      const shownAction = actionIds.get(action.name);
      if (!shownAction) return [];
      const matches = entry.matches.map((m, i) => match(m, shown, i, keysOf(table)[i]!.width));
      const isPrioritised = matches.length > 0 && entry.matches.some((m) => m.kind !== 'exact' && m.kind !== 'lpm');
      return update([
        ...number('table_id', shown.preamble.id),
        ...matches.flat(),
        ...message(
          'action',
          message('action', [
            ...number('action_id', shownAction.preamble.id),
            ...entry.call.args.flatMap((value, i) =>
              message('params', [
                ...number('param_id', shownAction.params[i]!.id),
                ...bytes('value', toBytes(value, action.params[i]!.width)),
              ]),
            ),
          ]),
        ),
        ...number('priority', isPrioritised ? entry.priority : 0),
        ...flag('is_const', entry.isConst),
      ]);
    });
  });
  return ['# proto-file: p4/v1/p4runtime.proto', '# proto-message: p4.v1.WriteRequest', '', ...lines].join('\n') + '\n';
}

function update(entry: readonly Line[]): Line[] {
  return message('updates', [...word('type', 'INSERT'), ...message('entity', message('table_entry', entry))]);
}

function keysOf(table: ir.Table): ir.TableKey[] {
  return table.keys.filter((k) => k.matchKind !== 'selector');
}

/** One key's match; a don't-care is not mentioned. */
function match(m: ir.KeyMatch, table: Table, index: number, width: number): Line[] {
  const field = (kind: string, body: readonly Line[]): Line[] =>
    message('match', [...number('field_id', table.matchFields[index]!.id), ...message(kind, body)]);
  const value = (name: string, v: bigint): Line[] => bytes(name, toBytes(v, width));
  switch (m.kind) {
    case 'exact':
      return field('exact', value('value', m.value));
    case 'lpm':
      return m.prefixLength === 0 ? [] : field('lpm', [...value('value', m.value), ...number('prefix_len', m.prefixLength)]);
    case 'ternary':
      return m.mask === 0n ? [] : field('ternary', [...value('value', m.value & m.mask), ...value('mask', m.mask)]);
    case 'range':
      return m.low === 0n && m.high === (1n << BigInt(width)) - 1n
        ? []
        : field('range', [...value('low', m.low), ...value('high', m.high)]);
    case 'optional':
      return m.value === undefined ? [] : field('optional', value('value', m.value));
  }
}
