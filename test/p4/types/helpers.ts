/** Parses and checks a text, and shows what was found the way the tests write it down. */
import { Diagnostics, lineAndColumn, makeSource, printDiagnostics } from '../../../src/diag/index.ts';
import { type ast, parseProgram } from '../../../src/p4/syntax/index.ts';
import { type CheckedProgram, checkProgram } from '../../../src/p4/types/index.ts';

export interface Outcome {
  readonly program: ast.Program;
  /** Undefined when the text does not parse. */
  readonly checked: CheckedProgram | undefined;
  /** `line: error[code]`, in order of line. */
  readonly found: string[];
  /** The messages as a user sees them. */
  readonly printed: string;
  /** Only the errors of them. */
  readonly errors: string;
}

export function checkText(text: string, path = 'test.p4'): Outcome {
  const diag = new Diagnostics();
  const program = parseProgram(makeSource(path, text), {}, diag);
  const checked = diag.hasErrors ? undefined : checkProgram(program, diag);
  const found = diag.all
    .map((d) => ({ line: lineAndColumn(d.span.file, d.span.start).line, text: `${d.severity}[${d.code}]` }))
    .sort((a, b) => a.line - b.line || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map((d) => `${d.line}: ${d.text}`);
  return {
    program,
    checked,
    found,
    printed: printDiagnostics(diag.all),
    errors: printDiagnostics(diag.all.filter((d) => d.severity === 'error')),
  };
}
