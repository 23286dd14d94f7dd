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

function excerpt(span: Span, help: string | undefined): string {
  const { text } = span.file;
  if (text === '') return help ? `      ${help}\n` : '';
  const start = text.lastIndexOf('\n', span.start - 1) + 1;
  const newline = text.indexOf('\n', span.start);
  const end = newline < 0 ? text.length : newline;
  const line = text.slice(start, end).replace(/\r$/, '');
  const number = String(lineAndColumn(span.file, span.start).line).padStart(5);
  const before = text.slice(start, Math.min(span.start, end));
  const indent = [...before].map((c) => (c === '\t' ? '\t' : ' ')).join('');
  const marked = [...text.slice(span.start, Math.min(Math.max(span.end, span.start + 1), end))];
  const caret = '^'.repeat(Math.max(1, marked.length));
  return `${number} | ${line}\n      | ${indent}${caret}${help ? ` ${help}` : ''}\n`;
}
