/** Reading table entries: those that a filter selects (P4Runtime specification, "Wildcard Reads"), as a controller wrote them. */
import { type TableEntry as ArenaEntry, defaultHandle } from '../arena/index.ts';
import type { Binding, BoundTable } from './binding.ts';
import { sameBytes } from './bytes.ts';
import { checkKey, checkTable } from './check.ts';
import type { TableEntry } from './entities.ts';
import type { Extras } from './extras.ts';
import type { ProfileState } from './profiles.ts';
import { type Ids, type ReadWishes, readDefault, readEntry } from './read.ts';
import { StatusError } from './status.ts';

export class TableReader {
  readonly #binding: Binding;
  readonly #profiles: ReadonlyMap<number, ProfileState>;
  readonly #extras: Extras;
  readonly #nowMs: () => number;

  constructor(binding: Binding, profiles: ReadonlyMap<number, ProfileState>, extras: Extras, nowMs: () => number) {
    this.#binding = binding;
    this.#profiles = profiles;
    this.#extras = extras;
    this.#nowMs = nowMs;
  }

  /** A read of direct counters or meters that names a table must name one that has them, and an entry that is there. */
  requireDirect(filter: TableEntry, kind: 'counter' | 'meter'): void {
    if (filter.tableId === 0) return;
    const bound = checkTable(this.#binding, filter.tableId);
    if (!(kind === 'counter' ? bound.hasCounter : bound.hasMeter)) {
      throw new StatusError('INVALID_ARGUMENT', `${bound.label} has no direct ${kind}`);
    }
    if (filter.match.length > 0 && bound.table.find(checkKey(bound, filter)) === undefined) {
      throw new StatusError('NOT_FOUND', `${bound.label} has no such entry`);
    }
  }

  /** Entries that a filter selects, or default entries; a filter's counters, meters and times say what else is read. */
  read(filter: TableEntry): TableEntry[] {
    const bounds = filter.tableId === 0 ? [...this.#binding.tables.values()] : [checkTable(this.#binding, filter.tableId)];
    const wishes: ReadWishes = {
      counters: filter.counterData !== undefined,
      meters: filter.meterConfig !== undefined,
      timeSinceLastHit: filter.timeSinceLastHit !== undefined,
    };
    if (filter.tableId !== 0) checkFilter(bounds[0]!, filter);
    if (filter.meterCounterData) throw new StatusError('UNIMPLEMENTED', 'meters do not count per color');
    const extraOf = (bound: BoundTable) => this.#extras.get(bound.info.preamble.id, defaultHandle);
    if (filter.isDefaultAction) {
      return bounds.map((bound) => readDefault(bound, wishes, extraOf(bound))).filter((entry) => isWanted(filter, entry));
    }
    const isMatched = filter.tableId !== 0 && filter.match.length > 0;
    return bounds.flatMap((bound) => {
      if (!isMatched) return this.entries(bound, wishes, () => true).filter((entry) => isWanted(filter, entry));
      const handle = bound.table.find(checkKey(bound, filter));
      if (handle === undefined) return [];
      const entry = bound.table.read(handle);
      const extra = this.#extras.of(bound.info.preamble.id, entry);
      const found = readEntry(bound, entry, this.ids(bound), this.#nowMs(), wishes, extra);
      return isWanted(filter, found) ? [found] : [];
    });
  }

  /** All entries of a table that are meant, in the order of their slots. */
  entries(bound: BoundTable, wishes: ReadWishes, isMeant: (entry: ArenaEntry) => boolean): TableEntry[] {
    if (bound.info.matchFields.length === 0) return [];
    const ids = this.ids(bound);
    const nowMs = this.#nowMs();
    const tableId = bound.info.preamble.id;
    const result: TableEntry[] = [];
    for (const entry of bound.table.entries()) {
      if (isMeant(entry)) result.push(readEntry(bound, entry, ids, nowMs, wishes, this.#extras.of(tableId, entry)));
    }
    return result;
  }

  /** Ids of a table's members and groups by their places. */
  ids({ profile }: BoundTable): Ids {
    const state = profile && this.#profiles.get(profile.info.preamble.id);
    return state?.idsByPlace() ?? { members: new Map(), groups: new Map() };
  }
}

/** What a filter on one table says must be possible there. */
function checkFilter({ label, table }: BoundTable, filter: TableEntry): void {
  if (filter.timeSinceLastHit && (filter.isDefaultAction || table.layout.spec.ageing === 'none')) {
    throw new StatusError('INVALID_ARGUMENT', `${label}: there are no idle timeouts to read`);
  }
}

/** The fields that select entries; with all tables nothing else is looked at. */
function isWanted(filter: TableEntry, entry: TableEntry): boolean {
  if (filter.tableId === 0) return true;
  const { action, priority, metadata, controllerMetadata } = filter;
  if (action && 'action' in action) {
    const found = entry.action;
    if (!found || !('action' in found) || found.action.actionId !== action.action.actionId) return false;
  }
  if (priority && entry.priority !== priority) return false;
  if (metadata?.length && !(entry.metadata && sameBytes(metadata, entry.metadata))) return false;
  return !controllerMetadata || entry.controllerMetadata === controllerMetadata;
}
