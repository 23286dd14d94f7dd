/**
 * What a benchmark says: measures. Each has its runs, in each run the baseline was measured beside it, and the medians of both are quoted;
 * the ratio is the median of the runs' ratios, so that a slow moment of the machine hits both sides.
 */

export interface Run {
  readonly value: number;
  readonly baseline?: number;
}

export interface Measure {
  readonly name: string;
  /** Median; null if a trial failed. */
  readonly value: number | null;
  readonly unit: string;
  readonly baseline: number | null;
  readonly ratio: number | null;
  /** What must hold, such as `ratio >= 1.4`; null if nothing must. */
  readonly bar: string | null;
  /** False also if a trial failed; null if the bar could not be judged. */
  readonly ok: boolean | null;
  /** Why the bar could not be judged: its baseline is not there. */
  readonly skipped: string | null;
  readonly runs: readonly Run[];
}

/** A bound on the value or on the ratio. */
export interface Bar {
  readonly of: 'value' | 'ratio';
  readonly is: 'at least' | 'at most';
  readonly limit: number;
}

export const ratioAtLeast = (limit: number): Bar => ({ of: 'ratio', is: 'at least', limit });
export const ratioAtMost = (limit: number): Bar => ({ of: 'ratio', is: 'at most', limit });
export const atLeast = (limit: number): Bar => ({ of: 'value', is: 'at least', limit });
export const atMost = (limit: number): Bar => ({ of: 'value', is: 'at most', limit });

/** A measure of its runs; without runs it has failed. Runs that are no numbers fail, too. */
export function measure(name: string, unit: string, runs: readonly Run[], bar?: Bar): Measure {
  const hasFailed = runs.length === 0 || runs.some((r) => !Number.isFinite(r.value));
  const ratios = runs.flatMap((r) => (r.baseline === undefined ? [] : [r.value / r.baseline]));
  const value = hasFailed ? null : median(runs.map((r) => r.value));
  const baseline = ratios.length === 0 ? null : median(runs.flatMap((r) => r.baseline ?? []));
  const ratio = ratios.length === 0 || hasFailed ? null : median(ratios);
  return {
    name,
    value,
    unit,
    baseline,
    ratio,
    bar: bar === undefined ? null : `${bar.of === 'ratio' ? 'ratio ' : ''}${bar.is === 'at least' ? '>=' : '<='} ${bar.limit}`,
    ok: !hasFailed && (bar === undefined || holds(bar, bar.of === 'ratio' ? ratio : value)),
    skipped: bar?.of === 'ratio' && !hasFailed && ratio === null ? 'its baseline was not measured' : null,
    runs,
  };
}

/** A measure with a bar that was left out, and why: neither held nor missed. */
export function skipped(name: string, unit: string, bar: Bar, why: string): Measure {
  return { ...measure(name, unit, [], bar), ok: null, skipped: why };
}

function holds(bar: Bar, value: number | null): boolean | null {
  if (value === null) return null;
  return bar.is === 'at least' ? value >= bar.limit : value <= bar.limit;
}

/** Median of a list that is not empty. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value below which a part of the list lies; the list is not empty. */
export function percentile(values: readonly number[] | Float64Array, part: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!;
}
