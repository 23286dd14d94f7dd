/**
 * Entries that stay idle are reported again after every further idle time (P4Runtime specification, "Table Idle Timeout Notification"). The sweeper of
 * the data plane reports once; who is reported is watched here until a packet hits it or it goes.
 */
import type { Device, ExpiredEntry } from '../device.ts';
import type { TableEntry } from '../entities.ts';

interface Watched {
  readonly expired: ExpiredEntry;
  dueMs: number;
}

/** More are not watched: they are still reported once. */
const mostWatched = 65_536;

export class IdleEntries {
  readonly #watched = new Map<string, Watched>();

  /** Entries that the sweeper reports now; those that stay are watched. */
  report(expired: readonly ExpiredEntry[], nowMs: number): void {
    for (const each of expired) {
      const { entry } = each;
      if (!entry || each.isGone || this.#watched.size >= mostWatched) continue;
      this.#watched.set(`${each.table} ${entry.handle}`, { expired: each, dueMs: nowMs + entry.idleTimeoutMs });
    }
  }

  /** Entries that are due for another notification. */
  poll(device: Device, nowMs: number): TableEntry[] {
    const due: TableEntry[] = [];
    for (const [key, watched] of this.#watched) {
      if (nowMs < watched.dueMs) continue;
      const { table, entry } = watched.expired;
      if (!entry || !device.isStillIdle(table, entry)) {
        this.#watched.delete(key);
        continue;
      }
      watched.dueMs = nowMs + entry.idleTimeoutMs;
      due.push(...[device.toExpired(watched.expired)].filter((e) => e !== undefined));
    }
    return due;
  }

  clear(): void {
    this.#watched.clear();
  }
}
