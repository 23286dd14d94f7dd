/**
 * The entries of a whole table as bytes, from a device that shows them so or from one that only has P4Runtime: what policy and services look for in flow caches
 * with hundreds of thousands of entries.
 */
import type { ScannedEntry, TableEntry } from '../p4runtime/index.ts';

/** Calls back for each entry; the object is the same each time. */
export type Scan = (visit: (entry: ScannedEntry) => void) => void;

interface TableInfo {
  readonly matchFields: readonly { readonly bitwidth: number }[];
  readonly actionRefs: readonly { readonly id: number }[];
}

/** Entries of a table of exact fields as `ScannedEntry`. */
export function scanEntities(
  table: TableInfo,
  widthsOf: (actionId: number) => readonly number[],
  entries: readonly TableEntry[],
): Scan {
  const bytesOf = (widths: readonly number[]): number[] => widths.map((width) => Math.ceil(width / 8));
  const fields = bytesOf(table.matchFields.map(({ bitwidth }) => bitwidth));
  const actions = new Map(table.actionRefs.map(({ id }) => [id, bytesOf(widthsOf(id))]));
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  const entry = {
    actionId: 0,
    key: new Uint8Array(sum(fields)),
    params: new Uint8Array(Math.max(0, ...[...actions.values()].map(sum))),
  };
  return (visit) => {
    for (const { match, action } of entries) {
      if (!action || !('action' in action)) continue;
      entry.actionId = action.action.actionId;
      put(
        entry.key,
        fields,
        match.map((each) => ('exact' in each ? each.exact.value : new Uint8Array())),
      );
      put(
        entry.params,
        actions.get(entry.actionId) ?? [],
        action.action.params.map(({ value }) => value),
      );
      visit(entry);
    }
  };
}

/** Canonical bytes become as many as the field has. */
function put(to: Uint8Array, widths: readonly number[], values: readonly Uint8Array[]): void {
  let at = 0;
  widths.forEach((width, i) => {
    const value = values[i] ?? new Uint8Array();
    to.fill(0, at, at + width);
    to.set(value, at + width - value.length);
    at += width;
  });
}

/** A number of up to six bytes. */
export function numberAt(bytes: Uint8Array, at: number, length: number): number {
  let number = 0;
  for (let i = at; i < at + length; i++) number = number * 256 + bytes[i]!;
  return number;
}
