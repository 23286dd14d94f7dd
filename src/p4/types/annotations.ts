/**
 * The annotations that the language itself defines (P4-16 §20): `@name` and `@deprecated` hold a string; a structured annotation stands
 * once per element and holds compile-time integers, strings and booleans. Others belong to architectures and tools.
 */
import type * as ast from '../syntax/ast.ts';
import { evaluate } from './constants.ts';
import type { Context } from './context.ts';
import { checkExpression } from './expressions.ts';

const stringAnnotations = ['name', 'deprecated'];

export function checkAnnotations(cx: Context, annotations: readonly ast.Annotation[]): void {
  const seen = new Map<string, ast.Annotation>();
  for (const a of annotations) {
    const before = seen.get(a.name);
    if (before && (a.form === 'structured' || before.form === 'structured')) {
      cx.error('duplicate-annotation', a.span, `structured annotation '@${a.name}' is given twice`, {
        notes: [{ message: 'the first one is here', span: before.span }],
      });
    }
    seen.set(a.name, a);
    if (a.form === 'structured') checkStructured(cx, a);
    else if (stringAnnotations.includes(a.name)) checkString(cx, a);
  }
}

function checkString(cx: Context, a: ast.Annotation): void {
  const [first] = a.args;
  if (!first || first.value.kind === 'dontcare') return;
  const type = checkExpression(cx, first.value);
  if (type.kind === 'poison' || evaluate(cx, first.value)?.kind === 'string') return;
  cx.error('bad-annotation', first.span, `'@${a.name}' needs a string`);
}

function checkStructured(cx: Context, a: ast.Annotation): void {
  const names = new Set<string>();
  for (const { name, value, span } of a.args) {
    if (name && names.has(name.name))
      cx.error('duplicate-declaration', name.span, `'${name.name}' is given twice in '@${a.name}'`);
    if (name) names.add(name.name);
    if (value.kind === 'dontcare') continue;
    const type = checkExpression(cx, value);
    const constant = evaluate(cx, value);
    if (type.kind === 'poison' || constant?.kind === 'integer' || constant?.kind === 'string' || constant?.kind === 'boolean')
      continue;
    cx.error('bad-annotation', span, `'@${a.name}' holds integers, strings and booleans known at compile time`);
  }
}
