/** Ageing: walks the tables slot by slot, so that each is seen about once a second, and reports what it found expired. */
import { type Arena, type TableEntry as ArenaEntry, reclaimRetired, sweep } from '../arena/index.ts';

export interface ExpiredEntry {
  readonly table: number;
  /** Where it lay, and the first word of its slot. */
  readonly slot: number;
  readonly tag: number;
  /** The entry as it was. */
  readonly entry: ArenaEntry;
  /** It was taken out; otherwise it stays, and its controller decides. */
  readonly isGone: boolean;
  readonly matches: readonly string[];
  readonly action: number;
  readonly params: readonly string[];
  readonly packets: string;
  readonly bytes: string;
}

const periodMs = 1000;
/** More often is not worth the start. */
const leastMs = 10;
const nothing: readonly ExpiredEntry[] = [];

export class Sweeper {
  readonly #places: { readonly table: Arena['tables'][number]; readonly index: number; slot: number }[];
  #lastMs = 0;

  constructor(arena: Arena) {
    this.#places = arena.tables.flatMap((table, index) =>
      table.layout.spec.ageing === 'none' ? [] : [{ table, index, slot: 0 }],
    );
  }

  /** Goes on to where time `nowMs` (monotonic milliseconds) should find it. Nobody may be within a batch meanwhile, or only the caller. */
  sweep(nowMs: number): readonly ExpiredEntry[] {
    const elapsed = Math.min(nowMs - this.#lastMs, periodMs);
    if (elapsed < leastMs) return nothing;
    const entries: ExpiredEntry[] = [];
    this.#lastMs = nowMs;
    for (const each of this.#places) {
      reclaimRetired(each.table);
      if (each.table.count === 0) continue;
      const count = Math.ceil((each.table.layout.slotCount * elapsed) / periodMs);
      each.slot = sweep(each.table, each.slot, count, (nowMs % 4294967296) | 0, (handle) => {
        const entry = each.table.read(handle);
        const counter = each.table.counter(handle);
        const call = entry.call.kind === 'action' ? entry.call : { action: 0, params: [] };
        entries.push({
          table: each.index,
          slot: handle,
          tag: each.table.memory.view.getUint32(each.table.address(handle), true),
          entry,
          isGone: each.table.layout.spec.ageing === 'autoDelete',
          matches: entry.matches.map((m) => ('value' in m ? String(m.value) : '')),
          action: call.action,
          params: call.params.map(String),
          packets: String(counter?.packets ?? 0n),
          bytes: String(counter?.bytes ?? 0n),
        });
      });
    }
    return entries;
  }
}
