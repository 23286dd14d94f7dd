/**
 * Sources, spans and diagnostics: what every room of the compiler says its complaints with.
 *
 * A span stores file and offsets only; line and column are found when a diagnostic is printed.
 * The printed form is GCC's: `file:line:col: severity[code]: message`, the source line, a caret (docs: P4 people's editors read it).
 */
export { type Diagnostic, Diagnostics, type Note, type Severity } from './diagnostics.ts';
export { assertNever } from './never.ts';
export { printDiagnostic, printDiagnostics } from './print.ts';
export { lineAndColumn, makeSource, noSpan, type SourceFile, type Span } from './source.ts';
