/** Annotations as P4Info carries them. */
import type * as ir from '../ir/ir.ts';

/** Those that P4Info has fields for, or that say something else than what their object is. */
const own: ReadonlySet<string> = new Set([
  'id',
  'name',
  'hidden',
  'tableonly',
  'match',
  'max_group_size',
  'selector_size_semantics',
  'max_member_weight',
]);

/** Their text, without the ones that P4Info does not repeat. */
export function annotationTexts(annotations: readonly ir.Annotation[]): string[] {
  return annotations.filter((a) => !own.has(a.name)).map(annotationText);
}

export function annotationText(a: ir.Annotation): string {
  return a.body === '' ? `@${a.name}` : `@${a.name}(${a.text ?? a.body})`;
}
