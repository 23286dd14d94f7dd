/** Helpers that make trace events; they cost nothing when nobody listens. */
import type { State } from './state.ts';
import type { Named, Span } from './trace.ts';

export function named(name: string, width: number, value: bigint): Named {
  return { name, width, value };
}

export function traceExtern(state: State, call: string, object: string, span: Span, values: () => readonly Named[]): void {
  state.trace?.({ kind: 'extern', call, object, values: values(), span });
}
