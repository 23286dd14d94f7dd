/** `softipu services | flows | tables | ports | stats`: asks a running node over its control socket and prints what it answers as a table. */
import { askControl } from './control-socket.ts';

type Row = Record<string, string | number | boolean | null>;

/** Prints the answer to `op`: rows as a table, or the JSON as it came. */
export async function lookCommand(op: string, options: { socket: string; json?: boolean }): Promise<number> {
  const result = await askControl(options.socket, { op });
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : table(result as Row[]));
  return 0;
}

/** Columns are the fields of the first row; numbers to the right. */
function table(rows: readonly Row[]): string {
  if (rows.length === 0) return '(none)\n';
  const names = Object.keys(rows[0]!);
  const cells = rows.map((row) => names.map((name) => String(row[name] ?? '-')));
  const widths = names.map((name, i) => Math.max(name.length, ...cells.map((c) => c[i]!.length)));
  const isNumber = names.map((name) => rows.every((row) => typeof row[name] === 'number'));
  const line = (values: readonly string[]): string =>
    values
      .map((value, i) => (isNumber[i] ? value.padStart(widths[i]!) : value.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return `${[names, ...cells].map(line).join('\n')}\n`;
}
