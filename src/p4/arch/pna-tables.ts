/**
 * PNA's table properties (PNA §7): implementation, direct counter and meter, add-on-miss, idle timeout.
 *
 * The two dialects name the idle timeout differently: `pna_idle_timeout = PNA_IdleTimeout_t.X` in the new one, the flags `idle_timeout` and
 * `idle_timeout_with_auto_delete` in the old one. Both are understood in both.
 */
import { isConst } from '../ir/build.ts';
import { lower } from '../ir/lower/expressions.ts';
import { anonymousInstance } from '../ir/lower/instantiate.ts';
import type { ExternItem, TableInstance } from '../ir/lower/items.ts';
import type { Lowering } from '../ir/lower/lowering.ts';
import { nameAnnotation, qualify } from '../ir/lower/names.ts';
import { constantArguments } from '../ir/lower/tables.ts';
import type * as ast from '../syntax/ast.ts';
import type { PropertyHandler } from './architecture.ts';
import { enumMember } from './shared.ts';

export const pnaTableProperties: Readonly<Record<string, PropertyHandler>> = {
  pna_implementation: implementation,
  psa_implementation: implementation,
  pna_direct_counter: attachDirectCounter,
  pna_direct_meter: attachDirectMeter,
  add_on_miss(lw, table, property) {
    table.addOnMiss = flag(lw, property);
  },
  pna_idle_timeout(lw, table, property) {
    switch (enumMember(lw, property.value)) {
      case 'NO_TIMEOUT':
        table.idleTimeout = 'none';
        return;
      case 'NOTIFY_CONTROL':
        table.idleTimeout = 'notify';
        return;
      case 'AUTO_DELETE':
        table.idleTimeout = 'autoDelete';
        return;
      default:
        lw.error('bad-property', property.value.span, "'pna_idle_timeout' must be a member of PNA_IdleTimeout_t");
    }
  },
  idle_timeout(lw, table, property) {
    if (flag(lw, property) && table.idleTimeout === 'none') table.idleTimeout = 'notify';
  },
  idle_timeout_with_auto_delete(lw, table, property) {
    if (flag(lw, property)) table.idleTimeout = 'autoDelete';
  },
  // A number without unit in the older dialect: the profile given to add_entry decides.
  default_idle_timeout_for_data_plane_added_entries: () => {},
  pna_empty_group_action: emptyGroupAction,
};

export function attachDirectCounter(lw: Lowering, table: TableInstance, property: ast.ExpressionProperty): void {
  const item = externOf(lw, table, property, ['directCounter'], 'a DirectCounter');
  if (item?.state.kind !== 'directCounter' || !attach(lw, table, item, item.state, property)) return;
  const { state } = item;
  const id = lw.externs.length;
  lw.externs.push({
    kind: 'directCounter',
    id,
    name: item.name,
    table: table.id,
    type: state.type,
    annotations: state.annotations,
  });
  state.id = id;
  table.directCounter = id;
}

export function attachDirectMeter(lw: Lowering, table: TableInstance, property: ast.ExpressionProperty): void {
  const item = externOf(lw, table, property, ['directMeter'], 'a DirectMeter');
  if (item?.state.kind !== 'directMeter' || !attach(lw, table, item, item.state, property)) return;
  const { state } = item;
  const id = lw.externs.length;
  lw.externs.push({
    kind: 'directMeter',
    id,
    name: item.name,
    table: table.id,
    unit: state.unit,
    annotations: state.annotations,
  });
  state.id = id;
  table.directMeter = id;
}

/** What depends on several properties. */
export function checkPnaTable(lw: Lowering, table: TableInstance): void {
  const { name } = table.declaration;
  const keys = checkSelectorKeys(lw, table, 'pna_implementation');
  if (table.implementation !== undefined && (table.directCounter !== undefined || table.directMeter !== undefined)) {
    lw.unsupported(name.span, `a direct counter or meter in a table with 'pna_implementation'`);
  }
  if (!table.addOnMiss) return;
  const inexact = keys.find((k) => k.matchKind.name !== 'exact');
  if (inexact) {
    lw.error(
      'add-on-miss',
      inexact.matchKind.span,
      `the keys of an add_on_miss table must be 'exact', found '${inexact.matchKind.name}'`,
    );
  }
  if (table.implementation !== undefined) lw.unsupported(name.span, "'pna_implementation' in an add_on_miss table");
}

