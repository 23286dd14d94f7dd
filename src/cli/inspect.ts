/** What any running program can show over its control socket: tables, ports, counters. Rows are flat so that they print as tables. */
import { dropReasons } from '../p4/ir/ir.ts';
import type { Handler } from './control-socket.ts';
import type { PortReport } from './dataplane.ts';
import type { Runtime } from './runtime.ts';

/** Handlers for `tables`, `ports`, `stats`. Port counters are asked from the data plane every second; `refresh` does it now. */
export function inspectHandlers(runtime: Runtime): {
  handlers: Record<string, Handler>;
  refresh: () => Promise<void>;
  ports: () => readonly PortReport[];
} {
  let ports: readonly PortReport[] = [];
  return {
    refresh: async () => {
      ports = await runtime.ports();
    },
    ports: () => ports,
    handlers: {
      tables: () => tableRows(runtime),
      ports: () => ports.map((p) => ({ port: p.number, name: p.name, state: p.state, ...p.stats })),
      stats: () => statRows(runtime),
    },
  };
}

/** One row per table: entries, hits, misses, and what became of data-plane entries. */
export function tableRows(runtime: Runtime): object[] {
  return runtime.arena.tables.map((table) => {
    const stats = table.stats();
    return {
      table: table.layout.spec.name,
      size: table.layout.spec.size,
      entries: stats.entries,
      hits: Number(stats.hits),
      misses: Number(stats.misses),
      expired: Number(stats.expired),
      evicted: Number(stats.evicted),
      refused: stats.full,
    };
  });
}

/** Drops by reason, and every counter of the program that is not zero. */
export function statRows(runtime: Runtime): object[] {
  const ofWorkers = Array.from({ length: runtime.arena.layout.spec.workers }, (_, worker) => runtime.arena.drops(worker));
  const drops = ofWorkers[0]!
    .map((_, reason) => ofWorkers.reduce((sum, counts) => sum + counts[reason]!, 0n))
    .flatMap((count, reason) =>
      count === 0n
        ? []
        : [{ counter: `drops.${dropReasons[reason] ?? reason}`, index: reason, packets: Number(count), bytes: 0 }],
    );
  const externs = runtime.arena.layout.spec.counters;
  const counters = runtime.arena.counters.flatMap((array, i) =>
    Array.from({ length: array.size }, (_, index) => ({ index, data: array.read(index) })).flatMap(({ index, data }) =>
      data && data.packets + data.bytes > 0n
        ? [{ counter: externs[i]?.name ?? String(i), index, packets: Number(data.packets), bytes: Number(data.bytes) }]
        : [],
    ),
  );
  return [...drops, ...counters];
}
