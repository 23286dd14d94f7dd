/**
 * A whole table as bytes, for who looks at hundreds of thousands of entries to find a few: an entity for each of them costs twenty times as much.
 */
import type { BoundTable } from './binding.ts';

/** Made once and overwritten for each entry. */
export interface ScannedEntry {
  actionId: number;
  /** Match fields one behind the other, in the order of P4Info, big-endian, each in as many bytes as it needs. */
  readonly key: Uint8Array;
  /** Parameters of the action likewise; what lies behind them is of no meaning. */
  readonly params: Uint8Array;
}

/** Entries that are learned too, in no order. The table must have exact fields and actions only: throws RangeError for others. O(slots). */
export function scanTable(bound: BoundTable, visit: (entry: ScannedEntry) => void): void {
  const { table, label, actionIds } = bound;
  const { layout, memory } = table;
  if (layout.isMasked || layout.spec.profile !== undefined) throw new RangeError(`${label} cannot be scanned`);
  const fields = layout.keyFields.filter((place) => place !== undefined);
  const most = Math.max(0, ...layout.params.map((places) => places.reduce((sum, { bytes }) => sum + bytes, 0)));
  const entry: ScannedEntry = {
    actionId: 0,
    key: new Uint8Array(fields.reduce((sum, { bytes }) => sum + bytes, 0)),
    params: new Uint8Array(most),
  };
  const copy = (to: Uint8Array, base: number, places: readonly { readonly offset: number; readonly bytes: number }[]): void => {
    let next = 0;
    for (const { offset, bytes } of places) for (let i = 0; i < bytes; i++) to[next++] = memory.bytes[base + offset + i]!;
  };
  for (const handle of table.handles()) {
    const at = table.address(handle);
    const action = table.actionAt(handle);
    entry.actionId = actionIds.get(action) ?? 0;
    copy(entry.key, at + layout.keyOffset, fields);
    copy(entry.params, at + layout.dataOffset, layout.params[action]!);
    visit(entry);
  }
}
