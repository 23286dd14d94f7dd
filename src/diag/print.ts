/** Prints diagnostics in the editor-readable form; tabs of the source line are copied so that the caret lines up. */
import type { Diagnostic, Note } from './diagnostics.ts';
import { lineAndColumn, type Span } from './source.ts';

/** All diagnostics, one after the other, each ending in a newline. */
export function printDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(printDiagnostic).join('');
}

/** One diagnostic: head line, source line with caret and help, notes. */
export function printDiagnostic(d: Diagnostic): string {
  const head = `${place(d.span)}${d.severity}[${d.code}]: ${d.message}\n`;
  return head + excerpt(d.span, d.help) + (d.notes ?? []).map(printNote).join('');
}

function printNote(note: Note): string {
  return note.span ? `  ${place(note.span)}note: ${note.message}\n` : `  note: ${note.message}\n`;
}

function place(span: Span): string {
  if (span.file.text === '') return `${span.file.path}: `;
  const { line, column } = lineAndColumn(span.file, span.start);
  return `${span.file.path}:${line}:${column}: `;
}

/** The source line of the span's start with a caret under what the span covers of it; help behind the caret. */
function excerpt(span: Span, help: string | undefined): string {
  const { text } = span.file;
  if (text === '') return help ? `      ${help}\n` : '';
  const start = text.lastIndexOf('\n', span.start - 1) + 1;
  const newline = text.indexOf('\n', span.start);
  const end = newline < 0 ? text.length : newline;
  const line = text.slice(start, end).replace(/\r$/, '');
  const from = Math.min(span.start - start, line.length);
  // A span over several lines is marked to the end of its first.
  const to = Math.min(Math.max(span.end - start, from), line.length);
  const number = String(lineAndColumn(span.file, span.start).line).padStart(5);
  const marked = [...line.slice(from, to).trimEnd()].map((c) => (c === '\t' ? '\t' : '^'.repeat(columns(c)))).join('');
  const indent = [...line.slice(0, from)].map((c) => (c === '\t' ? '\t' : ' '.repeat(columns(c)))).join('');
  return `${number} | ${line}\n      | ${indent}${marked === '' ? '^' : marked}${help ? ` ${help}` : ''}\n`;
}

const noColumn = /^\p{M}$/u;
const twoColumns =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|^\p{Emoji_Presentation}$/u;

/** How many columns of a terminal the character takes. */
function columns(character: string): number {
  if (noColumn.test(character)) return 0;
  return twoColumns.test(character) ? 2 : 1;
}
