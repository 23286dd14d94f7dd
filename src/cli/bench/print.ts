/** Measures as a table for people, and as a bar chart (SVG). */
import type { Machine } from './machine.ts';
import type { Measure } from './measure.ts';

/** One line about the machine, one row per measure; the spread is that of the runs' ratios, or of their values where there is no baseline. */
export function printTable(machine: Machine, measures: readonly Measure[]): string {
  const rows = measures.map((m) => [
    m.name,
    m.value === null ? (m.skipped === null ? 'failed' : 'left out') : amount(m.value),
    m.unit,
    m.baseline === null ? '-' : amount(m.baseline),
    m.ratio === null ? '-' : m.ratio.toFixed(2),
    spread(m),
    String(m.runs.length),
    m.bar ?? '-',
    m.bar === null ? '' : verdict(m),
  ]);
  const header = ['', 'value', 'unit', 'baseline', 'ratio', 'spread', 'runs', 'bar', ''];
  return `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node ${machine.node}, ${machine.date}, commit ${machine.commit}; medians\n\n${columns([header, ...rows])}\n`;
}

/** What became of a bar. */
function verdict(m: Measure): string {
  if (m.ok === null) return 'not judged';
  return m.ok ? 'ok' : 'FAIL';
}

/** Rows of text cells as columns, the first to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Three digits that count, thousands apart. */
function amount(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3).replace(/\.?0+$/, (zeros) => (zeros.startsWith('.') ? '' : zeros));
}

function spread(m: Measure): string {
  const values = m.runs.map((r) => (m.ratio === null || r.baseline === undefined ? r.value : r.value / r.baseline));
  if (values.length < 2 || values.some((v) => !Number.isFinite(v))) return '-';
  return `${amount(Math.min(...values))}..${amount(Math.max(...values))}`;
}

/** A bar per measure with a baseline: its ratio, the bar's limit as a mark, the baseline at 1. */
export function printSvg(machine: Machine, measures: readonly Measure[]): string {
  const shown = measures.filter((m) => m.ratio !== null);
  const [rowHeight, left, width] = [26, 380, 420];
  const limitOf = (m: Measure): number | undefined =>
    m.bar?.startsWith('ratio') ? Number(m.bar.slice(m.bar.lastIndexOf(' '))) : undefined;
  const most = Math.max(1.5, ...shown.map((m) => Math.max(m.ratio!, limitOf(m) ?? 0)));
  const x = (ratio: number): number => left + (width * ratio) / most;
  const bars = shown.map((m, i) => {
    const y = 50 + i * rowHeight;
    const limit = limitOf(m);
    return [
      `<text x="${left - 8}" y="${y + 13}" text-anchor="end">${escapeXml(m.name)}</text>`,
      `<rect x="${left}" y="${y}" width="${(x(m.ratio!) - left).toFixed(1)}" height="16" fill="${m.ok ? '#4a8' : '#c54'}"/>`,
      limit === undefined
        ? ''
        : `<line x1="${x(limit).toFixed(1)}" x2="${x(limit).toFixed(1)}" y1="${y - 3}" y2="${y + 19}" stroke="#222" stroke-width="2"/>`,
      `<text x="${(x(m.ratio!) + 6).toFixed(1)}" y="${y + 13}">${m.ratio!.toFixed(2)}</text>`,
    ].join('\n');
  });
  const height = 70 + shown.length * rowHeight;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + width + 70}" height="${height}" font-family="sans-serif" font-size="12">
<text x="10" y="20">softipu against its baselines: ratio, baseline = 1; ${escapeXml(`${machine.cpu}, Linux ${machine.kernel}, Node ${machine.node}, ${machine.date}`)}</text>
<line x1="${x(1).toFixed(1)}" x2="${x(1).toFixed(1)}" y1="36" y2="${height - 10}" stroke="#999" stroke-dasharray="4 3"/>
${bars.join('\n')}
</svg>
`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
