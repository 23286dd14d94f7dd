/** Annotations as P4Info carries them. */
import type * as ir from '../ir/ir.ts';

/** Their text. Those that P4Info has fields for are left out. */
export function annotationTexts(annotations: readonly ir.Annotation[]): string[] {
  const own = new Set(['id', 'name', 'hidden', 'tableonly']);
  return annotations
    .filter((a) => !own.has(a.name))
    .map((a) => (a.body === '' ? `@${a.name}` : `@${a.name}(${a.text ?? a.body})`));
}
