/** v1model's table properties: implementation, counters, meters, support_timeout. */
import type { Span } from '../../diag/index.ts';
import type { TableInstance } from '../ir/lower/items.ts';
import type { Lowering } from '../ir/lower/lowering.ts';
import type { PropertyHandler } from './architecture.ts';
import { attachDirectCounter, attachDirectMeter, flag, implementation } from './pna-tables.ts';

export const v1TableProperties: Readonly<Record<string, PropertyHandler>> = {
  implementation,
  counters: attachDirectCounter,
  meters: attachDirectMeter,
  support_timeout(lw, table, property) {
    if (flag(lw, property)) table.idleTimeout = 'notify';
  },
};

/** A direct counter counts whenever its table is applied, whether the action says so or not. */
export function startV1Action(lw: Lowering, table: TableInstance, span: Span): void {
  if (table.directCounter !== undefined) lw.emit({ kind: 'count', extern: table.directCounter, span });
}
