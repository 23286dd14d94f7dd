/** What the conformance command prints: one line per measure, its failures below. */
import type { MeasureResult, Result } from './measures.ts';

export function printMeasure(m: MeasureResult): string {
  const head = `${m.ok ? 'ok  ' : 'FAIL'} ${m.name}: ${m.passed} of ${m.total}, bar ${m.bar}\n`;
  return head + m.failures.map((f) => `     ${f.file}: ${f.reason}\n`).join('');
}

/** Median and maximum of the samples' compile times. */
export function printTimes(results: readonly Result[]): string {
  const times = results
    .flatMap(({ file, outcome }) => (file.group === 'sample' && outcome.kind === 'program' ? [{ ms: outcome.ms, file }] : []))
    .sort((a, b) => a.ms - b.ms);
  const last = times.at(-1);
  if (!last) return '';
  const median = times[Math.floor(times.length / 2)]!;
  return `compile time per sample: median ${Math.round(median.ms)} ms, maximum ${Math.round(last.ms)} ms (${last.file.name})\n`;
}

export function toJson(results: readonly MeasureResult[]): string {
  return `${JSON.stringify({ measures: results })}\n`;
}
