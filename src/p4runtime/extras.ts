/**
 * What a controller says about an entry and the arena does not hold: its metadata, its idle timeout to the nanosecond, its one-shot action set.
 * By table and handle. The data plane may take an entry out (ageing) and put another one in its slot, so what is found here counts only for entries
 * that the control plane wrote, and is forgotten when the slot is written again.
 */
import type { TableEntry as ArenaEntry } from '../arena/index.ts';
import type { TableEntry } from './entities.ts';
import type { OneShot } from './one-shots.ts';

export interface Extra {
  readonly metadata?: Uint8Array;
  readonly controllerMetadata?: bigint;
  readonly idleTimeoutNs?: bigint;
  readonly oneShot?: OneShot;
}

export class Extras {
  readonly #byTable = new Map<number, Map<number, Extra>>();

  get(tableId: number, handle: number): Extra | undefined {
    return this.#byTable.get(tableId)?.get(handle);
  }

  /** As `get`, for an entry as it is in memory now. */
  of(tableId: number, entry: Pick<ArenaEntry, 'handle' | 'isFromDataPlane'>): Extra | undefined {
    return entry.isFromDataPlane ? undefined : this.get(tableId, entry.handle);
  }

  set(tableId: number, handle: number, extra: Extra | undefined): void {
    const table = this.#byTable.get(tableId);
    if (extra) {
      if (table) table.set(handle, extra);
      else this.#byTable.set(tableId, new Map([[handle, extra]]));
    } else table?.delete(handle);
  }

  /** Takes over a table whose entries keep their handles. */
  adopt(tableId: number, other: Extras): void {
    this.#byTable.set(tableId, new Map(other.all(tableId)));
  }

  /** All of a table. */
  all(tableId: number): ReadonlyMap<number, Extra> {
    return this.#byTable.get(tableId) ?? new Map();
  }
}

/** What is to be kept of an entry; undefined if the arena holds everything. */
export function extraOf(entry: TableEntry, oneShot: OneShot | undefined): Extra | undefined {
  const { metadata, controllerMetadata, idleTimeoutNs } = entry;
  const isExact = !idleTimeoutNs || idleTimeoutNs % 1_000_000n === 0n;
  if (!metadata?.length && !controllerMetadata && isExact && !oneShot) return undefined;
  return {
    ...(metadata?.length && { metadata }),
    ...(controllerMetadata && { controllerMetadata }),
    ...(!isExact && { idleTimeoutNs }),
    ...(oneShot && { oneShot }),
  };
}