/** What runs when the group that was hit has no members. */
export function emptyGroupAction(lw: Lowering, table: TableInstance, property: ast.ExpressionProperty): void {
  const { value } = property;
  const path = value.kind === 'call' ? value.callee : value;
  const referent = path.kind === 'path' ? lw.checked.referentOf(path) : undefined;
  const action = table.actions.find((a) => a.declaration === referent);
  if (!action) {
    lw.error('bad-property', value.span, `'${property.name.name}' must be an action of table '${table.declaration.name.name}'`);
    return;
  }
  const call = value.kind === 'call' ? lw.checked.callOf(value) : undefined;
  table.emptyGroupAction = {
    action: action.id,
    args: call?.kind === 'action' ? constantArguments(lw, call.args, value.span) : [],
  };
}

/** Selector keys and action selectors go together; the table's keys. */
export function checkSelectorKeys(lw: Lowering, table: TableInstance, property: string): readonly ast.KeyElement[] {
  const { name, properties } = table.declaration;
  const keys = properties.find((p) => p.kind === 'keyProperty')?.elements ?? [];
  const selector = keys.find((k) => k.matchKind.name === 'selector');
  const isSelector = table.implementation !== undefined && lw.externs[table.implementation]?.kind === 'actionSelector';
  if (selector && !isSelector) {
    lw.error(
      'selector-key',
      selector.matchKind.span,
      `a selector key needs an action selector as '${property}' of table '${name.name}'`,
    );
  }
  if (isSelector && !selector) {
    lw.error('selector-key', name.span, `table '${name.name}' has an action selector but no key of match kind 'selector'`);
  }
  return keys;
}

export function implementation(lw: Lowering, table: TableInstance, property: ast.ExpressionProperty): void {
  const item = externOf(lw, table, property, ['actionProfile', 'actionSelector'], 'an ActionProfile or ActionSelector');
  if (item?.state.kind === 'actionProfile' || item?.state.kind === 'actionSelector') table.implementation = item.state.id;
}

function externOf(
  lw: Lowering,
  table: TableInstance,
  property: ast.ExpressionProperty,
  kinds: readonly ExternItem['state']['kind'][],
  what: string,
): ExternItem | undefined {
  const { value } = property;
  // `@name("ap") implementation = action_profile(32)`: a global name.
  const name = nameAnnotation(property.annotations) ?? `${table.name}.${property.name.name}`;
  const item = value.kind === 'call' ? anonymousInstance(lw, value, qualify('', name), property.annotations) : lower(lw, value);
  if (item.kind === 'extern' && kinds.includes(item.state.kind)) return item;
  if (item.kind !== 'extern' || item.state.kind !== 'unsupported')
    lw.error('bad-property', value.span, `'${property.name.name}' must be ${what}`);
  return undefined;
}

/** A direct counter or meter belongs to one table. */
function attach(
  lw: Lowering,
  table: TableInstance,
  item: ExternItem,
  state: { table?: number },
  property: ast.ExpressionProperty,
): boolean {
  if (state.table !== undefined && state.table !== table.id) {
    lw.error('direct-resource', property.value.span, `'${item.name}' belongs to another table already`);
    return false;
  }
  state.table = table.id;
  return true;
}

export function flag(lw: Lowering, property: ast.ExpressionProperty): boolean {
  const item = lower(lw, property.value, { kind: 'bool' });
  if (item.kind === 'scalar' && isConst(item.expr) && item.expr.width === 1) return item.expr.value === 1n;
  lw.error('bad-property', property.value.span, `'${property.name.name}' must be true or false`);
  return false;
}
