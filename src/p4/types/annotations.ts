/**
 * Annotations with a meaning of their own (P4-16 §20; P4Runtime specification, "Annotating P4 code"): what their bodies hold. A structured annotation
 * stands once per element and holds compile-time integers, strings and booleans. Others belong to architectures and tools.
 */
import type * as ast from '../syntax/ast.ts';
import { evaluate } from './constants.ts';
import type { Context } from './context.ts';
import { checkExpression } from './expressions.ts';

type Rule = (cx: Context, a: ast.Annotation) => void;

const rules: Readonly<Record<string, Rule>> = {
  name: oneString,
  deprecated: oneString,
  atomic: nothing,
  defaultonly: nothing,
  hidden: nothing,
  likely: nothing,
  noSideEffects: nothing,
  optional: nothing,
  pure: nothing,
  tableonly: nothing,
  unlikely: nothing,
  match: matchKind,
  p4runtime_translation: translation,
  pkginfo: keysAndValues,
};

/** Checks the annotations of one element. */
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
    if (Object.hasOwn(rules, a.name)) rules[a.name]!(cx, a);
  }
}

function nothing(cx: Context, a: ast.Annotation): void {
  if (a.tokens.length > 0 || a.form === 'structured')
    cx.error('bad-annotation', a.span, `'@${a.name}' takes nothing in parentheses`);
}

function oneString(cx: Context, a: ast.Annotation): void {
  const [first, second] = a.args;
  if (a.form === 'structured') return;
  if (second || (!first && a.tokens.length === 0)) {
    cx.error('bad-annotation', a.span, `'@${a.name}' needs a string`);
    return;
  }
  if (!first || first.value.kind === 'dontcare') return;
  const type = checkExpression(cx, first.value);
  if (type.kind === 'poison' || evaluate(cx, first.value)?.kind === 'string') return;
  cx.error('bad-annotation', first.span, `'@${a.name}' needs a string`);
}

/** `@match(ternary)` on a field of a value set's element type. */
function matchKind(cx: Context, a: ast.Annotation): void {
  const [first] = a.args;
  if (first?.value.kind === 'path' && cx.matchKindMembers.has(first.value.name.name)) return;
  const found = a.tokens.join('');
  const span = first?.span ?? a.span;
  cx.error('bad-annotation', span, `'@match' needs a match kind${found === '' ? '' : `, found '${found}'`}`);
}

/** `@p4runtime_translation("uri", bit<W>)`; the width may be a number, or `string`. */
function translation(cx: Context, a: ast.Annotation): void {
  const comma = a.tokens.indexOf(',');
  const uri = a.tokens.slice(0, comma);
  const type = a.tokens.slice(comma + 1);
  const isUri = comma > 0 && uri.length === 1 && /^"/.test(uri[0]!);
  const isType =
    comma > 0 &&
    ((type.length === 1 && (type[0] === 'string' || /^\d/.test(type[0]!))) || (type[0] === 'bit' && type[1] === '<'));
  if (isUri && isType) return;
  cx.error('bad-annotation', a.span, `'@${a.name}' needs a string and one of 'bit<W>', 'string' and a width`);
}

function keysAndValues(cx: Context, a: ast.Annotation): void {
  if (a.args.length === 0 || a.args.some((arg) => !arg.name))
    cx.error('bad-annotation', a.span, `'@${a.name}' needs 'key = value' pairs`);
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
