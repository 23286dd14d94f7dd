/**
 * Diagnostics are values: collected, never thrown. Independent mistakes are all reported, one diagnostic per cause.
 * Codes are kebab-case and stable: tests and editors rely on them.
 */
import type { Span } from './source.ts';

export type Severity = 'error' | 'warning';

export interface Note {
  readonly message: string;
  readonly span?: Span;
}

export interface Diagnostic {
  readonly severity: Severity;
  /** Stable kebab-case name of the rule that is broken, e.g. `unknown-field`. */
  readonly code: string;
  /** What is wrong, in the user's terms: lower case, no full stop, names in single quotes. */
  readonly message: string;
  readonly span: Span;
  /** Printed behind the caret: the fix, only where nearly certain ("did you mean 'dstAddr'?"). */
  readonly help?: string;
  readonly notes?: readonly Note[];
}

/** Collects diagnostics in the order of their finding. */
export class Diagnostics {
  readonly all: Diagnostic[] = [];

  error(code: string, span: Span, message: string, more: { help?: string; notes?: readonly Note[] } = {}): void {
    this.all.push({ severity: 'error', code, message, span, ...more });
  }

  warning(code: string, span: Span, message: string, more: { help?: string; notes?: readonly Note[] } = {}): void {
    this.all.push({ severity: 'warning', code, message, span, ...more });
  }

  get hasErrors(): boolean {
    return this.all.some((d) => d.severity === 'error');
  }
}
